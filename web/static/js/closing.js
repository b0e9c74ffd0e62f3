// Who loses cover if a facility closes: of one facility, and of all side by side.

import { get, latest } from "./api.js";
import { chosenService, chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { el, facts } from "./dom.js";
import { count } from "./format.js";
import { failure } from "./problem.js";
import { text } from "./texts.js";

const MOST = 15;
const MOST_NAMED = 40;
let keptKey = null;
let kept = null;

const load = latest((signal, run, service, type) => get(`/api/runs/${run}/losses`, { service, type }, { signal }));

/** The closing costs of the case in sight, the dearest first; null where there are none. */
async function losses() {
  const { status, run } = coverage();
  if (status !== "ready") return null;
  const key = [run.id, chosenService().id, chosenType().code].join();
  if (key !== keptKey) {
    const found = await load(run.id, chosenService().id, chosenType().code);
    if (!found) return null;
    [keptKey, kept] = [key, found.items];
  }
  return kept;
}

/**
 * What the closing of a facility costs; null where it is not of the type in sight.
 * @param {number} id
 * @param {(thing: object) => void} onSelect
 */
export async function closingSection(id, onSelect) {
  try {
    const cost = (await losses())?.find((one) => one.facility_id === id);
    if (!cost) return null;
    const lost = (coverage().reach ?? []).filter((item) => item.covered && item.facility_id === id && item.facilities_within === 1);
    lost.sort((a, b) => (b.population ?? 0) - (a.population ?? 0));
    return el(
      "section",
      { class: "closing stack tight" },
      el("h3", {}, text("map.closing.title")),
      facts([
        [text("map.closing.within"), both(cost.population_within, cost.communities_within)],
        [text("map.closing.lost"), both(cost.lost_population, cost.lost_communities)],
        [text("map.closing.lost.60"), text("map.persons", { number: count(cost.lost_population_60) })],
        [text("map.closing.single"), both(cost.single_population, cost.single_communities)],
      ]),
      lost.length ? named(lost, onSelect) : el("p", { class: "quiet" }, text("map.closing.nobody")),
    );
  } catch (problem) {
    if (problem.status) return null;
    throw problem;
  }
}

const both = (people, communities) => text("map.closing.both", { people: count(people), communities: count(communities) });

function named(items, onSelect) {
  const link = (item) => el("button", { class: "link", type: "button", onclick: () => onSelect({ kind: "community", id: item.community_id, name: item.name }) }, item.name);
  const rest = items.length - MOST_NAMED;
  return el(
    "details",
    {},
    el("summary", {}, text("map.closing.who", { count: count(items.length) })),
    el("ul", { class: "names" }, ...items.slice(0, MOST_NAMED).map((item) => el("li", {}, link(item)))),
    rest > 0 ? el("p", { class: "quiet" }, text("map.list.first", { count: MOST_NAMED, all: count(items.length) })) : null,
  );
}

/** All facilities by what their closing costs; loaded when it is opened. */
export function closingTable(onSelect) {
  const body = el("div", {}, el("p", { class: "quiet" }, text("map.loading")));
  const fillIn = async () => {
    if (!root.open) return;
    try {
      const items = await losses();
      if (items) body.replaceChildren(items.length ? table(items, onSelect) : el("p", { class: "quiet" }, text("map.list.none")));
    } catch (error) {
      body.replaceChildren(failure(error, fillIn));
    }
  };
  const root = el("details", { id: "closing-table", class: "more", ontoggle: fillIn }, el("summary", {}, text("map.closing.table")), body);
  return root;
}

function table(items, onSelect) {
  const head = ["facility", "lost-people", "lost-communities", "single-people"].map((id) => el("th", { scope: "col" }, text(`map.closing.head.${id}`)));
  const row = (item) => {
    const choose = () => onSelect({ kind: "facility", id: item.facility_id, name: item.name, lon: item.lon, lat: item.lat });
    return el(
      "tr",
      { onclick: choose },
      el("th", { scope: "row" }, el("button", { class: "link", type: "button" }, item.name)),
      ...[item.lost_population, item.lost_communities, item.single_population].map((value) => el("td", {}, count(value))),
    );
  };
  const shown = items.slice(0, MOST);
  const caption = text("map.closing.caption", { shown: count(shown.length), all: count(items.length), date: coverage().run.on_date });
  return el("table", { class: "units-table closing-list" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...shown.map(row)));
}
