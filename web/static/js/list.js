// What the map shows, as a list: facilities of the type and communities within the view.

import { get, latest } from "./api.js";
import { chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { byId, el } from "./dom.js";
import { count, minutes } from "./format.js";
import { swatch, typeSwatch } from "./icons.js";
import { failure } from "./problem.js";
import { text, titled } from "./texts.js";

const MOST = 100;
const clamp = (lon) => Math.max(-180, Math.min(180, lon));
let onlyUncovered = false;

const facilities = latest((signal, type, bbox) => get("/api/facilities", { type, bbox: bbox.map((value) => value.toFixed(6)).join(","), limit: MOST }, { signal }));

/**
 * Draws the list if it is in sight.
 * @param {ReturnType<import("./mapview.js").createMap>} view
 * @param {(thing: object) => void} onSelect
 */
export async function drawList(view, onSelect) {
  const root = byId("view-list");
  if (root.hidden || !root.offsetParent) return;
  const type = chosenType();
  const bounds = view.map.getBounds();
  const again = () => drawList(view, onSelect);
  const people = communities(view, onSelect, again);
  if (!type) return void root.replaceChildren(...people);
  try {
    const page = await facilities(type.code, [clamp(bounds.getWest()), bounds.getSouth(), clamp(bounds.getEast()), bounds.getNorth()]);
    if (page) root.replaceChildren(...facilityRows(page, type, onSelect), ...people);
  } catch (error) {
    root.replaceChildren(failure(error, again), ...people);
  }
}

function facilityRows({ items, next }, type, onSelect) {
  const rows = items.map((item) => row({ ...item, kind: "facility" }, typeSwatch(type.shape, type.color), item.unit_name, onSelect));
  const number = next ? text("map.list.more", { count: count(items.length) }) : count(items.length);
  return [
    el("div", { class: "section-head" }, el("h2", {}, titled(type.title)), el("span", { class: "quiet" }, number)),
    rows.length ? el("ul", { class: "list" }, ...rows) : el("p", { class: "quiet" }, text("map.list.none")),
  ];
}

function communities(view, onSelect, again) {
  const inside = (coverage().reach ?? []).filter((item) => view.shows(item.lon, item.lat) && (!onlyUncovered || !item.covered));
  if (!coverage().reach) return [];
  const rows = inside
    .sort((a, b) => (b.population ?? 0) - (a.population ?? 0))
    .slice(0, MOST)
    .map((item) => row({ kind: "community", id: item.community_id, name: item.name }, swatch(item.status), reached(item), onSelect));
  const number = inside.length > MOST ? text("map.list.first", { count: MOST, all: count(inside.length) }) : count(inside.length);
  const only = el("input", { type: "checkbox", checked: onlyUncovered, onchange: ({ target }) => { onlyUncovered = target.checked; again(); } });
  return [
    el("div", { class: "section-head" }, el("h2", {}, text("map.communities")), el("span", { class: "quiet" }, number)),
    el("label", { class: "quiet" }, only, " ", text("map.list.uncovered")),
    rows.length ? el("ul", { class: "list" }, ...rows) : el("p", { class: "quiet" }, text("map.list.none")),
  ];
}

const reached = (item) => (item.time_s === null ? text(`map.reason.${item.reason}`) : minutes(item.time_s));

function row(thing, mark, note, onSelect) {
  return el("li", {}, el("button", { type: "button", onclick: () => onSelect(thing) }, mark, el("span", {}, thing.name), el("small", {}, note ?? "")));
}
