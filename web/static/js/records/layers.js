// The layers as they are declared, and how their values are read and shown.

import { get } from "../api.js";
import { short } from "../format.js";
import { text, titled } from "../texts.js";

let layers = [];
let units = [];

/** Loads the declared layers and the units that records name. */
export async function loadLayers() {
  const [answer, found] = await Promise.all([get("/api/records"), loadUnits()]);
  layers = answer.items;
  units = found;
  return layers;
}

async function loadUnits() {
  const items = [];
  let after = null;
  do {
    const page = await get("/api/units", { limit: 1000, after });
    items.push(...page.items);
    after = page.next ?? null;
  } while (after !== null);
  return items.map(({ id, name, level }) => ({ id, name, level }));
}

export const allLayers = () => layers;
export const layerOf = (id) => layers.find((layer) => layer.id === id) ?? null;

/** Units that a record of a layer may name: townships, or what may stand above a unit. */
export const unitsFor = (layer) => units.filter(({ level }) => (layer.id === "units" ? level !== "township" : level === "township" || level === "county"));

/** A value as people read it. */
export function shown(field, value) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map((one) => shownCode(field, one)).join("、");
  if (field.codes) return shownCode(field, value);
  if (typeof value === "boolean") return text(value ? "desk.yes" : "desk.no");
  return field.type === "integer" || field.type === "number" ? short(value) : String(value);
}

const shownCode = (field, value) => titled(field.codes?.find(({ code }) => code === value)?.title) || String(value);

/** Whether two values are the same for a person: nothing typed is no value. */
export function same(one, other) {
  const plain = (value) => (value === "" || value === undefined || (Array.isArray(value) && !value.length) ? null : value);
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

const ENDS = [["valid_from", "valid_to"], ["opened_on", "closed_on"]];

/** The fields between whose days a record holds; null where it always does. */
export function validity(layer) {
  const names = new Set(layer.fields.map(({ name }) => name));
  return ENDS.find(([from]) => names.has(from)) ?? null;
}

/** The name that a record goes by. */
export const nameOf = (record) => record.values.name || record.values.key || record.values.code || `#${record.id}`;
