// The records of a layer: loaded page by page, filtered and sorted here.

import { get, latest } from "../api.js";
import { validity } from "./layers.js";

export const PAGE = 1000;
export const MOST = 20000;
let all = [];
let total = 0;
let order = { field: null, down: false };

/**
 * Loads the records that fit; `told` is called after each page with how many have come and how many there are.
 * Of two calls the later counts.
 */
export const load = latest(async (signal, layer, { q, unit }, told) => {
  all = [];
  let after = null;
  do {
    const page = await get(`/api/records/${layer.id}`, { q, unit, limit: PAGE, after }, { signal });
    if (signal.aborted) return undefined;
    total = page.total ?? total;
    // What was saved while the page was on its way is newer than what it says.
    const newer = new Set(all.map(({ id }) => id));
    all = all.concat(page.items.filter(({ id }) => !newer.has(id)));
    after = page.next;
    told(all.length, total);
  } while (after !== null && all.length < MOST);
  return all;
});

export const loaded = () => all;

/** Puts a record as it is now into the list; one that is gone is taken out. */
export function put(record, { gone = false } = {}) {
  const at = all.findIndex(({ id }) => id === record.id);
  if (gone) {
    if (at >= 0) all.splice(at, 1);
  } else if (at >= 0) all[at] = record;
  else all.push(record);
}

export const ordered = () => order;
/** Sorts by a field, up and then down. */
export function sortBy(field) {
  order = order.field === field ? { field, down: !order.down } : { field, down: false };
}

/** The records that fit what is chosen beside the server's conditions, in order. */
export function chosen(layer, { field, value, day, bounds }) {
  const days = validity(layer);
  const fits = (record) =>
    (!field || same(record, field, value)) && (!day || !days || holds(record.values, days, day)) && (!bounds || (record.lon !== null && bounds.contains([record.lon, record.lat])));
  return sorted(all.filter(fits));
}

const of = (record, field) => (field === "unit" ? record.unit_name : field === "published" ? record.marks.published : record.values[field]);

function same(record, field, value) {
  const held = of(record, field);
  if (value === "") return held === null || held === undefined || held === "";
  return String(held ?? "").toLocaleLowerCase().includes(value.toLocaleLowerCase());
}

const holds = (values, [from, to], day) => (!values[from] || values[from] <= day) && (!values[to] || values[to] > day);

function sorted(rows) {
  if (!order.field) return rows;
  const sign = order.down ? -1 : 1;
  const compare = new Intl.Collator("zh-CN", { numeric: true }).compare;
  return [...rows].sort((a, b) => {
    const [one, other] = [of(a, order.field), of(b, order.field)];
    if (one === null || one === undefined) return other === null || other === undefined ? a.id - b.id : 1;
    if (other === null || other === undefined) return -1;
    const way = typeof one === "number" && typeof other === "number" ? one - other : compare(String(one), String(other));
    return sign * way || a.id - b.id;
  });
}
