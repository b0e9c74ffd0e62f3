// The first rows as read, in a table and on the map; a row finds its shape and the other way round.

import { get } from "../api.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { createMap } from "../mapview.js";
import { onTheme, token } from "../palette.js";
import { boxOf } from "../records/map.js";
import { text } from "../texts.js";

const GROUND = ["built_up", "water", "roads", "railways", "units"];
const EMPTY = { type: "FeatureCollection", features: [] };
let view = null;
let shown = EMPTY;

/** @param {object} found the inspection */
export async function drawPreview(found) {
  drawRows(found);
  shown = found.features;
  byId("place").hidden = !shown.features.length;
  if (!shown.features.length) return;
  view ??= makeView();
  const map = await view;
  map?.getSource("rows").setData(shown);
  const box = boxOf({ geometries: shown.features.map(({ geometry }) => geometry) });
  map?.resize();
  if (box) map?.fitBounds(box, { padding: 40, maxZoom: 14, animate: false });
}

function drawRows({ columns, rows }) {
  const refused = rows.refused ? text("imp.rows.refused", { refused: count(rows.refused) }) : "";
  byId("counted").textContent = rows.total === null ? text("imp.rows.unknown") : `${text("imp.rows", { total: count(rows.total), shown: count(rows.first.length) })} ${refused}`;
  if (!rows.first.length) return byId("rows").replaceChildren();
  const heads = [text("imp.row"), ...columns.map(({ header }) => header)].map((head) => el("th", { scope: "col" }, head));
  const line = (cells, k) => el("tr", { "data-row": rows.numbers[k] }, el("th", { scope: "row" }, el("button", { class: "link", type: "button", onclick: () => goTo(rows.numbers[k]) }, rows.numbers[k])), ...cells.map((cell) => el("td", {}, cell ?? "")));
  return byId("rows").replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows.first.map(line))));
}

async function goTo(row) {
  mark(row);
  const map = await view;
  const found = shown.features.find(({ properties }) => properties.row === row);
  const box = found && boxOf(found.geometry);
  if (box) map?.fitBounds(box, { padding: 60, maxZoom: 15, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
}

async function mark(row) {
  for (const line of byId("rows").querySelectorAll("tr[data-row]")) line.classList.toggle("chosen", Number(line.dataset.row) === row);
  byId("rows").querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
  const map = await view;
  map?.setFilter("rows-chosen", ["==", ["get", "row"], row]);
}

async function makeView() {
  const info = await get("/api/map");
  const bounds = info.bounds ?? boxOf({ geometries: shown.features.map(({ geometry }) => geometry) });
  const made = createMap({ container: byId("map"), info: { ...info, bounds }, view: null, shown: GROUND, obscured: () => ({ right: 0, bottom: 0 }) });
  const { map } = made;
  if (!map.isStyleLoaded()) await map.once("style.load");
  map.addSource("rows", { type: "geojson", data: EMPTY });
  for (const layer of styles()) map.addLayer(layer);
  onTheme(() => made.setTheme());
  for (const id of ["rows-point", "rows-line", "rows-fill"]) map.on("click", id, ({ features }) => mark(features[0].properties.row));
  return map;
}

function styles() {
  const color = token("select");
  const kind = (name) => ["==", ["geometry-type"], name];
  return [
    { id: "rows-fill", type: "fill", source: "rows", filter: kind("Polygon"), paint: { "fill-color": color, "fill-opacity": 0.15 } },
    { id: "rows-line", type: "line", source: "rows", filter: ["!", kind("Point")], paint: { "line-color": color, "line-width": 2 } },
    { id: "rows-point", type: "circle", source: "rows", filter: kind("Point"), paint: { "circle-radius": 5, "circle-color": color, "circle-stroke-color": token("map-icon-halo"), "circle-stroke-width": 1.5 } },
    { id: "rows-chosen", type: "circle", source: "rows", filter: ["==", ["get", "row"], -1], paint: { "circle-radius": 10, "circle-opacity": 0, "circle-stroke-color": color, "circle-stroke-width": 3 } },
  ];
}
