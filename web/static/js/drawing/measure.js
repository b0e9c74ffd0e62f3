// Lengths and areas while something moves; the figure that stays is the service's.

import { chainsOf, edgesOf, kindOf } from "./shape.js";

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;
const ROUNDS = 50;

/**
 * @returns {{length_m: number, area_m2: number}} of polygons the length of all borders
 */
export function measured(geometry) {
  const chains = chainsOf(geometry);
  const length_m = chains.flatMap(edgesOf).reduce((sum, { a, b }) => sum + distance(a, b), 0);
  if (!geometry || kindOf(geometry) !== "Polygon") return { length_m, area_m2: 0 };
  const area_m2 = chains.reduce((sum, { path, positions }) => sum + (path.at(-1) ? -1 : 1) * Math.abs(ringArea(positions)), 0);
  return { length_m, area_m2 };
}

/** Metres along the geodesic: Vincenty's inverse formula, to a tenth of a millimetre. */
export function distance([lon1, lat1], [lon2, lat2]) {
  const [u1, u2] = [lat1, lat2].map((lat) => Math.atan((1 - F) * Math.tan(lat * RAD)));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  const away = (lon2 - lon1) * RAD;
  let lambda = away;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sine = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (!sine) return 0;
    const cosine = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sine, cosine);
    const alpha = (c1 * c2 * sl) / sine;
    const square = 1 - alpha * alpha;
    const middle = square ? cosine - (2 * s1 * s2) / square : 0;
    const c = (F / 16) * square * (4 + F * (4 - 3 * square));
    const before = lambda;
    lambda = away + (1 - c) * F * alpha * (sigma + c * sine * (middle + c * cosine * (2 * middle * middle - 1)));
    if (Math.abs(lambda - before) < 1e-13 || round === ROUNDS - 1) return arc(square, sine, cosine, sigma, middle);
  }
  return 0;
}

function arc(square, sine, cosine, sigma, middle) {
  const u = (square * (A * A - B * B)) / (B * B);
  const big = 1 + (u / 16384) * (4096 + u * (u * (320 - 175 * u) - 768));
  const small = (u / 1024) * (256 + u * (u * (74 - 47 * u) - 128));
  const twice = 2 * middle * middle - 1;
  const change = small * sine * (middle + (small / 4) * (cosine * twice - (small / 6) * middle * (4 * sine * sine - 3) * (4 * middle * middle - 3)));
  return B * big * (sigma - change);
}

/** Square metres of a ring, straight on the equal-area cylinder: exact for short edges. */
function ringArea(positions) {
  const flat = positions.map(([lon, lat]) => [A * lon * RAD, (A * authalic(lat)) / 2]);
  return flat.reduce((sum, [x, y], at) => {
    const [px, py] = flat.at(at - 1);
    return sum + (px - flat[0][0]) * (y - flat[0][1]) - (x - flat[0][0]) * (py - flat[0][1]);
  }, 0) / 2;
}

function authalic(lat) {
  const sine = Math.sin(lat * RAD);
  return (1 - E2) * (sine / (1 - E2 * sine * sine) + Math.atanh(E * sine) / E);
}
