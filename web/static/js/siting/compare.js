// Two scenarios side by side: totals, townships, and who has cover in one and not in the other.

import { get } from "../api.js";
import { el } from "../dom.js";
import { count, coverageShare, decimal, percent } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { comparisonLinks } from "./exporting.js";
import { indicatorsTable } from "./indicators.js";
import { sortable } from "./sorting.js";

const MOST_NAMED = 100;
const FIGURES = ["facilities", "communities_covered", "communities_backed_up", "population_covered", "population_60_covered"];

/** Asks for two scenarios and shows them; `first` is chosen beforehand. */
export function compareDialog(dialog, scenarios, first) {
  const start = first ?? scenarios[0];
  const like = (one) => scenarios.filter((other) => other.id !== one.id && ["service", "type", "on"].every((name) => other[name] === one[name]));
  const option = (one) => el("option", { value: one.id }, one.name);
  const select = (id, items) => el("select", { id }, ...items.map(option));
  const one = select("compare-one", scenarios);
  one.value = String(start.id);
  const other = select("compare-other", []);
  const table = el("div", { role: "status" });
  const show = async () => {
    if (!other.value) return table.replaceChildren(el("p", { class: "quiet" }, text("siting.compare.none")));
    table.replaceChildren(el("p", { class: "quiet" }, text("map.loading")));
    try {
      return table.replaceChildren(...sideBySide(await get("/api/scenarios/compare", { one: one.value, other: other.value })));
    } catch (error) {
      return table.replaceChildren(failure(error, show));
    }
  };
  const fill = () => {
    other.replaceChildren(...like(scenarios.find(({ id }) => String(id) === one.value)).map(option));
    return show();
  };
  one.addEventListener("change", fill);
  other.addEventListener("change", show);
  dialog.replaceChildren(
    el("div", { class: "row spread" }, el("h2", { id: "dialog-head" }, text("siting.compare")), el("button", { type: "button", class: "button", onclick: () => dialog.close() }, text("siting.compare.close"))),
    el("div", { class: "row" }, field("compare-one", "siting.compare.one", one), field("compare-other", "siting.compare.other", other)),
    table,
  );
  dialog.classList.add("beside");
  dialog.showModal();
  fill();
}

const field = (id, key, control) => el("div", { class: "field" }, el("label", { for: id }, text(key)), control);

function sideBySide({ one, other, difference }) {
  const [a, b] = [difference.total.before, difference.total.after];
  const figures = FIGURES.map((name) => line(text(`siting.compare.${name.replaceAll("_", "-")}`), count(a[name]), count(b[name]), b[name] - a[name]));
  const shares = sharesLine(coverageShare(a, a), coverageShare(b, b));
  const short = one.trial.places && other.trial.places ? [one, other].map(({ trial }) => Math.round((trial.places.after?.short_at_best_milli ?? 0) / 1000)) : null;
  const places = short ? [line(text("siting.places.short"), count(short[0]), count(short[1]), short[1] - short[0])] : [];
  const units = difference.units
    .filter(({ unit_id: id }) => id !== null)
    .map(({ name, before, after }) => line(name ?? "", percent(coverageShare(before, before)), percent(coverageShare(after, after)), after.population_covered - before.population_covered));
  return [
    table(text("siting.compare.totals"), one.name, other.name, [shares, ...figures, ...places]),
    indicatorsTable(difference.indicators, text("siting.indicators"), [one.name, other.name]),
    table(text("siting.compare.units"), one.name, other.name, units),
    people("siting.compare.gained", difference.gained, other.name),
    people("siting.compare.lost", difference.lost, other.name),
    ...[one, other].filter(({ stale }) => stale.length).map(({ name }) => el("p", { class: "note warn" }, `${name}: ${text("siting.stale")}`)),
    comparisonLinks(one.id, other.id),
    one.trial.case.notice ? el("p", { class: "quiet" }, one.trial.case.notice) : "",
  ];
}

/** Shares from 0 to 1, and by how many points they differ. */
function sharesLine(one, other) {
  const by = one === null || other === null ? 0 : Math.round((other - one) * 10_000) / 100;
  const row = line(text("siting.share"), percent(one), percent(other), by);
  row.lastElementChild.textContent = by ? text("siting.points", { points: `${by > 0 ? "+" : "−"}${decimal(Math.abs(by), 2)}` }) : "";
  return row;
}

const line = (title, first, second, by) => el("tr", { class: by ? "changed" : null }, el("th", { scope: "row" }, title), el("td", { "data-sort": parseFloat(first.replaceAll(",", "")) }, first), el("td", { "data-sort": parseFloat(second.replaceAll(",", "")) }, second), el("td", { "data-sort": by }, by > 0 ? `+${count(by)}` : by < 0 ? `−${count(-by)}` : ""));

function table(caption, one, other, rows) {
  const heads = ["", one, other, text("siting.compare.by")].map((head) => el("th", { scope: "col" }, head));
  return sortable(el("table", { class: "costs" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)), caption);
}

function people(key, group, name) {
  const title = text(key, { name, count: count(group.count), people: count(group.population) });
  const names = group.items.slice(0, MOST_NAMED).map((one) => one.name);
  return el("section", {}, el("h3", {}, title), el("p", {}, names.join("、")));
}
