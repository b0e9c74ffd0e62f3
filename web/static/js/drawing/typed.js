// Coordinates as people type them: degrees in either way of writing, survey metres with or without the zone number.

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const PARTS =
  /^([NSEW])?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*(?:[°度d\s]|(?=[NSEW]?$))\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:(?:['′’分m](?!['′])|\s)\s*|(?=[NSEW]?$)))?(?:(\d{1,2}(?:\.\d+)?)\s*(?:["″”秒s]|''|′′)?\s*)?([NSEW])?$/i;

/** Full-width signs as plain ones. */
const plain = (text) => text.normalize("NFKC").replaceAll("，", ",").trim();

/**
 * Degrees from 113.165, 113°09′55.5″, 113 9 55.5, 113度9分55.5秒, E113°9.925′.
 * @returns {number|null} null where it is none
 */
export function parseDegrees(text) {
  const given = plain(text);
  if (NUMBER.test(given)) return Number(given);
  const found = PARTS.exec(given);
  if (!found) return null;
  const [, before, degrees, minutes = "0", seconds = "0", after] = found;
  if (before && after) return null;
  if (Number(minutes) >= 60 || Number(seconds) >= 60 || (/\./.test(degrees) && found[3]) || (/\./.test(minutes) && found[4])) return null;
  const sign = degrees.startsWith("-") !== /[SW]/i.test(before ?? after ?? "") ? -1 : 1;
  return sign * (Math.abs(Number(degrees)) + Number(minutes) / 60 + Number(seconds) / 3600);
}

/** Metres from 3393580.656 or 3,393,580.656; null where it is no number. */
export function parseMetres(text) {
  const given = plain(text).replaceAll(/(?<=\d)[,\s](?=\d{3})/g, "").replace(/\s*(m|米)$/i, "");
  return NUMBER.test(given) ? Number(given) : null;
}

const inside = (box, lon, lat) => !box || (lon >= box[0] && lon <= box[2] && lat >= box[1] && lat <= box[3]);

/**
 * What is wrong with a longitude and a latitude.
 * @param {number[]|null} within west, south, east, north of the county
 * @returns {{field: "lon"|"lat", code: string, stops: boolean}|null}
 */
export function degreesFault(lon, lat, within = null) {
  if (lon === null) return { field: "lon", code: "no-degrees", stops: true };
  if (lat === null) return { field: "lat", code: "no-degrees", stops: true };
  const swapped = Math.abs(lat) > 85 && Math.abs(lon) <= 85 && Math.abs(lat) <= 180;
  if (swapped || (within && !inside(within, lon, lat) && inside(within, lat, lon))) return { field: "lat", code: "swapped", stops: true };
  if (Math.abs(lon) > 180) return { field: "lon", code: "not-on-earth", stops: true };
  if (Math.abs(lat) > 85) return { field: "lat", code: "not-on-earth", stops: true };
  return inside(within, lon, lat) ? null : { field: "lon", code: "outside", stops: false };
}

/**
 * The system that survey coordinates are in, or what is wrong with them.
 * @param {number|null} north X
 * @param {number|null} east Y, with or without the zone number in front
 * @param {number} zone number of the 3-degree zone of the place
 * @returns {{crs: string}|{field: "north"|"east", code: string}}
 */
export function surveySystem(north, east, zone) {
  if (north === null) return { field: "north", code: "no-metres" };
  if (east === null) return { field: "east", code: "no-metres" };
  const [x, y] = [Math.abs(north), Math.abs(east)];
  if (x >= 1e7 || (x < 1e6 && y >= 1e6 && y < 1e7)) return { field: "north", code: "swapped-metres" };
  if (y < 1e6) return { crs: `EPSG:${4509 + zone}` };
  const prefix = Math.floor(y / 1e6);
  return prefix >= 25 && prefix <= 45 ? { crs: `EPSG:${4488 + prefix}` } : { field: "east", code: "no-zone" };
}
