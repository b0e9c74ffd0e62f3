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
      [text("siting.beds"), site.places === null ? null : count(site.places)],
      [text("map.closing.lost"), site.lost_population === undefined ? null : text("map.persons", { number: count(site.lost_population) })],
    ]),
    site.status === "closed" ? el("p", { class: "quiet" }, text("siting.closed")) : actions(site, { resizable, onChange }),
  );
}

function actions(site, { resizable, onChange }) {
  const close = el("button", { type: "button", class: "button", onclick: () => onChange({ kind: "close", ...meant(site) }) }, text("siting.close"));
  const parts = [el("p", { class: "quiet" }, text("siting.move.help")), el("div", { class: "row" }, close)];
  if (resizable) parts.push(sizeForm(site, onChange));
  return el("div", { class: "stack tight" }, ...parts);
}

function sizeForm(site, onChange) {
  const input = el("input", { id: "beds", type: "number", min: 0, max: 1_000_000, step: 1, required: true, inputmode: "numeric", value: site.places ?? "" });
  const form = el("form", { class: "row" }, el("div", { class: "field" }, el("label", { for: "beds" }, text("siting.resize")), input), el("button", { type: "submit", class: "button" }, text("siting.resize.do")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    input.blur();
    onChange({ kind: "resize", ...meant(site), places: Number(input.value) });
  });
  return form;
}
