// Beds against people, how unequal access is, who is worst off; and the reports of the run in sight.

import { get, latest } from "./api.js";
import { chosenService, chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { el, facts } from "./dom.js";
import { count, decimal, minutes } from "./format.js";
import { failure } from "./problem.js";
import { text } from "./texts.js";

const MILLI = 1000;
const REPORTS = ["page", "map", "xlsx"];
const load = latest(async (signal, run, choice) => {
  const [capacity, inequality] = await Promise.all(["capacity", "inequality"].map((what) => get(`/api/runs/${run}/${what}`, choice, { signal })));
  return { capacity, inequality };
});
let open = false;
let found = null;
let foundFor = null;

/**
 * A section that is loaded when it is opened.
 * @param {(thing: object, how?: object) => void} onThing called with a community to go to
 */
export function accessSection(onThing) {
  const { run } = coverage();
  const choice = { service: chosenService().id, type: chosenType().code };
  const key = [run.id, choice.service, choice.type].join();
  const body = el("div", { class: "stack tight", "aria-live": "polite" });
  const fillIn = async () => {
    open = root.open;
    if (!open) return;
    if (foundFor !== key) {
      body.replaceChildren(el("p", { class: "quiet" }, text("map.loading")));
      try {
        const answer = await load(run.id, choice);
        if (!answer) return;
        [found, foundFor] = [answer, key];
      } catch (error) {
        body.replaceChildren(failure(error, fillIn));
        return;
      }
    }
    body.replaceChildren(...places(found.capacity.places), ...unequal(found, onThing));
  };
  const root = el("details", { id: "access", class: "more", open, ontoggle: fillIn }, el("summary", {}, text("map.access")), body);
  return root;
}

const whole = (milli) => text("map.access.places", { number: count(milli / MILLI) });

function places(sums) {
  if (!sums) return [el("p", { id: "no-places", class: "note" }, text("map.access.none"))];
  return [
    facts([
      [text("map.access.capacity"), whole(sums.capacity * MILLI)],
      [text("map.access.asked"), whole(sums.asked_milli)],
      [text("map.access.given"), whole(sums.given_at_best_milli)],
      [text("map.access.short"), whole(sums.short_at_best_milli)],
      [text("map.access.out"), whole(sums.asked_out_of_reach_milli)],
      [text("map.access.full"), text("map.of.places", { all: count(sums.facilities_full) })],
      [text("map.access.unknown"), sums.facilities_without_capacity ? text("map.of.places", { all: count(sums.facilities_without_capacity) }) : null],
    ]),
    el("p", { class: "quiet" }, text("map.access.how", { people: text(`map.access.group.${sums.rule.group}`), rate: count(sums.rule.per_thousand) })),
    el("p", { class: "quiet" }, sums.rule.source),
  ];
}

function unequal({ capacity, inequality }, onThing) {
  const { gini_time: time, gini_shared: shared, worst } = inequality;
  const choose = (item) => onThing({ kind: "community", id: item.community_id, name: item.name });
  const how = (item) => (item.time_s === null ? text(`map.reason.${item.reason}`) : minutes(item.time_s));
  const row = (item) =>
    el(
      "li",
      {},
      el("button", { class: "link", type: "button", onclick: () => choose(item) }, item.name),
      " ",
      el("small", {}, [how(item), item.population === null ? null : text("map.persons.of", { number: count(item.population) })].filter(Boolean).join(" · ")),
    );
  return [
    el("h3", {}, text("map.access.unequal")),
    facts([
      [text("map.gini"), Number.isFinite(time) ? decimal(time, 2) : null],
      [text("map.access.gini"), capacity.places && Number.isFinite(shared) ? decimal(shared, 2) : null],
    ]),
    el("p", { class: "quiet" }, text("map.access.gini.how", { people: count(inequality.people_with_time), without: count(inequality.people_without_time) })),
    worst.length ? el("h3", {}, text("map.access.worst", { count: count(worst.length) })) : null,
    worst.length ? el("ol", { id: "worst", class: "worst" }, ...worst.map(row)) : null,
  ].filter(Boolean);
}

/** Links to the reports of the run and the case in sight. */
export function reportLinks() {
  const { run } = coverage();
  const link = (form) => {
    const query = new URLSearchParams({ form, service: chosenService().id, type: chosenType().code });
    return el("li", {}, el("a", { href: `/api/runs/${run.id}/report?${query}`, download: true }, text(`map.report.${form}`)));
  };
  return el("section", { id: "reports", class: "stack tight screen-only", "aria-label": text("map.report") }, el("h3", {}, text("map.report")), el("ul", { class: "names" }, ...REPORTS.map(link)));
}
