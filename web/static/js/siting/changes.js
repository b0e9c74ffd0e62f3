// The changes of the plan in words, in their order.

import { el } from "../dom.js";
import { count } from "../format.js";
import { text } from "../texts.js";

/** @param {{nameOf: (reference: object) => string}} given */
export function drawChanges(root, changes, { nameOf }) {
  let adds = 0;
  const lines = changes.map((one) => {
    if (one.kind === "add") adds += 1;
    const name = one.kind === "add" ? nameOf({ site: adds }) : nameOf(one);
    const words = text(`siting.change.${one.kind}`, { name, places: count(one.places) });
    const sized = one.kind === "add" && one.places !== undefined ? text("siting.change.places", { places: count(one.places) }) : "";
    const where = one.lon === undefined ? "" : `${one.lon.toFixed(5)}, ${one.lat.toFixed(5)}`;
    return el("li", {}, words, sized, where ? el("span", { class: "quiet" }, ` ${where}`) : "");
  });
  root.replaceChildren(...(lines.length ? lines : [el("li", { class: "quiet" }, text("siting.changes.none"))]));
}
