// Townships with a least share of their own: chosen from a list, each with what is covered now.

import { byId, el } from "../../dom.js";
import { percent, share } from "../../format.js";
import { text } from "../../texts.js";

const COLUMNS = { "60+": "population_60", "80+": "population_80" };
const chosen = new Map();
let units = () => [];

/** @param {() => {unit_id: number, name: string|null, before: object}[]} townships as they are now */
export function startFloors(townships) {
  units = townships;
  byId("ask-more").addEventListener("toggle", () => byId("ask-more").open && fillFloors());
  byId("ask-group").addEventListener("change", fillFloors);
  byId("ask-floor-add").addEventListener("click", add);
  fillFloors();
}

/** Those that may still be chosen, and what is covered of each. */
export function fillFloors() {
  const known = units();
  const free = known.filter(({ unit_id: unit }) => !chosen.has(unit));
  const held = byId("ask-floor-unit").value;
  byId("ask-floor-unit").replaceChildren(...free.map((unit) => el("option", { value: unit.unit_id }, `${unit.name ?? unit.unit_id}${now(unit)}`)));
  if (free.some(({ unit_id: unit }) => String(unit) === held)) byId("ask-floor-unit").value = held;
  byId("ask-floor-unit").disabled = !free.length;
  byId("ask-floor-add").disabled = !free.length;
  byId("ask-floor-none").hidden = known.length > 0;
  for (const unit of known) {
    const told = chosen.get(unit.unit_id)?.querySelector(".quiet");
    if (told) told.textContent = now(unit);
  }
}

function now({ before }) {
  const column = COLUMNS[byId("ask-group").value] ?? "population";
  const part = share(before[`${column}_covered`], before[column]);
  return part === null ? "" : text("siting.ask.floor.now", { share: percent(part) });
}

function add() {
  const unit = units().find(({ unit_id: id }) => String(id) === byId("ask-floor-unit").value);
  if (!unit) return;
  const id = `ask-floor-${unit.unit_id}`;
  const name = unit.name ?? String(unit.unit_id);
  const field = el("input", { id, type: "number", min: 0, max: 100, step: "any", required: true, inputmode: "decimal" });
  const label = el("label", { for: id }, name, el("span", { class: "quiet" }, now(unit)));
  const away = el("button", { type: "button", class: "button", "aria-label": text("siting.ask.floor.away", { name }), onclick: () => remove(unit.unit_id) }, text("siting.ask.floor.away.short"));
  const line = el("li", { class: "field" }, label, el("div", { class: "row" }, field, el("span", { "aria-hidden": "true" }, "%"), away));
  chosen.set(unit.unit_id, line);
  byId("ask-floors").append(line);
  fillFloors();
  field.focus();
}

function remove(unit) {
  chosen.get(unit).remove();
  chosen.delete(unit);
  fillFloors();
  byId("ask-floor-unit").focus();
}

/** As a question takes them: ids with shares from 0 to 1. */
export const floors = () => [...chosen].map(([unit, line]) => ({ unit_id: unit, share: Number(line.querySelector("input").value) / 100 }));
