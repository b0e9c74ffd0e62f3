// How a file of names is read: the kind of its names, its columns, its coordinates. All of it can be changed.

import { kindOptions } from "../cases/nameform.js";
import { NAME_KINDS } from "../cases/words.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { ENCODED, ENCODINGS, POSITIONS, WITHOUT_SHAPE, field, select, systemField } from "../import/wishes.js";
import { text, titled } from "../texts.js";

const DRAWING = "DXF";
// What has to be chosen where a file cannot be read, by the code of the reason.
const TO_CHOOSE = [
  [/^import\.(dxf-crs|crs|unlikely|swapped|zone|not-lonlat|unknown-crs)/, "wish-crs"],
  [/^names\.plan-no-column$|^import\.(map|ambiguous|duplicate)/, "map-name"],
  [/^import\.(layers|zip|sheet|no-layer|dxf-layer)/, "wish-part"],
];

/**
 * Draws the form.
 * @param {HTMLFormElement} form
 * @param {{found: object, wishes: object, limits: object, units: object[], onChange: (wishes: object, anew: boolean) => void}} given
 *   `found` is the inspection; `anew` whether the file has to be looked into again
 */
export function drawChoices(form, { found, wishes, limits, units, onChange }) {
  const changed = (patch) => onChange({ ...wishes, ...patch }, true);
  const noted = (patch) => onChange({ ...wishes, ...patch }, false);
  const drawing = found.format === DRAWING || found.problem?.code?.startsWith("import.dxf");
  const parts = [
    kindField(wishes, noted),
    partField(found, wishes, drawing, changed),
    systemField(found, wishes, changed),
    ENCODED.includes(found.format) ? select("encoding", [["", text("imp.encoding.auto", { name: found.encoding ?? "—" })], ...ENCODINGS.map((one) => [one, one])], wishes.encoding ?? "", (encoding) => changed({ encoding: encoding || null })) : null,
    drawing ? withinField(wishes, changed) : null,
    unitField(units, wishes, noted),
    !drawing && found.columns.length ? columns(found, wishes, limits, changed) : null,
  ];
  form.replaceChildren(...parts.filter(Boolean));
  const wanted = TO_CHOOSE.find(([codes]) => codes.test(found.problem?.code ?? ""))?.[1];
  const input = wanted && byId(wanted);
  input?.setAttribute("aria-invalid", "true");
  return input ?? null;
}

function kindField(wishes, noted) {
  return field("batch.kind", el("select", { id: "wish-kind", onchange: ({ target }) => noted({ kind: target.value }) }, ...kindOptions(NAME_KINDS, wishes.kind)), "wish-kind", text("batch.kind.help"));
}

function partField(found, wishes, drawing, changed) {
  if (drawing) {
    const input = el("input", { id: "wish-part", list: "wish-parts", maxlength: 2000, value: wishes.part ?? "", placeholder: text("batch.layers.auto"), onchange: ({ target }) => changed({ part: target.value.trim() || null }) });
    const root = field("batch.layers", input, "wish-part", text("batch.layers.help", { known: found.parts.slice(0, 12).join("、") || "—" }));
    root.append(el("datalist", { id: "wish-parts" }, ...found.parts.map((one) => el("option", { value: one }))));
    return root;
  }
  if (found.parts.length < 2) return null;
  const current = found.parts.find((name) => name === found.part || found.part?.startsWith(`${name}/`)) ?? found.parts[0];
  return select("part", found.parts.map((name) => [name, name]), current, (part) => changed({ part, mapping: {} }));
}

function withinField(wishes, changed) {
  const input = el("input", { id: "wish-within", type: "number", min: 1, max: 1000, step: "any", value: wishes.within_m ?? "", placeholder: "30", onchange: ({ target }) => changed({ within_m: target.value === "" ? null : Number(target.value) }) });
  return field("batch.within", input, "wish-within", text("batch.within.help"));
}

function unitField(units, wishes, noted) {
  const options = [el("option", { value: "" }, text("batch.unit.none")), ...units.map(({ id, name }) => el("option", { value: id, selected: id === wishes.unit_id }, name))];
  return field("batch.unit", el("select", { id: "wish-unit", onchange: ({ target }) => noted({ unit_id: Number(target.value) || null }) }, ...options), "wish-unit", text("batch.unit.help"));
}

function columns(found, wishes, limits, changed) {
  const positions = WITHOUT_SHAPE.includes(found.format) ? POSITIONS.map((name) => ({ name, title: text(`imp.position.${name}`) })) : [];
  const held = (name) => found.columns.find((one) => one.field === name)?.header ?? wishes.mapping[name] ?? "";
  const pick = (name, header) => changed({ mapping: { ...wishes.mapping, [name]: header } });
  const row = ({ name, title }) => {
    const must = name === "name";
    const options = [["", text("imp.column.none")], ...found.columns.filter(({ header }) => header).map(({ header }) => [header, header])];
    const samples = found.columns.find(({ header }) => header && header === held(name))?.samples ?? [];
    const chooser = el("select", { id: `map-${name}`, "aria-required": must || null, onchange: ({ target }) => pick(name, target.value) }, ...options.map(([value, label]) => el("option", { value, selected: value === held(name) }, label)));
    return el("tr", { class: must && !held(name) ? "missing" : null }, el("th", { scope: "row" }, el("label", { for: `map-${name}` }, titled(title) || title, must ? el("span", { class: "must", title: text("imp.must") }, " *") : null)), el("td", {}, chooser), el("td", {}, el("span", { class: "samples" }, samples.join("、"))));
  };
  const shown = ({ name }) => limits.fields.some((one) => one.name === name) || held(name);
  const table = (list) => el("table", { class: "mapping" }, el("thead", {}, el("tr", {}, ...["field", "column", "samples"].map((id) => el("th", { scope: "col" }, text(`imp.head.${id}`))))), el("tbody", {}, ...list.map(row)));
  const all = [...limits.fields, ...positions];
  const rest = all.filter((one) => !shown(one));
  return el("div", { class: "full stack tight" }, el("h3", {}, text("imp.mapping")), table(all.filter(shown)), rest.length ? el("details", { class: "more" }, el("summary", {}, text("batch.positions", { count: rest.length })), table(rest)) : null);
}

/** The first rows as they stand in the file. */
export function drawFirstRows({ columns: heads, rows }) {
  byId("counted").textContent = rows.total === null ? text("imp.rows.unknown") : text("imp.rows", { total: count(rows.total), shown: count(rows.first.length) });
  const head = el("tr", {}, ...[text("imp.row"), ...heads.map(({ header }) => header)].map((one) => el("th", { scope: "col" }, one)));
  const line = (cells, k) => el("tr", {}, el("th", { scope: "row" }, rows.numbers[k]), ...cells.map((cell) => el("td", {}, cell ?? "")));
  byId("rows").replaceChildren(...(rows.first.length ? [el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows.first.map(line)))] : []));
}
