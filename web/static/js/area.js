// Figures of an area: drawn with plain clicks, or what the map window shows.

import { post } from "./api.js";
import { chosenService, chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { byId, el, facts } from "./dom.js";
import { count, decimal, percent, share } from "./format.js";
import { lowerSheet } from "./frame.js";
import { failure } from "./problem.js";
import { state, update } from "./state.js";
import { text } from "./texts.js";

const NEAR_PX = 12;
const MOST_CORNERS = 60;
const DIGITS = 5;
let view = null;
let corners = null;
let answer = null;
let asked = null;

/** @param {ReturnType<import("./mapview.js").createMap>} handle of the map */
export function startArea(handle) {
  view = handle;
  byId("area-draw").addEventListener("click", () => (corners ? finish() : begin()));
  byId("area-window").addEventListener("click", () => {
    if (corners) stop();
    take(windowCorners());
  });
  byId("area-clear").addEventListener("click", clear);
  view.map.getContainer().addEventListener("keydown", onKey);
  drawArea();
}

/** Whether clicks belong to the drawing; then this one is a corner, or ends it at the first or last one. */
export function addCorner({ point, lngLat }) {
  if (!corners) return false;
  const near = (corner) => corner && Math.hypot(...["x", "y"].map((axis) => view.map.project(corner)[axis] - point[axis])) < NEAR_PX;
  if (corners.length > 2 && (near(corners[0]) || near(corners.at(-1)))) finish();
  else if (!near(corners.at(-1)) && corners.length < MOST_CORNERS) corners.push([lngLat.lng, lngLat.lat]);
  drawArea();
  return true;
}

/** Draws the area of the address and asks for its figures, once for a run and a case. */
export async function drawArea() {
  if (!view) return;
  const chosen = parse(state().area);
  view.setArea(corners ?? chosen, Boolean(corners));
  const { status, run } = coverage();
  const key = chosen && status === "ready" ? [state().area, run.id, chosenService().id, chosenType().code].join() : null;
  if (key !== asked) {
    asked = key;
    answer = null;
    if (key) ask(key, run.id, chosen);
  }
  tell(chosen);
}

async function ask(key, run, ring) {
  const query = new URLSearchParams({ service: chosenService().id, type: chosenType().code });
  let found;
  try {
    found = { figures: await post(`/api/runs/${run}/polygon?${query}`, { type: "Polygon", coordinates: [[...ring, ring[0]]] }) };
  } catch (error) {
    found = { error };
  }
  if (key !== asked) return;
  answer = found;
  tell(ring);
}

function tell(chosen) {
  byId("area-draw").textContent = text(corners ? "map.area.finish" : "map.area.draw");
  byId("area-draw").setAttribute("aria-pressed", String(Boolean(corners)));
  byId("area-draw").disabled = Boolean(corners && corners.length < 3);
  byId("area-clear").hidden = !corners && !chosen;
  byId("area-help").textContent = corners ? text("map.area.drawing", { count: corners.length }) : "";
  byId("area-told").replaceChildren(...(chosen ? told() : []));
}

function told() {
  if (!answer) return [el("p", { class: "quiet" }, text("map.loading"))];
  if (answer.error) return [failure(answer.error)];
  const { figures } = answer;
  const people = (covered, all) => text("map.of.people", { covered: count(covered), all: count(all), share: percent(share(covered, all)) });
  return [
    facts([
      [text("map.area.size"), text("map.area", { area: decimal(figures.area_km2) })],
      [text("map.people"), figures.population ? people(figures.population_covered, figures.population) : null],
      [text("map.people.60"), figures.population_60 ? people(figures.population_60_covered, figures.population_60) : null],
      [text("map.backup"), figures.population ? people(figures.population_backed_up, figures.population) : null],
      [text("map.communities"), text("map.of.communities", { covered: count(figures.communities_covered), all: count(figures.communities) })],
      [text("map.facilities"), text("map.of.facilities", { all: count(figures.facilities) })],
    ]),
    el("p", { class: "quiet" }, text("map.area.basis", { date: coverage().run?.on_date ?? "" })),
  ];
}

function begin() {
  corners = [];
  lowerSheet();
  view.map.doubleClickZoom.disable();
  view.map.getContainer().classList.add("drawing");
  view.map.getCanvas().focus();
  drawArea();
}

function finish() {
  const drawn = corners;
  stop();
  if (drawn.length > 2) take(drawn);
  else drawArea();
}

function stop() {
  corners = null;
  view.map.getContainer().classList.remove("drawing");
  setTimeout(() => view.map.doubleClickZoom.enable(), 300);
}

function clear() {
  if (corners) stop();
  if (state().area) update({ area: null });
  else drawArea();
}

const take = (ring) => update({ area: ring.map((corner) => corner.map((value) => Number(value.toFixed(DIGITS))).join(",")).join("~") });

function windowCorners() {
  const box = view.map.getBounds();
  const [w, e] = [Math.max(-180, box.getWest()), Math.min(180, box.getEast())];
  return [[w, box.getSouth()], [e, box.getSouth()], [e, box.getNorth()], [w, box.getNorth()]];
}

function onKey(event) {
  if (!corners) return;
  if (event.key === "Escape") clear();
  else if (event.key === "Backspace") corners.pop();
  else if (event.key === "Enter" && corners.length > 2) finish();
  else return;
  event.preventDefault();
  drawArea();
}

/** Corners of an address; null where there are none. */
function parse(given) {
  const ring = (given ?? "").split("~").map((pair) => pair.split(",").map(Number));
  const usable = ring.length > 2 && ring.every(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90);
  return usable ? ring : null;
}
