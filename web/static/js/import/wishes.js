// The guess as a form: layer, part, coordinates, and which column holds which field. All of it can be changed.

import { el } from "../dom.js";
import { text, titled } from "../texts.js";

const SYSTEMS = ["EPSG:4490", "EPSG:4326", "EPSG:4547", "EPSG:4546", "EPSG:4526", "EPSG:4525", "EPSG:3857", "GCJ02", "BD09"];
export const ENCODINGS = ["utf-8", "gb18030", "big5", "utf-16"];
export const POSITIONS = ["lon", "lat", "north", "east", "x", "y", "lonlat", "wkt"];
export const WITHOUT_SHAPE = ["CSV", "XLSX", "Parquet"];
export const ENCODED = ["CSV", "Shapefile", "GeoJSON"];
const ALONE = ["OpenStreetMap"];
const CONSTANT = "\u0000constant";

/**
 * Draws the form of an upload.
 * @param {HTMLFormElement} form
 * @param {object} upload as the server has it, with its inspection
 * @param {object[]} layers
 * @param {(wishes: object) => void} onChange called with everything that is chosen
 */
export function drawWishes(form, upload, layers, onChange) {
  const { inspection: found, wishes } = upload;
  const changed = (patch) => onChange({ ...wishes, ...patch });
  const layer = layers.find(({ id }) => id === found.layer);
  const parts = [
    layerField(found, layers, changed),
    found.parts.length > 1 ? select("part", found.parts.map((name) => [name, name]), partOf(found), (part) => changed({ part, mapping: {} })) : null,
    ALONE.includes(found.format) ? null : systemField(found, wishes, changed),
    ENCODED.includes(found.format) ? select("encoding", [["", text("imp.encoding.auto", { name: found.encoding ?? "—" })], ...ENCODINGS.map((one) => [one, one])], wishes.encoding ?? "", (encoding) => changed({ encoding: encoding || null })) : null,
    upload.may_publish ? publishField(wishes, changed) : el("p", { class: "quiet full" }, text("imp.publish.not-yours")),
    found.layer === "population" ? peopleFields(wishes, found, changed) : null,
    found.undo ? null : el("p", { class: "note warn full" }, text("imp.no-undo")),
    layer && found.columns.length ? mappingTable(layer, found, wishes, changed) : null,
  ];
  form.replaceChildren(...parts.filter(Boolean));
  form.onsubmit = (event) => event.preventDefault();
}

const partOf = ({ part, parts }) => parts.find((name) => name === part || part?.startsWith(`${name}/`)) ?? parts[0];

function layerField(found, layers, changed) {
  const score = (id) => found.scores.find(({ layer }) => layer === id)?.score ?? 0;
  const best = found.scores[0]?.layer;
  const usable = found.scores.length || !found.layer ? layers : layers.filter(({ id }) => id === found.layer || id === "population");
  const named = [...usable].filter(({ allowed }) => allowed).sort((one, other) => score(other.id) - score(one.id));
  const options = named.map(({ id, title }) => [id, id === best ? text("imp.guess", { name: titled(title) }) : titled(title)]);
  if (found.format === "OpenStreetMap") options.splice(0, options.length, ["osm", "OpenStreetMap"]);
  if (found.format === "GeoTIFF") options.splice(0, options.length, ["population", titled(layers.find(({ id }) => id === "population")?.title)], ["dem", text("imp.dem")]);
  if (!options.some(([id]) => id === found.layer)) options.unshift([found.layer ?? "", titled(layers.find(({ id }) => id === found.layer)?.title) || "—"]);
  return select("layer", options, found.layer ?? "", (id) => changed({ layer: id, mapping: {}, constants: {} }), text("imp.layer.help"));
}

/** The reference system: as the file says, one of those that are usual here, or any other by its code. */
export function systemField(found, wishes, changed) {
  const told = found.crs ? text("imp.crs.auto", { name: found.crs, why: text(`imp.crs.${found.crs_reason}`) }) : text("imp.crs.by-file");
  const chosen = wishes.crs ?? "";
  const options = [["", chosen ? text("imp.crs.by-file") : told], ...SYSTEMS.map((one) => [one, text(`imp.crs.${one.replace("EPSG:", "")}`, {}) || one])];
  const other = chosen && !SYSTEMS.includes(chosen);
  const input = el("input", { id: "wish-epsg", value: other ? chosen : "", placeholder: "EPSG:4548", "aria-label": text("imp.crs.other"), hidden: !other, maxlength: 40, onchange: ({ target }) => target.value.trim() && changed({ crs: target.value.trim() }) });
  const pick = (value) => {
    if (value !== "other") return changed({ crs: value || null });
    input.hidden = false;
    return input.focus();
  };
  const root = select("crs", [...options, ["other", text("imp.crs.other")]], other ? "other" : chosen, pick, found.shift?.verdict ? text("imp.crs.shift") : null);
  root.append(input);
  return root;
}

function publishField(wishes, changed) {
  const options = [["", text("imp.publish.as-declared")], ["yes", text("imp.publish.yes")], ["no", text("imp.publish.no")]];
  const chosen = wishes.publish === null ? "" : wishes.publish ? "yes" : "no";
  return select("publish", options, chosen, (value) => changed({ publish: value ? value === "yes" : null }));
}

function peopleFields(wishes, found, changed) {
  const people = wishes.population;
  const set = (patch) => changed({ population: { ...people, ...patch } });
  const number = (name, attributes = {}) => field(`imp.people.${name}`, el("input", { id: `wish-${name}`, type: "number", value: people[name], ...attributes, onchange: ({ target }) => set({ [name]: target.value === "" ? null : Number(target.value) }) }), `wish-${name}`);
  const raster = found.format === "GeoTIFF" ? [number("band", { min: 1 }), number("nodata", { step: "any" })] : [];
  return el(
    "fieldset",
    { class: "full wishes" },
    el("legend", {}, text("imp.people")),
    field("imp.people.on", el("input", { id: "wish-on", type: "date", value: people.on, onchange: ({ target }) => set({ on: target.value || null }) }), "wish-on"),
    number("within_m", { min: 100, max: 100000 }),
    ...raster,
    el("label", { class: "tick" }, el("input", { type: "checkbox", checked: people.replace, onchange: ({ target }) => set({ replace: target.checked }) }), " ", text("imp.people.replace")),
  );
}

function mappingTable(layer, found, wishes, changed) {
  const positions = WITHOUT_SHAPE.includes(found.format) ? POSITIONS.map((name) => ({ name, title: text(`imp.position.${name}`), required: false })) : [];
  const shown = ({ name, required }) => required || held(found, name) || name in wishes.constants || name in wishes.mapping;
  const fields = [...layer.fields, ...positions];
  const row = (one) => mappingRow(one, found, wishes, changed);
  const heads = ["field", "column", "samples"].map((id) => el("th", { scope: "col" }, text(`imp.head.${id}`)));
  const table = (rows) => el("table", { class: "mapping" }, el("thead", {}, el("tr", {}, ...heads.map((head) => head.cloneNode(true)))), el("tbody", {}, ...rows.map(row)));
  const rest = fields.filter((one) => !shown(one));
  const unused = found.columns.filter(({ field: name }) => !name).map(({ header }) => header).filter(Boolean);
  return el(
    "div",
    { class: "full stack tight" },
    el("h3", {}, text("imp.mapping")),
    table(fields.filter(shown)),
    unused.length ? el("p", { class: "quiet" }, text("imp.unused", { columns: unused.join("、") })) : null,
    rest.length ? el("details", { class: "more" }, el("summary", {}, text("imp.rest", { count: rest.length })), table(rest)) : null,
  );
}

const held = (found, name) => found.columns.find((column) => column.field === name) ?? null;

function mappingRow({ name, title, required, codes }, found, wishes, changed) {
  const { mapping, constants } = wishes;
  const column = held(found, name) ?? found.columns.find(({ header }) => header === mapping[name]) ?? null;
  const constant = constants[name];
  const id = `map-${name}`;
  const position = POSITIONS.includes(name) && typeof title === "string";
  const options = [["", text("imp.column.none")], ...found.columns.filter(({ header }) => header).map(({ header }) => [header, header]), ...(position ? [] : [[CONSTANT, text("imp.column.constant")]])];
  const value = constant === undefined ? column?.header ?? "" : CONSTANT;
  const without = (table) => Object.fromEntries(Object.entries(table).filter(([key]) => key !== name));
  const pick = (header) => {
    if (header === CONSTANT) return input.replaceWith((input = constantInput(name, codes, "", setConstant))), input.focus();
    return changed({ mapping: { ...mapping, [name]: header }, constants: without(constants) });
  };
  const setConstant = (given) => changed({ constants: given === "" ? without(constants) : { ...constants, [name]: given }, mapping: given === "" ? mapping : { ...mapping, [name]: "" } });
  let input = constant === undefined ? el("span", { class: "samples" }, column ? column.samples.join("、") : "") : constantInput(name, codes, constant, setConstant);
  const chooser = el("select", { id, "aria-required": required || null, onchange: ({ target }) => pick(target.value) }, ...options.map(([one, label]) => el("option", { value: one, selected: one === value }, label)));
  const missing = required && !column && constant === undefined;
  return el("tr", { class: missing ? "missing" : null }, el("th", { scope: "row" }, el("label", { for: id }, titled(title), required ? el("span", { class: "must", title: text("imp.must") }, " *") : null)), el("td", {}, chooser), el("td", {}, input));
}

function constantInput(name, codes, value, onSet) {
  const attributes = { id: `constant-${name}`, "aria-label": text("imp.column.constant"), onchange: ({ target }) => onSet(target.value.trim()) };
  if (!codes) return el("input", { ...attributes, value, maxlength: 200 });
  return el("select", attributes, el("option", { value: "" }, "—"), ...codes.map(({ code, title }) => el("option", { value: code, selected: code === value }, titled(title))));
}

/** A chooser of one of some values, with its label and a word of help. */
export function select(name, options, value, onPick, help = null) {
  const id = `wish-${name}`;
  return field(`imp.${name}`, el("select", { id, onchange: ({ target }) => onPick(target.value) }, ...options.map(([one, label]) => el("option", { value: one, selected: one === value }, label))), id, help);
}

export const field = (key, input, id, help = null) => el("div", { class: "field" }, el("label", { for: id }, text(key)), input, help ? el("small", { class: "quiet" }, help) : null);
