// The changes of the plan in words, in their order.

import { el } from "../dom.js";
import { count } from "../format.js";
import { text } from "../texts.js";
import { isRoad, roadWords } from "./roads.js";

/** @param {{nameOf: (reference: object) => string, roads: object[]}} given `roads` as the server tells them, in their order */
export function drawChanges(root, changes, { nameOf, roads }) {
  let adds = 0;
  let passed = 0;
  const lines = changes.map((one) => {
    if (isRoad(one)) {
      passed += 1;
      const told = roads[passed - 1];
      return el("li", {}, roadWords(one, told?.kind === one.kind ? told : null));
    }
    if (one.kind === "add") adds += 1;
    const name = one.kind === "add" ? nameOf({ site: adds }) : nameOf(one);
    const dates = text("siting.opening.dates", { from: one.opened_on ?? "…", to: one.closed_on ?? "…" });
    const words = text(`siting.change.${one.kind}`, { name, places: count(one.places), dates });
    const sized = one.kind === "add" && one.places !== undefined ? text("siting.change.places", { places: count(one.places) }) : "";
    const where = one.lon === undefined ? "" : `${one.lon.toFixed(5)}, ${one.lat.toFixed(5)}`;
    return el("li", {}, words, sized, where ? el("span", { class: "quiet" }, ` ${where}`) : "");
  });
  root.replaceChildren(...(lines.length ? lines : [el("li", { class: "quiet" }, text("siting.changes.none"))]));
}
