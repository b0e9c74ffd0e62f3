// Somebody else saved first: both versions side by side, and for each difference a choice.

import { byId, el } from "../dom.js";
import { text, titled } from "../texts.js";
import { nameOf, same, shown } from "./layers.js";

/**
 * Lets the reader choose field by field; resolves with the values to keep, or null when it is put off.
 * @param {object} layer
 * @param {object} base what the reader started from
 * @param {object} mine what the reader has: values, unit_id, geometry where it was drawn
 * @param {object} theirs the record as it is now
 */
export function merge(layer, base, mine, theirs) {
  const dialog = byId("dialog");
  const rows = differences(layer, base, mine, theirs);
  return new Promise((resolve) => {
    const form = el(
      "form",
      { method: "dialog", class: "stack" },
      el("h2", { id: "dialog-head" }, text("desk.conflict", { name: nameOf(theirs) })),
      el("p", {}, text("desk.conflict.help")),
      rows.length ? table(rows) : el("p", {}, text("desk.conflict.none")),
      el("p", { class: "row" }, el("button", { class: "button primary", value: "keep" }, text("desk.conflict.keep")), el("button", { class: "button", value: "" }, text("desk.later"))),
    );
    dialog.replaceChildren(form);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "keep" ? kept(form, rows, mine, theirs) : null), { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

function differences(layer, base, mine, theirs) {
  const rows = layer.fields
    .filter(({ name }) => !same(mine.values[name], theirs.values[name]))
    .map((field) => ({ name: field.name, title: titled(field.title), mine: shown(field, mine.values[field.name]), theirs: shown(field, theirs.values[field.name]), changedByMe: !same(mine.values[field.name], base.values[field.name]) }));
  if (mine.unit_id !== undefined && mine.unit_id !== theirs.unit_id) rows.push({ name: "unit", title: text("desk.unit"), mine: mine.unit_name ?? "", theirs: theirs.unit_name ?? "", changedByMe: mine.unit_id !== base.unit_id });
  if (mine.drawn && !same(mine.geometry, theirs.geometry)) rows.push({ name: "geometry", title: text("desk.geometry"), mine: text("desk.conflict.mine.geometry"), theirs: text("desk.conflict.theirs.geometry"), changedByMe: true });
  return rows;
}

function table(rows) {
  const pick = (row, side) => el("label", { class: "tick" }, el("input", { type: "radio", name: `pick-${row.name}`, value: side, checked: (side === "mine") === row.changedByMe }), " ", row[side] || text("desk.none"));
  return el(
    "table",
    { class: "compare" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, text("desk.field")), el("th", { scope: "col" }, text("desk.conflict.mine")), el("th", { scope: "col" }, text("desk.conflict.theirs")))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.title), el("td", {}, pick(row, "mine")), el("td", {}, pick(row, "theirs"))))),
  );
}

function kept(form, rows, mine, theirs) {
  const wins = (name) => rows.every((row) => row.name !== name) || form.elements.namedItem(`pick-${name}`).value === "mine";
  const values = Object.fromEntries(Object.keys(mine.values).map((name) => [name, wins(name) ? mine.values[name] : theirs.values[name]]));
  const drawn = Boolean(mine.drawn) && wins("geometry");
  return { values, unit_id: wins("unit") ? mine.unit_id : theirs.unit_id, drawn, geometry: drawn ? mine.geometry : theirs.geometry };
}
