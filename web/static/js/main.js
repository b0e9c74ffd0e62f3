// Starts the map desk and ties its parts together.

import { get, getAll } from "./api.js";
import { addCorner, drawArea, startArea } from "./area.js";
import { chosenType, info, setInfo, shownLayers } from "./choice.js";
import { onConnection } from "./connection.js";
import { coverage, loadCoverage, onCoverage } from "./coverage.js";
import { parseSelection, showDetails } from "./details.js";
import { closingSection } from "./closing.js";
import { byId, debounce, el } from "./dom.js";
import { evidenceSection, findEvidence } from "./evidence.js";
import { drawFigures, selectedUnit } from "./figures.js";
import { labelFolds, obscured, onTab, showTab, startFrame } from "./frame.js";
import { historySection } from "./history.js";
import { startJobs } from "./jobs.js";
import { drawPanel, startPanel } from "./layers.js";
import { drawList } from "./list.js";
import { followSystem, onTheme, toggleTheme } from "./palette.js";
import { followPointer, showCoordinates } from "./pointer.js";
import { startPrinting } from "./printing.js";
import { failure } from "./problem.js";
import { startSearch } from "./search.js";
import { onChange, startState, state, update } from "./state.js";
import { markRow } from "./table.js";
import { language, onLanguage, text, useLanguage } from "./texts.js";

const MOVE_PAUSE_MS = 250;
// What was drawn stays this long for what comes: each drawing of the map costs a frame, and one is enough.
const STAY_MS = { loading: 500, figures: 120 };
const pageLanguage = language();
let view = null;
let others = [];
let here = null;
let form = null;
let painting = 0;

async function start() {
  // The map library is the heaviest part: figures and legend do not wait for it.
  const library = import("./mapview.js");
  library.catch(() => {});
  startState();
  onConnection(sayConnection);
  const [, answer] = await Promise.all([useLanguage(state().lang ?? pageLanguage), get("/api/map")]);
  setInfo(answer);
  startFrame();
  startTools();
  notice();
  if (!answer.bounds) return showEmpty();
  byId("blank").hidden = true;
  connect();
  loadCoverage();
  startJobs(showResult).then(
    () => {
      drawAll();
      // Only now it is known who reads.
      showHistory(parseSelection(state().sel));
    },
    () => {},
  );
  const { createMap } = await library;
  try {
    view = createMap({ container: byId("map"), info: answer, view: state().view, shown: tilesAtFirst(), obscured });
  } catch (error) {
    byId("blank").hidden = false;
    byId("blank").replaceChildren(el("strong", {}, text("map.undrawable")), el("span", {}, text("map.undrawable.remedy")));
    throw error;
  }
  connectMap();
  drawAll();
  select(false);
  return nameUnits();
}

/** Writes the names of townships; where there are none, those of counties. */
async function nameUnits() {
  const townships = await getAll("/api/units", { level: "township" });
  view.setUnitNames(townships.length ? townships : await getAll("/api/units", { level: "county" }));
}

/** Results replace the communities of the tiles, so these are not fetched where there is a run. */
const tilesAtFirst = () => shownLayers().filter((id) => id !== "communities" || info().latest_run === null);

function sayConnection(left) {
  const banner = byId("banner");
  banner.hidden = left === null;
  if (left !== null) banner.textContent = left ? text("map.server.gone", { seconds: left }) : text("map.server.trying");
}

function startTools() {
  byId("theme").addEventListener("click", toggleTheme);
  byId("language").addEventListener("click", switchLanguage);
  followSystem();
  labelLanguage();
}

function connect() {
  startPanel();
  startSearch((hit) => choose(hit, { fly: true }));
  onChange(follow);
  onCoverage(drawSoon);
  onCoverage(followRun);
  onCoverage(drawArea);
  onTab((tab) => {
    if (tab === "list") list();
  });
  onLanguage(() => {
    labelLanguage();
    labelFolds();
    notice();
    drawAll();
    drawArea();
    if (!view) return;
    labelMap();
    showCoordinates(view.map.getCenter());
    showSelection();
  });
}

function connectMap() {
  const { map } = view;
  startPrinting(view);
  startArea(view);
  followPointer(view, (found, event) => {
    if (addCorner(event)) return;
    others = found;
    if (found.length) choose(found[0]);
    else update({ sel: null });
  });
  map.on("moveend", remember);
  map.on("moveend", debounce(MOVE_PAUSE_MS, list));
  map.once("idle", () => showCoordinates(map.getCenter()));
  onTheme(() => view.setTheme());
  onConnection((left) => {
    if (left !== null) return;
    view.refresh();
    if (coverage().status === "failed") loadCoverage();
  });
  labelMap();
}

const list = () => view && drawList(view, (thing) => choose(thing, { fly: true }));

/** Draws what hangs on the state and on the coverage. */
function drawAll() {
  drawPanels();
  paint();
}

function drawPanels() {
  drawPanel();
  drawFigures((thing, how) => choose(thing, { fly: true, ...how }), { onMarks: (items) => view?.setUnsure(items), onForm: showForm });
  list();
}

/** The panels at once; the map when the circles have come, or when they keep the reader waiting. */
function drawSoon({ status, circles }) {
  drawPanels();
  const stay = status === "loading" ? STAY_MS.loading : status === "ready" && !circles ? STAY_MS.figures : 0;
  if (!stay) return paint();
  clearTimeout(painting);
  painting = setTimeout(paint, stay);
  return undefined;
}

/** Draws the circle in another form, or as it is again. */
function showForm(collection) {
  if (collection === form) return;
  form = collection;
  if (coverage().circles) paint();
}

function paint() {
  clearTimeout(painting);
  if (!view) return;
  const { status, circles, reach } = coverage();
  const shown = shownLayers();
  view.setLayers(shown, status === "loading" || Boolean(reach?.length));
  view.setTypes(chosenType()?.code ?? null, state().hide);
  view.setCircles(form ? null : (circles ?? null), state().ringsOff);
  view.setForm(form);
  view.setReach(reach ?? null, state().overlap);
}

function follow(changed) {
  if (changed.has("lang")) useLanguage(state().lang ?? pageLanguage);
  if (["service", "type", "run"].some((key) => changed.has(key))) loadCoverage();
  if (changed.has("area")) drawArea();
  if (["layers", "hide", "ringsOff", "overlap"].some((key) => changed.has(key))) {
    drawPanel();
    paint();
  }
  if (changed.has("sel") && view) select(true);
  if (changed.has("view") && view) move();
}

let shownCase = null;

/** What hangs on the run in sight, once a case: the way of the chosen community, the cost of closing the chosen facility. */
function followRun({ status, run }) {
  if (status !== "ready" || !view) return;
  const now = [run.id, chosenType()?.code, state().service].join();
  if (now === shownCase) return;
  shownCase = now;
  showGrounds(parseSelection(state().sel));
}

/** Shows the run that a job has made, with the case that it was asked for. */
function showResult({ services, types }, run) {
  update({ service: services[0] ?? state().service, type: types[0] ?? state().type, run });
}

/** Where the reader went by "back" or by an edited address; movements of the map itself change nothing here. */
function move() {
  const wanted = state().view;
  if (!wanted) return view.fit();
  const { lng, lat } = view.map.getCenter();
  const same = Math.abs(lng - wanted.lon) < 1e-5 && Math.abs(lat - wanted.lat) < 1e-5 && Math.abs(view.map.getZoom() - wanted.zoom) < 0.006;
  if (!same) view.map.jumpTo({ center: [wanted.lon, wanted.lat], zoom: wanted.zoom });
  return undefined;
}

function remember() {
  const { lng, lat } = view.map.getCenter();
  update({ view: { zoom: Number(view.map.getZoom().toFixed(2)), lat: Number(lat.toFixed(5)), lon: Number(lng.toFixed(5)) } }, { push: false });
}

/** Selects a thing; `fly` goes there, `stay` keeps the tab in sight. */
function choose(thing, { fly = false, stay = false } = {}) {
  const sel = thing.kind === "place" ? `place:${thing.id}:${thing.standard_name ?? thing.name}` : `${thing.kind}:${thing.id}`;
  here = { fly, stay, thing };
  if (state().sel === sel) select(true);
  else update({ sel });
}

async function select(reveal) {
  const how = here ?? { fly: false, stay: false, thing: null };
  here = null;
  const chosen = parseSelection(state().sel);
  if (chosen && !how.stay) showTab("details", { reveal });
  if (!chosen && !byId("view-details").hidden) showTab("figures");
  if (how.fly && how.thing?.lon !== undefined) goTo(how.thing);
  if (chosen && how.fly && !how.stay) byId("view-details").focus({ preventScroll: true });
  const record = await showSelection(reveal ? others : []);
  others = [];
  if (record === undefined) return;
  markRow(byId("view-figures"), selectedUnit());
  if (how.fly && record && how.thing?.lon === undefined) goTo(record);
}

async function showSelection(near = []) {
  const chosen = parseSelection(state().sel);
  const record = await showDetails(chosen, { others: near, onSelect: (thing) => choose(thing, { fly: true }) });
  if (record !== undefined) view.select(chosen && { ...chosen, lon: record?.lon, lat: record?.lat });
  if (record !== undefined) showGrounds(record && chosen);
  return record;
}

function showGrounds(chosen) {
  showEvidence(chosen);
  showClosing(chosen);
  showHistory(chosen);
}

function showHistory(chosen) {
  const root = byId("view-details");
  root.querySelector(".history-fold")?.remove();
  const fold = chosen && historySection(chosen.kind, chosen.id);
  if (fold) root.append(fold);
}

/** What the closing of the facility in sight costs, for the standard and type in sight. */
async function showClosing(chosen) {
  const root = byId("view-details");
  root.querySelector(".closing")?.remove();
  if (chosen?.kind !== "facility") return;
  const section = await closingSection(chosen.id, (thing) => choose(thing, { fly: true }));
  root.querySelector(".closing")?.remove();
  if (section && parseSelection(state().sel)?.id === chosen.id) root.querySelector(".facts")?.after(section);
}

/** The way of the community in sight to its facility, for the standard and type in sight. */
async function showEvidence(chosen) {
  const way = await findEvidence(chosen);
  if (way === undefined) return;
  view.setEvidence(way);
  byId("view-details").querySelector(".evidence")?.remove();
  const section = way && evidenceSection(way);
  if (section) byId("view-details").querySelector(".facts")?.after(section);
}

function goTo({ lon, lat, bbox }) {
  const wide = bbox && (bbox[2] - bbox[0] > 0.002 || bbox[3] - bbox[1] > 0.002);
  if (wide) view.fit(bbox);
  else if (Number.isFinite(lon)) view.fly(lon, lat);
}

function showEmpty() {
  byId("blank").replaceChildren(el("strong", {}, text("map.empty")), el("span", {}, text("map.empty.remedy")), el("code", {}, "geoservice sample --load"));
  document.body.classList.add("no-data");
}

function notice() {
  const words = info().schematic ? text("map.schematic") : info().notice;
  byId("notice").hidden = !words;
  byId("notice").textContent = words ?? "";
  byId("brand").textContent = [info().county, text("app.name")].filter(Boolean).join(language() === "en" ? " · " : "");
  document.title = `${text("map.desk.map")} · ${byId("brand").textContent}`;
  byId("attribution").textContent = info().attributions.join(" · ");
}

/** The cookie tells the server which language its own words shall have. */
function switchLanguage() {
  const lang = language() === "zh" ? "en" : "zh";
  document.cookie = `lang=${lang}; path=/; max-age=31536000; samesite=lax`;
  update({ lang }, { push: false });
}

function labelLanguage() {
  const other = language() === "zh" ? "en" : "zh";
  const button = byId("language");
  button.textContent = { zh: "中文", en: "English" }[other];
  button.lang = other;
}

function labelMap() {
  const set = (selector, key) => {
    const node = byId("map").querySelector(selector);
    node?.setAttribute("aria-label", text(key));
    node?.setAttribute("title", text(key));
  };
  set(".maplibregl-ctrl-zoom-in", "map.zoom.in");
  set(".maplibregl-ctrl-zoom-out", "map.zoom.out");
  byId("map").querySelector("canvas").setAttribute("aria-label", text("map.canvas"));
}

start().catch((error) => {
  byId("blank").hidden = false;
  byId("blank").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
