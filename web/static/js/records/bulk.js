// Many records at once: one field changed with a preview, the choice exported, or taken out.

import { byId, el } from "../dom.js";
import { text, titled } from "../texts.js";
import { download, sheetOf } from "../sheet.js";
import { fieldInput, valuesOf } from "./fields.js";
import { nameOf, same, shown, unitsFor } from "./layers.js";
import { notSaved, saveSeveral, takeOut } from "./saving.js";

const PREVIEWED = 12;
const UNIT = "unit";

/** The bar that stands above the table while records are marked. */
export function drawMany(root, { layer, marked, onDone, onClear }) {
  if (!marked.length) {
    root.replaceChildren();
    return;
  }
  const button = (key, onclick) => el("button", { class: "button", type: "button", onclick }, text(key));
  root.replaceChildren(
    el("strong", {}, text("desk.marked", { count: marked.length })),
    ...(layer.may_edit ? [button("desk.bulk", () => changeField(layer, marked, onDone))] : []),
    button("desk.export", () => exportSheet(layer, marked)),
    ...(layer.may_edit ? [button("desk.remove", () => remove(layer, marked, onDone))] : []),
    button("desk.unmark", onClear),
  );
}

/** The records as a sheet that can be loaded again: titles as headers, codes as they are read, a point on each. */
export function exportSheet(layer, records) {
  const heads = [...layer.fields.map(({ title }) => title.zh), ...(layer.has_unit ? ["所属区划"] : []), "经度", "纬度"];
  const line = (record) => [...layer.fields.map((field) => (field.codes ? shown(field, record.values[field.name]) : plain(record.values[field.name]))), ...(layer.has_unit ? [record.unit_name] : []), rounded(record.lon), rounded(record.lat)];
  download(sheetOf([heads, ...records.map(line)]), `${titled(layer.title)}.csv`);
}

/** To about a centimetre. */
const rounded = (degrees) => (degrees === null ? null : Number(degrees.toFixed(7)));
const plain = (value) => (Array.isArray(value) ? value.join("、") : value);

function changeField(layer, marked, onDone) {
  const fields = layer.fields.filter((field) => !field.for_life);
  const dialog = byId("dialog");
  const choice = el("select", { id: "bulk-field", name: "which", onchange: () => drawInput() }, ...fields.map(({ name, title }) => el("option", { value: name }, titled(title))), layer.has_unit ? el("option", { value: UNIT }, text("desk.unit")) : null, layer.may_publish ? el("option", { value: "published" }, text("desk.published")) : null);
  const holder = el("div", { class: "stack tight" });
  const preview = el("div", { class: "stack tight", "aria-live": "polite" });
  const said = el("div", {});
  const reason = el("input", { id: "bulk-reason", maxlength: "500", autocomplete: "off" });
  const keep = el("button", { class: "button primary", type: "submit" }, text("desk.bulk.save", { count: marked.length }));
  const form = el(
    "form",
    { class: "stack" },
    el("h2", { id: "dialog-head" }, text("desk.bulk.title", { count: marked.length })),
    el("div", { class: "field" }, el("label", { for: "bulk-field" }, text("desk.field")), choice),
    holder,
    preview,
    el("div", { class: "field" }, el("label", { for: "bulk-reason" }, text("desk.reason")), reason),
    said,
    el("p", { class: "row" }, keep, el("button", { class: "button", type: "button", onclick: () => dialog.close() }, text("access.close"))),
  );
  const declared = () => special(layer, choice.value) ?? fields.find(({ name }) => name === choice.value);
  const change = () => changeOf(choice.value, valuesOf(form, [declared()])[choice.value]);
  function drawInput() {
    holder.replaceChildren(fieldInput({ ...declared(), for_life: false }, null, { onInput: drawPreview }));
    drawPreview();
  }
  function drawPreview() {
    preview.replaceChildren(...previewOf(layer, declared(), choice.value, marked, change()));
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    keep.disabled = true;
    try {
      const sent = change();
      const changes = marked.map(({ id, version }) => ({ id, version, ...sent }));
      onDone((await saveSeveral(layer, changes, reason.value.trim() ? { reason: reason.value.trim() } : {})).items);
      dialog.close();
    } catch (error) {
      said.replaceChildren(error.faults?.length ? faultsOf(error.faults, marked) : notSaved(error, () => form.requestSubmit()));
    } finally {
      keep.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  drawInput();
  dialog.showModal();
}

/** Beside the declared fields: the unit that records name, and whether they go to the public. */
function special(layer, name) {
  const common = { type: "code", title: { zh: text("desk.unit"), en: text("desk.unit") }, required: false, unit: null, min: null, max: null, max_length: null, for_life: false };
  if (name === UNIT) return { ...common, name, codes: unitsFor(layer).map((unit) => ({ code: String(unit.id), title: { zh: unit.name, en: unit.name } })) };
  if (name === "published") return { ...common, name, type: "boolean", codes: null, title: { zh: text("desk.published"), en: text("desk.published") } };
  return null;
}

function changeOf(name, value) {
  if (name === UNIT) return { unit_id: value === null ? null : Number(value) };
  if (name === "published") return { published: value };
  return { values: { [name]: value } };
}

function previewOf(layer, field, name, marked, change) {
  const before = (record) => (name === UNIT ? (record.unit_name ?? "") : name === "published" ? text(record.marks.published ? "desk.yes" : "desk.no") : shown(field, record.values[name]));
  const given = change.values ? change.values[name] : name === UNIT ? change.unit_id : change.published;
  const after = name === UNIT ? (unitsFor(layer).find(({ id }) => id === given)?.name ?? "") : shown(field, given);
  const differing = marked.filter((record) => !same(before(record), after));
  const rows = differing.slice(0, PREVIEWED).map((record) => el("tr", {}, el("th", { scope: "row" }, nameOf(record)), el("td", {}, el("del", {}, before(record) || text("desk.none"))), el("td", {}, el("ins", {}, after || text("desk.none")))));
  return [
    el("p", { class: "quiet" }, text("desk.bulk.differ", { count: differing.length, all: marked.length })),
    el("table", { class: "compare" }, el("tbody", {}, ...rows)),
    differing.length > PREVIEWED ? el("p", { class: "quiet" }, text("desk.bulk.more", { count: differing.length - PREVIEWED })) : "",
  ];
}

function faultsOf(faults, marked) {
  return el("div", { class: "note error", role: "alert" }, el("strong", {}, text("desk.faults", { count: faults.length })), el("ul", {}, ...faults.slice(0, PREVIEWED).map(({ index, reason }) => el("li", {}, `${nameOf(marked[index])}：${reason}`))));
}

/** Asks with the names, takes the records out, and gives them to `onDone` with a way back. */
export function remove(layer, records, onDone) {
  const dialog = byId("dialog");
  const said = el("div", {});
  const reason = el("input", { id: "remove-reason", maxlength: "500", autocomplete: "off" });
  const go = el("button", { class: "button danger", type: "submit" }, text("desk.remove"));
  const form = el(
    "form",
    { class: "stack" },
    el("h2", { id: "dialog-head" }, text("desk.remove.title", { name: nameOf(records[0]), count: records.length })),
    el("p", {}, text("desk.remove.help")),
    el("div", { class: "field" }, el("label", { for: "remove-reason" }, text("desk.reason")), reason),
    said,
    el("p", { class: "row" }, go, el("button", { class: "button", type: "button", onclick: () => dialog.close() }, text("access.close"))),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const { items } = await takeOut(layer, records, reason.value.trim());
      dialog.close();
      onDone(items, { gone: true });
    } catch (error) {
      said.replaceChildren(notSaved(error, () => form.requestSubmit()));
    } finally {
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
