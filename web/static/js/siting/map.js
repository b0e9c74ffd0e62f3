// The map of the page: communities by whether they are covered, facilities, and pins that are dragged or moved by keys.

import * as maplibregl from "../../vendor/maplibre-gl/maplibre-gl.mjs";
import { el } from "../dom.js";
import { createMap } from "../mapview.js";
import { onTheme, token } from "../palette.js";
import { FONT } from "../style.js";
import { text } from "../texts.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const GROUND = ["built_up", "water", "roads", "railways", "walls", "units", "communities"];
const PLOT_ZOOM = 16;
const STEP_PX = { fine: 4, coarse: 24 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const point = ({ lon, lat }, properties) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties });

const line = (coordinates, properties) => ({ type: "Feature", geometry: { type: "LineString", coordinates }, properties });

/**
 * @param {{container: HTMLElement, info: object, onChoose: (reference: object|null) => void, onPlace: (lon: number, lat: number) => void,
 *   onDrag: (pin: object, lon: number, lat: number) => void, onDrop: (pin: object, lon: number, lat: number) => void}} given
 */
export async function makeMap({ container, info, onChoose, onPlace, onDrag, onDrop }) {
  const view = createMap({ container, info, view: null, shown: GROUND, obscured: () => ({ right: 0, bottom: 0 }) });
  const { map } = view;
  if (!map.isStyleLoaded()) await map.once("style.load");
  map.addSource("siting-circle", { type: "geojson", data: EMPTY });
  map.addSource("siting-roads", { type: "geojson", data: EMPTY });
  map.addSource("siting-draft", { type: "geojson", data: EMPTY });
  map.addSource("siting-candidates", { type: "geojson", data: EMPTY });
  map.addSource("siting-facilities", { type: "geojson", data: EMPTY });
  for (const layer of styles()) map.addLayer(layer);
  // Names stand above the dots, which lie close to each other.
  if (map.getLayer("unit-names")) map.moveLayer("unit-names");
  // Facilities are drawn as the plan has them.
  for (const id of ["facilities-subject", "facilities-other", "facility-names"]) if (map.getLayer(id)) map.setLayoutProperty(id, "visibility", "none");
  view.setLayers(GROUND, true);
  onTheme(() => {
    view.setTheme();
    for (const { id, paint } of styles()) for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
  });
  let placing = false;
  let tool = null;
  let classes = [];
  const pins = new Map();
  const cursor = (name) => {
    map.getCanvas().style.cursor = placing || tool ? "crosshair" : name;
  };
  map.on("click", (event) => {
    const { x, y } = event.point;
    if (tool) return tool(event.lngLat.lng, event.lngLat.lat);
    if (placing) return onPlace(event.lngLat.lng, event.lngLat.lat);
    const [hit] = map.queryRenderedFeatures([[x - 7, y - 7], [x + 7, y + 7]], { layers: ["siting-facilities"] });
    return onChoose(hit ? { facility: hit.properties.facility ?? null, site: hit.properties.site ?? null } : null);
  });
  map.on("mouseenter", "siting-facilities", () => cursor("pointer"));
  map.on("mouseleave", "siting-facilities", () => cursor(""));
  const set = (source, features) => map.getSource(source).setData({ ...EMPTY, features });
  return {
    map,
    setCommunities: (items) => view.setReach(items.map(reachItem), true),
    setCircle: (collection) => map.getSource("siting-circle").setData(collection ?? EMPTY),
    setFacilities(items) {
      set("siting-facilities", items.filter(({ lon }) => lon !== null).map((one) => point(one, { facility: one.facility, site: one.site, status: one.status })));
    },
    /** Candidates by their points, and plots by their outlines; those outside the county are marked. */
    setCandidates(items) {
      const told = (drawn, { name, outside = false }) => ({ drawn, name, outside, mark: outside ? text("siting.outside") : "" });
      const plots = items.filter(({ outline }) => outline).map((one) => ({ type: "Feature", geometry: { type: "MultiPolygon", coordinates: one.outline }, properties: told("plot", one) }));
      set("siting-candidates", [...plots, ...items.map((one) => point(one, told("point", one)))]);
    },
    /** Shows a pin for each of some facilities; a pin that is being dragged is left where it is. */
    setPins(items) {
      const wanted = new Map(items.map((one) => [keyOf(one), one]));
      for (const [key, pin] of pins) {
        if (wanted.has(key)) continue;
        pin.marker.remove();
        pins.delete(key);
      }
      for (const [key, one] of wanted) {
        if (!pins.has(key)) pins.set(key, makePin(map, one, { onDrag, onDrop, onChoose }));
        pins.get(key).update(one);
      }
    },
    /** Whoever gets the next clicks, in degrees; null for the page itself. */
    setTool(click) {
      tool = click;
      if (click) map.doubleClickZoom.disable();
      else map.doubleClickZoom.enable();
      cursor("");
    },
    setDraft: (corners) => set("siting-draft", corners.length ? [line(corners, {}), ...corners.map(([lon, lat]) => point({ lon, lat }, {}))] : []),
    setRoads: (roads) => set("siting-roads", roads.flatMap((one) => one.lines.map((corners) => line(corners, { kind: one.kind })))),
    setRoadClasses: (items) => (classes = items),
    roadClasses: () => classes,
    setPlacing(value) {
      placing = value;
      cursor("");
    },
    focusPin: (reference) => pins.get(keyOf(reference))?.marker.getElement().focus(),
    setTitle: view.setUnitNames,
    goTo: ({ lon, lat, outline = null }) => map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), outline ? PLOT_ZOOM : 12), animate: !matchMedia("(prefers-reduced-motion: reduce)").matches }),
  };
}

export const keyOf = ({ facility, site }) => (site ? `+${site}` : String(facility));

/** `within` counts to three: beyond that nothing changes for anybody. */
const reachItem = (one) => ({
  community_id: one.id,
  name: one.name,
  lon: one.lon,
  lat: one.lat,
  status: one.within ? "covered" : "uncovered",
  facilities_within: one.within,
});

function makePin(map, first, { onDrag, onDrop, onChoose }) {
  let held = first;
  let dragging = false;
  const button = el("button", { type: "button", class: "pin" }, el("span", { class: "head" }));
  const marker = new maplibregl.Marker({ element: button, draggable: true, anchor: "bottom" }).setLngLat([first.lon, first.lat]).addTo(map);
  const place = () => marker.getLngLat();
  marker.on("dragstart", () => {
    dragging = true;
    onChoose(held);
  });
  marker.on("drag", () => onDrag(held, place().lng, place().lat));
  marker.on("dragend", () => {
    dragging = false;
    onDrop(held, place().lng, place().lat);
  });
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    onChoose(held);
  });
  button.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? STEP_PX.coarse : STEP_PX.fine;
    const at = map.project(place());
    const next = map.unproject([at.x + arrow[0] * step, at.y + arrow[1] * step]);
    marker.setLngLat(next);
    onDrop(held, next.lng, next.lat);
  });
  return {
    marker,
    update(one) {
      held = one;
      button.dataset.status = one.status;
      button.setAttribute("aria-label", text("siting.pin", { name: one.label }));
      button.title = one.label;
      if (!dragging) marker.setLngLat([one.lon, one.lat]);
    },
  };
}

function styles() {
  const status = ["get", "status"];
  const away = ["boolean", ["get", "outside"], false];
  const [areas, points] = [["==", ["get", "drawn"], "plot"], ["==", ["get", "drawn"], "point"]];
  const closed = ["==", status, "closed"];
  const ring = [token("ring-1"), token("ring-2")];
  const minutes = ["match", ["get", "rank"], 0, ring[1], ring[0]];
  return [
    { id: "siting-fill", type: "fill", source: "siting-circle", paint: { "fill-color": minutes, "fill-opacity": 0.2 } },
    { id: "siting-line", type: "line", source: "siting-circle", paint: { "line-color": minutes, "line-width": 2 } },
    { id: "siting-roads-case", type: "line", source: "siting-roads", layout: { "line-cap": "round" }, paint: { "line-color": token("map-halo"), "line-width": 7 } },
    { id: "siting-roads-line", type: "line", source: "siting-roads", paint: { "line-color": ["match", ["get", "kind"], "close_road", token("danger-ink"), token("select")], "line-width": 4, "line-dasharray": [2, 1] } },
    { id: "siting-draft-line", type: "line", source: "siting-draft", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": token("select"), "line-width": 4 } },
    { id: "siting-draft-corners", type: "circle", source: "siting-draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4, "circle-color": token("map-halo"), "circle-stroke-color": token("select"), "circle-stroke-width": 2 } },
    { id: "siting-plots-fill", type: "fill", source: "siting-candidates", filter: ["all", areas, ["!", away]], paint: { "fill-color": token("select"), "fill-opacity": 0.18 } },
    { id: "siting-plots-line", type: "line", source: "siting-candidates", filter: ["all", areas, ["!", away]], paint: { "line-color": token("select"), "line-width": 2 } },
    { id: "siting-plots-away", type: "line", source: "siting-candidates", filter: ["all", areas, away], paint: { "line-color": token("danger-ink"), "line-width": 2, "line-dasharray": [2, 1.5] } },
    // A plot is its own mark once it is large enough to be seen.
    { id: "siting-candidates", type: "circle", source: "siting-candidates", filter: points, paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 5, 15, 3], "circle-color": token("map-halo"), "circle-stroke-color": ["case", away, token("danger-ink"), token("select")], "circle-stroke-width": 2 } },
    { id: "siting-candidates-away", type: "symbol", source: "siting-candidates", filter: ["all", points, away], layout: { "text-field": ["concat", ["get", "name"], " · ", ["get", "mark"]], "text-font": FONT, "text-size": 12, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.8, "text-max-width": 12 }, paint: { "text-color": token("danger-ink"), "text-halo-color": token("map-halo"), "text-halo-width": 1.5 } },
    { id: "siting-facilities", type: "circle", source: "siting-facilities", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 3, 14, 8], "circle-color": ["case", closed, token("map-halo"), token("accent")], "circle-stroke-color": ["case", closed, token("danger-ink"), token("map-icon-halo")], "circle-stroke-width": ["case", closed, 2.5, 1.5] } },
  ];
}
