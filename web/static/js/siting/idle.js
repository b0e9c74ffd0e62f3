// Facilities of the type that are not open on the day: listed, so that they can be opened again.

import { el } from "../dom.js";
import { count } from "../format.js";
import { text } from "../texts.js";

let isOpen = false;

/** @param {{labelOf: (one: object) => string, onChoose: (one: object) => void}} given */
export function drawIdle(root, items, { labelOf, onChoose }) {
  root.hidden = !items.length;
  if (!items.length) return;
  const days = ({ opened_on: opened, closed_on: closed }) => el("span", { class: "quiet" }, " ", text("siting.opening.dates", { from: opened ?? "…", to: closed ?? "…" }));
  const lines = items.map((one) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => onChoose(one) }, labelOf(one)), days(one)));
  const fold = el("details", { open: isOpen }, el("summary", {}, text("siting.idle.listed", { count: count(items.length) })), el("ul", { class: "kept" }, ...lines));
  fold.addEventListener("toggle", () => (isOpen = fold.open));
  root.replaceChildren(fold);
}
