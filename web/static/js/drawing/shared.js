// Borders that several geometries share: what is done to a vertex of one is done to all that have it, so that neither
// a gap nor an overlap comes about.

import { boxOf, build, chainAt, chainsOf, edgesOf, mapVertices, meets, same } from "./shape.js";

/** A vertex this near an edge, a tenth of a millimetre, lies on it. */
export const NEAR_DEG = 1e-9;

/**
 * All geometries with the vertices of the others put into their edges where they lie on them, around one vertex.
 * @param {object[]} geometries
 */
export function noded(geometries, position) {
  const box = reachOf(geometries, position);
  if (!box) return geometries;
  const inside = ([x, y]) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
  const points = geometries.flatMap((one) => (touches(one, box) ? chainsOf(one).flatMap(({ positions }) => positions.filter(inside)) : []));
  return geometries.map((one) => (touches(one, box) ? withPoints(one, points, box) : one));
}

const touches = (geometry, box) => {
  const own = boxOf(geometry);
  return own !== null && meets(own, box);
};

/** The box around all edges that end at a vertex; null where nobody has it. */
function reachOf(geometries, position) {
  let box = null;
  for (const { a, b } of geometries.flatMap((one) => chainsOf(one).flatMap(edgesOf))) {
    if (!same(a, position) && !same(b, position)) continue;
    const one = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    box = box ? [Math.min(box[0], one[0]), Math.min(box[1], one[1]), Math.max(box[2], one[2]), Math.max(box[3], one[3])] : one;
  }
  return box && [box[0] - NEAR_DEG, box[1] - NEAR_DEG, box[2] + NEAR_DEG, box[3] + NEAR_DEG];
}

function withPoints(geometry, points, box) {
  let touched = false;
  const chains = chainsOf(geometry).map((chain) => {
    const positions = chain.positions.length ? [chain.positions[0]] : [];
    for (const { a, b } of edgesOf(chain)) {
      const on = meets(boxOfEdge(a, b), box) ? between(points, a, b) : [];
      touched ||= on.length > 0;
      positions.push(...on, b);
    }
    if (chain.closed) positions.pop();
    return { ...chain, positions };
  });
  return touched ? build(geometry, chains) : geometry;
}

const boxOfEdge = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];

/** Of some points those that lie on an edge and are not its ends, in its direction, each once. */
function between(points, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const found = [];
  for (const point of points) {
    const share = square ? ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square : 0;
    if (share <= 0 || share >= 1 || same(point, a) || same(point, b)) continue;
    if (Math.hypot(point[0] - a[0] - share * dx, point[1] - a[1] - share * dy) <= NEAR_DEG) found.push({ share, point });
  }
  found.sort((one, other) => one.share - other.share);
  return found.map(({ point }) => point).filter((point, at, all) => !at || !same(point, all[at - 1]));
}

/** All geometries with a vertex moved wherever it stands. */
export const moved = (geometries, from, to) =>
  noded(geometries, from).map((one) => mapVertices(one, (position) => (same(position, from) ? to : position)));

/** All geometries with a vertex put between two that follow each other, in either direction. */
export const inserted = (geometries, a, b, position) => geometries.map((one) => withVertexBetween(one, a, b, position));

/** One geometry with a vertex in its edge from a to b or from b to a; the same one where it has no such edge. */
export function withVertexBetween(geometry, a, b, position) {
  let touched = false;
  const chains = chainsOf(geometry).map((chain) => {
    const at = edgesOf(chain).findIndex((edge) => (same(edge.a, a) && same(edge.b, b)) || (same(edge.a, b) && same(edge.b, a)));
    if (at < 0) return chain;
    touched = true;
    return { ...chain, positions: chain.positions.toSpliced(at + 1, 0, position) };
  });
  return touched ? build(geometry, chains) : geometry;
}

/**
 * All geometries without a vertex; null where borders part at it, so that taking it out would leave a gap, or where
 * nothing would be left of one.
 */
export function deleted(geometries, position) {
  const all = noded(geometries, position);
  const pairs = new Set(all.flatMap((one) => pairsAt(one, position)));
  if (pairs.size > 1) return null;
  const found = all.map((one) => without(one, position));
  return found.some((one, at) => one === null && geometries[at] !== null) ? null : found;
}

/** The vertices beside a vertex, as keys, once for each time that it stands there. */
function pairsAt(geometry, position) {
  return chainsOf(geometry).flatMap(({ positions, closed }) =>
    positions.flatMap((one, at) => {
      if (!same(one, position)) return [];
      const beside = [positions[at - 1] ?? (closed ? positions.at(-1) : null), positions[at + 1] ?? (closed ? positions[0] : null)];
      return [beside.map(String).toSorted().join(" ")];
    }),
  );
}

function without(geometry, position) {
  const chains = chainsOf(geometry);
  if (!chains.some(({ positions }) => positions.some((one) => same(one, position)))) return geometry;
  return build(geometry, chains.map((chain) => ({ ...chain, positions: chain.positions.filter((one) => !same(one, position)) })));
}

/** One geometry without the vertex at a path; null where nothing is left of it. */
export function deletedAt(geometry, path) {
  const found = chainAt(geometry, path);
  if (!found) return geometry;
  const chains = chainsOf(geometry).map((chain) => {
    if (String(chain.path) !== String(found.chain.path)) return chain;
    return { ...chain, positions: chain.positions.toSpliced(found.at, 1) };
  });
  return build(geometry, chains);
}
