// Pages of the OGC API: draws the features of the page, or the extent of a collection, on our own map.

import { get } from "../api.js";
import { createMap } from "../mapview.js";
import { onTheme, token } from "../palette.js";
import { boxOf } from "../records/map.js";

const GROUND = ["built_up", "water", "roads", "railways", "units"];
const SOURCE = "ogc";
const kind = (name) => ["==", ["geometry-type"], name];

const root = document.getElementById("map");
if (root) show(root);

async function show(container) {
  const [info, features] = await Promise.all([get("/api/map"), featuresOf(container)]);
  const view = createMap({ container, info, view: null, shown: GROUND, obscured: () => ({ right: 0, bottom: 0 }) });
  const { map } = view;
  if (!map.isStyleLoaded()) await map.once("style.load");
  map.addSource(SOURCE, { type: "geojson", data: features });
  for (const layer of styles()) map.addLayer(layer);
  const box = boxOf({ geometries: features.features.map(({ geometry }) => geometry).filter(Boolean) });
  if (box) map.fitBounds(box, { padding: 40, maxZoom: 15, animate: false });
  onTheme(() => {
    view.setTheme();
    for (const { id, paint } of styles()) for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
  });
  map.on("click", ({ point: { x, y } }) => {
    const [hit] = map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: ["ogc-point", "ogc-line", "ogc-fill"] });
    if (hit?.id !== undefined && container.dataset.features && !container.dataset.single) location.assign(`${location.pathname.replace(/\/$/, "")}/${hit.id}?f=html`);
  });
}

/** Features that the page shows; of a collection its extent as an outline. */
async function featuresOf({ dataset }) {
  if (dataset.features) {
    const found = await get(dataset.features);
    return found.type === "Feature" ? { type: "FeatureCollection", features: [found] } : found;
  }
  const [west, south, east, north] = dataset.box.split(",").map(Number);
  const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
}

function styles() {
  const color = token("select");
  return [
    { id: "ogc-fill", type: "fill", source: SOURCE, filter: kind("Polygon"), paint: { "fill-color": color, "fill-opacity": 0.12 } },
    { id: "ogc-line", type: "line", source: SOURCE, filter: ["!", kind("Point")], paint: { "line-color": color, "line-width": 2 } },
    { id: "ogc-point", type: "circle", source: SOURCE, filter: kind("Point"), paint: { "circle-radius": 5, "circle-color": color, "circle-opacity": 0.85, "circle-stroke-color": token("map-icon-halo"), "circle-stroke-width": 1 } },
  ];
}
