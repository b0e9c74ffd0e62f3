// Plane coordinates: 3-degree Gauss-Kruger zones on CGCS2000, elsewhere UTM.
// Kruger's series to the fourth order of the third flattening: under a millimetre within a zone.

const A = 6378137;
const F = 1 / 298.257222101;
const N = F / (2 - F);
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const ECCENTRICITY = (2 * Math.sqrt(N)) / (1 + N);
const ALPHA = [
  N / 2 - (2 * N ** 2) / 3 + (5 * N ** 3) / 16 + (41 * N ** 4) / 180,
  (13 * N ** 2) / 48 - (3 * N ** 3) / 5 + (557 * N ** 4) / 1440,
  (61 * N ** 3) / 240 - (103 * N ** 4) / 140,
  (49561 * N ** 4) / 161280,
];
const RAD = Math.PI / 180;

/**
 * Transverse Mercator on CGCS2000, metres from the equator and from the central meridian.
 * @returns {{north: number, east: number}}
 */
export function transverseMercator(lon, lat, meridian, scale = 1) {
  const sine = Math.sin(lat * RAD);
  const t = Math.sinh(Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine));
  const away = (lon - meridian) * RAD;
  const xi = Math.atan2(t, Math.cos(away));
  const eta = Math.asinh(Math.sin(away) / Math.hypot(t, Math.cos(away)));
  let north = xi;
  let east = eta;
  ALPHA.forEach((alpha, index) => {
    const k = 2 * (index + 1);
    north += alpha * Math.sin(k * xi) * Math.cosh(k * eta);
    east += alpha * Math.cos(k * xi) * Math.sinh(k * eta);
  });
  return { north: scale * RADIUS * north, east: scale * RADIUS * east };
}

/**
 * The zone of a place and its coordinates there: X north, Y east with the zone number in front (EPSG:4513 to 4533),
 * outside 73.5 to 136.5 degrees east its UTM zone.
 * @returns {{system: "gk3"|"utm", zone: string, north: number, east: number}|null} null beyond 84 degrees
 */
export function planeCoordinates(lon, lat) {
  if (!(Math.abs(lat) <= 84) || !(Math.abs(lon) <= 180)) return null;
  if (lon >= 73.5 && lon < 136.5) {
    const zone = Math.floor((lon + 1.5) / 3);
    const { north, east } = transverseMercator(lon, lat, zone * 3);
    return { system: "gk3", zone: String(zone), north, east: zone * 1e6 + 500000 + east };
  }
  const zone = Math.min(60, Math.floor((lon + 180) / 6) + 1);
  const { north, east } = transverseMercator(lon, lat, zone * 6 - 183, 0.9996);
  return { system: "utm", zone: `${zone}${lat < 0 ? "S" : "N"}`, north: lat < 0 ? north + 1e7 : north, east: east + 500000 };
}

/** 113.165432 as 113°09′55.56″. */
export function degrees(value) {
  const hundredths = Math.round(Math.abs(value) * 360000);
  const d = Math.floor(hundredths / 360000);
  const m = Math.floor((hundredths % 360000) / 6000);
  const s = ((hundredths % 6000) / 100).toFixed(2);
  return `${d}°${String(m).padStart(2, "0")}′${s.padStart(5, "0")}″`;
}
