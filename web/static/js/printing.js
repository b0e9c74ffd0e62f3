// A clean page on paper: the map becomes a picture in light colours, with its scale and the date below.

import { info } from "./choice.js";
import { byId } from "./dom.js";
import { decimal } from "./format.js";
import { setTheme, theme } from "./palette.js";
import { text } from "./texts.js";

const EQUATOR_M = 40075016.686;
const TILE_PX = 512;
let before = null;

/** @param {ReturnType<import("./mapview.js").createMap>} view */
export function startPrinting(view) {
  addEventListener("beforeprint", () => {
    before ??= theme();
    setTheme("light");
    picture(view.map);
  });
  addEventListener("afterprint", () => {
    setTheme(before ?? theme());
    before = null;
  });
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
  byId("paper-scale").textContent = text("map.paper", { width: decimal(width), date: new Date().toLocaleDateString("sv-SE") });
  byId("paper-release").textContent = info().release.join(" · ");
}
