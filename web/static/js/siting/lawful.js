// Exclusion rules on the desk: what each pin breaks, told as soon as it is dropped, and the land that rules take.

import { get, latest, post } from "../api.js";
import { byId, el } from "../dom.js";
import { decimal } from "../format.js";
import { onTheme, token } from "../palette.js";
import { failure } from "../problem.js";
import { onLanguage, text, titled } from "../texts.js";
import * as plan from "./plan.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const HOME = { pins: "siting-broken", land: "siting-land" };
const ask = latest((_signal, given) => post("/api/siting/exclusions", given));

let map = null;
let say = () => {};
/** Types that there are rules for, with their titles. */
let ruled = [];
/** Ids of the rules whose land is shown. */
const shown = new Set();
let land = null;

/** @param {{view: object, say: (words: string) => void}} given */
export async function startLawful({ view, say: tell }) {
  map = view.map;
  say = tell;
  for (const source of Object.values(HOME)) map.addSource(source, { type: "geojson", data: EMPTY });
  const below = map.getLayer("siting-fill") ? "siting-fill" : undefined;
  for (const layer of styles()) map.addLayer(layer, layer.source === HOME.land ? below : undefined);
  onTheme(() => styles().forEach(({ id, paint }) => Object.entries(paint).forEach(([name, value]) => map.getLayer(id) && map.setPaintProperty(id, name, value))));
  byId("land").addEventListener("toggle", fillLand);
  onLanguage(async () => {
    await readTypes();
    await follow("case");
  });
  await readTypes();
  plan.onPlan(follow);
  if (plan.current().type) await follow("case");
}

async function readTypes() {
  ({ ruled } = await get("/api/siting/rules"));
}

const isRuled = (type) => ruled.some((one) => one.type === type);

/** Says that no rule is laid down for the type, where that is so: here, and where rules are switched on. */
function sayUnruled(type) {
  const none = type && !isRuled(type) ? text("siting.lawful.unruled", { type: byId("type").querySelector(`option[value="${CSS.escape(type)}"]`)?.textContent ?? type, types: ruled.map(({ title }) => title).join(text("siting.and")) }) : "";
  for (const id of ["unruled", "ask-unruled"]) {
    byId(id).textContent = none;
    byId(id).hidden = !none;
  }
  byId("lawful").dataset.ruled = String(!none);
  byId("land").hidden = Boolean(none);
  byId("ask-rules").disabled = Boolean(none);
}

async function follow(what) {
  if (what === "scenario") return;
  const { type } = plan.current();
  const lawful = isRuled(type);
  byId("lawful").hidden = !type;
  sayUnruled(type);
  if (what === "case") {
    land = null;
    shown.clear();
    map.getSource(HOME.land).setData(EMPTY);
    byId("land-rules").replaceChildren();
    if (lawful) await fillLand();
  }
  if (lawful) return check();
  byId("broken").replaceChildren();
  return drawPins([]);
}

/** Facilities that the plan adds or moves, where they stand at last. */
function pins() {
  const found = new Map();
  let sites = 0;
  for (const { kind, facility, site, lon, lat, name } of plan.current().changes) {
    const key = kind === "add" ? `+${(sites += 1)}` : site ? `+${site}` : String(facility);
    if (kind === "close") found.delete(key);
    else if (kind === "add" || kind === "move") found.set(key, { name: name ?? found.get(key)?.name ?? (key.startsWith("+") ? text("siting.new", { number: key.slice(1) }) : null), lon, lat });
  }
  return [...found.values()];
}

async function check() {
  const { type, on } = plan.current();
  const placed = pins();
  const root = byId("broken");
  if (!placed.length) {
    drawPins([]);
    return root.replaceChildren();
  }
  root.setAttribute("aria-busy", "true");
  try {
    const found = await ask({ type, on, points: placed.map(({ lon, lat }) => ({ lon, lat })) });
    if (!found) return undefined;
    const told = found.points.map((point, number) => ({ ...point, name: placed[number].name }));
    root.replaceChildren(...told.map(one), openPoints(found.applied));
    drawPins(told);
    const refused = told.filter(({ allowed }) => !allowed);
    if (refused.length) say(refused.map(({ rules }) => rules[0].message).join(" "));
    performance.mark("siting:lawful");
  } catch (error) {
    root.replaceChildren(failure(error, check));
  }
  return root.setAttribute("aria-busy", "false");
}

function one({ name, allowed, rules }) {
  const broken = rules.filter((rule) => rule.broken);
  const told = broken.map((rule) =>
    el("li", { "data-force": rule.force }, el("strong", {}, text(rule.force === "hard" ? "siting.lawful.excluded" : "siting.lawful.hint")), " ", rule.message, rule.note ? el("span", { class: "quiet" }, ` ${rule.note}`) : ""),
  );
  return el(
    "div",
    { class: `note ${allowed ? "" : "warn"}`, "data-allowed": String(allowed) },
    name ? el("h3", {}, name) : "",
    told.length ? el("ul", { class: "broken" }, ...told) : el("p", {}, text("siting.lawful.clear")),
  );
}

/** Which texts were held against the pins, and which were not: nothing passes in silence. */
function openPoints({ texts, rules, not_applied: open }) {
  const used = new Set(rules.filter(({ state }) => state === "applied" || state === "partly").map((rule) => rule.text));
  const names = (wanted) => texts.filter(wanted).map(({ title }) => titled(title)).join("、");
  const old = names(({ state }) => state === "superseded");
  return el(
    "div",
    { class: "quiet stack tight" },
    el("p", {}, text("siting.lawful.applied", { texts: names(({ id }) => used.has(id)) || "—" })),
    old ? el("p", {}, text("siting.lawful.superseded", { texts: old })) : "",
    open.length ? el("details", {}, el("summary", {}, text("siting.lawful.open", { count: open.length })), el("ul", {}, ...open.map(({ message }) => el("li", {}, message)))) : "",
  );
}

/** The land of each rule, asked for when the list is opened. */
async function fillLand() {
  if (!byId("land").open || land) return;
  const root = byId("land-rules");
  const { type, on } = plan.current();
  if (!isRuled(type)) return;
  root.replaceChildren(el("p", { class: "quiet" }, text("map.loading")));
  try {
    const found = await get("/api/siting/land", { type, on });
    if (plan.current().type !== type || plan.current().on !== on) return;
    land = found;
    map.getSource(HOME.land).setData({ ...EMPTY, features: found.features.filter(({ geometry }) => geometry) });
    root.replaceChildren(
      el("p", {}, text("siting.lawful.left", { left: decimal(found.allowed_km2), whole: decimal(found.county_km2) })),
      ...found.features.slice(1).map(({ properties }) => tick(properties)),
    );
    showLand();
  } catch (error) {
    root.replaceChildren(failure(error, fillLand));
  }
}

function tick({ rule, title, force, km2 }) {
  const box = el("input", { type: "checkbox", id: `land-${rule}`, value: rule, disabled: km2 === null, checked: shown.has(rule) });
  box.addEventListener("change", () => {
    if (box.checked) shown.add(rule);
    else shown.delete(rule);
    showLand();
  });
  const size = km2 === null ? text("siting.lawful.not_applied") : text("siting.lawful.km2", { km2: decimal(km2) });
  return el("label", { class: "tick", "data-force": force }, box, ` ${titled(title)} `, el("span", { class: "quiet" }, size));
}

const showLand = () => {
  for (const id of ["siting-land-fill", "siting-land-line"]) map.setFilter(id, ["in", ["get", "rule"], ["literal", [...shown]]]);
};

/** A ring around each pin that breaks a rule, and a line to what it is too near to. */
function drawPins(told) {
  const features = told.flatMap(({ lon, lat, allowed, rules }) => {
    const broken = rules.filter((rule) => rule.broken);
    if (!broken.length) return [];
    const kind = allowed ? "soft" : "hard";
    const lines = broken.filter(({ nearest }) => nearest).map(({ nearest, force }) => feature("LineString", [[lon, lat], [nearest.lon, nearest.lat]], force));
    return [feature("Point", [lon, lat], kind), ...lines];
  });
  map.getSource(HOME.pins).setData({ ...EMPTY, features });
}

const feature = (type, coordinates, kind) => ({ type: "Feature", geometry: { type, coordinates }, properties: { kind } });

function styles() {
  const color = (name) => ["match", ["get", name], "hard", token("danger-ink"), token("warn-rule")];
  const none = ["in", ["get", "rule"], ["literal", []]];
  return [
    { id: "siting-land-fill", type: "fill", source: HOME.land, filter: none, paint: { "fill-color": color("force"), "fill-opacity": 0.22 } },
    { id: "siting-land-line", type: "line", source: HOME.land, filter: none, paint: { "line-color": color("force"), "line-width": 1 } },
    { id: "siting-broken-line", type: "line", source: HOME.pins, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": color("kind"), "line-width": 2, "line-dasharray": [2, 1.5] } },
    { id: "siting-broken-ring", type: "circle", source: HOME.pins, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 13, "circle-opacity": 0, "circle-stroke-width": 3, "circle-stroke-color": color("kind") } },
  ];
}
