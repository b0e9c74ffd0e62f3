// The form of one name: what is applied for, where it lies, and what the check says while it is typed.

import { get } from "../api.js";
import { debounce, el } from "../dom.js";
import { text, titled } from "../texts.js";
import { startEditing } from "../records/editing.js";
import { makeCheck } from "./checking.js";
import { kindName } from "./words.js";

// What is drawn for a kind of name, and whose vertices it snaps to.
const DRAWN = { street: ["roads", ["LineString", "MultiLineString"]], estate: ["places", ["Polygon", "Point"]], facility: ["places", ["Point", "LineString", "Polygon"]], water: ["water", ["LineString", "Polygon"]], mountain: ["places", ["Point", "Polygon"]] };
const PLAIN = ["places", ["Point", "Polygon"]];
const SIZES = ["length_m", "width_m"];
const MOST_PLACES = 8;

/**
 * @param {{context: () => {kind: string, name_kind: string, unit_id: number|null, brands?: string[], case_id?: number, case_name_id?: number}, view: () => object|null, drawing: HTMLElement, given?: object, onInput: () => void}} asked
 * @returns {{node: HTMLElement, values: () => object, ask: () => void, stop: () => void}}
 */
export function makeNameForm({ context, view, drawing, given = {}, onInput }) {
  let geometry = given.geometry ?? null;
  let drawn = given.drawn ?? Boolean(given.geometry);
  let place = given.place_id ?? null;
  let editor = null;
  let answered = null;
  const answer = el("div", { class: "check stack tight", "aria-live": "polite" });
  const check = makeCheck(answer, (found) => {
    answered = found;
    view()?.show(geometry, found?.clashes ?? []);
  });
  const input = (name, attributes = {}) => el("input", { id: `n-${name}`, name, autocomplete: "off", value: given[name] ?? "", oninput: typed, ...attributes });
  const area = (name) => el("textarea", { id: `n-${name}`, name, rows: 2, maxlength: 4000, oninput: onInput }, given[name] ?? "");
  const found = el("ul", { class: "found" });
  const old = el("output", {}, given.old_name ?? "");
  const finder = el("input", { id: "n-find", type: "search", autocomplete: "off", placeholder: text("case.find.hint"), oninput: debounce(250, find) });
  const where = el("output", { id: "n-where" });
  const draw = el("button", { class: "button", type: "button", onclick: () => startDrawing() });
  const existing = field("n-find", text("case.place"), finder, text("case.place.help"), el("p", {}, old), found);
  const named = field("n-name", text("case.name"), input("name", { maxlength: 200, required: true }));
  const node = el(
    "div",
    { class: "stack name-form" },
    existing,
    named,
    answer,
    field("n-reading", text("case.reading"), input("reading", { maxlength: 400, placeholder: "qīng quán lù" }), text("case.reading.help")),
    el("div", { class: "field" }, el("span", { class: "label" }, text("case.geometry")), where, el("p", { class: "row" }, draw)),
    field("n-location", text("case.location"), area("location"), text("case.location.help")),
    el("div", { class: "row" }, ...SIZES.map((name) => field(`n-${name}`, text(`case.${name}`), input(name, { inputmode: "decimal" })))),
    field("n-meaning", text("case.meaning"), area("meaning")),
    field("n-origin", text("case.origin"), area("origin")),
  );
  tellWhere();
  fit();

  function typed() {
    onInput();
    ask();
  }

  /** Which parts the kind of case wants. */
  function fit() {
    const { kind } = context();
    existing.hidden = kind === "naming";
    named.hidden = !["naming", "renaming"].includes(kind);
  }

  function ask() {
    const { kind, ...rest } = context();
    fit();
    if (!["naming", "renaming"].includes(kind)) return;
    const { name, reading } = values();
    check({ name, kind: rest.name_kind, unit_id: geometry ? null : rest.unit_id, ...(reading ? { reading } : {}), ...(geometry ? { geometry } : {}), ...(place ? { place_id: place } : {}), ...(rest.brands?.length ? { brands: rest.brands } : {}), ...(rest.case_id ? { case_id: rest.case_id } : {}), ...(rest.case_name_id ? { case_name_id: rest.case_name_id } : {}) });
  }

  async function find() {
    const q = finder.value.trim();
    if (!q) return found.replaceChildren();
    const { items } = await get("/api/place-names", { q, limit: MOST_PLACES });
    const pick = (one) => () => {
      place = one.place_id;
      old.textContent = text("case.place.chosen", { name: one.standard_name ?? one.name, unit: one.unit_name ?? "" });
      found.replaceChildren();
      if (one.lon !== null) view()?.show({ type: "Point", coordinates: [one.lon, one.lat] });
      typed();
    };
    return found.replaceChildren(...(items.length ? items.map((one) => el("li", {}, el("button", { class: "link", type: "button", onclick: pick(one) }, one.standard_name ?? one.name), el("small", {}, ` ${titled(one.class_title)} ${one.unit_name ?? ""}`))) : [el("li", { class: "quiet" }, text("case.place.none"))]));
  }

  function tellWhere() {
    where.textContent = !geometry ? text("case.geometry.none") : geometry.type === "Point" ? geometry.coordinates.map((one) => one.toFixed(6)).join(", ") : text("case.geometry.some", { points: geometry.coordinates.flat(Infinity).length / 2 });
    draw.textContent = text(geometry ? "case.geometry.change" : "case.geometry.draw");
  }

  async function startDrawing() {
    if (!view() || editor) return;
    document.body.dispatchEvent(new CustomEvent("part", { detail: "place" }));
    view().setFree(false);
    view().setShape(null);
    if (geometry) view().goTo(geometry);
    const [id, kinds] = DRAWN[context().name_kind] ?? PLAIN;
    const layer = { id, geometry: geometry && !kinds.includes(geometry.type) ? [geometry.type] : kinds };
    editor = await startEditing({
      root: drawing,
      view: view(),
      layer,
      record: { id: null },
      geometry,
      onChange(shape) {
        geometry = shape;
        drawn = true;
        tellWhere();
        onInput();
      },
      onDone: stop,
    });
    draw.disabled = true;
  }

  function stop() {
    if (!editor) return;
    editor.end();
    editor = null;
    draw.disabled = false;
    view().setFree(true);
    view().show(geometry, answered?.clashes ?? []);
    document.body.dispatchEvent(new CustomEvent("part", { detail: "lines" }));
    ask();
  }

  function values() {
    const read = (name) => node.querySelector(`[name="${name}"]`).value.trim();
    const size = (name) => (read(name) === "" ? null : Number(read(name)));
    return {
      name: read("name") || null,
      reading: read("reading") || null,
      ...Object.fromEntries(["location", "meaning", "origin"].map((name) => [name, read(name)])),
      ...Object.fromEntries(SIZES.map((name) => [name, size(name)])),
      ...(place ? { place_id: place } : {}),
      ...(drawn ? { geometry } : {}),
    };
  }

  return { node, values, ask, stop };
}

export function field(id, label, control, help = null, ...more) {
  if (help) control.setAttribute("aria-describedby", `${id}-help`);
  return el("div", { class: "field" }, el("label", { for: id }, label), control, help ? el("small", { id: `${id}-help`, class: "quiet" }, help) : null, ...more);
}

export const kindOptions = (kinds, chosen) => kinds.map((id) => el("option", { value: id, selected: id === chosen }, kindName(id)));
