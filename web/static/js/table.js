// The table of townships with a bar each: sorts, filters to a file, finds on the map.

import { shareBar } from "./chart.js";
import { el } from "./dom.js";
import { count, coverageShare, percent, share } from "./format.js";
import { download, sheetOf } from "./sheet.js";
import { text } from "./texts.js";

const COLUMNS = [
  { id: "name", value: (row) => row.name ?? "", text: true },
  { id: "share", value: (row, total) => coverageShare(row, total) ?? -1 },
  { id: "population", value: (row) => row.population },
  { id: "communities", value: (row) => share(row.communities_covered, row.communities) ?? -1 },
  { id: "facilities", value: (row) => row.facilities },
];
let order = { id: null, down: true };

/**
 * @param {{items: object[], total: object, caption: string, current: number|null, onChoose: (unitId: number) => void}} given
 */
export function unitsTable(given) {
  const holder = el("div", { class: "units-holder stack tight" });
  const draw = (focus) => {
    holder.replaceChildren(head(given), build(given, draw));
    if (focus) holder.querySelector(`[data-column="${focus}"]`)?.focus();
  };
  draw();
  return holder;
}

function head({ items, total, caption }) {
  const save = () => download(csv([...items, total]), `${caption}.csv`);
  return el(
    "div",
    { class: "table-head" },
    el("h2", {}, text("map.table.title")),
    el("button", { class: "button plain screen-only", type: "button", onclick: save }, text("map.table.download")),
  );
}

function build({ items, total, caption, current, onChoose }, draw) {
  const mean = coverageShare(total, total);
  const rows = sorted(items, total).map((row) => line(row, { total, mean, current, onChoose }));
  const foot = el("tfoot", {}, line({ ...total, name: text("map.table.total") }, { total, mean: null }));
  const cells = COLUMNS.map((column) => header(column, draw));
  cells.splice(1, 0, el("th", { scope: "col" }, el("span", { class: "unseen" }, text("map.table.chart"))));
  return el("table", { class: "units-table" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...cells)), el("tbody", {}, ...rows), foot);
}

function header({ id, text: isText }, draw) {
  const active = order.id === id;
  const turn = () => {
    order = active ? { id, down: !order.down } : { id, down: !isText };
    draw(id);
  };
  const direction = active ? (order.down ? "descending" : "ascending") : null;
  return el("th", { scope: "col", "aria-sort": direction }, el("button", { type: "button", "data-column": id, onclick: turn }, text(`map.table.${id}`)));
}

function line(row, { total, mean, current, onChoose }) {
  const value = coverageShare(row, total);
  const choose = onChoose && row.unit_id !== null ? () => onChoose(row.unit_id) : null;
  const name = row.name ?? text("map.table.nowhere");
  return el(
    "tr",
    { "data-unit": row.unit_id, "aria-current": choose && row.unit_id === current ? "true" : null, onclick: choose ?? (() => {}) },
    el("th", { scope: "row" }, choose ? el("button", { class: "link", type: "button" }, name) : name),
    el("td", { class: "chart" }, shareBar(value, { mean, label: `${name} ${percent(value)}` })),
    el("td", {}, percent(value)),
    el("td", { title: `${count(row.population_covered)} / ${count(row.population)}` }, count(row.population)),
    el("td", {}, `${count(row.communities_covered)}/${count(row.communities)}`),
    el("td", {}, count(row.facilities)),
  );
}

function sorted(items, total) {
  const column = COLUMNS.find(({ id }) => id === order.id);
  if (!column) return items;
  const sign = order.down ? -1 : 1;
  const compare = column.text
    ? (a, b) => column.value(a).localeCompare(column.value(b), "zh-CN")
    : (a, b) => column.value(a, total) - column.value(b, total);
  return [...items].sort((a, b) => sign * compare(a, b));
}

/** Marks the row of a unit and brings it into sight. */
export function markRow(root, unitId) {
  for (const row of root.querySelectorAll("tr[data-unit]")) {
    const current = Number(row.dataset.unit) === unitId;
    if (current) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    if (current) row.scrollIntoView({ block: "nearest" });
  }
}

const FIELDS = ["name", "population", "population_covered", "population_60", "population_60_covered", "communities", "communities_covered", "facilities"];

/** The table as a sheet. */
export function csv(rows) {
  const line = (row) => FIELDS.map((field) => row[field] ?? (field === "name" ? text("map.table.total") : ""));
  return sheetOf([FIELDS.map((field) => text(`map.csv.${field}`)), ...rows.map(line)]);
}
