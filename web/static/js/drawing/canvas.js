// What is drawn on the map while a geometry is edited.

import { token } from "../palette.js";
import { chainsOf, edgesOf, kindOf, pathIn, verticesOf } from "./shape.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const SOURCES = ["draw-others", "draw-shape", "draw-middles", "draw-vertices", "draw-mark"];
const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });
const point = (coordinates, properties) => feature({ type: "Point", coordinates }, properties);
/** Handles on edges are shown up to so many vertices. */
const MOST_HANDLES = 4000;

export function makeCanvas(map) {
  if (!map.getSource(SOURCES[0])) {
    for (const id of SOURCES) map.addSource(id, { type: "geojson", data: EMPTY });
    for (const layer of styles()) map.addLayer(layer);
  }
  const set = (id, features) => map.getSource(id)?.setData({ ...EMPTY, features });
  return {
    /** Shows the geometry with its handles, and those next to it. */
    show(geometry, others, chosen) {
      set("draw-others", others.filter(({ geometry: one }) => one).map(({ geometry: one }) => feature(one)));
      set("draw-shape", geometry ? [feature(geometry)] : []);
      const vertices = geometry ? verticesOf(geometry) : [];
      set("draw-vertices", vertices.length <= MOST_HANDLES ? vertices.map(({ path, position }) => point(position, { path: path.join(","), chosen: String(path) === String(chosen) })) : []);
      set("draw-middles", vertices.length <= MOST_HANDLES / 2 && geometry && kindOf(geometry) !== "Point" ? middles(geometry) : []);
    },
    /** Shows what is snapped to, or where something is wrong. */
    mark: (position, kind = "snap") => set("draw-mark", position ? [point(position, { kind })] : []),
    clear: () => SOURCES.forEach((id) => set(id, [])),
  };
}

const middles = (geometry) =>
  chainsOf(geometry).flatMap((chain) => edgesOf(chain).map(({ a, b, at }) => point([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], { path: pathIn(chain, at).join(",") })));

function styles() {
  const [color, paper, fault] = [token("select"), token("map-icon-halo"), token("unsure")];
  const kind = (name) => ["==", ["geometry-type"], name];
  const chosen = ["boolean", ["get", "chosen"], false];
  return [
    { id: "draw-others-line", type: "line", source: "draw-others", filter: ["!", kind("Point")], paint: { "line-color": color, "line-width": 1, "line-opacity": 0.6 } },
    { id: "draw-fill", type: "fill", source: "draw-shape", filter: kind("Polygon"), paint: { "fill-color": color, "fill-opacity": 0.12 } },
    { id: "draw-line", type: "line", source: "draw-shape", filter: ["!", kind("Point")], paint: { "line-color": color, "line-width": 2.5 } },
    { id: "draw-arrows", type: "symbol", source: "draw-shape", filter: kind("LineString"), layout: { "symbol-placement": "line", "symbol-spacing": 80, "text-field": "▶", "text-font": ["sans-serif"], "text-size": 13, "text-keep-upright": false, "text-rotation-alignment": "map", "text-allow-overlap": true }, paint: { "text-color": color, "text-halo-color": paper, "text-halo-width": 1.5 } },
    { id: "draw-middles", type: "circle", source: "draw-middles", minzoom: 9, paint: { "circle-radius": 3.5, "circle-color": paper, "circle-stroke-color": color, "circle-stroke-width": 1, "circle-opacity": 0.9 } },
    { id: "draw-vertices", type: "circle", source: "draw-vertices", paint: { "circle-radius": ["case", chosen, 8, 5.5], "circle-color": ["case", chosen, color, paper], "circle-stroke-color": color, "circle-stroke-width": 2 } },
    { id: "draw-mark", type: "circle", source: "draw-mark", paint: { "circle-radius": 11, "circle-opacity": 0, "circle-color": fault, "circle-stroke-color": ["match", ["get", "kind"], "snap", token("accent"), fault], "circle-stroke-width": 3 } },
  ];
}
