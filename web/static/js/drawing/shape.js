// Geometries as values: vertices are read and changed by their path into the coordinates; nothing is changed in place.
// A path is the indexes that lead to a vertex: [] of a point, [i] of a line, [ring, i] of a polygon, one more of several.

/** @typedef {[number, number]} Position longitude, latitude in degrees */
/** @typedef {{path: number[], closed: boolean, positions: Position[]}} Chain a line or a ring; of rings without the closing vertex */

export const same = (a, b) => a[0] === b[0] && a[1] === b[1];
export const isMulti = (geometry) => geometry.type.startsWith("Multi");
export const kindOf = (geometry) => geometry.type.replace("Multi", "");
const least = (geometry) => ({ Point: 1, LineString: 2, Polygon: 3 })[kindOf(geometry)];

/** The lines and rings of a geometry; a point is a chain of one. @returns {Chain[]} */
export function chainsOf(geometry) {
  if (!geometry) return [];
  const parts = isMulti(geometry) ? geometry.coordinates.map((part, at) => [[at], part]) : [[[], geometry.coordinates]];
  if (kindOf(geometry) === "Polygon") {
    return parts.flatMap(([path, rings]) => rings.map((ring, at) => ({ path: [...path, at], closed: true, positions: ring.slice(0, -1) })));
  }
  if (kindOf(geometry) === "LineString") return parts.map(([path, positions]) => ({ path, closed: false, positions }));
  return parts.map(([path, position]) => ({ path, closed: false, point: true, positions: [position] }));
}

/** Path of the vertex `at` of a chain. */
export const pathIn = (chain, at) => (chain.point ? chain.path : [...chain.path, at]);

/** All vertices with their paths, in their order. @returns {{path: number[], position: Position}[]} */
export const verticesOf = (geometry) =>
  chainsOf(geometry).flatMap((chain) => chain.positions.map((position, at) => ({ path: pathIn(chain, at), position })));

/** The edges of a chain. @returns {{a: Position, b: Position, at: number}[]} `at` is where a vertex between them would go */
export function edgesOf({ positions, closed }) {
  const count = closed ? positions.length : positions.length - 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => ({ a: positions[at], b: positions[(at + 1) % positions.length], at: at + 1 }));
}

/** The vertex at a path; undefined where there is none. */
export const vertexAt = (geometry, path) => path?.reduce((part, index) => part?.[index], geometry?.coordinates);

/** The chain that a vertex is in, and its place there. */
export function chainAt(geometry, path) {
  for (const chain of chainsOf(geometry)) {
    const at = chain.point ? 0 : path.at(-1);
    if (String(pathIn(chain, at)) === String(path) && at < chain.positions.length) return { chain, at };
  }
  return null;
}

/** The geometry with the positions of one chain made anew by `change`; null where nothing is left of it. */
export function withChain(geometry, path, change) {
  const chains = chainsOf(geometry).map((chain) => (String(chain.path) === String(path) ? { ...chain, positions: change(chain.positions) } : chain));
  return build(geometry, chains);
}

/** The geometry with every vertex given to `change`; the same one where none is changed. */
export function mapVertices(geometry, change) {
  let touched = false;
  const chains = chainsOf(geometry).map((chain) => ({
    ...chain,
    positions: chain.positions.map((position) => {
      const next = change(position);
      touched ||= next !== position;
      return next;
    }),
  }));
  return touched ? build(geometry, chains) : geometry;
}

/** A geometry of the chains of another one; holes go with their border, parts that are too small are left out. */
export function build(geometry, chains) {
  const most = least(geometry);
  const kind = kindOf(geometry);
  if (kind === "Point") return several(geometry, chains.filter(({ positions }) => positions.length).map(({ positions }) => positions[0]));
  if (kind === "LineString") return several(geometry, chains.map(({ positions }) => positions).filter(({ length }) => length >= most));
  const parts = new Map();
  for (const { path, positions } of chains) {
    const part = path.length > 1 ? path[0] : 0;
    if (!parts.has(part)) parts.set(part, []);
    parts.get(part).push(positions.length >= most ? [...positions, positions[0]] : null);
  }
  return several(geometry, [...parts.values()].filter(([border]) => border).map((rings) => rings.filter(Boolean)));
}

function several(geometry, parts) {
  if (!parts.length) return null;
  return { type: geometry.type, coordinates: isMulti(geometry) ? parts : parts[0] };
}

/** Both as one geometry of several parts of a kind; either may be null. */
export function together(geometry, other) {
  if (!geometry || !other) return geometry ?? other;
  const parts = (one) => (isMulti(one) ? one.coordinates : [one.coordinates]);
  return { type: `Multi${kindOf(geometry)}`, coordinates: [...parts(geometry), ...parts(other)] };
}

/** A line, or several, in the other direction. */
export function reversed(geometry) {
  if (!geometry || kindOf(geometry) !== "LineString") return geometry;
  const lines = isMulti(geometry) ? geometry.coordinates.map((line) => line.toReversed()) : geometry.coordinates.toReversed();
  return { type: geometry.type, coordinates: lines };
}

/** The geometry in a type that is allowed: one part alone where it may be, several where it must. */
export function fitted(geometry, kinds) {
  if (!geometry || kinds.includes(geometry.type)) return geometry;
  const kind = kindOf(geometry);
  if (!isMulti(geometry) && kinds.includes(`Multi${kind}`)) return { type: `Multi${kind}`, coordinates: [geometry.coordinates] };
  if (isMulti(geometry) && geometry.coordinates.length === 1 && kinds.includes(kind)) return { type: kind, coordinates: geometry.coordinates[0] };
  return geometry;
}

/** West, south, east, north; null of nothing. */
export function boxOf(geometry) {
  let box = null;
  for (const { positions } of chainsOf(geometry)) {
    for (const [x, y] of positions) {
      box ??= [x, y, x, y];
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    }
  }
  return box;
}

export const meets = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
