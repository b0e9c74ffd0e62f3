// The left panel: service, facility type, circles, communities, facility types, layers.

import { chosenService, chosenType, info, modeOf, shownLayers, typesOfService } from "./choice.js";
import { coverage } from "./coverage.js";
import { byId, el } from "./dom.js";
import { count, decimal, moment } from "./format.js";
import { swatch, typeSwatch } from "./icons.js";
import { tried } from "./runs.js";
import { state, update } from "./state.js";
import { text, titled } from "./texts.js";

const STATES = ["covered", "uncovered", "unjoined"];

export function startPanel() {
  byId("service").addEventListener("change", ({ target }) => update({ service: target.value, run: null }));
  byId("run").addEventListener("change", ({ target }) => update({ run: Number(target.value) }));
  byId("type").addEventListener("change", ({ target }) => update({ type: target.value, run: null, hide: state().hide.filter((code) => code !== target.value) }));
}

/** Draws the panel anew from the state; keeps the focus where it is. */
export function drawPanel() {
  const focused = document.activeElement?.id;
  drawChoices();
  drawRuns();
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

/** Every run that holds the case: its day, what it assumed where that is not the standard's, when it was made. */
function drawRuns() {
  const { runs, run } = coverage();
  const service = chosenService()?.id;
  const label = (one) =>
    text(one.stale ? "map.run.stale" : "map.run.of", { date: one.on_date, how: tried(one, service) ? limitsOf(one, service) : text("map.run.declared"), finished: moment(one.finished_at) });
  options(byId("run"), runs.map((one) => [String(one.id), label(one)]), run && String(run.id));
}

function limitsOf({ parameters }, service) {
  const said = Object.values(parameters.services[service].limits).map(({ mode, minutes }) => text("map.ring", { mode: titled(modeOf(mode)?.title) || mode, minutes }));
  return [...new Set(said)].join(" / ");
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
  const key = (mark, words, number) => el("li", { class: "key" }, swatch(mark), el("span", {}, words, " ", el("span", { class: "count" }, count(number))));
  const rows = STATES.map((status) => [status, reach.filter((item) => item.status === status).length]).filter(([status, number]) => number || status !== "unjoined");
  const within = [1, 2, 3].map((times) => key(`within-${times}`, text(`map.within.${times}`), reach.filter((item) => item.covered && Math.min(3, item.facilities_within) === times).length));
  const { overlap } = state();
  list("reach", [
    ...rows.flatMap(([status, number]) => (overlap && status === "covered" ? within : [key(status, text(`map.state.${status}`), number)])),
    el("li", { class: "screen-only" }, el("label", {}, el("input", { id: "overlap", type: "checkbox", checked: overlap, onchange: ({ target }) => update({ overlap: target.checked }) }), swatch("within-2"), el("span", {}, text("map.within")))),
  ]);
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
