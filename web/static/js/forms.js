// The circle in other forms: by minutes, by facilities in reach, split by the nearest facility, as roads.

import { get, latest } from "./api.js";
import { chosenService, chosenType, modeOf } from "./choice.js";
import { coverage } from "./coverage.js";
import { el } from "./dom.js";
import { count, decimal } from "./format.js";
import { swatch } from "./icons.js";
import { failure } from "./problem.js";
import { tried } from "./runs.js";
import { text, titled } from "./texts.js";

const FORMS = ["rings", "overlap", "nearest", "lines"];
const RINGS = 4;
const MOST_NAMED = 100;
const load = latest((signal, service, type, on, of, form) => get("/api/coverage/forms", { service, type, on, of, form }, { signal }));
let chosen = { form: null, of: "urban" };
let found = null;
let foundFor = null;

/**
 * A section whose choice is drawn in place of the circle; null where the run is not by the standard.
 * @param {(thing: object, how?: object) => void} onThing
 * @param {(collection: object|null) => void} onForm called with what is to be drawn in place of the circle
 */
export function formsSection(onThing, onForm) {
  const { run } = coverage();
  onForm(null);
  if (tried(run, chosenService().id)) return null;
  const body = el("div", { class: "stack tight", "aria-live": "polite" });
  const asked = () => [chosenService().id, chosenType().code, run.on_date, chosen.of, chosen.form].join();
  const show = async () => {
    const key = asked();
    onForm(null);
    body.replaceChildren();
    if (!chosen.form) return undefined;
    if (foundFor !== key) {
      body.replaceChildren(el("p", { class: "quiet" }, text("map.form.working")));
      try {
        const answer = await load(...key.split(","));
        // Something else may have been chosen meanwhile.
        if (!answer || asked() !== key) return undefined;
        [found, foundFor] = [shaded(answer), key];
      } catch (error) {
        return body.replaceChildren(failure(error, show));
      }
    }
    body.replaceChildren(...told(onThing));
    return onForm(found);
  };
  const root = el("details", { id: "forms", class: "more", open: chosen.form !== null }, el("summary", {}, text("map.form")), choices(show), body);
  show();
  return root;
}

function choices(show) {
  const pick = (patch) => {
    chosen = { ...chosen, ...patch };
    show();
  };
  const form = (name) => el("label", {}, el("input", { type: "radio", name: "form", value: name ?? "", checked: chosen.form === name, onchange: () => pick({ form: name }) }), el("span", {}, text(`map.form.${name ?? "circle"}`)));
  const of = (name) => el("option", { value: name, selected: chosen.of === name }, limit(name));
  return el(
    "div",
    { class: "stack tight choices" },
    el("fieldset", {}, el("legend", {}, text("map.form.how")), ...[null, ...FORMS].map(form)),
    el("label", {}, text("map.form.of"), " ", el("select", { id: "form-of", onchange: ({ target }) => pick({ of: target.value }) }, of("urban"), of("rural"))),
  );
}

function limit(name) {
  const { mode, minutes } = chosenService().limits[name];
  return `${text(`map.class.${name}`)} · ${text("map.ring", { mode: titled(modeOf(mode)?.title) || mode, minutes })}`;
}

/** Shades as in the style: rings 1 to 4 from the inside out, facilities in reach 5 to 7. */
function shaded(answer) {
  const { form, features } = answer;
  const last = features.length - 1;
  const ring = (index) => 1 + Math.floor(((last - index) * RINGS) / features.length);
  const shade = (index, { facilities }) => (form === "overlap" ? 4 + facilities : form === "nearest" ? 1 + (index % RINGS) : ring(index));
  return { ...answer, features: features.map((feature, index) => ({ ...feature, properties: { ...feature.properties, shade: shade(index, feature.properties) } })) };
}

function told(onThing) {
  const { form, features } = found;
  if (form === "nearest") {
    const link = ({ facility_id: id, name }) => el("button", { class: "link", type: "button", onclick: () => onThing({ kind: "facility", id, name }) }, name || String(id));
    const row = ({ properties }) => el("li", {}, link(properties), " ", el("small", {}, text("map.area", { area: decimal(properties.area_km2, 1) })));
    const rest = features.length - MOST_NAMED;
    return [el("ul", { class: "names" }, ...features.slice(0, MOST_NAMED).map(row)), rest > 0 ? el("p", { class: "quiet" }, text("map.form.more", { count: count(rest) })) : null, basis()].filter(Boolean);
  }
  const label = ({ facilities, minutes }) => (form === "overlap" ? text(`map.form.within.${Math.min(3, facilities)}`) : text("map.form.minutes", { minutes }));
  // Roads come band by band; what is said is all that lies within the minutes.
  const roads = (until) => features.reduce((sum, { properties: { minutes, length_km: km } }) => sum + (minutes <= until ? km : 0), 0);
  const area = ({ area_km2: km2, minutes }) => (form === "lines" ? text("map.form.km", { length: decimal(roads(minutes), 0) }) : text("map.area", { area: decimal(km2, km2 < 100 ? 1 : 0) }));
  const mark = ({ facilities, shade }) => (form === "overlap" ? `within-${Math.min(3, facilities)}` : `ring-${shade}`);
  const key = ({ properties }) => el("li", { class: "key" }, swatch(mark(properties)), el("span", {}, label(properties), " ", el("span", { class: "count" }, area(properties))));
  return [el("ul", { class: "legend" }, ...features.map(key).reverse()), basis()];
}

const basis = () => el("p", { class: "quiet" }, text("map.form.basis"), found.notice ? ` ${found.notice}` : "");
