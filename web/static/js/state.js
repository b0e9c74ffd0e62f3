// What the page shows, kept in the address bar: centre, zoom, layers, types, service, selection, language.

/**
 * @typedef {object} State
 * @property {{zoom: number, lat: number, lon: number}|null} view null: the whole county
 * @property {string|null} service
 * @property {string|null} type
 * @property {number|null} run the run that is shown; null: the newest by the standard itself
 * @property {string[]|null} layers ids of the layers that show; null: the default ones
 * @property {string[]} hide facility types that do not show
 * @property {string[]} ringsOff circles that do not show, as mode-minutes
 * @property {string|null} area corners of the area whose figures are shown, as lon,lat~lon,lat~…
 * @property {boolean} overlap whether covered communities are shaded by the number of facilities within reach
 * @property {string|null} sel kind:id, for a place kind:id:name
 * @property {string|null} lang
 */

const EMPTY = { view: null, service: null, type: null, run: null, layers: null, hide: [], ringsOff: [], area: null, overlap: false, sel: null, lang: null };
const listeners = new Set();
let current = { ...EMPTY };

/** @returns {Readonly<State>} */
export const state = () => current;

/** @param {(changed: Set<string>, state: State) => void} listener */
export const onChange = (listener) => listeners.add(listener);

/**
 * Changes the state and the address; a step that "back" should undo is pushed, a movement of the map replaces.
 * @param {Partial<State>} patch
 */
export function update(patch, { push = true } = {}) {
  const changed = difference(current, { ...current, ...patch });
  if (!changed.size) return;
  current = { ...current, ...patch };
  const address = `${location.pathname}${location.search}${encode(current)}`;
  history[push ? "pushState" : "replaceState"](null, "", address);
  for (const listener of listeners) listener(changed, current);
}

/** Reads the address once and follows "back", "forward" and edited addresses from then on. */
export function startState() {
  current = { ...EMPTY, ...decode(location.hash) };
  addEventListener("popstate", () => {
    const next = { ...EMPTY, ...decode(location.hash) };
    const changed = difference(current, next);
    current = next;
    if (changed.size) for (const listener of listeners) listener(changed, current);
  });
}

function difference(before, after) {
  return new Set(Object.keys(EMPTY).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])));
}

/** @param {State} value */
export function encode(value) {
  const parts = [];
  const put = (name, text) => parts.push(`${name}=${encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",")}`);
  if (value.view) put("map", `${round(value.view.zoom, 2)}/${round(value.view.lat, 5)}/${round(value.view.lon, 5)}`);
  for (const name of ["service", "type", "run", "area", "sel", "lang"]) if (value[name]) put(name, value[name]);
  if (value.layers) put("layers", value.layers.join(","));
  if (value.hide.length) put("hide", value.hide.join(","));
  if (value.ringsOff.length) put("ringsoff", value.ringsOff.join(","));
  if (value.overlap) put("overlap", "1");
  return parts.length ? `#${parts.join("&")}` : "";
}

/** What an address says; parts that make no sense are left out. */
export function decode(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const found = {};
  const [zoom, lat, lon] = (given.get("map") ?? "").split("/").map(Number.parseFloat);
  if ([zoom, lat, lon].every(Number.isFinite) && zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180) {
    found.view = { zoom, lat, lon };
  }
  for (const name of ["service", "type"]) if (/^[\w-]{1,80}$/.test(given.get(name) ?? "")) found[name] = given.get(name);
  if (/^-?[\d.]{1,12},-?[\d.]{1,12}(~-?[\d.]{1,12},-?[\d.]{1,12}){2,99}$/.test(given.get("area") ?? "")) found.area = given.get("area");
  found.overlap = given.get("overlap") === "1";
  if (/^[1-9]\d{0,15}$/.test(given.get("run") ?? "")) found.run = Number(given.get("run"));
  if (/^(unit|community|facility|place):\d+(:.{1,100})?$/u.test(given.get("sel") ?? "")) found.sel = given.get("sel");
  if (["zh", "en"].includes(given.get("lang"))) found.lang = given.get("lang");
  if (given.has("layers")) found.layers = words(given.get("layers"));
  found.hide = words(given.get("hide") ?? "");
  found.ringsOff = words(given.get("ringsoff") ?? "");
  return found;
}

const words = (text) => text.split(",").filter((word) => /^[\w-]{1,80}$/.test(word));
const round = (value, digits) => Number(value.toFixed(digits));
