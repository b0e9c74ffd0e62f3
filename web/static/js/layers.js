// The left panel: service, facility type, circles, communities, facility types, layers.

import { chosenService, chosenType, info, modeOf, shownLayers, typesOfService } from "./choice.js";
import { coverage } from "./coverage.js";
import { byId, el } from "./dom.js";
import { count, decimal } from "./format.js";
import { swatch, typeSwatch } from "./icons.js";
import { state, update } from "./state.js";
import { text, titled } from "./texts.js";

const STATES = ["covered", "uncovered", "unjoined"];

export function startPanel() {
  byId("service").addEventListener("change", ({ target }) => update({ service: target.value }));
  byId("type").addEventListener("change", ({ target }) => update({ type: target.value, hide: state().hide.filter((code) => code !== target.value) }));
}

/** Draws the panel anew from the state; keeps the focus where it is. */
export function drawPanel() {
  const focused = document.activeElement?.id;
  drawChoices();
  drawRings();
  drawReach();
  drawTypes();
  drawLayers();
  if (focused) byId(focused)?.focus();
}

function drawChoices() {
  const service = chosenService();
  options(byId("service"), info().services.map(({ id, title }) => [id, titled(title)]), service?.id);
  options(byId("type"), typesOfService(service).map((type) => [type.code, `${titled(type.title)} (${count(type.count)})`]), chosenType()?.code);
}

function options(select, pairs, chosen) {
  select.disabled = !pairs.length;
  select.title = pairs.find(([value]) => value === chosen)?.[1] ?? "";
  select.replaceChildren(...pairs.map(([value, label]) => el("option", { value, selected: value === chosen }, label)));
}

function drawRings() {
  const { status, circles } = coverage();
  const features = circles?.features ?? [];
  byId("rings").setAttribute("aria-busy", String(status === "loading" || (status === "ready" && !circles)));
  byId("rings").hidden = !features.length;
  const off = state().ringsOff;
  const rows = features.map(({ properties: { key, mode, minutes, area_km2, ring } }) =>
    choice({
      id: `ring-${key}`,
      checked: !off.includes(key),
      mark: swatch(`ring-${ring}`),
      label: text("map.ring", { mode: titled(modeOf(mode)?.title) || mode, minutes }),
      note: text("map.area", { area: decimal(area_km2, area_km2 < 100 ? 1 : 0) }),
      onChange: (on) => update({ ringsOff: on ? off.filter((other) => other !== key) : [...off, key] }),
    }),
  );
  list("rings", rows.reverse());
}

function drawReach() {
  const reach = coverage().reach ?? [];
  byId("reach").hidden = !reach.length;
  const rows = STATES.map((status) => [status, reach.filter((item) => item.status === status).length]);
  list("reach", rows.filter(([status, number]) => number || status !== "unjoined").map(([status, number]) =>
    el("li", { class: "key" }, swatch(status), el("span", {}, text(`map.state.${status}`), " ", el("span", { class: "count" }, count(number)))),
  ));
}

function drawTypes() {
  const { hide } = state();
  const rows = info().facility_types.filter((type) => type.count > 0).map(({ code, title, shape, color, count: number }) =>
    choice({
      id: `type-${code}`,
      checked: !hide.includes(code),
      mark: typeSwatch(shape, color),
      label: titled(title),
      note: count(number),
      onChange: (on) => update({ hide: on ? hide.filter((other) => other !== code) : [...hide, code] }),
    }),
  );
  byId("types").hidden = !rows.length;
  list("types", rows);
}

function drawLayers() {
  const shown = shownLayers();
  const rows = info().layers.map(({ id, title, count: number }) =>
    choice({
      id: `layer-${id}`,
      checked: shown.includes(id),
      mark: swatch(id),
      label: titled(title),
      note: number === null || number === undefined ? "" : count(number),
      onChange: (on) => update({ layers: on ? [...shown, id] : shown.filter((other) => other !== id) }),
    }),
  );
  list("layers", rows);
}

const list = (id, rows) => byId(id).querySelector("ul").replaceChildren(...rows);

function choice({ id, checked, mark, label, note, onChange }) {
  const box = el("input", { id, type: "checkbox", checked, onchange: ({ target }) => onChange(target.checked) });
  return el("li", {}, el("label", {}, box, mark, el("span", {}, label), el("span", { class: "count" }, note)));
}
