// The headline figures of the chosen service and type, with what they assume beside them.

import { accessSection, reportLinks } from "./equity.js";
import { shareBar } from "./chart.js";
import { chosenService, chosenType, info, modeOf } from "./choice.js";
import { coverage, loadCoverage } from "./coverage.js";
import { closingTable } from "./closing.js";
import { byId, el } from "./dom.js";
import { count, coverageShare, decimal, moment, percent, share, short } from "./format.js";
import { formsSection } from "./forms.js";
import { mayOrder, order } from "./jobs.js";
import { failure } from "./problem.js";
import { state } from "./state.js";
import { sureSection } from "./sure.js";
import { unitsTable } from "./table.js";
import { language, text, titled } from "./texts.js";

let drawn = [];

/**
 * @param {(thing: object, how?: object) => void} onThing called when a thing of a table is chosen
 * @param {{onMarks: (items: object[]) => void, onForm: (collection: object|null) => void}} map what to mark on the map, and
 *   what to draw in place of the circle
 */
export function drawFigures(onThing, map) {
  const view = byId("view-figures");
  const { status, error, run, total, items } = coverage();
  view.setAttribute("aria-busy", String(status === "loading"));
  if (status === "loading" && view.childElementCount) return;
  const now = [status, error, run, total, items, language(), mayOrder()];
  if (now.every((part, index) => part === drawn[index])) return;
  drawn = now;
  if (status === "ready") {
    view.replaceChildren(...ready(onThing, map));
    performance.mark("figures");
  } else if (status === "failed") view.replaceChildren(failure(error, loadCoverage));
  else view.replaceChildren(status === "loading" ? el("p", { class: "quiet" }, text("map.loading")) : noRun());
}

function noRun() {
  const words = info().latest_run === null ? ["map.norun", "map.norun.remedy"] : ["map.norun.case", "map.norun.remedy"];
  return el(
    "div",
    { class: "note stack tight" },
    el("strong", {}, text(words[0])),
    el("p", {}, text(words[1]), " ", el("code", {}, "geoservice coverage run")),
    mayOrder() ? el("button", { id: "run-now", class: "button", type: "button", onclick: () => order() }, text("map.norun.now")) : null,
  );
}

function ready(onThing, { onMarks, onForm }) {
  const { run, total, items } = coverage();
  const service = chosenService();
  const type = chosenType();
  const title = `${titled(service.title)} · ${titled(type.title)}`;
  const caption = text("map.table.caption", { title, date: run.on_date });
  if (!total) return [el("h2", {}, title), el("div", { class: "note" }, text("map.noresult"))];
  return [
    el("h2", {}, title),
    run.stale ? stale() : null,
    headline(total),
    figures(total),
    assumptions(service, run),
    unitsTable({ items, total, caption, current: selectedUnit(), onChoose: (id) => onThing({ kind: "unit", id }, { stay: true }) }),
    unjoined(onThing),
    accessSection(onThing),
    formsSection(onThing, onForm),
    closingTable(onThing),
    sureSection(onThing, onMarks),
    reportLinks(),
  ].filter(Boolean);
}

const stale = () =>
  el(
    "div",
    { class: "note warn stack tight" },
    el("strong", {}, text("map.stale")),
    el("p", {}, text("map.stale.remedy")),
    mayOrder() ? el("button", { class: "button", type: "button", onclick: () => order() }, text("map.stale.again")) : null,
  );

/** Who could not be joined to the network, by name; they count as uncovered. */
function unjoined(onThing) {
  const items = (coverage().reach ?? []).filter(({ status }) => status === "unjoined");
  if (!items.length) return null;
  const link = (item) => el("button", { class: "link", type: "button", onclick: () => onThing({ kind: "community", id: item.community_id, name: item.name, lon: item.lon, lat: item.lat }) }, item.name);
  const row = (item) => el("li", {}, link(item), " ", el("small", {}, text(`map.reason.${item.reason}`)));
  return el("details", { id: "unjoined", class: "more" }, el("summary", {}, text("map.unjoined", { count: count(items.length) })), el("ul", { class: "names" }, ...items.slice(0, 200).map(row)));
}

/** The id of the unit that is selected, or null. */
export function selectedUnit() {
  const [kind, id] = (state().sel ?? "").split(":");
  return kind === "unit" ? Number(id) : null;
}

function headline(total) {
  const value = coverageShare(total, total);
  return el(
    "div",
    { class: "headline" },
    el("strong", { id: "share" }, percent(value)),
    el("span", {}, text(total.population > 0 ? "map.share" : "map.share.communities")),
    shareBar(value, { label: percent(value) }),
  );
}

function figures(total) {
  const people = (covered, all) => text("map.of.people", { covered: count(covered), all: count(all), share: percent(share(covered, all)) });
  const rows = [
    [text("map.people"), total.population ? people(total.population_covered, total.population) : null],
    [text("map.people.60"), total.population_60 ? people(total.population_60_covered, total.population_60) : null],
    [text("map.people.80"), total.population_80 ? people(total.population_80_covered, total.population_80) : null],
    [text("map.people.households"), total.households ? text("map.of.households", { covered: count(total.households_covered), all: count(total.households), share: percent(share(total.households_covered, total.households)) }) : null],
    [text("map.backup"), total.population ? people(total.population_backed_up, total.population) : null],
    [text("map.neighbour"), total.population_by_neighbour ? people(total.population_by_neighbour, total.population) : null],
    [text("map.communities"), text("map.of.communities", { covered: count(total.communities_covered), all: count(total.communities) })],
    [text("map.facilities"), text("map.of.facilities", { all: count(total.facilities) })],
    [text("map.built"), total.built_up_km2 ? text("map.of.km2", { covered: decimal(total.built_up_covered_km2), all: decimal(total.built_up_km2), share: percent(share(total.built_up_covered_km2, total.built_up_km2)) }) : null],
    [text("map.gini"), Number.isFinite(total.gini_time) ? decimal(total.gini_time, 2) : null],
    [text("map.state.unjoined"), total.communities_unjoined ? text("map.of.places", { all: count(total.communities_unjoined) }) : null],
    [text("map.nopeople"), total.communities_without_population ? text("map.of.places", { all: count(total.communities_without_population) }) : null],
  ];
  const shown = rows.filter(([, value]) => value !== null);
  return el("dl", { class: "figures" }, ...shown.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value))));
}

function assumptions(service, run) {
  // What the run really used: it may have been told another mode or another limit than the standard's.
  const limits = Object.entries(run.parameters?.services?.[service.id]?.limits ?? service.limits);
  const items = limits.map(([kind, limit]) =>
    text("map.assumed.limit", { kind: text(`map.class.${kind}`), way: way(limit.mode), minutes: limit.minutes }),
  );
  const estimated = run.parameters?.population_estimated;
  if (estimated?.communities) items.push(text("map.assumed.estimated", { communities: count(estimated.communities), people: count(estimated.population), sources: estimated.sources.map(({ name, on }) => (on ? `${name} (${on})` : name)).join(", ") }));
  items.push(text("map.assumed.how"));
  items.push(...new Set(limits.map(([, limit]) => leg(limit.mode)).filter(Boolean)));
  items.push(text("map.assumed.date", { date: run.on_date, finished: moment(run.finished_at) }));
  return el(
    "div",
    { class: "note assumptions" },
    el("strong", {}, text("map.assumed")),
    el("ul", {}, ...items.map((item) => el("li", {}, item))),
    grounds(service, limits),
    info().schematic || run.schematic ? el("strong", {}, text("map.schematic")) : null,
  );
}

/** Where the standard and each of its minutes come from. */
function grounds(service, limits) {
  const named = limits.map(([kind, { source }]) => source && text("map.assumed.ground", { kind: text(`map.class.${kind}`), source }));
  const modes = [...new Set(limits.map(([, { mode }]) => mode))].map((id) => modeOf(id)?.source);
  const items = [service.source, service.note, ...named, ...modes].filter(Boolean).map((item) => el("li", {}, titled(item)));
  return items.length ? el("details", { class: "grounds" }, el("summary", {}, text("map.assumed.source")), el("ul", {}, ...items)) : null;
}

/** The straight way to the road, where the server states it. */
function leg(mode) {
  const known = modeOf(mode);
  if (!known?.off_network_m) return null;
  const barriers = (known.barriers ?? []).map((id) => titled(info().layers.find((layer) => layer.id === id)?.title)).filter(Boolean);
  const values = { mode: titled(known.title), metres: count(known.off_network_m), speed: short(known.off_network_kmh) };
  return text(barriers.length ? "map.assumed.leg.barriers" : "map.assumed.leg", { ...values, barriers: barriers.join(text("map.and")) });
}

function way(mode) {
  const known = modeOf(mode);
  if (!known) return mode;
  const speeds = [known.speed_kmh, ...Object.values(known.speeds ?? {})].filter((speed) => speed > 0);
  const [low, high] = [Math.min(...speeds), Math.max(...speeds)];
  const values = { mode: titled(known.title), low: short(low), high: short(high) };
  return text(low === high ? "map.assumed.way" : "map.assumed.way.by-class", values);
}
