// The map of the page: the records in the list as points, the chosen one with its outline, versions over each other.

import { createMap } from "../mapview.js";
import { onTheme, token } from "../palette.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const SOURCES = ["desk-lines", "desk-old", "desk-new"];
const feature = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });

// What lies below the records of any layer.
const GROUND = ["built_up", "water", "roads", "railways", "walls", "units"];

/**
 * @param {{container: HTMLElement, info: object, onOpen: (id: number) => void, onMove: () => void}} given
 */
export async function makeMap({ container, info, onOpen, onMove }) {
  const view = createMap({ container, info, view: null, shown: GROUND, obscured: () => ({ right: 0, bottom: 0 }) });
  const { map } = view;
  if (!map.isStyleLoaded()) await map.once("style.load");
  for (const id of SOURCES) map.addSource(id, { type: "geojson", data: EMPTY });
  for (const layer of styles()) map.addLayer(layer);
  onTheme(() => {
    view.setTheme();
    for (const { id, paint } of styles()) for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
  });
  let free = true;
  map.on("click", (event) => {
    if (!free) return;
    const { x, y } = event.point;
    const [hit] = map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: ["desk-points"] });
    if (hit) onOpen(hit.properties.id);
  });
  map.on("moveend", onMove);
  map.on("mouseenter", "desk-points", () => { if (free) map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "desk-points", () => { if (free) map.getCanvas().style.cursor = ""; });
  const set = (source, features) => map.getSource(source).setData({ ...EMPTY, features });
  return {
    map,
    /** Draws a layer as the map desk does, above the ground; points are drawn by the list alone. */
    setLayer: ({ id, geometry }) => view.setLayers(geometry.every((kind) => kind === "Point") ? GROUND : [...GROUND, id], false),
    /** Shows the records of the list; those marked stand out. */
    setLines(rows, marked) {
      const ids = new Set(marked.map(({ id }) => id));
      set("desk-lines", rows.filter(({ lon }) => lon !== null).map(({ id, lon, lat }) => feature({ type: "Point", coordinates: [lon, lat] }, { id, marked: ids.has(id) })));
    },
    /** Shows a geometry, and another one that it is compared with. */
    setShape(geometry, old = null) {
      set("desk-new", geometry ? [feature(geometry)] : []);
      set("desk-old", old ? [feature(old)] : []);
    },
    goTo(geometry, { smooth = true } = {}) {
      const box = boxOf(geometry);
      if (box) map.fitBounds(box, { padding: 60, maxZoom: 15, animate: smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches });
    },
    /** While something is drawn, a click chooses nothing. */
    setFree(value) {
      free = value;
      map.getCanvas().style.cursor = "";
    },
    bounds: () => map.getBounds(),
    /** Lets the reader draw a box by mouse or finger; gives its bounds, null where it was given up. */
    box: () => drawBox(map),
    /** Asks for the tiles anew: records have changed. */
    refresh: view.refresh,
  };
}

/** West, south, east, north of a geometry; null where there is none. */
export function boxOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] !== "number") return part.forEach(walk);
    box[0] = Math.min(box[0], part[0]);
    box[1] = Math.min(box[1], part[1]);
    box[2] = Math.max(box[2], part[0]);
    box[3] = Math.max(box[3], part[1]);
    return undefined;
  };
  for (const one of geometry?.geometries ?? [geometry]) if (one?.coordinates?.length) walk(one.coordinates);
  return Number.isFinite(box[0]) ? box : null;
}

function drawBox(map) {
  const canvas = map.getCanvasContainer();
  const frame = document.createElement("div");
  frame.className = "box";
  map.dragPan.disable();
  canvas.style.cursor = "crosshair";
  return new Promise((resolve) => {
    let start = null;
    const place = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const down = (event) => {
      start = place(event);
      canvas.append(frame);
      canvas.setPointerCapture(event.pointerId);
    };
    const move = (event) => {
      if (!start) return;
      const [x, y] = place(event);
      Object.assign(frame.style, { left: `${Math.min(x, start[0])}px`, top: `${Math.min(y, start[1])}px`, width: `${Math.abs(x - start[0])}px`, height: `${Math.abs(y - start[1])}px` });
    };
    const end = (bounds) => {
      canvas.removeEventListener("pointerdown", down);
      canvas.removeEventListener("pointermove", move);
      canvas.removeEventListener("pointerup", up);
      removeEventListener("keydown", stop);
      frame.remove();
      map.dragPan.enable();
      canvas.style.cursor = "";
      resolve(bounds);
    };
    const up = (event) => {
      const [one, other] = [map.unproject(start), map.unproject(place(event))];
      const [west, east] = [one.lng, other.lng].sort((a, b) => a - b);
      const [south, north] = [one.lat, other.lat].sort((a, b) => a - b);
      end({ contains: ([lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north });
    };
    const stop = (event) => {
      if (event.key === "Escape") end(null);
    };
    canvas.addEventListener("pointerdown", down);
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", up);
    addEventListener("keydown", stop);
  });
}

function styles() {
  const [color, old] = [token("select"), token("unsure")];
  const kind = (name) => ["==", ["geometry-type"], name];
  const marked = ["boolean", ["get", "marked"], false];
  return [
    { id: "desk-points", type: "circle", source: "desk-lines", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, ["case", marked, 4, 2], 14, ["case", marked, 8, 6]], "circle-color": ["case", marked, color, token("accent")], "circle-opacity": 0.85, "circle-stroke-color": token("map-icon-halo"), "circle-stroke-width": 1 } },
    { id: "desk-old-fill", type: "fill", source: "desk-old", filter: kind("Polygon"), paint: { "fill-color": old, "fill-opacity": 0.12 } },
    { id: "desk-old-line", type: "line", source: "desk-old", filter: ["!", kind("Point")], paint: { "line-color": old, "line-width": 2, "line-dasharray": [2, 2] } },
    { id: "desk-old-point", type: "circle", source: "desk-old", filter: kind("Point"), paint: { "circle-radius": 9, "circle-color": old, "circle-opacity": 0.2, "circle-stroke-color": old, "circle-stroke-width": 2 } },
    { id: "desk-new-fill", type: "fill", source: "desk-new", filter: kind("Polygon"), paint: { "fill-color": color, "fill-opacity": 0.12 } },
    { id: "desk-new-line", type: "line", source: "desk-new", filter: ["!", kind("Point")], paint: { "line-color": color, "line-width": 2.5 } },
    { id: "desk-new-point", type: "circle", source: "desk-new", filter: kind("Point"), paint: { "circle-radius": 9, "circle-color": color, "circle-opacity": 0.15, "circle-stroke-color": color, "circle-stroke-width": 2.5 } },
  ];
}
