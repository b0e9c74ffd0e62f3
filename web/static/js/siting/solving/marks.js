// The sites of an answer on the map: numbered, in the order of the list.

import * as maplibregl from "../../../vendor/maplibre-gl/maplibre-gl.mjs";
import { el } from "../../dom.js";
import { text } from "../../texts.js";

let marks = [];

/** @param {{name: string, lon: number, lat: number}[]} sites none takes them away */
export function showSites(map, sites, onChoose) {
  for (const mark of marks) mark.remove();
  marks = sites.map((site, at) => {
    const label = text("siting.site", { number: at + 1, name: site.name });
    const button = el("button", { type: "button", class: "site-mark", "aria-label": label, title: label, onclick: (event) => { event.stopPropagation(); onChoose(at); } }, String(at + 1));
    return new maplibregl.Marker({ element: button, anchor: "center" }).setLngLat([site.lon, site.lat]).addTo(map);
  });
  if (!sites.length) return;
  const bounds = new maplibregl.LngLatBounds();
  for (const { lon, lat } of sites) bounds.extend([lon, lat]);
  const inside = map.getBounds();
  if (sites.every(({ lon, lat }) => inside.contains([lon, lat]))) return;
  map.fitBounds(bounds, { padding: 60, maxZoom: 12, animate: false });
}
