// The plan on the map of the desk: rows by verdict, told apart by pattern as well as by colour, and what they clash with.

import { onTheme, token } from "../palette.js";
import { boxOf } from "../records/map.js";
import { FONT } from "../style.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const LOOKS = {
  passes: { color: "covered", width: 2.5, dash: null, radius: 4 },
  hint: { color: "unjoined", width: 3, dash: [0.5, 1.5], radius: 5 },
  argue: { color: "unsure", width: 4, dash: [2, 1], radius: 6 },
  violates: { color: "uncovered", width: 5, dash: null, radius: 7 },
  missing: { color: "unjoined", width: 2, dash: [1, 3], radius: 4 },
  unread: { color: "unjoined", width: 2, dash: [1, 3], radius: 4 },
};
const kind = (name) => ["==", ["geometry-type"], name];

/**
 * @param {object|null} view of `startFrame`; nothing is drawn without one
 * @param {(row: number) => void} onPick a row was chosen on the map
 */
export function makePlanMap(view, onPick) {
  if (!view) return { show: () => {}, filter: () => {}, row: () => {}, clear: () => {} };
  const { map } = view;
  map.addSource("plan", { type: "geojson", data: EMPTY });
  for (const layer of styles()) map.addLayer(layer, "desk-points");
  const layers = styles().map(({ id }) => id);
  onTheme(() => {
    for (const { id, paint } of styles()) for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
  });
  map.on("click", ({ point: { x, y } }) => {
    const [hit] = map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: layers.filter((id) => !id.startsWith("plan-names")) });
    if (hit) onPick(hit.properties.row);
  });
  const pointing = (on) => () => { map.getCanvas().style.cursor = on ? "pointer" : ""; };
  for (const id of layers) {
    map.on("mouseenter", id, pointing(true));
    map.on("mouseleave", id, pointing(false));
  }
  let shown = EMPTY;
  let around = [];
  const marked = (marks) => (marks.length ? shown.features.filter(({ properties }) => marks.includes(properties.verdict)) : shown.features);
  return {
    /** All rows of a plan with the names that they clash with. */
    show(drawn, marks) {
      shown = { ...EMPTY, features: drawn.features };
      around = drawn.clashes;
      this.filter(marks);
      view.show(null, around);
      this.whole();
    },
    /** Rows of some marks alone; of all where none is named. */
    filter(marks) {
      map.getSource("plan").setData({ ...EMPTY, features: marked(marks) });
    },
    /** One row with the names that it clashes with. */
    row(line, clashes) {
      const found = shown.features.find(({ properties }) => properties.row === line.row);
      view.show(found?.geometry ?? null, clashes);
    },
    whole() {
      const box = boxOf({ geometries: shown.features.map(({ geometry }) => geometry) });
      map.resize();
      if (box) map.fitBounds(box, { padding: 50, maxZoom: 15, animate: false });
    },
    clear() {
      shown = EMPTY;
      map.getSource("plan").setData(EMPTY);
      view.show(null, []);
    },
  };
}

function styles() {
  const layers = [];
  for (const [mark, { color, width, dash, radius }] of Object.entries(LOOKS)) {
    const only = ["==", ["get", "verdict"], mark];
    const paint = token(color);
    layers.push(
      { id: `plan-fill-${mark}`, type: "fill", source: "plan", filter: ["all", only, kind("Polygon")], paint: { "fill-color": paint, "fill-opacity": 0.15 } },
      { id: `plan-line-${mark}`, type: "line", source: "plan", filter: ["all", only, ["!", kind("Point")]], layout: { "line-cap": dash ? "butt" : "round" }, paint: { "line-color": paint, "line-width": width, ...(dash ? { "line-dasharray": dash } : {}) } },
      { id: `plan-point-${mark}`, type: "circle", source: "plan", filter: ["all", only, kind("Point")], paint: { "circle-radius": radius, "circle-color": paint, "circle-opacity": mark === "passes" ? 0.5 : 0.9, "circle-stroke-color": token("map-icon-halo"), "circle-stroke-width": 1.5 } },
    );
  }
  const named = { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-optional": true };
  const ink = { "text-color": token("map-label"), "text-halo-color": token("map-halo"), "text-halo-width": 1.5 };
  layers.push(
    { id: "plan-names-line", type: "symbol", source: "plan", minzoom: 12, filter: kind("LineString"), layout: { ...named, "symbol-placement": "line-center", "text-offset": [0, 1] }, paint: ink },
    { id: "plan-names-other", type: "symbol", source: "plan", minzoom: 12, filter: ["!", kind("LineString")], layout: { ...named, "text-anchor": "top", "text-offset": [0, 0.6] }, paint: ink },
  );
  return layers;
}
