// How sure the coverage is: communities that change sides when speeds and ways are drawn anew.

import { get, latest } from "./api.js";
import { chosenService, chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { el } from "./dom.js";
import { count } from "./format.js";
import { swatch } from "./icons.js";
import { failure } from "./problem.js";
import { tried } from "./runs.js";
import { text } from "./texts.js";

const UNSURE = ["likely", "marginal"];
const CERTAINTIES = ["certain", ...UNSURE, "none"];
const load = latest((signal, service, type, on) => get("/api/coverage/uncertainty", { service, type, on }, { signal }));
let open = false;
let found = null;
let foundFor = null;

/**
 * A section that is worked out when it is opened; null where the run is not by the standard.
 * @param {(thing: object, how?: object) => void} onThing
 * @param {(items: object[]) => void} onMarks called with the communities to mark on the map
 */
export function sureSection(onThing, onMarks) {
  const { run } = coverage();
  onMarks([]);
  if (tried(run, chosenService().id)) return null;
  const key = [chosenService().id, chosenType().code, run.on_date].join();
  const body = el("div", { class: "stack tight" });
  const fillIn = async () => {
    open = root.open;
    if (!open) return onMarks([]);
    if (foundFor !== key) {
      body.replaceChildren(el("p", { class: "quiet" }, text("map.sure.working")));
      try {
        const answer = await load(...key.split(","));
        if (!answer) return undefined;
        [found, foundFor] = [answer, key];
      } catch (error) {
        return body.replaceChildren(failure(error, fillIn));
      }
    }
    const items = found.communities.filter(({ certainty }) => UNSURE.includes(certainty));
    body.replaceChildren(...told(items, onThing));
    return onMarks(items);
  };
  const root = el("details", { id: "sure", class: "more", open, ontoggle: fillIn }, el("summary", {}, text("map.sure")), body);
  return root;
}

function told(items, onThing) {
  const { draws, assumptions, by_certainty: sums } = found;
  const rows = CERTAINTIES.map((name) => sums.find(({ certainty }) => certainty === name)).filter(Boolean);
  const line = ({ certainty, communities, population }) =>
    el("tr", {}, el("th", { scope: "row" }, text(`map.sure.${certainty}`)), el("td", {}, count(communities)), el("td", {}, count(population)));
  const heads = ["how", "communities", "people"].map((id) => el("th", { scope: "col" }, text(`map.sure.head.${id}`)));
  const link = (item) => el("button", { class: "link", type: "button", onclick: () => onThing({ kind: "community", id: item.community_id, name: item.name, lon: item.lon, lat: item.lat }) }, item.name);
  const named = items.map((item) => el("li", {}, link(item), " ", el("small", {}, text("map.sure.draws", { covered: count(item.draws_covered), draws: count(draws) }))));
  return [
    el("p", { class: "quiet" }, text("map.sure.how", { draws: count(draws), percent: count(assumptions.speed_share * 100), likely: count(assumptions.likely_share * 100) })),
    el("table", { class: "units-table closing-list" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows.map(line))),
    named.length ? el("p", { class: "key" }, swatch("unsure"), " ", text("map.sure.marked")) : null,
    named.length ? el("ul", { class: "names" }, ...named.slice(0, 100)) : null,
  ].filter(Boolean);
}
