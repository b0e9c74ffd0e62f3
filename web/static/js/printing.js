// A clean page on paper: the map becomes a picture, with its scale and the date below.

import { byId } from "./dom.js";
import { decimal } from "./format.js";
import { text } from "./texts.js";

const EQUATOR_M = 40075016.686;
const TILE_PX = 512;

/** @param {ReturnType<import("./mapview.js").createMap>} view */
export function startPrinting(view) {
  addEventListener("beforeprint", () => picture(view.map));
  byId("print").addEventListener("click", () => print());
}

function picture(map) {
  map.redraw();
  const image = byId("paper-map");
  image.src = map.getCanvas().toDataURL("image/png");
  image.alt = text("map.desk.map");
  const { lat } = map.getCenter();
  const metres = (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / (TILE_PX * 2 ** map.getZoom());
  const width = (map.getContainer().clientWidth * metres) / 1000;
  byId("paper-scale").textContent = text("map.paper", { width: decimal(width), date: new Date().toISOString().slice(0, 10) });
}
