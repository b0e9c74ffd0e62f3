// The facility that is chosen: where it stands, whom it serves, and what can be done with it.

import { el, facts } from "../dom.js";
import { count } from "../format.js";
import { text } from "../texts.js";
import { meant } from "./plan.js";

/**
 * @param {HTMLElement} root
 * @param {object|null} site
 * @param {{resizable: boolean, labelOf: (one: object) => string, onChange: (change: object) => void}} given
 */
export function drawChosen(root, site, { resizable, labelOf, onChange }) {
  root.hidden = !site;
  if (!site) return;
  // What is being typed stays.
  if (root.contains(document.activeElement) && document.activeElement.tagName === "INPUT" && root.dataset.of === labelOf(site)) return;
  root.dataset.of = labelOf(site);
  const off = Object.values(site.reasons);
  root.replaceChildren(
    el("h2", {}, labelOf(site)),
    off.length ? el("p", { class: "note warn" }, text(`siting.off.${off[0]}`) || text("siting.off")) : "",
    facts([
      [text("siting.where"), site.lon === null ? null : `${site.lon.toFixed(5)}, ${site.lat.toFixed(5)}`],
      [text("siting.opening"), datesOf(site)],
      [text("siting.beds"), site.places === null ? null : count(site.places)],
      [text("map.closing.lost"), site.lost_population === undefined ? null : text("map.persons", { number: count(site.lost_population) })],
    ]),
    ...(site.status === "closed" || site.status === "idle" ? shut(site, onChange) : [actions(site, { resizable, onChange })]),
  );
}

const datesOf = ({ opened_on: opened, closed_on: closed }) => (opened || closed ? text("siting.opening.dates", { from: opened ?? "…", to: closed ?? "…" }) : null);

/** One that is not open on the day: it can be opened again. */
function shut(site, onChange) {
  const reopen = el("button", { type: "button", class: "button", id: "reopen", onclick: () => onChange({ kind: "opening", ...meant(site) }) }, text("siting.reopen"));
  return [el("p", { class: "quiet" }, text(site.status === "idle" ? "siting.idle" : "siting.closed")), el("div", { class: "row" }, reopen), datesForm(site, onChange)];
}

/** The days from which it is open, and from which it is closed; either may be left empty. */
function datesForm(site, onChange) {
  const input = (id, value) => el("input", { id, type: "date", value: value ?? "" });
  const [from, to] = [input("opened-on", site.opened_on), input("closed-on", site.closed_on)];
  const field = (key, control) => el("div", { class: "field" }, el("label", { for: control.id }, text(key)), control);
  const check = () => to.setCustomValidity(from.value && to.value && from.value >= to.value ? text("siting.opening.order") : "");
  for (const one of [from, to]) one.addEventListener("input", check);
  const form = el("form", { class: "row" }, field("siting.opening.from", from), field("siting.opening.to", to), el("button", { type: "submit", class: "button" }, text("siting.opening.do")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    document.activeElement?.blur();
    onChange({ kind: "opening", ...meant(site), ...(from.value ? { opened_on: from.value } : {}), ...(to.value ? { closed_on: to.value } : {}) });
  });
  return el("details", { class: "dates" }, el("summary", {}, text("siting.opening.set")), form);
}

function actions(site, { resizable, onChange }) {
  const close = el("button", { type: "button", class: "button", onclick: () => onChange({ kind: "close", ...meant(site) }) }, text("siting.close"));
  const parts = [el("p", { class: "quiet" }, text("siting.move.help")), el("div", { class: "row" }, close)];
  if (resizable) parts.push(sizeForm(site, onChange));
  parts.push(datesForm(site, onChange));
  return el("div", { class: "stack tight" }, ...parts);
}

function sizeForm(site, onChange) {
  const number = (id, required, value) => el("input", { id, type: "number", min: 0, max: 1_000_000, step: 1, required, inputmode: "numeric", value: value ?? "" });
  const [input, nursing] = [number("beds", true, site.places), number("nursing-beds", false, null)];
  const field = (key, control) => el("div", { class: "field" }, el("label", { for: control.id }, text(key)), control);
  const check = () => nursing.setCustomValidity(nursing.value && Number(nursing.value) > Number(input.value) ? text("siting.nursing.most") : "");
  for (const one of [input, nursing]) one.addEventListener("input", check);
  const form = el("form", { class: "row" }, field("siting.resize", input), field("siting.nursing", nursing), el("button", { type: "submit", class: "button" }, text("siting.resize.do")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    document.activeElement?.blur();
    onChange({ kind: "resize", ...meant(site), places: Number(input.value), ...(nursing.value ? { nursing_places: Number(nursing.value) } : {}) });
  });
  return form;
}
