// Starts the page of records and ties its parts together.

import { get } from "../api.js";
import { onConnection } from "../connection.js";
import { byId, debounce, el } from "../dom.js";
import { count } from "../format.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { drawMany, exportSheet, remove } from "./bulk.js";
import { makeGrid } from "./grid.js";
import { layerOf, loadLayers, nameOf, unitsFor, validity } from "./layers.js";
import * as lines from "./lines.js";
import { makePanel, say } from "./panel.js";
import { bringBack, save, saveSeveral } from "./saving.js";
import { onReturn, state, update } from "./state.js";

const TYPED_PAUSE_MS = 300;
let layer = null;
let grid = null;
let panel = null;
let view = null;
let drawing = null;
let beside = { moved: [], pieces: [], joined: [] };

async function start() {
  const library = import("./map.js");
  library.catch(() => {});
  await started;
  const [layers, info] = await Promise.all([loadLayers(), get("/api/map")]);
  startChoice(layers);
  grid = makeGrid(byId("table"), { onOpen: (id) => open(id), onSort: sort, onMarked: drawMarks });
  panel = makePanel(byId("panel"), { onSaved, onClose, onRemove: (record) => remove(layer, [record], onGone), onShape: (geometry, old) => view?.setShape(geometry, old), draw, stopDrawing, keep: keepTogether });
  startParts();
  onConnection((left) => say(left === null ? text("desk.online") : left ? text("map.server.gone", { seconds: left }) : text("map.server.trying")));
  onReturn(follow);
  if (info.schematic) {
    byId("notice").hidden = false;
    byId("notice").textContent = text("map.schematic");
  }
  const { makeMap } = await library;
  if (info.bounds) view = await makeMap({ container: byId("map"), info, onOpen: (id) => open(id), onMove: debounce(200, () => byId("within").checked && drawLines()) });
  else byId("map").replaceChildren(el("p", { class: "quiet" }, text("map.empty")));
  follow();
}

function startChoice(layers) {
  byId("layer").replaceChildren(...layers.map(({ id, title, records }) => el("option", { value: id }, `${titled(title)} (${count(records)})`)));
  byId("layer").addEventListener("change", () => choose(byId("layer").value));
  byId("q").addEventListener("input", debounce(TYPED_PAUSE_MS, () => reload({ q: byId("q").value.trim() })));
  byId("unit").addEventListener("change", () => reload({ unit: byId("unit").value }));
  for (const id of ["field", "value", "day", "within"]) byId(id).addEventListener("input", debounce(150, drawLines));
  byId("wanted").addEventListener("submit", (event) => event.preventDefault());
}

/** Where the address leads: a layer, and perhaps a record. */
function follow() {
  const { layer: wanted, record, edit, field, q, unit } = state();
  byId("q").value = q ?? "";
  const found = layerOf(wanted) ?? layerOf("facilities") ?? layerOf(byId("layer").value);
  if (found !== layer) setLayer(found, unit);
  if (record !== null) show(record, { edit, field });
  else if (panel.isOpen()) panel.close();
}

async function show(id, mend) {
  const found = await panel.open(layer.id, id, mend);
  grid.choose(id);
  if (found?.geometry) view?.goTo(found.geometry);
}

function choose(id) {
  panel.close();
  update({ layer: id, record: null, edit: null, field: null, unit: null }, { push: true });
  setLayer(layerOf(id), null);
}

function setLayer(found, unit) {
  layer = found;
  byId("layer").value = layer.id;
  view?.setLayer(layer);
  byId("by-unit").hidden = !layer.has_unit;
  byId("by-day").hidden = !validity(layer);
  byId("unit").replaceChildren(el("option", { value: "" }, text("desk.all")), ...unitsFor(layer).map(({ id, name }) => el("option", { value: id, selected: String(id) === unit }, name)));
  byId("field").replaceChildren(el("option", { value: "" }, text("desk.all")), ...layer.fields.map(({ name, title }) => el("option", { value: name }, titled(title))));
  byId("value").value = "";
  byId("day").value = "";
  reload({});
}

async function reload(changes) {
  if (Object.keys(changes).length) update(changes);
  byId("table").setAttribute("aria-busy", "true");
  try {
    const { q, unit } = state();
    const done = await lines.load(layer, { q, unit: layer.has_unit ? unit : null }, (come, all) => {
      byId("told").textContent = text("desk.reading", { come: count(come), all: count(all) });
      // The first page can be worked with while the others come.
      if (come < all && come <= lines.PAGE) grid.show(layer, lines.loaded(), lines.ordered());
    });
    if (!done) return;
    drawLines();
  } catch (error) {
    byId("told").replaceChildren(failure(error, () => reload({})));
  }
  byId("table").setAttribute("aria-busy", "false");
}

function drawLines() {
  const field = byId("field").value;
  const value = byId("value").value.trim();
  fillValues(field);
  const rows = lines.chosen(layer, { field, value: codeOf(field, value), day: byId("day").value, bounds: byId("within").checked ? view?.bounds() : null });
  grid.show(layer, rows, lines.ordered());
  const all = lines.loaded().length;
  byId("told").replaceChildren(
    rows.length ? text(all < lines.MOST ? "desk.shown" : "desk.shown.most", { count: count(rows.length), all: count(all) }) : text(all ? "desk.none-fits" : "desk.empty", { layer: titled(layer.title) }),
    " ",
    layer.may_edit ? el("button", { class: "link", type: "button", onclick: () => open(null) }, text("desk.add")) : "",
    " ",
    rows.length ? el("button", { class: "link", type: "button", onclick: () => exportSheet(layer, rows) }, text("desk.export.all")) : "",
    " ",
    all ? el("a", { id: "download", href: `/ogc/collections/${layer.id}/download?f=html` }, text("desk.download")) : "",
    " ",
    layer.may_edit ? el("button", { id: "gone", class: "link", type: "button", onclick: openRemoved }, text("desk.removed")) : "",
    " ",
    rows.length && view ? el("button", { id: "by-box", class: "link", type: "button", onclick: markByBox }, text("desk.box")) : "",
  );
  drawMarks(rows);
}

/** A value typed as people read it, as it is kept. */
function codeOf(name, value) {
  const field = layer.fields.find((one) => one.name === name);
  return field?.codes?.find(({ title }) => titled(title) === value)?.code ?? value;
}

function fillValues(name) {
  const field = layer.fields.find((one) => one.name === name);
  byId("value").disabled = !field;
  byId("values").replaceChildren(...(field?.codes ?? []).map(({ title }) => el("option", { value: titled(title) })));
}

let rowsInSight = [];
function drawMarks(rows) {
  if (Array.isArray(rows)) rowsInSight = rows;
  const marked = grid.marked();
  drawMany(byId("many"), { layer, marked, onDone: (items, how) => onSeveral(items, how), onClear: () => grid.clearMarks() });
  view?.setLines(rowsInSight, marked);
}

/** Marks what lies in a box that is drawn on the map. */
async function markByBox() {
  showPart("place");
  view.setFree(false);
  say(text("desk.box.help"));
  const bounds = await view.box();
  view.setFree(true);
  if (bounds) grid.mark(rowsInSight.filter(({ lon, lat }) => lon !== null && bounds.contains([lon, lat])).map(({ id }) => id));
  showPart("lines");
}

function sort(field) {
  lines.sortBy(field);
  drawLines();
  byId("table").querySelector(`[data-column="${field}"]`)?.focus();
}

function open(id) {
  beside = nothing();
  update({ layer: layer.id, record: id, edit: null, field: null }, { push: true });
  grid.choose(id);
  showPart("panel");
  panel.open(layer.id, id).then(() => {
    const found = lines.loaded().find((record) => record.id === id);
    if (found && found.lon !== null && view && !view.bounds().contains([found.lon, found.lat])) view.goTo({ type: "Point", coordinates: [found.lon, found.lat] });
  });
}

/** The list and the map after a change. */
function drawChanged() {
  drawLines();
  view?.refresh();
}

function onSaved(record, before) {
  lines.put(record);
  drawChanged();
  grid.choose(record.id);
  update({ layer: layer.id, record: record.id, edit: null, field: null });
  say(text(before.id === null ? "desk.made" : "desk.saved", { name: nameOf(record) }), before.id === null ? null : { title: text("desk.undo"), run: () => undo(record, before) });
}

/** What was just saved is put back as it was. */
async function undo(record, before) {
  const same = { values: Object.fromEntries(Object.entries(before.values).filter(([name]) => !layer.fields.find((field) => field.name === name)?.for_life)), geometry: before.geometry, reason: text("desk.undo.reason") };
  if (layer.has_unit) same.unit_id = before.unit_id;
  if (before.marks.published !== record.marks.published) same.published = before.marks.published;
  try {
    const back = await save(layer, record, same);
    lines.put(back);
    drawChanged();
    panel.open(layer.id, back.id, { quiet: true });
    say(text("desk.undone", { name: nameOf(back) }));
  } catch (error) {
    say(error.detail ?? error.message);
  }
}

function onSeveral(items, how) {
  if (how?.gone) return onGone(items);
  items.forEach((record) => lines.put(record));
  drawChanged();
  say(text("desk.saved.many", { count: items.length }));
  return undefined;
}

function onGone(items) {
  items.forEach((record) => lines.put(record, { gone: true }));
  if (panel.isOpen()) panel.close();
  grid.clearMarks();
  drawChanged();
  say(text("desk.gone", { count: items.length }), { title: text("desk.undo"), run: () => undoRemoval(items) });
}

async function undoRemoval(items) {
  try {
    onBack((await bringBack(layer, items.map(({ id }) => id), text("desk.undo.reason"))).items);
  } catch (error) {
    say(error.detail ?? error.message);
  }
}

function onBack(items) {
  items.forEach((record) => lines.put(record));
  if (panel.isOpen()) panel.close();
  drawChanged();
  const hidden = layer.may_publish ? 0 : items.filter(({ marks }) => !marks.published).length;
  say([text("desk.back", { count: items.length }), hidden ? text("desk.back.internal", { count: hidden }) : ""].join(""));
}

/** What was taken out of the layer, in the place of the panel. */
async function openRemoved() {
  panel.close();
  const { showRemoved } = await import("./removed.js");
  showPart("panel");
  showRemoved(byId("panel"), { layer, onShape: showGone, onBack, onClose: () => panel.close() });
}

function showGone(geometry) {
  view?.setShape(geometry);
  if (geometry && view) view.goTo(geometry);
}

function onClose() {
  grid.choose(null);
  update({ record: null, edit: null, field: null });
  showPart("lines");
}

/** Draws on the map; null where there is none. */
async function draw(held, record, geometry, onChange) {
  if (!view) return null;
  stopDrawing();
  const { startEditing } = await import("./editing.js");
  showPart("place");
  view.setFree(false);
  view.setShape(null);
  if (geometry) view.goTo(geometry);
  beside = nothing();
  drawing = await startEditing({ root: byId("drawing"), view, layer: held, record, geometry, onChange, onDone: () => stopDrawing() });
  return drawing;
}

/** Keeps a record, together with what moved along, was cut off or joined: all of them or none. */
async function keepTogether(held, record, body) {
  stopDrawing({ stay: true });
  if (body.geometry === undefined || !countOf(beside)) return save(held, record, body);
  const { reason, ...change } = body;
  const own = { ...(record.id === null ? {} : { id: record.id, version: record.version }), ...change };
  const pieces = beside.pieces.map((geometry) => pieceOf(held, record, body, geometry));
  const { items } = await saveSeveral(held, [own, ...beside.moved, ...pieces], { removals: beside.joined, ...(reason ? { reason } : {}) });
  beside.joined.forEach((one) => lines.put(one, { gone: true }));
  items.slice(1).forEach((one) => lines.put(one));
  beside = nothing();
  return items[0];
}

const nothing = () => ({ moved: [], pieces: [], joined: [] });
const countOf = ({ moved, pieces, joined }) => moved.length + pieces.length + joined.length;

/** A record for what was cut off: the same values, a name that says so. */
function pieceOf(held, record, body, geometry) {
  const all = { ...record.values, ...body.values };
  const values = Object.fromEntries(held.fields.filter(({ name, for_life: forLife }) => !forLife && all[name] !== null && all[name] !== undefined).map(({ name }) => [name, all[name]]));
  if (values.name) values.name += text("drawing.piece");
  const unit = body.unit_id === undefined ? record.unit_id : body.unit_id;
  return { values, geometry, ...(held.has_unit && unit ? { unit_id: unit } : {}) };
}

function stopDrawing({ stay = false } = {}) {
  if (!drawing) return;
  const ended = drawing;
  beside = ended.beside();
  drawing = null;
  view.setFree(true);
  view.setShape(ended.end());
  byId("panel").querySelector("#f-draw")?.removeAttribute("disabled");
  if (countOf(beside)) say(text("desk.beside", { moved: beside.moved.length, pieces: beside.pieces.length, joined: beside.joined.length }));
  if (!stay) showPart("panel");
}

/** On a phone one part is in sight at a time. */
function startParts() {
  for (const button of document.querySelectorAll("[data-part]")) button.addEventListener("click", () => showPart(button.dataset.part));
  showPart("lines");
}

function showPart(name) {
  document.body.dataset.part = name;
  for (const button of document.querySelectorAll("[data-part]")) button.setAttribute("aria-pressed", String(button.dataset.part === name));
  if (name === "place") view?.map.resize();
}

start().catch((error) => {
  byId("told").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
