// Starts the quality page: counts the checks one by one, shows the findings of one, and ties table and map together.

import { get } from "../api.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { drawChecks, drawProgress, drawSum } from "./checks.js";
import { makeTable } from "./findings.js";

const AT_ONCE = 2;
const MOST = 1000;
let checks = [];
let view = null;
let table = null;
let chosen = null;
let round = 0;

async function start() {
  const library = import("../records/map.js");
  library.catch(() => {});
  await started;
  byId("on").value = address().get("on") ?? "";
  table = makeTable(byId("findings"), { mends: "mends" in byId("findings").dataset, onChoose: choosePlace });
  byId("asked").addEventListener("submit", (event) => {
    event.preventDefault();
    keep({ on: byId("on").value, finding: null });
    countAll();
  });
  addEventListener("popstate", follow);
  startParts();
  const counting = countAll();
  await startMap(library);
  await counting;
}

async function startMap(library) {
  const info = await get("/api/map");
  if (info.schematic) {
    byId("notice").hidden = false;
    byId("notice").textContent = text("map.schematic");
  }
  if (!info.bounds) {
    byId("map").replaceChildren(el("p", { class: "quiet" }, text("map.empty")));
    return;
  }
  const { makeMap } = await library;
  view = await makeMap({ container: byId("map"), info, onOpen: (number) => table.choose(number), onMove: () => {} });
  showAll();
}

const address = () => new URLSearchParams(location.search);

function keep(changes, { push = false } = {}) {
  const given = address();
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") given.delete(key);
    else given.set(key, value);
  }
  const next = given.size ? `?${given}` : location.pathname;
  if (push) history.pushState(null, "", next);
  else history.replaceState(null, "", next);
}

/** Counts every check; a later round ends an earlier one. */
async function countAll() {
  round += 1;
  const mine = round;
  byId("list").setAttribute("aria-busy", "true");
  try {
    const on = byId("on").value || null;
    const { items } = await get("/api/quality", { counts: false, on });
    if (mine !== round) return;
    checks = items;
    draw();
    follow();
    const waiting = [...checks.entries()];
    let done = 0;
    const work = async () => {
      for (let next = waiting.shift(); next && mine === round; next = waiting.shift()) {
        const [k, check] = next;
        drawProgress(done, checks.length, titled(check.title));
        const found = await get(`/api/quality/${check.id}`, { limit: 1, on });
        if (mine !== round) return;
        checks[k] = found.check;
        done += 1;
        drawProgress(done, checks.length, titled(check.title));
        draw();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (mine !== round) return;
    drawSum(checks);
  } catch (error) {
    if (mine !== round) return;
    drawProgress(1, 1, "");
    byId("told").replaceChildren(failure(error, countAll));
  }
  byId("list").setAttribute("aria-busy", "false");
}

const draw = () => drawChecks(byId("list"), checks, chosen, choose);

function choose(id) {
  keep({ check: id, finding: null }, { push: true });
  showPart("lines");
  follow();
}

/** Where the address leads: a check, and perhaps one of its findings. */
async function follow() {
  const id = address().get("check");
  const check = checks.find((one) => one.id === id);
  if (!check) return;
  chosen = id;
  draw();
  byId("findings").setAttribute("aria-busy", "true");
  try {
    const found = await get(`/api/quality/${id}`, { limit: MOST, on: byId("on").value || null });
    if (chosen !== id) return;
    table.show(found);
    showAll();
    const number = Number(address().get("finding"));
    if (number) table.choose(number);
  } catch (error) {
    byId("findings").replaceChildren(failure(error, follow));
  }
  byId("findings").setAttribute("aria-busy", "false");
}

/** All findings of the check on the map. */
function showAll() {
  const places = table.features().filter(({ properties }) => properties.point);
  view?.setLines(places.map(({ id, properties: { point } }) => ({ id, lon: point[0], lat: point[1] })), []);
  const picked = table.chosen();
  view?.setShape(picked ? shapeOf(picked) : null);
  if (!picked && places.length) view?.goTo({ type: "MultiPoint", coordinates: places.map(({ properties }) => properties.point) }, { smooth: false });
}

function choosePlace(feature) {
  keep({ finding: feature.id });
  view?.setShape(shapeOf(feature));
  if (feature.geometry) view?.goTo(feature.geometry);
  byId("told").textContent = text("quality.page.selected", { number: count(feature.id), what: titled(feature.properties.what) });
}

/** Its shape, and a ring around it: a sliver alone would not be seen. */
function shapeOf({ geometry, properties: { point } }) {
  if (!geometry || !point || geometry.type === "Point") return geometry;
  return { type: "GeometryCollection", geometries: [...(geometry.geometries ?? [geometry]), { type: "Point", coordinates: point }] };
}

/** On a phone one part is in sight at a time. */
function startParts() {
  for (const button of document.querySelectorAll("[data-part]")) button.addEventListener("click", () => showPart(button.dataset.part));
  showPart(address().get("check") ? "lines" : "checks");
}

function showPart(name) {
  document.body.dataset.part = name;
  for (const button of document.querySelectorAll("button[data-part]")) button.setAttribute("aria-pressed", String(button.dataset.part === name));
  if (name === "place") view?.map.resize();
}

start().catch((error) => {
  byId("told").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
