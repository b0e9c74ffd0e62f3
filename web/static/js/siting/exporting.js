// Links to the files of a kept scenario, or of two side by side.

import { el } from "../dom.js";
import { text } from "../texts.js";

const FORMS = ["page", "map", "xlsx", "gpkg"];

/** @param {number} id @param {{unsaved?: boolean}} [given] */
export function scenarioLinks(id, { unsaved = false } = {}) {
  return links(text("siting.export"), `/api/scenarios/${id}/report?`, unsaved ? el("p", { class: "quiet" }, text("siting.export.unsaved")) : "");
}

export const comparisonLinks = (one, other) => links(text("siting.export.two"), `/api/scenarios/compare/report?one=${one}&other=${other}&`, "");

function links(title, path, more) {
  const link = (form) => el("a", { class: "button", href: `${path}form=${form}`, download: true }, text(`siting.export.${form}`));
  return el("section", { class: "stack tight files", "aria-label": title }, el("h3", {}, title), el("div", { class: "row" }, ...FORMS.map(link)), more);
}
