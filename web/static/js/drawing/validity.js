// What is wrong with a geometry while it is drawn, at once; the service looks it over exactly after a pause.

import { chainsOf, edgesOf, kindOf, same } from "./shape.js";

/** More edges than these are looked over by the service alone. */
const MOST_EDGES = 20_000;

/**
 * @param {object|null} geometry
 * @param {number[]|null} within west, south, east, north
 * @returns {{code: string, at: number[]|null}[]} codes `crossing`, `hole`, `outside`, `no-length`
 */
export function liveFaults(geometry, within = null) {
  if (!geometry) return [];
  const faults = [];
  const chains = chainsOf(geometry);
  if (kindOf(geometry) === "Polygon") {
    const at = crossing(chains);
    if (at) faults.push({ code: "crossing", at });
    faults.push(...holesOutside(chains).map((place) => ({ code: "hole", at: place })));
  }
  if (kindOf(geometry) === "LineString") {
    const flat = chains.find(({ positions }) => positions.every((one) => same(one, positions[0])));
    if (flat) faults.push({ code: "no-length", at: flat.positions[0] });
  }
  const away = within && chains.flatMap(({ positions }) => positions).find(([x, y]) => x < within[0] || x > within[2] || y < within[1] || y > within[3]);
  if (away) faults.push({ code: "outside", at: away });
  return faults;
}

/** Where rings cross themselves or each other; null where they do not. Edges are swept from west to east. */
export function crossing(chains) {
  const edges = chains.flatMap((chain, ring) => edgesOf(chain).map(({ a, b, at }) => ({ a, b, ring, at, count: chain.positions.length, west: Math.min(a[0], b[0]), east: Math.max(a[0], b[0]) })));
  if (edges.length > MOST_EDGES) return null;
  edges.sort((one, other) => one.west - other.west);
  let open = [];
  for (const edge of edges) {
    open = open.filter(({ east }) => east >= edge.west);
    for (const other of open) {
      const at = adjoin(edge, other) ? null : meeting(edge, other);
      if (at) return at;
    }
    open.push(edge);
  }
  return null;
}

/** Edges that follow each other share a vertex rightly. */
function adjoin(one, other) {
  if (one.ring !== other.ring) return false;
  const apart = Math.abs(one.at - other.at);
  return apart === 1 || apart === one.count - 1;
}

const side = (a, b, c) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

function meeting({ a, b, ring }, { a: c, b: d, ring: other }) {
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return null;
  // Rings may touch each other at a vertex.
  if (ring !== other && [a, b].some((one) => same(one, c) || same(one, d))) return null;
  const [one, two, three, four] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (one * two > 0 || three * four > 0 || (!one && !two)) return null;
  const share = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / ((b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]));
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function holesOutside(chains) {
  const border = (path) => chains.find((one) => one.path.at(-1) === 0 && one.path[0] === (path.length > 1 ? path[0] : 0));
  return chains
    .filter(({ path }) => path.at(-1) > 0)
    .filter((hole) => !hole.positions.some((position) => contains(border(hole.path).positions, position)))
    .map(({ positions }) => positions[0]);
}

/** Whether a ring goes around a position. */
export function contains(positions, [x, y]) {
  let inside = false;
  positions.forEach(([ax, ay], at) => {
    const [bx, by] = positions.at(at - 1);
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}
