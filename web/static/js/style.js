// The base style from our own tile layers, drawn with the design tokens.

import { token } from "./palette.js";

export const FONT = ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const FONT_STRONG = ["Noto Sans CJK SC Bold", ...FONT];
const MOTORWAYS = ["motorway", "trunk"];
const MAIN = ["primary", "secondary"];
const MIDDLE = ["tertiary"];
const SMALL = ["unclassified", "residential", "living_street", "pedestrian", "ferry"];
const PATHS = ["service", "track", "footway", "path", "steps", "cycleway"];
const COUNTY_UP = ["province", "prefecture", "county"];

const by = (name) => ["get", name];
const oneOf = (name, values) => ["in", by(name), ["literal", values]];
const zoomed = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
const polygons = ["==", ["geometry-type"], "Polygon"];
const lines = ["==", ["geometry-type"], "LineString"];

/** The tile sources of the layers that the server names. */
export function sources(layers) {
  const found = {};
  for (const { id, tiles } of layers) {
    found[id] = { type: "vector", tiles: [new URL(tiles.url, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], minzoom: tiles.minzoom, maxzoom: tiles.maxzoom };
  }
  for (const id of ["circles", "form", "reach", "unit-names", "selection", "evidence", "area", "unsure"]) {
    found[id] = { type: "geojson", data: { type: "FeatureCollection", features: [] } };
  }
  return found;
}

/** All style layers from the ground up; `metadata.layer` names the layer of the legend that each belongs to. */
export function layers() {
  return [ground(), ...areas(), ...circleFills(), ...ways(), ...units(), ...circleLines(), ...points(), ...labels(), ...selection()];
}

const tile = (layer, id, rest) => ({ id, source: layer, "source-layer": layer, metadata: { layer }, ...rest });
const ground = () => ({ id: "ground", type: "background", paint: { "background-color": token("map-land") } });

function areas() {
  return [
    tile("built_up", "built-up", { type: "fill", paint: { "fill-color": token("map-built") } }),
    tile("population", "population", {
      type: "fill",
      paint: {
        "fill-color": token("map-population"),
        "fill-antialias": false,
        "fill-opacity": ["interpolate", ["linear"], ["ln", ["+", 1, ["to-number", by("population")]]], 2, 0.03, 9, 0.45],
      },
    }),
    tile("water", "water", { type: "fill", filter: polygons, paint: { "fill-color": token("map-water"), "fill-outline-color": token("map-water-line") } }),
    tile("water", "water-lines", {
      type: "line",
      filter: lines,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": token("map-water-line"), "line-width": zoomed(7, ["match", by("class"), "river", 0.8, 0.3], 14, ["match", by("class"), "river", 5, 2]) },
    }),
  ];
}

function ways() {
  return [
    road("paths", PATHS, { minzoom: 12, color: "map-path", width: zoomed(12, 0.4, 16, 2.5) }),
    road("small-casing", SMALL, { minzoom: 11, color: "map-road-casing", width: zoomed(11, 0.7, 16, 8) }),
    road("middle-casing", MIDDLE, { minzoom: 9, color: "map-road-casing", width: zoomed(9, 0.8, 16, 11) }),
    road("main-casing", MAIN, { color: "map-road-main-casing", width: zoomed(7, 0.6, 10, 2.4, 16, 14) }),
    road("motorway-casing", MOTORWAYS, { color: "map-motorway-casing", width: zoomed(6, 1, 10, 3.4, 16, 17) }),
    road("small", SMALL, { minzoom: 12, color: "map-road", width: zoomed(12, 0.7, 16, 6) }),
    road("middle", MIDDLE, { minzoom: 10, color: "map-road", width: zoomed(10, 0.7, 16, 9) }),
    road("main", MAIN, { minzoom: 8, color: "map-road-main", width: zoomed(8, 0.4, 10, 1.4, 16, 12) }),
    road("motorway", MOTORWAYS, { minzoom: 7, color: "map-motorway", width: zoomed(7, 0.5, 10, 2.2, 16, 14) }),
    tile("walls", "walls", { type: "line", minzoom: 13, paint: { "line-color": token("map-rail"), "line-width": zoomed(13, 0.6, 17, 2) } }),
    tile("railways", "rail", { type: "line", paint: { "line-color": token("map-rail"), "line-width": zoomed(7, 0.8, 14, 3) } }),
    tile("railways", "rail-dashes", {
      type: "line",
      minzoom: 9,
      paint: { "line-color": token("map-land"), "line-width": zoomed(9, 0.7, 14, 1.8), "line-dasharray": [5, 5] },
    }),
  ];
}

const road = (id, classes, { minzoom = 5, color, width }) =>
  tile("roads", `road-${id}`, {
    type: "line",
    minzoom,
    filter: oneOf("class", classes),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": token(color), "line-width": width },
  });

function units() {
  const wide = ["match", by("level"), COUNTY_UP, 1, 0];
  return [
    tile("units", "units-area", { type: "fill", paint: { "fill-opacity": 0 } }),
    tile("units", "units-casing", {
      type: "line",
      layout: { "line-join": "round" },
      paint: { "line-color": token("map-unit-casing"), "line-opacity": 0.85, "line-width": zoomed(8, ["+", 2, ["*", 2, wide]], 14, ["+", 5, ["*", 4, wide]]) },
    }),
    tile("units", "units-line", {
      type: "line",
      filter: ["!", oneOf("level", COUNTY_UP)],
      paint: { "line-color": token("map-unit"), "line-width": zoomed(8, 0.6, 14, 1.6), "line-dasharray": [6, 2, 1.5, 2] },
    }),
    tile("units", "units-line-wide", {
      type: "line",
      filter: oneOf("level", COUNTY_UP),
      paint: { "line-color": token("map-unit"), "line-width": zoomed(8, 1.4, 14, 3) },
    }),
  ];
}

const ringColor = () => ["match", by("ring"), 1, token("ring-1"), 2, token("ring-2"), 3, token("ring-3"), token("ring-4")];
const SHADES = ["ring-1", "ring-2", "ring-3", "ring-4", "within-1", "within-2", "within-3"];
const shadeColor = () => ["match", by("shade"), ...SHADES.flatMap((name, index) => [index + 1, token(name)]), token("ring-4")];
const circleFills = () => [
  { id: "circles-fill", type: "fill", source: "circles", paint: { "fill-color": ringColor(), "fill-opacity": 0.25 } },
  { id: "form-fill", type: "fill", source: "form", filter: polygons, paint: { "fill-color": shadeColor(), "fill-opacity": 0.4 } },
];

function circleLines() {
  return [
    { id: "circles-line", type: "line", source: "circles", layout: { "line-join": "round" }, paint: { "line-color": ringColor(), "line-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0.45, 11, 1], "line-width": zoomed(8, 0.5, 11, 1.1, 14, 2.2) } },
    { id: "form-line", type: "line", source: "form", layout: { "line-join": "round" }, paint: { "line-color": shadeColor(), "line-opacity": 0.9, "line-width": zoomed(8, 0.6, 11, 1.2, 14, 2.4) } },
  ];
}

function points() {
  const radius = zoomed(8, 1.6, 11, 3.4, 15, 7);
  return [
    tile("communities", "communities", {
      type: "circle",
      paint: { "circle-color": token("map-label-2"), "circle-radius": radius, "circle-stroke-color": token("map-halo"), "circle-stroke-width": 1 },
    }),
    facilities("facilities-other", { minzoom: 9.5, size: zoomed(9.5, 0.3, 11, 0.42, 12.5, 0.65, 15, 0.9), opacity: 0.75 }),
    reach("unjoined", { "circle-color": token("map-halo"), "circle-opacity": 0.4, "circle-stroke-color": token("unjoined"), "circle-stroke-width": 1.2, "circle-radius": radius }),
    reach("covered", { "circle-color": ["match", by("within"), 1, token("within-1"), 2, token("within-2"), 3, token("within-3"), token("covered")], "circle-stroke-color": token("map-halo"), "circle-stroke-width": zoomed(8, 0.4, 12, 1.2), "circle-radius": radius }),
    reach("uncovered", { "circle-color": token("map-halo"), "circle-stroke-color": token("uncovered"), "circle-stroke-width": zoomed(8, 1, 12, 2.2), "circle-radius": zoomed(8, 2.1, 11, 3.8, 15, 7.2) }),
    facilities("facilities-subject", { size: zoomed(7, 0.3, 9.5, 0.5, 11, 0.8, 13, 1.05), opacity: 1 }),
  ];
}

const reach = (status, paint) => ({
  id: `reach-${status}`,
  type: "circle",
  source: "reach",
  metadata: { layer: "communities" },
  filter: ["==", by("status"), status],
  paint,
});

const facilities = (id, { minzoom = 5, size, opacity }) =>
  tile("facilities", id, {
    type: "symbol",
    minzoom,
    layout: { "icon-image": ["concat", "type-", by("type")], "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true },
    paint: { "icon-opacity": opacity },
  });

function labels() {
  const ink = (color) => ({ "text-color": token(color), "text-halo-color": token("map-halo"), "text-halo-width": 1.6 });
  const rank = ["to-number", ["coalesce", by("rank"), 5]];
  const under = { "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.7, "text-justify": "auto" };
  return [
    tile("water", "water-names", {
      type: "symbol",
      minzoom: 10,
      layout: { "text-field": ["coalesce", by("name"), ""], "text-font": FONT, "text-size": 12, "text-letter-spacing": 0.15 },
      filter: polygons,
      paint: ink("map-water-label"),
    }),
    tile("water", "water-line-names", {
      type: "symbol",
      minzoom: 10,
      filter: lines,
      layout: { "text-field": ["coalesce", by("name"), ""], "text-font": FONT, "text-size": 12, "text-letter-spacing": 0.15, "symbol-placement": "line", "symbol-spacing": 500 },
      paint: ink("map-water-label"),
    }),
    tile("roads", "road-names", {
      type: "symbol",
      minzoom: 12,
      filter: ["!", oneOf("class", PATHS)],
      layout: { "text-field": ["coalesce", by("name"), ""], "text-font": FONT, "text-size": 11, "symbol-placement": "line", "symbol-spacing": 400 },
      paint: ink("map-label-2"),
    }),
    tile("facilities", "facility-names", {
      type: "symbol",
      minzoom: 12.5,
      layout: { "text-field": ["coalesce", by("name"), ""], "text-font": FONT, "text-size": 11.5, "text-max-width": 9, ...under, "text-radial-offset": 1 },
      paint: ink("map-label"),
    }),
    tile("places", "place-names", {
      type: "symbol",
      filter: ["<=", rank, ["step", ["zoom"], 2, 10.5, 3, 11, 4, 11.4, 5, 11.9, 6, 13, 99]],
      layout: { "text-field": ["coalesce", by("name"), ""], "text-font": FONT, "text-size": zoomed(8, 11, 15, ["match", rank, [1, 2, 3], 16, 13]), "symbol-sort-key": rank, ...under },
      paint: ink("map-label-2"),
    }),
    {
      id: "unit-names",
      type: "symbol",
      source: "unit-names",
      metadata: { layer: "units" },
      minzoom: 8,
      layout: { "text-field": by("name"), "text-font": FONT_STRONG, "text-size": zoomed(8, 11, 10, 13, 14, 18), "text-letter-spacing": 0.05, "text-padding": 3 },
      paint: ink("map-label"),
    },
  ];
}

function selection() {
  const color = token("select");
  const nothing = ["==", by("id"), -1];
  return [
    { id: "area-fill", type: "fill", source: "area", filter: polygons, paint: { "fill-color": color, "fill-opacity": 0.08 } },
    { id: "area-line", type: "line", source: "area", layout: { "line-join": "round" }, paint: { "line-color": color, "line-width": 2, "line-dasharray": [3, 1.5] } },
    { id: "area-corners", type: "circle", source: "area", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": token("map-halo"), "circle-radius": 5, "circle-stroke-color": color, "circle-stroke-width": 2 } },
    { id: "unsure", type: "circle", source: "unsure", paint: { "circle-opacity": 0, "circle-color": token("unsure"), "circle-radius": zoomed(8, 5, 12, 9, 15, 13), "circle-stroke-color": token("unsure"), "circle-stroke-width": 2.2 } },
    { id: "evidence-line", type: "line", source: "evidence", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": color, "line-width": zoomed(8, 1.5, 12, 3, 15, 5), "line-opacity": 0.85 } },
    tile("units", "selected-unit", { type: "line", filter: nothing, layout: { "line-join": "round" }, paint: { "line-color": color, "line-width": 2.5 } }),
    { id: "selected-point", type: "circle", source: "selection", paint: { "circle-radius": 13, "circle-opacity": 0, "circle-color": color, "circle-stroke-color": color, "circle-stroke-width": 2.5 } },
  ];
}
