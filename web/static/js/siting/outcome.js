// What the plan comes to: totals before and after, township bars, communities by name, places, closing costs.

import { el, facts } from "../dom.js";
import { count, coverageShare, decimal, percent } from "../format.js";
import { text } from "../texts.js";
import { indicatorsTable } from "./indicators.js";
import { sortable } from "./sorting.js";

const MOST_SHOWN = 60;
const open = new Set();

/**
 * @param {HTMLElement} root
 * @param {object} trial an answer of /api/scenarios/trial, or the difference of two scenarios
 * @param {{onGo: (place: object) => void, costs: () => HTMLElement}} given
 */
export function drawOutcome(root, trial, { onGo, costs }) {
  const { before, after } = trial.total;
  root.replaceChildren(
    headline(before, after),
    facts([
      [text("siting.population"), change(before.population_covered, after.population_covered)],
      [text("siting.population.60"), change(before.population_60_covered, after.population_60_covered)],
      [text("siting.communities"), change(before.communities_covered, after.communities_covered)],
      [text("siting.backed"), change(before.communities_backed_up, after.communities_backed_up)],
      [text("siting.facilities"), change(before.facilities, after.facilities)],
    ]),
    trial.places ? placesSection(trial.places) : "",
    trial.indicators ? indicatorsFold(trial) : "",
    bars(trial.units.filter(({ unit_id: id }) => id !== null)),
    ...["gained", "lost", "single", "backed_up"].map((kind) => named(kind, trial[kind], onGo)),
    costs?.() ?? "",
    el("p", { class: "quiet" }, basis(trial.case)),
  );
}

function indicatorsFold(trial) {
  const changed = trial.indicators.filter(({ same }) => !same).length;
  const fold = el(
    "details",
    { class: "more indicators-fold", open: open.has("indicators") },
    el("summary", {}, text("siting.indicators"), changed ? ` (${count(changed)})` : ""),
    indicatorsTable(trial.indicators, text("siting.indicators.caption", { day: trial.case?.on ?? "" })),
  );
  fold.addEventListener("toggle", () => (fold.open ? open.add("indicators") : open.delete("indicators")));
  return fold;
}

function headline(before, after) {
  const [was, now] = [coverageShare(before, before), coverageShare(after, after)];
  const points = was === null || now === null ? null : (now - was) * 100;
  return el(
    "div",
    { class: "headline" },
    el("p", {}, text(after.population > 0 ? "siting.share" : "siting.share.communities")),
    el("p", { class: "figure" }, percent(now), " ", points === null ? "" : el("span", { class: sign(points) }, signed(points, (value) => text("siting.points", { points: decimal(value, 2) })))),
  );
}

const sign = (value) => (value > 0 ? "more" : value < 0 ? "less" : "same");
const signed = (value, say) => (value > 0 ? `+${say(value)}` : value < 0 ? `−${say(-value)}` : text("siting.same"));

function change(before, after) {
  const by = after - before;
  return el("span", {}, count(after), " ", el("span", { class: sign(by) }, by ? signed(by, count) : ""));
}

function bars(units) {
  const rows = units.map(({ name, before, after }) => {
    const [was, now] = [coverageShare(before, before), coverageShare(after, after)];
    const by = after.population_covered - before.population_covered;
    return el(
      "tr",
      { class: by ? "changed" : null },
      el("th", { scope: "row" }, name ?? ""),
      el("td", { class: "wide", "data-sort": now ?? "" }, el("span", { class: "track", "aria-hidden": "true" }, bar("value", now), bar("was", was))),
      el("td", { "data-sort": now ?? "" }, percent(now)),
      el("td", { class: sign(by), "data-sort": by }, by ? signed(by, count) : ""),
    );
  });
  const heads = ["unit", "bar", "share", "people"].map((id) => el("th", { scope: "col" }, id === "bar" ? el("span", { class: "unseen" }, text("siting.head.bar")) : text(`siting.head.${id}`)));
  return sortable(el("table", { class: "bars" }, el("caption", {}, text("siting.bars")), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)), "bars");
}

function bar(kind, value) {
  const node = el("span", { class: kind });
  // A style attribute would break the page's policy; the property does not.
  node.style.setProperty("--part", String(value ?? 0));
  return node;
}

function named(kind, group, onGo) {
  const title = text(`siting.${kind.replace("_", "-")}`, { count: count(group.count), people: count(group.population) });
  if (!group.count) return el("p", { class: "none" }, title);
  const items = [...group.items].sort((a, b) => (b.population ?? 0) - (a.population ?? 0)).slice(0, MOST_SHOWN);
  const go = (one) => el("button", { type: "button", class: "link", onclick: () => onGo(one) }, one.name);
  const people = (one) => (one.population === null ? "" : ` ${text("map.persons", { number: count(one.population) })}`);
  const fold = el(
    "details",
    { class: `named ${kind}`, open: open.has(kind) || kind === "gained" || kind === "lost" },
    el("summary", {}, title),
    el("ul", { class: "names" }, ...items.map((one) => el("li", {}, go(one), el("span", { class: "quiet" }, people(one))))),
    group.count > items.length ? el("p", { class: "quiet" }, text("map.list.first", { count: items.length, all: count(group.count) })) : "",
  );
  fold.addEventListener("toggle", () => (fold.open ? open.add(kind) : open.delete(kind)));
  return fold;
}

function placesSection({ before, after }) {
  const milli = (value) => (value === undefined || value === null ? 0 : Math.round(value / 1000));
  const row = (key, one, other) => [text(`siting.places.${key}`), change(one, other)];
  return el(
    "section",
    { class: "stack tight" },
    el("h3", {}, text("siting.places")),
    facts([
      row("capacity", before?.capacity ?? 0, after?.capacity ?? 0),
      row("asked", milli((after ?? before).asked_milli), milli((after ?? before).asked_milli)),
      row("given", milli(before?.given_at_best_milli), milli(after?.given_at_best_milli)),
      row("short", milli(before?.short_at_best_milli), milli(after?.short_at_best_milli)),
    ]),
    el("p", { class: "quiet" }, (after ?? before).rule.source),
  );
}

function basis(case_) {
  if (!case_) return "";
  const estimated = case_.population_estimated?.communities;
  return [text("siting.basis", { date: case_.on }), estimated ? text("siting.estimated", { count: count(estimated) }) : null, case_.notice].filter(Boolean).join(" ");
}

/** What the closing of each facility costs, the dearest first. */
export function costsTable(facilities, { onChoose, labelOf }) {
  const heads = ["facility", "lost-people", "lost-communities", "single-people"].map((id) => el("th", { scope: "col" }, text(`map.closing.head.${id}`)));
  const sorted = [...facilities].sort((a, b) => b.lost_population - a.lost_population || b.single_population - a.single_population).slice(0, MOST_SHOWN);
  const rows = sorted.map((one) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => onChoose(one) }, labelOf(one))),
      ...[one.lost_population, one.lost_communities, one.single_population].map((value) => el("td", { "data-sort": value }, count(value))),
    ),
  );
  const caption = text("siting.costs.caption", { shown: count(sorted.length), all: count(facilities.length) });
  return sortable(el("table", { class: "costs" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)), "costs");
}
