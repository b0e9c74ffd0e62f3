// The map itself: made once, told what to show, tells what was pointed at.

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.mjs";
import { waitForServer } from "./connection.js";
import { mapIcon } from "./icons.js";
import { token } from "./palette.js";
import * as style from "./style.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const MARGIN_PX = 28;
const FRAME_ASKED_MS = 1000;
const KINDS = [
  ["facility", ["facilities-subject", "facilities-other", "facility-names"]],
  ["community", ["reach-covered", "reach-uncovered", "reach-unjoined", "communities"]],
  ["place", ["place-names"]],
  ["unit", ["unit-names", "units-area"]],
];
const FINEST_FIRST = ["township", "county", "prefecture", "province"];

/**
 * @param {{container: HTMLElement, info: object, view: object|null, shown: string[], obscured: () => {right: number, bottom: number}}} options
 *   `obscured` gives the pixels of the map that panels lie upon
 * @returns a handle of the map
 */
export function createMap({ container, info, view, shown, obscured }) {
  const names = new Set(info.layers.map((layer) => layer.id));
  const usable = (layer) => !layer["source-layer"] || names.has(layer.source);
  const seen = (layer) => (visible(layer, shown) ? layer : { ...layer, layout: { ...layer.layout, visibility: "none" } });
  const map = new maplibregl.Map({
    container,
    style: { version: 8, transition: { duration: 0, delay: 0 }, sources: style.sources(info.layers), layers: style.layers().filter(usable).map(seen) },
    ...(view ? { center: [view.lon, view.lat], zoom: view.zoom } : { bounds: info.bounds, fitBoundsOptions: { padding: MARGIN_PX } }),
    maxZoom: 18,
    maxPitch: 0,
    dragRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), "bottom-left");
  map.on("style.load", () => addIcons(map, info));
  map.on("styleimagemissing", ({ id }) => {
    if (!map.hasImage(id)) map.addImage(id, mapIcon("circle", token("map-label-2"), token("map-icon-halo")), { pixelRatio: 2 });
  });
  watchBusy(map, container);
  map.on("error", ({ error }) => heal(map, error));
  return handle(map, info, obscured);
}

/**
 * Says whether the map is still drawing. It says itself when it is idle, but only after a frame, and none follows where
 * the last tile failed: then one is asked for.
 */
function watchBusy(map, container) {
  let asking = 0;
  const ask = () => {
    map.triggerRepaint();
    asking = setTimeout(ask, FRAME_ASKED_MS);
  };
  map.on("dataloading", () => {
    container.setAttribute("aria-busy", "true");
    clearTimeout(asking);
    asking = setTimeout(ask, FRAME_ASKED_MS);
  });
  map.on("idle", () => {
    clearTimeout(asking);
    container.setAttribute("aria-busy", "false");
    performance.mark("map");
  });
}

/** Marks the first frame that holds the circles, for who measures. */
function markDrawn(map) {
  const look = () => {
    if (!map.isSourceLoaded("circles")) return;
    map.off("render", look);
    performance.mark("circles");
  };
  map.on("render", look);
}

function addIcons(map, info) {
  for (const { code, shape, color } of info.facility_types) {
    const image = mapIcon(shape, color, token("map-icon-halo"));
    if (map.hasImage(`type-${code}`)) map.updateImage(`type-${code}`, image);
    else map.addImage(`type-${code}`, image, { pixelRatio: 2 });
  }
}

/** A tile that did not come because the server is gone is asked for again once it is back. */
async function heal(map, error) {
  if (error?.status >= 400 && error.status < 500) return;
  if (map.healing) return;
  map.healing = true;
  await waitForServer();
  map.healing = false;
  refreshTiles(map);
}

function refreshTiles(map) {
  for (const [id, source] of Object.entries(map.getStyle().sources)) if (source.type === "vector") map.refreshTiles(id);
}

function handle(map, info, obscured) {
  const whenReady = (run) => (map.isStyleLoaded() || map.getLayer("ground") ? run() : map.once("style.load", run));
  let reach = null;
  const filled = new Set();
  // A source that is empty and stays so costs no frame.
  const setData = (source, data) => {
    if (!data.features.length && !filled.has(source)) return;
    if (data.features.length) filled.add(source);
    else filled.delete(source);
    whenReady(() => map.getSource(source).setData(data));
  };
  return {
    map,
    setLayers: (shown, hasReach) => whenReady(() => showLayers(map, shown, hasReach)),
    setTypes: (subject, hidden) => whenReady(() => filterTypes(map, subject, hidden)),
    setCircles: (circles, off) => {
      setData("circles", { ...EMPTY, features: circles ? circles.features.filter(({ properties }) => !off.includes(properties.key)) : [] });
      if (circles) whenReady(() => markDrawn(map));
    },
    setForm: (collection) => setData("form", collection ?? EMPTY),
    setReach: (items, shaded) => {
      if (items === reach?.items && shaded === reach?.shaded) return;
      reach = { items, shaded };
      setData("reach", { ...EMPTY, features: (items ?? []).filter((item) => Number.isFinite(item.lon)).map((item) => reachFeature(item, shaded)) });
    },
    setUnsure: (items) => setData("unsure", { ...EMPTY, features: items.map((item) => point(item.lon, item.lat, {})) }),
    setArea: (ring, open) => setData("area", { ...EMPTY, features: areaFeatures(ring ?? [], open) }),
    setUnitNames: (units) => whenReady(() => nameUnits(map, units.filter((unit) => unit.centre))),
    setTheme: () => whenReady(() => repaint(map, info)),
    setEvidence: (way) => setData("evidence", { ...EMPTY, features: way?.geometry ? [way] : [] }),
    select: (selected) => whenReady(() => mark(map, selected)),
    refresh: () => refreshTiles(map),
    fit: (bbox) => fit(map, bbox ?? info.bounds, obscured()),
    fly: (lon, lat) => fly(map, [lon, lat], obscured()),
    shows: (lon, lat) => map.getBounds().contains([lon, lat]),
    at: (point, reachPx) => pick(map, point, reachPx),
  };
}

function fit(map, bbox, { right, bottom }) {
  map.fitBounds(bbox, { padding: { top: MARGIN_PX, left: MARGIN_PX, right: right + MARGIN_PX, bottom: bottom + MARGIN_PX }, maxZoom: 15 });
}

function fly(map, center, { right, bottom }) {
  map.flyTo({ center, zoom: Math.max(14, Math.min(map.getZoom(), 16)), offset: [-right / 2, -bottom / 2], speed: 2.4 });
}

const point = (lon, lat, properties) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties });
/** `within`: how many facilities are within the limit, up to 3; 0 where that is not to be shown. */
const reachFeature = (item, shaded) =>
  point(item.lon, item.lat, { id: item.community_id, name: item.name, status: item.status, within: shaded ? Math.min(3, item.facilities_within) : 0 });

/** An area, or while it is drawn its corners and the line between them. */
function areaFeatures(ring, open) {
  const feature = (type, coordinates) => ({ type: "Feature", geometry: { type, coordinates }, properties: {} });
  if (!open) return ring.length ? [feature("Polygon", [[...ring, ring[0]]])] : [];
  return [...ring.map(([lon, lat]) => point(lon, lat, {})), ...(ring.length > 1 ? [feature("LineString", ring)] : [])];
}

const unitFeature = (unit) => point(unit.centre[0], unit.centre[1], { id: unit.id, name: unit.name, level: unit.level });

/** Writes the names of units, and the same names of places no more. */
function nameUnits(map, units) {
  map.getSource("unit-names").setData({ ...EMPTY, features: units.map(unitFeature) });
  if (!map.getLayer("place-names")) return;
  const names = units.map((unit) => unit.name);
  map.setFilter("place-names", ["all", map.getFilter("place-names"), ["!", ["in", ["get", "name"], ["literal", names]]]]);
}

function showLayers(map, shown, hasReach) {
  for (const layer of map.getStyle().layers) {
    const instead = layer.id === "communities" && hasReach;
    const wanted = visible(layer, shown) && !instead ? "visible" : "none";
    if ((layer.layout?.visibility ?? "visible") !== wanted) map.setLayoutProperty(layer.id, "visibility", wanted);
  }
}

const visible = ({ id, metadata }, shown) => !metadata?.layer || id === "selected-unit" || shown.includes(metadata.layer);

function filterTypes(map, subject, hidden) {
  const type = ["get", "type"];
  const seen = ["!", ["in", type, ["literal", hidden]]];
  const set = (id, filter) => map.getLayer(id) && map.setFilter(id, filter);
  set("facilities-subject", ["all", seen, ["==", type, subject ?? ""]]);
  set("facilities-other", ["all", seen, ["!=", type, subject ?? ""]]);
  set("facility-names", ["all", seen, ["any", ["==", type, subject ?? ""], [">=", ["zoom"], 14.5]]]);
}

function repaint(map, info) {
  for (const layer of style.layers()) {
    if (!map.getLayer(layer.id)) continue;
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  }
  addIcons(map, info);
}

function mark(map, selected) {
  if (map.getLayer("selected-unit")) {
    map.setFilter("selected-unit", ["==", ["get", "id"], selected?.kind === "unit" ? selected.id : -1]);
  }
  const features = selected && Number.isFinite(selected.lon) && selected.kind !== "unit" ? [point(selected.lon, selected.lat, {})] : [];
  map.getSource("selection").setData({ ...EMPTY, features });
}

/** What stands at a point of the screen, the most particular first, each thing once. */
function pick(map, { x, y }, reachPx) {
  const box = [[x - reachPx, y - reachPx], [x + reachPx, y + reachPx]];
  const found = new Map();
  for (const [kind, ids] of KINDS) {
    const layers = ids.filter((id) => map.getLayer(id));
    const hits = map.queryRenderedFeatures(kind === "unit" ? [x, y] : box, { layers });
    hits.sort((a, b) => FINEST_FIRST.indexOf(a.properties.level) - FINEST_FIRST.indexOf(b.properties.level));
    for (const { properties } of hits) {
      const key = `${kind}:${properties.id}`;
      if (!found.has(key)) found.set(key, { kind, id: properties.id, name: properties.name });
    }
  }
  return [...found.values()];
}
