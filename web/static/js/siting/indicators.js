// The plan's indicators before and after, those that change first.

import { el } from "../dom.js";
import { decimal, NONE, short } from "../format.js";
import { text, titled } from "../texts.js";
import { sortable } from "./sorting.js";

/** @param {object[]} rows indicators as the server tells them */
export function indicatorsTable(rows, caption, [before, after] = [text("siting.indicators.head.before"), text("siting.indicators.head.after")]) {
  const heads = [text("siting.indicators.head.name"), before, after, text("siting.indicators.head.target")].map((head) => el("th", { scope: "col" }, head));
  const lines = [...rows].sort((a, b) => Number(a.same) - Number(b.same)).map(line);
  const table = el("table", { class: "costs indicators" }, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...lines));
  return sortable(table, "indicators");
}

function line(row) {
  return el(
    "tr",
    { class: row.same ? null : "changed", "data-indicator": row.id },
    el("th", { scope: "row", title: row.source }, titled(row.title), " ", el("span", { class: "quiet" }, titled(row.unit))),
    cell(row.before),
    cell(row.after, row.same ? "" : verdict(row.after)),
    el("td", { "data-sort": row.target?.value ?? "" }, row.target ? `${row.target.more_than ? ">" : "≥"} ${short(row.target.value)}` : NONE, row.same ? verdict(row.after) : ""),
  );
}

function cell(value, more = "") {
  const words = value.value === null ? (text(`siting.indicators.missing.${value.missing}`) || NONE) : value.value >= 1 || value.value === 0 ? decimal(value.value) : short(value.value);
  const parts = value.numerator === null || value.denominator === null ? null : `${short(value.numerator)} / ${short(value.denominator)}`;
  return el("td", { "data-sort": value.value ?? "", title: parts }, words, more);
}

function verdict({ met, short_of: wanting }) {
  if (met === null) return "";
  const words = met ? text("siting.indicators.met") : wanting === null ? text("siting.indicators.unmet") : text("siting.indicators.short", { count: short(wanting) });
  return el("span", { class: `verdict ${met ? "more" : "less"}` }, words);
}
