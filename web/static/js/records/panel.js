// The panel of one record: its form, its position, its versions.

import { get } from "../api.js";
import { byId, el } from "../dom.js";
import { moment } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { merge } from "./conflict.js";
import { draftOf, keepDraft } from "./drafts.js";
import { faultSummary, fieldInput, showFaults, valuesOf } from "./fields.js";
import { layerOf, nameOf, same, unitsFor } from "./layers.js";
import { notSaved } from "./saving.js";
import { showVersions } from "./versions.js";

/**
 * @param {HTMLElement} root
 * @param {{
 *   onSaved: (record: object, more?: object[]) => void, onClose: () => void, onRemove: (record: object) => void,
 *   onShape: (geometry: object|null, old?: object|null) => void,
 *   draw: (layer: object, record: object, geometry: object|null, onChange: (geometry: object|null) => void) => Promise<object|null>,
 *   stopDrawing: () => void, keep: (layer: object, record: object, body: object) => Promise<object>,
 * }} calls
 */
export function makePanel(root, calls) {
  let layer = null;
  let base = null;
  let form = null;
  let shape = { geometry: null, drawn: false };
  let seen = 0;

  /** Opens a record and gives it, null where that failed; `mend` names what is to be mended: geometry or a field. */
  async function open(layerId, id, mend = {}) {
    const mine = (seen += 1);
    calls.stopDrawing();
    layer = layerOf(layerId);
    root.hidden = false;
    root.replaceChildren(el("p", { class: "quiet" }, text("map.loading")));
    try {
      const record = id === null ? empty(layer) : await get(`/api/records/${layerId}/${id}`);
      if (mine !== seen) return null;
      show(record);
      if (mend.edit === "geometry") startDrawing();
      if (mend.field) root.querySelector(`[data-field="${CSS.escape(mend.field)}"] :is(input, select)`)?.focus();
      else if (!mend.quiet) root.focus({ preventScroll: true });
      return record;
    } catch (error) {
      root.replaceChildren(head(null), failure(error, error.status === 404 ? null : () => open(layerId, id, mend)));
      return null;
    }
  }

  function show(record) {
    base = record;
    shape = { geometry: record.geometry, drawn: false };
    calls.onShape(record.geometry);
    const tabs = ["form", ...(record.id === null ? [] : ["versions"])];
    const bodies = Object.fromEntries(tabs.map((name) => [name, el("div", { id: `view-${name}`, role: "tabpanel", class: "stack", tabindex: "-1", "aria-labelledby": `tab-${name}`, hidden: name !== "form" })]));
    root.replaceChildren(head(record), ...(tabs.length > 1 ? [tabBar(tabs, bodies)] : []), ...Object.values(bodies));
    drawForm(bodies.form);
    offerDraft(bodies.form);
  }

  function head(record) {
    const title = record ? (record.id === null ? text("desk.new", { layer: titled(layer.title) }) : nameOf(record)) : "";
    return el("header", { class: "panel-head" }, el("h2", {}, title), el("button", { class: "button plain", type: "button", onclick: close }, text("access.close")));
  }

  function tabBar(names, bodies) {
    const choose = (name) => {
      for (const [key, body] of Object.entries(bodies)) {
        body.hidden = key !== name;
        root.querySelector(`#tab-${key}`).setAttribute("aria-selected", String(key === name));
      }
      calls.stopDrawing();
      if (name === "versions") showVersions(bodies.versions, { layer, id: base.id, mayEdit: layer.may_edit, onCompare: (old, now) => calls.onShape(now.geometry, old === now ? null : old.geometry), onRestore: restore });
      else calls.onShape(shape.geometry);
    };
    return el("div", { class: "tabs", role: "tablist" }, ...names.map((name) => el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `view-${name}`, "aria-selected": String(name === "form"), onclick: () => choose(name) }, text(`desk.tab.${name}`))));
  }

  function drawForm(holder, given = base.values, unitId = base.unit_id, reason = "") {
    const locked = !layer.may_edit;
    // What identifies a record is looked at least.
    const ordered = [...layer.fields].sort((one, other) => one.for_life - other.for_life);
    const inputs = ordered.map((field) => fieldInput(field, base.id === null && given[field.name] === undefined ? undefined : given[field.name], { disabled: locked, onInput: keep }));
    form = el(
      "form",
      { class: "stack", novalidate: true, onsubmit: submit },
      el("div", { class: "saying" }),
      marksOf(base),
      ...inputs.slice(0, 2),
      unitField(unitId, locked),
      positionField(locked),
      ...inputs.slice(2),
      locked ? el("p", { class: "quiet" }, text("desk.read-only")) : el("div", { class: "field" }, el("label", { for: "f-reason" }, text("desk.reason")), el("input", { id: "f-reason", name: "reason", maxlength: "500", autocomplete: "off", value: reason, oninput: keep })),
      locked ? null : actions(),
    );
    holder.replaceChildren(form);
  }

  function actions() {
    const publish = base.id !== null && layer.may_publish ? el("button", { class: "button", type: "button", onclick: () => send({ published: !base.marks.published }) }, text(base.marks.published ? "desk.unpublish" : "desk.publish")) : null;
    return el(
      "p",
      { class: "row actions" },
      el("button", { class: "button primary", type: "submit" }, text("desk.save")),
      el("button", { class: "button", type: "button", onclick: discard }, text("desk.discard")),
      publish,
      base.id === null ? null : el("button", { class: "button", type: "button", onclick: () => calls.onRemove(base) }, text("desk.remove")),
    );
  }

  function marksOf({ marks }) {
    if (!marks) return null;
    return el("p", { class: "quiet" }, text(marks.published ? "desk.is-published" : "desk.is-internal"), marks.schematic ? ` · ${text("map.schematic")}` : "");
  }

  function unitField(value, disabled) {
    if (!layer.has_unit) return null;
    const units = unitsFor(layer);
    const options = [["", text("desk.unit.by-place")], ...units.map(({ id, name }) => [String(id), name])];
    const held = value === null || value === undefined ? "" : String(value);
    if (held && !units.some(({ id }) => String(id) === held)) options.push([held, base.unit_name ?? `#${held}`]);
    return el("div", { class: "field", "data-field": "unit" }, el("label", { for: "f-unit" }, text(layer.id === "units" ? "desk.unit.above" : "desk.unit")), el("select", { id: "f-unit", name: "unit", disabled, onchange: keep }, ...options.map(([code, name]) => el("option", { value: code, selected: code === held }, name))), el("p", { class: "fault", hidden: true }));
  }

  function positionField(disabled) {
    const told = el("output", { id: "f-position" }, positionWords(shape.geometry));
    const button = disabled ? null : el("button", { id: "f-draw", class: "button", type: "button", onclick: startDrawing }, text(shape.geometry ? "desk.geometry.change" : "desk.geometry.draw"));
    return el("div", { class: "field", "data-field": "geometry" }, el("span", { class: "label" }, text("desk.geometry")), told, el("p", { class: "row" }, button), el("p", { class: "fault", hidden: true }));
  }

  function positionWords(geometry) {
    if (!geometry) return text("desk.geometry.none");
    if (geometry.type !== "Point") return text("desk.geometry.shape", { points: geometry.coordinates.flat(Infinity).length / 2 });
    const [lon, lat] = geometry.coordinates;
    return text("desk.geometry.point", { lon: lon.toFixed(6), lat: lat.toFixed(6) });
  }

  async function startDrawing() {
    const started = await calls.draw(layer, base, shape.geometry, (geometry) => setShape(geometry));
    if (started) root.querySelector("#f-draw")?.setAttribute("disabled", "");
  }

  function setShape(geometry) {
    shape = { geometry, drawn: true };
    const told = root.querySelector("#f-position");
    if (told) told.textContent = positionWords(geometry);
    keep();
  }

  function mine() {
    const unit = form.elements.namedItem("unit");
    const unitId = unit ? (unit.value ? Number(unit.value) : null) : undefined;
    return { values: valuesOf(form, layer.fields), unit_id: unitId, unit_name: unit?.selectedOptions[0]?.textContent, geometry: shape.geometry, drawn: shape.drawn, reason: form.elements.namedItem("reason")?.value.trim() ?? "" };
  }

  function keep() {
    const { values, unit_id: unitId, geometry, drawn, reason } = mine();
    const changed = drawn || layer.fields.some(({ name }) => !same(values[name], base.values[name])) || (unitId !== undefined && unitId !== base.unit_id);
    keepDraft(layer.id, base.id, changed ? { version: base.version, values, unit_id: unitId, ...(drawn ? { geometry } : {}), reason } : null);
  }

  function offerDraft(holder) {
    const draft = draftOf(layer.id, base.id);
    if (!draft || !layer.may_edit) return;
    const take = () => {
      if (draft.geometry !== undefined) shape = { geometry: draft.geometry, drawn: true };
      const since = base;
      drawForm(holder, { ...base.values, ...draft.values }, draft.unit_id ?? base.unit_id, draft.reason);
      calls.onShape(shape.geometry, draft.geometry ? base.geometry : null);
      if (draft.version !== base.version) resolve({ ...since, version: draft.version });
    };
    const drop = () => {
      keepDraft(layer.id, base.id, null);
      holder.querySelector(".draft").remove();
    };
    holder.prepend(el("div", { class: "note warn draft stack tight", role: "status" }, text("desk.draft", { at: moment(draft.at) }), el("p", { class: "row" }, el("button", { class: "button", type: "button", onclick: take }, text("desk.draft.take")), el("button", { class: "button", type: "button", onclick: drop }, text("desk.draft.drop")))));
  }

  async function submit(event) {
    event.preventDefault();
    const now = mine();
    const changed = base.id === null ? layer.fields.filter(({ name }) => now.values[name] !== null) : layer.fields.filter(({ name }) => !same(now.values[name], base.values[name]));
    const body = { values: Object.fromEntries(changed.map(({ name }) => [name, now.values[name]])) };
    if (now.unit_id !== undefined && (base.id === null ? now.unit_id !== null : now.unit_id !== base.unit_id)) body.unit_id = now.unit_id;
    if (now.drawn) body.geometry = now.geometry;
    if (now.reason) body.reason = now.reason;
    await send(body);
  }

  async function send(body) {
    const saying = form.querySelector(".saying");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    saying.replaceChildren();
    showFaults(form, []);
    try {
      const saved = await calls.keep(layer, base, body);
      keepDraft(layer.id, base.id, null);
      calls.stopDrawing();
      calls.onSaved(saved, base);
      show(saved);
    } catch (error) {
      if (error.status === 412) return resolve(base);
      showFaults(form, error.faults ?? []);
      saying.replaceChildren(error.faults?.length ? faultSummary(form, error.faults, titleOf) : notSaved(error, () => form.requestSubmit()));
      saying.firstElementChild.scrollIntoView({ block: "nearest" });
      saying.firstElementChild.focus({ preventScroll: true });
    } finally {
      button.disabled = false;
    }
    return undefined;
  }

  const titleOf = (name) => (name === "geometry" ? text("desk.geometry") : titled(layer.fields.find((field) => field.name === name)?.title) || name);

  /** Somebody else was first: both are shown, and what is chosen stands in the form, to be saved from their version. */
  async function resolve(since) {
    const now = mine();
    const theirs = await get(`/api/records/${layer.id}/${base.id}`);
    const kept = await merge(layer, since, now, theirs);
    if (!kept) return;
    base = theirs;
    shape = { geometry: kept.geometry, drawn: kept.drawn };
    drawForm(form.parentElement, kept.values, kept.unit_id, now.reason);
    calls.onShape(shape.geometry, theirs.geometry);
    keep();
    form.querySelector("button[type=submit]").focus();
  }

  function restore(version) {
    root.querySelector("#tab-form").click();
    shape = { geometry: version.geometry, drawn: !same(version.geometry, base.geometry) };
    drawForm(root.querySelector("#view-form"), version.values, version.unit_id, text("desk.restore.reason", { number: version.number, at: version.at ? moment(version.at) : "" }));
    calls.onShape(version.geometry, base.geometry);
    keep();
    form.querySelector(".saying").replaceChildren(el("p", { class: "note" }, text("desk.restore.help")));
    form.querySelector("button[type=submit]").focus();
  }

  function discard() {
    keepDraft(layer.id, base.id, null);
    calls.stopDrawing();
    if (base.id === null) close();
    else show(base);
  }

  function close() {
    seen += 1;
    calls.stopDrawing();
    root.hidden = true;
    root.replaceChildren();
    calls.onShape(null);
    calls.onClose();
  }

  return { open, close, isOpen: () => !root.hidden };
}

const empty = (layer) => ({ id: null, version: null, values: Object.fromEntries(layer.fields.filter((field) => field.default !== null && !field.for_life).map((field) => [field.name, field.default])), unit_id: null, unit_name: null, marks: null, geometry: null, lon: null, lat: null });

/** A line of words that goes away by itself, with a way back where there is one. */
export function say(words, action = null) {
  const root = byId("said");
  const note = el("div", { class: "note" }, words, " ", action ? el("button", { class: "button", type: "button", onclick: () => { note.remove(); action.run(); } }, action.title) : null);
  root.replaceChildren(note);
  setTimeout(() => note.remove(), action ? 20000 : 6000);
}
