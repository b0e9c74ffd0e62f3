// What was selected, in words: a facility, a community, a unit, a place.

import { get, latest } from "./api.js";
import { serviceOf, typeOf } from "./choice.js";
import { degrees } from "./coords.js";
import { statusOf } from "./coverage.js";
import { byId, el, facts } from "./dom.js";
import { count, decimal, minutes } from "./format.js";
import { swatch, typeSwatch } from "./icons.js";
import { failure } from "./problem.js";
import { text, titled } from "./texts.js";

const load = latest(async (signal, { kind, id }) => {
  if (kind === "facility") return get(`/api/facilities/${id}`, {}, { signal });
  if (kind === "community") return get(`/api/communities/${id}`, {}, { signal });
  if (kind === "unit") return get(`/api/units/${id}`, {}, { signal });
  const place = await get(`/api/places/${id}`, {}, { signal });
  const standard = place.names.find((item) => item.name === place.standard_name) ?? place.names[0] ?? {};
  return { ...place, name: standard.name, reading: standard.reading, romanisation: standard.romanisation };
});

/** `kind:id` or `kind:id:name` as an object; null for nothing. */
export function parseSelection(sel) {
  if (!sel) return null;
  const [kind, id, ...name] = sel.split(":");
  return { kind, id: Number(id), name: name.join(":") || null };
}

/**
 * Loads and shows a selection.
 * @param {{kind: string, id: number, name: string|null}|null} chosen
 * @param {{others?: object[], onSelect: (thing: object) => void}} options `others` stand at the same point
 * @returns {Promise<object|null|undefined>} the record; null when there is none; undefined when overtaken
 */
export async function showDetails(chosen, { others = [], onSelect }) {
  const view = byId("view-details");
  if (!chosen) {
    view.replaceChildren(el("p", { class: "quiet" }, text("map.details.none")));
    return null;
  }
  view.setAttribute("aria-busy", "true");
  try {
    const record = await load(chosen);
    if (record === undefined) return undefined;
    view.replaceChildren(...(record ? draw(chosen.kind, record, onSelect) : [el("p", { class: "note" }, text("map.details.gone"))]));
    const further = others.filter((other) => other.kind !== chosen.kind || other.id !== chosen.id);
    if (further.length) view.append(...sameSpot(further, onSelect));
    return record;
  } catch (error) {
    view.replaceChildren(failure(error, () => showDetails(chosen, { others, onSelect })));
    return null;
  } finally {
    view.removeAttribute("aria-busy");
  }
}

function sameSpot(things, onSelect) {
  const row = (thing) =>
    el("li", {}, el("button", { type: "button", onclick: () => onSelect(thing) }, el("span"), el("span", {}, thing.name ?? ""), el("small", {}, text(`map.thing.${thing.kind}`))));
  return [el("h3", {}, text("map.details.here")), el("ul", { class: "list" }, ...things.slice(0, 8).map(row))];
}

const DRAW = { facility, community, unit, place };
const draw = (kind, record, onSelect) => [...DRAW[kind](record, onSelect), record.schematic ? el("p", { class: "note warn" }, text("map.schematic")) : null].filter(Boolean);

function head(name, ...chips) {
  return el("div", { class: "details-head" }, el("div", { class: "chips" }, ...chips), el("h2", { id: "details-name" }, name));
}

const chip = (words, ...marks) => el("span", { class: "chip" }, ...marks, words);
const position = ({ lon, lat }) => (Number.isFinite(lon) ? `${degrees(lat)} N, ${degrees(lon)} E` : null);
const township = ({ unit_id: id, unit_name: name }, onSelect) =>
  id && name ? el("button", { class: "link", type: "button", onclick: () => onSelect({ kind: "unit", id, name }) }, name) : name;

function facility(record, onSelect) {
  const type = typeOf(record.type);
  return [
    head(record.name, chip(titled(type?.title), type ? typeSwatch(type.shape, type.color) : null)),
    facts([
      [text("map.fact.unit"), township(record, onSelect)],
      [text("map.fact.address"), record.address],
      [text("map.fact.beds"), withUnit(record.beds, "map.beds")],
      [text("map.fact.nursing"), withUnit(record.nursing_beds, "map.beds")],
      [text("map.fact.area"), record.area_m2 === null ? null : text("map.m2", { number: decimal(Number(record.area_m2)) })],
      [text("map.fact.opened"), record.opened_on],
      [text("map.fact.closed"), record.closed_on],
      [text("map.fact.position"), position(record)],
    ]),
  ];
}

const withUnit = (value, key) => (value === null || value === undefined ? null : text(key, { number: count(value) }));

function community(record, onSelect) {
  const people = (value) => withUnit(value, "map.persons");
  return [
    head(record.name, record.class ? chip(text(`map.class.${record.class}`)) : chip(text("map.class.none"))),
    facts([
      [text("map.fact.unit"), township(record, onSelect)],
      [text("map.fact.people"), people(record.population)],
      [text("map.fact.estimated"), record.population_estimated ? record.population_source : null],
      [text("map.people.60"), people(record.population_60)],
      [text("map.people.80"), people(record.population_80)],
      [text("map.fact.households"), withUnit(record.households, "map.households")],
      [text("map.fact.counted"), record.population_date],
      ...codes(record),
      [text("map.fact.position"), position(record)],
    ]),
    ...reaches(record, onSelect),
  ];
}

const codes = ({ codes: list = [] }) => list.map(({ system, edition, code }) => [text("map.fact.code", { system, edition }), code]);

function reaches({ reach = [] }, onSelect) {
  if (!reach.length) return [];
  const groups = Map.groupBy ? [...Map.groupBy(reach, (item) => item.service)] : grouped(reach);
  return [
    el("h3", {}, text("map.details.reach")),
    ...groups.map(([service, items]) =>
      el("section", { class: "stack tight" }, el("h3", {}, titled(serviceOf(service)?.title) || service), el("ul", { class: "list" }, ...items.map((item) => reachRow(item, onSelect)))),
    ),
  ];
}

function grouped(items) {
  const found = new Map();
  for (const item of items) found.set(item.service, [...(found.get(item.service) ?? []), item]);
  return [...found];
}

function reachRow(item, onSelect) {
  const status = statusOf(item);
  const time = item.time_s === null ? text(`map.reason.${item.reason}`) : `${minutes(item.time_s)} / ${minutes(item.limit_s)}`;
  const target = item.facility_id ? { kind: "facility", id: item.facility_id, name: item.facility_name } : null;
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", disabled: !target, onclick: () => onSelect(target) },
      swatch(status),
      el("span", {}, titled(typeOf(item.type)?.title) || item.type, el("br"), el("small", {}, item.facility_name ?? "")),
      el("span", {}, text(`map.state.${status}`), el("br"), el("small", {}, time)),
    ),
  );
}

function unit(record) {
  return [
    head(record.name, chip(text(`map.level.${record.level}`))),
    facts([
      [text("map.fact.kind"), record.kind],
      [text("map.fact.unitcode"), record.code],
      [text("map.fact.parent"), record.parent_name],
      [text("map.fact.from"), record.valid_from],
      [text("map.fact.to"), record.valid_to],
    ]),
  ];
}

function place(record) {
  const others = record.names.filter((item) => item.name !== record.name);
  const written = ({ kind, name, valid_from: from, valid_to: to }) => text("map.kind.of", { kind: text(`map.kind.${kind}`), name }) + (from || to ? ` (${from ?? ""}–${to ?? ""})` : "");
  return [
    head(record.name, chip(titled(record.class_title) || text("map.thing.place"))),
    facts([
      [text("map.fact.reading"), record.reading],
      [text("map.fact.roman"), record.romanisation],
      [text("map.fact.names"), others.map(written).join("；")],
      [text("map.fact.unit"), record.unit_name],
      [text("map.fact.position"), position(record)],
    ]),
  ];
}
