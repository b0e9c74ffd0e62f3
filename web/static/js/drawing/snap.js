// What lies next to the pointer: vertices before edges, from flat arrays so that a hundred thousand edges take no time.

import { chainsOf, edgesOf } from "./shape.js";

/**
 * Edges (a point is an edge of no length) of many geometries in flat arrays.
 * @param {{id: unknown, geometry: object}[]} items
 * @param {(position: number[]) => boolean} [leaveOut] vertices that are not snapped to, nor the edges that end there
 */
export function snapIndex(items, leaveOut = () => false) {
  const numbers = [];
  const owners = [];
  const add = (id, a, b) => {
    if (leaveOut(a) || leaveOut(b)) return;
    numbers.push(a[0], a[1], b[0], b[1]);
    owners.push(id);
  };
  for (const { id, geometry } of items) {
    for (const chain of chainsOf(geometry)) {
      if (chain.positions.length === 1) add(id, chain.positions[0], chain.positions[0]);
      for (const { a, b } of edgesOf(chain)) add(id, a, b);
    }
  }
  return { numbers: Float64Array.from(numbers), owners };
}

/**
 * The vertex, else the place on an edge, next to a position.
 * @param {ReturnType<typeof snapIndex>} index
 * @param {[number, number]} position
 * @param {[number, number]} reach degrees of longitude and latitude that are the tolerance
 * @returns {{kind: "vertex"|"edge", position: [number, number], edge: [number[], number[]], id: unknown}|null}
 */
export function nearest({ numbers, owners }, [x, y], [rx, ry]) {
  let vertex = null;
  let edge = null;
  for (let at = 0; at < owners.length; at += 1) {
    const [ax, ay, bx, by] = [numbers[4 * at], numbers[4 * at + 1], numbers[4 * at + 2], numbers[4 * at + 3]];
    if ((ax < x - rx && bx < x - rx) || (ax > x + rx && bx > x + rx) || (ay < y - ry && by < y - ry) || (ay > y + ry && by > y + ry)) continue;
    for (const [px, py] of [[ax, ay], [bx, by]]) {
      const away = Math.hypot((px - x) / rx, (py - y) / ry);
      if (away <= 1 && away < (vertex?.away ?? 2)) vertex = { away, at, position: [px, py] };
    }
    const foot = footOn((ax - x) / rx, (ay - y) / ry, (bx - x) / rx, (by - y) / ry);
    if (foot.away <= 1 && foot.away < (edge?.away ?? 2)) edge = { away: foot.away, at, position: [ax + foot.share * (bx - ax), ay + foot.share * (by - ay)] };
  }
  const found = vertex ?? edge;
  if (!found) return null;
  const four = numbers.subarray(4 * found.at, 4 * found.at + 4);
  return { kind: vertex ? "vertex" : "edge", position: found.position, edge: [[four[0], four[1]], [four[2], four[3]]], id: owners[found.at] };
}

/** Where an edge comes nearest to the origin: the share of it, and how far that is. */
function footOn(ax, ay, bx, by) {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy;
  const share = square ? Math.min(1, Math.max(0, -(ax * dx + ay * dy) / square)) : 0;
  return { share, away: Math.hypot(ax + share * dx, ay + share * dy) };
}
