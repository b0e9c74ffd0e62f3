// What the pages of the desk share: the map beside the work, and on a phone one part at a time.

import { get } from "../api.js";
import { byId, el } from "../dom.js";
import { text } from "../texts.js";

/** Starts the parts and the map; the map's view, null where nothing is there to be seen. */
export async function startFrame() {
  for (const button of document.querySelectorAll("button[data-part]")) button.addEventListener("click", () => showPart(button.dataset.part));
  document.body.addEventListener("part", ({ detail }) => showPart(detail));
  showPart("lines");
  const library = import("./map.js");
  const info = await get("/api/map");
  if (info.schematic) {
    byId("notice").hidden = false;
    byId("notice").textContent = text("map.schematic");
  }
  if (!info.bounds) {
    byId("map").replaceChildren(el("p", { class: "quiet" }, text("map.empty")));
    return null;
  }
  const { makeCaseMap } = await library;
  const view = await makeCaseMap({ container: byId("map"), info });
  document.body.addEventListener("part", ({ detail }) => detail === "place" && view.map.resize());
  return view;
}

export function showPart(name) {
  document.body.dataset.part = name;
  for (const button of document.querySelectorAll("button[data-part]")) button.setAttribute("aria-pressed", String(button.dataset.part === name));
}
