// Starts the siting desk: the plan on the left, the map, and what the plan comes to on the right.

import { get, getAll, latest, post } from "../api.js";
import { byId, el } from "../dom.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { drawChanges } from "./changes.js";
import { drawChosen } from "./chosen.js";
import { drawIdle } from "./idle.js";
import { startKeeping } from "./keeping.js";
import { startLawful } from "./lawful.js";
import { costsTable, drawOutcome } from "./outcome.js";
import { startLinks } from "./links.js";
import * as plan from "./plan.js";
import { isRoad, roadChanges, startRoads } from "./roads.js";
import { startSolving } from "./solving/main.js";

const BARE = { facility: null, site: null };
// Figures that take longer than this are told to be under way.
const PATIENCE_MS = 400;
let info = null;
let view = null;
let solving = null;
let roads = null;
/** As it is in the real data: facilities and communities. */
let base = null;
/** What the plan comes to now. */
let trial = null;
let chosen = null;
let costs = null;

const body = (changes) => {
  const { service, type, on } = plan.current();
  return { service, type, on, changes };
};
const askTrial = latest((_signal, changes) => post("/api/scenarios/trial", body(changes)));
const askCircle = latest((_signal, { lon, lat }) => {
  const { service, type, on } = plan.current();
  return post("/api/scenarios/circle", { service, type, on, lon, lat, changes: roadChanges() });
});

async function start() {
  const library = import("./map.js");
  library.catch(() => {});
  await started;
  info = await get("/api/map");
  if (info.schematic) {
    byId("notice").hidden = false;
    byId("notice").textContent = text("map.schematic");
  }
  if (!info.bounds) return showEmpty();
  startCase();
  startTools();
  startParts();
  const { makeMap } = await library;
  view = await makeMap({ container: byId("map"), info, onChoose: choose, onPlace: put, onDrag: drag, onDrop: drop });
  nameUnits().catch((error) => say(error.detail ?? error.message));
  roads = startRoads({ view, say, onTool: (on) => on && (setPlacing(false), showPart("place")), onOffer: () => showPart("plan") });
  startLinks({ view, say, onShow: () => showPart("place") });
  plan.onPlan(follow);
  startLawful({ view, say }).catch((error) => byId("broken").replaceChildren(failure(error)));
  const keeping = startKeeping({ say, info });
  if (!(await keeping.open()) && !plan.startDraft()) plan.startCase(caseInForm());
  solving = await startSolving({ view, say, goTo, showPart, base: () => base, townships, redraw: () => trial && base && draw(), openScenario: keeping.show });
  return undefined;
}

/** Writes the names of townships on the map; where there are none, those of counties. */
async function nameUnits() {
  const townships = await getAll("/api/units", { level: "township" });
  view.setTitle(townships.length ? townships : await getAll("/api/units", { level: "county" }));
}

function showEmpty() {
  byId("outcome").replaceChildren(el("p", { class: "note warn" }, text("map.empty"), " ", text("map.empty.remedy")));
  for (const node of document.querySelectorAll(".plan :is(button, input, select)")) node.disabled = true;
}

/** Standards and types; the ones of the address where it names some. */
function startCase() {
  const given = new URLSearchParams(location.search);
  byId("service").replaceChildren(...info.services.map(({ id, title }) => el("option", { value: id }, titled(title))));
  const wanted = info.services.find(({ id }) => id === given.get("service")) ?? info.services.find(({ headline }) => headline) ?? info.services[0];
  byId("service").value = wanted.id;
  fillTypes(given.get("type"));
  byId("on").value = given.get("on") ?? new Date().toLocaleDateString("sv");
  byId("service").addEventListener("change", () => {
    fillTypes(null);
    change();
  });
  byId("type").addEventListener("change", change);
  byId("on").addEventListener("change", change);
  byId("case").addEventListener("submit", (event) => event.preventDefault());
}

const serviceOf = (id) => info.services.find((one) => one.id === id);

function fillTypes(wanted) {
  const codes = serviceOf(byId("service").value).types;
  const types = codes.map((code) => info.facility_types.find((type) => type.code === code)).filter(Boolean);
  byId("type").replaceChildren(...types.map(({ code, title }) => el("option", { value: code }, titled(title))));
  byId("type").value = codes.includes(wanted) ? wanted : (types.find(({ count }) => count > 0) ?? types[0]).code;
}

const caseInForm = () => ({ service: byId("service").value, type: byId("type").value, on: byId("on").value || new Date().toLocaleDateString("sv") });

function change() {
  if (plan.unsaved() && !confirm(text("siting.case.leave"))) return showCase();
  return plan.startCase(caseInForm());
}

function showCase() {
  const { service, type, on } = plan.current();
  byId("service").value = service;
  fillTypes(type);
  byId("on").value = on;
}

function startTools() {
  byId("add").addEventListener("click", () => setPlacing(byId("add").getAttribute("aria-pressed") !== "true"));
  byId("add-here").addEventListener("click", () => {
    const { lng, lat } = view.map.getCenter();
    put(lng, lat);
    showPart("place");
  });
  byId("undo").addEventListener("click", plan.undo);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") setPlacing(false);
    const typing = event.target.closest?.("input, select, textarea, dialog");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing && plan.current().changes.length) {
      event.preventDefault();
      plan.undo();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (plan.unsaved()) event.preventDefault();
  });
}

function setPlacing(value) {
  if (value) roads?.stop();
  byId("add").setAttribute("aria-pressed", String(value));
  byId("add").textContent = text(value ? "siting.add.stop" : "siting.add");
  view?.setPlacing(value);
  if (value) showPart("place");
}

/** A new facility at a place. */
function put(lon, lat) {
  setPlacing(false);
  chosen = { ...BARE, site: plan.added() + 1 };
  plan.append({ kind: "add", lon: round(lon), lat: round(lat) });
}

const round = (value) => Number(value.toFixed(6));

async function follow(what) {
  if (what === "scenario") return;
  if (what === "case") {
    showCase();
    chosen = null;
    base = null;
    keepAddress();
    await loadBase();
  }
  await count(plan.current().changes);
}

function keepAddress() {
  const { service, type, on, scenario } = plan.current();
  const held = [...new URLSearchParams(location.search)].filter(([name]) => name === "lang" || name === "answer");
  const given = new URLSearchParams({ service, type, on, ...(scenario ? { scenario: scenario.id } : {}), ...Object.fromEntries(held) });
  history.replaceState(null, "", `?${given}`);
}

async function loadBase() {
  byId("outcome").setAttribute("aria-busy", "true");
  try {
    base = await post("/api/scenarios/standing", body([]));
    view.setRoadClasses(base.road_classes);
    byId("limits").textContent = limitsTold(base.case.limits);
  } catch (error) {
    refuse(error, loadBase);
  }
}

const limitsTold = (limits) =>
  ["urban", "rural"].map((kind) => text(`siting.limit.${kind}`, { mode: titled(info.modes.find(({ id }) => id === limits[kind].mode)?.title), minutes: limits[kind].minutes })).join(" ");

/** Works out what some changes come to and shows it; a later call ends an earlier one. */
async function count(changes) {
  if (!base) return;
  drawPlan();
  const waiting = setTimeout(() => working(changes), PATIENCE_MS);
  try {
    const found = await askTrial(changes);
    if (!found) return;
    trial = found;
    costs = null;
    draw();
    performance.mark("siting:figures");
    await showCircle();
  } catch (error) {
    refuse(error, () => count(plan.current().changes));
  } finally {
    clearTimeout(waiting);
    byId("working").hidden = true;
  }
}

/** Says what is being done when it takes a while. */
function working(changes) {
  byId("working").hidden = false;
  byId("working").textContent = text(changes.some(isRoad) ? "siting.working.roads" : "siting.working");
}

/** What cannot be is taken back, so that the page and the figures agree. */
function refuse(error, again) {
  byId("outcome").setAttribute("aria-busy", "false");
  const mistaken = error.status === 422 && plan.current().changes.length && base;
  if (!mistaken) return byId("outcome").replaceChildren(failure(error, again));
  byId("faults").replaceChildren(failure(error));
  say(error.detail ?? error.message);
  const changes = trial ? shownChanges : [];
  return plan.replace(changes);
}

let shownChanges = [];

function draw() {
  shownChanges = plan.current().changes;
  drawOutcome(byId("outcome"), trial, { onGo: (place) => goTo(place), costs: costsFold });
  byId("outcome").setAttribute("aria-busy", "false");
  drawMap();
  drawPlan();
}

function drawPlan() {
  const { changes } = plan.current();
  byId("undo").disabled = !changes.length;
  drawChanges(byId("changes"), changes, { nameOf, roads: trial?.roads ?? [] });
  drawIdle(byId("idle"), base?.idle ?? [], { labelOf, onChoose: (one) => { choose(one); goTo(one); } });
  drawChosen(byId("chosen"), chosenSite(), { resizable: base?.resizable, labelOf, onChange: (one) => plan.append(one) });
}

/** Communities as they are in the plan: those of the data, with what the plan changes of them. */
function drawMap() {
  if (document.body.dataset.mode === "solve") return solving?.drawMap();
  const now = new Map(["gained", "lost", "single", "backed_up"].flatMap((kind) => trial[kind].items).map((one) => [one.id, one]));
  view.setRoads(trial.roads);
  view.setCommunities(base.communities.map((one) => now.get(one.id) ?? one));
  const changed = new Map(trial.sites.map((one) => [keyOf(one), one]));
  const all = [...base.facilities.filter((one) => !changed.has(keyOf(one))), ...trial.sites.filter(({ lon }) => lon !== null)];
  const pinned = all.filter((one) => one.status === "added" || one.status === "moved" || one.status === "opened" || (same(one, chosen) && one.status !== "closed"));
  const keys = new Set(pinned.map(keyOf));
  view.setFacilities(all.filter((one) => !keys.has(keyOf(one))));
  view.setPins(pinned.map((one) => ({ ...one, label: labelOf(one) })));
  return undefined;
}

const keyOf = ({ facility, site }) => (site ? `+${site}` : String(facility));
const same = (one, other) => Boolean(one && other) && keyOf(one) === keyOf(other);

/** A facility of the plan as it stands; null where none is chosen. */
function chosenSite() {
  if (!chosen || !trial) return null;
  return trial.sites.find((one) => same(one, chosen)) ?? base.facilities.find((one) => same(one, chosen)) ?? base.idle.find((one) => same(one, chosen)) ?? null;
}

const labelOf = (one) => one.name ?? text("siting.new", { number: one.site });

function nameOf({ facility, site }) {
  if (facility) return [...(base?.facilities ?? []), ...(base?.idle ?? [])].find((one) => one.facility === facility)?.name ?? String(facility);
  const adds = plan.current().changes.filter(({ kind }) => kind === "add");
  return adds[site - 1]?.name ?? text("siting.new", { number: site });
}

function choose(reference) {
  if (same(reference, chosen)) return;
  chosen = reference;
  if (!trial) return;
  drawMap();
  drawPlan();
  showCircle();
}

function goTo(place) {
  if (place.lon === null) return;
  showPart("place");
  view.goTo(place);
}

let inFlight = false;
let dragging = false;
let waiting = null;

/** While a pin is dragged: one question at a time, the next with the place that it has by then. */
async function drag(pin, lon, lat) {
  waiting = [pin, lon, lat];
  dragging = true;
  if (inFlight) return;
  inFlight = true;
  while (waiting) {
    const [one, x, y] = waiting;
    waiting = null;
    try {
      const found = await post("/api/scenarios/trial", body(plan.moved(one, round(x), round(y))));
      if (!dragging) break;
      trial = found;
      drawOutcome(byId("outcome"), trial, { onGo: (place) => goTo(place), costs: costsFold });
    } catch {
      // Outside the county, or the server is gone: the end of the drag tells.
    }
  }
  inFlight = false;
}

function drop(pin, lon, lat) {
  waiting = null;
  dragging = false;
  performance.mark("siting:dropped");
  chosen = { facility: pin.facility, site: pin.site };
  byId("faults").replaceChildren();
  plan.replace(plan.moved(pin, round(lon), round(lat)));
}

/** The circle of the chosen facility; without one, none. */
async function showCircle() {
  const site = chosenSite();
  if (!site || site.lon === null || site.status === "closed" || site.status === "idle" || document.body.dataset.mode === "solve") return view.setCircle(null);
  const found = await askCircle(site);
  if (!found) return undefined;
  found.features.forEach((feature, rank) => Object.assign(feature.properties, { rank }));
  view.setCircle(found);
  performance.mark("siting:circle");
  return undefined;
}

/** The costs of closing each facility, asked for when they are opened. */
function costsFold() {
  const holder = el("div", {}, el("p", { class: "quiet" }, text("map.loading")));
  const fold = el("details", { class: "more", id: "costs" }, el("summary", {}, text("siting.costs")), holder);
  const fill = async () => {
    if (!fold.open) return;
    costsOpen = true;
    try {
      costs ??= post("/api/scenarios/standing", body(plan.current().changes));
      const { facilities } = await costs;
      holder.replaceChildren(costsTable(facilities, { labelOf, onChoose: (one) => { choose(one); goTo(one); } }));
    } catch (error) {
      costs = null;
      holder.replaceChildren(failure(error, fill));
    }
  };
  fold.addEventListener("toggle", () => (fold.open ? fill() : (costsOpen = false)));
  if (costsOpen) fold.open = true;
  return fold;
}

let costsOpen = false;

/** Townships with their figures as they are. */
const townships = () => (trial?.units ?? []).filter(({ unit_id: unit }) => unit !== null);

const say = (words) => {
  byId("said").textContent = words;
};

/** On a phone one part is in sight at a time. */
function startParts() {
  for (const button of document.querySelectorAll("button[data-part]")) button.addEventListener("click", () => showPart(button.dataset.part));
  showPart("plan");
}

function showPart(name) {
  document.body.dataset.part = name;
  for (const button of document.querySelectorAll("button[data-part]")) button.setAttribute("aria-pressed", String(button.dataset.part === name));
  if (name === "place") view?.map.resize();
}

start().catch((error) => {
  byId("outcome").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
