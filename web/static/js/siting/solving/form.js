// The question as it is filled in.

import { byId, el } from "../../dom.js";
import { text } from "../../texts.js";
import * as plan from "../plan.js";
import { filedCandidates, startFiled } from "./filed.js";
import { floors, startFloors } from "./floors.js";
import { MODELS } from "./words.js";

const GROUPS = ["all", "60+", "80+", "weights"];
const SOURCES = ["villages", "grid", "plots", "file", "points", "plan"];
const ORDERS = ["first", "last"];
const number = (id) => (byId(id).value.trim() === "" ? null : Number(byId(id).value));
const option = (value, label) => el("option", { value }, label);
const shown = (id) => !byId(id).closest("[data-for]")?.hidden;

/**
 * @param {{existing: () => {facility: number, name: string, inside: boolean}[], townships: () => object[], onPlaces: (places: object[]) => void,
 *   onGo: (place: object) => void}} given
 *   facilities of the type and townships as they are; `onPlaces` is told the candidates of a file
 */
export function startForm({ existing, townships, onPlaces, onGo }) {
  byId("ask-model").replaceChildren(...MODELS.map((model) => option(model, text(`siting.ask.model.${model}`))));
  byId("ask-group").replaceChildren(...GROUPS.map((group) => option(group, text(`siting.ask.group.${group}`))));
  byId("ask-candidates").replaceChildren(...SOURCES.map((source) => option(source, text(`siting.ask.candidates.${source}`))));
  byId("ask-order").replaceChildren(...ORDERS.map((order) => option(order, text(`siting.ask.order.${order}`))));
  byId("ask-order").addEventListener("change", fitYears);
  for (const id of ["ask-model", "ask-group", "ask-candidates"]) byId(id).addEventListener("change", fit);
  for (const id of ["ask-phases", "ask-close", "ask-move"]) byId(id).addEventListener("input", fitYears);
  byId("ask-closable").addEventListener("toggle", () => byId("ask-closable").open && listClosable(existing().filter(({ inside }) => inside)));
  plan.onPlan((what) => what === "case" && forgetClosable());
  startFloors(townships);
  startFiled(onPlaces, onGo);
  fit();
}

/** Facilities to tick, those of this county; those that were ticked stay so. */
function listClosable(facilities) {
  const ticked = new Set(closable());
  const line = ({ facility, name }) => el("label", { class: "tick" }, el("input", { type: "checkbox", value: String(facility), checked: ticked.has(facility) }), ` ${name}`);
  const lines = facilities.length ? facilities.map(line) : [el("p", { class: "quiet" }, text("siting.ask.closable.none"))];
  byId("ask-closable-list").replaceChildren(...lines);
}

/** Those of another type, standard or day are listed anew. */
function forgetClosable() {
  byId("ask-closable-list").replaceChildren();
  byId("ask-closable").open = false;
}

const closable = () => [...byId("ask-closable-list").querySelectorAll("input:checked")].map(({ value }) => Number(value));

/** Shows the fields that the model takes. */
function fit() {
  const model = byId("ask-model").value;
  byId("ask-model-help").textContent = text(`siting.ask.help.${model}`);
  for (const field of document.querySelectorAll("#ask [data-for]")) field.hidden = !field.dataset.for.split(" ").includes(model);
  byId("ask-weights").hidden = byId("ask-group").value !== "weights" || model === "capacity";
  byId("ask-points-field").hidden = byId("ask-candidates").value !== "points";
  byId("ask-grid-field").hidden = byId("ask-candidates").value !== "grid";
  fitYears();
}

/** Their order is asked where there are years; in which of them facilities are closed or moved where something may go too. */
function fitYears() {
  const none = !phased().length;
  byId("ask-order-field").hidden = none;
  byId("ask-order-help").textContent = text(`siting.ask.order.help.${byId("ask-order").value}`);
  byId("ask-year-field").hidden = none || !someGo();
}

const phased = () => (shown("ask-phases") ? byId("ask-phases").value.split(/[\s,，、]+/).filter(Boolean) : []);
const toClose = () => (shown("ask-close") ? (number("ask-close") ?? 0) : 0);
const someGo = () => toClose() + (number("ask-move") ?? 0) > 0;

/**
 * What is asked; faults name their fields.
 * @returns {{body?: object, faults?: {id: string, words: string}[]}}
 */
export function asked() {
  const faults = [...byId("ask").querySelectorAll("input")].filter((field) => !field.closest("[hidden]") && !field.checkValidity()).map((field) => bad(field.id));
  const { service, type, on } = plan.current();
  const question = { service, type, on, model: byId("ask-model").value, time_limit_s: number("ask-seconds") ?? 60, seed: number("ask-seed") ?? 1 };
  const phases = phased();
  if (phases.some((one) => !/^[1-9]\d{0,2}$/.test(one))) faults.push(bad("ask-phases"));
  const existing = stock(phases.length > 0);
  if (existing && phases.length && existing.year > phases.length) faults.push({ id: "ask-year", words: text("siting.ask.year.bad", { years: phases.length }) });
  const given = {
    phases: phases.length ? phases.map(Number) : null,
    order: phases.length ? byId("ask-order").value : null,
    p: shown("ask-p") && !phases.length ? number("ask-p") : null,
    places: shown("ask-places") ? number("ask-places") : null,
    floor: shown("ask-floor") && number("ask-floor") !== null ? number("ask-floor") / 100 : null,
    floors: shown("ask-floor") && floors().length ? floors() : null,
    spacing_m: number("ask-spacing") === null ? null : number("ask-spacing") * 1000,
    cost: number("ask-cost"),
    budget: number("ask-budget"),
    rules: byId("ask-rules").checked ? null : "off",
    prices: (byId("ask-rules").checked && byId("ask-prices").checked && !phases.length) || null,
    existing,
    ties: (shown("ask-ties") && byId("ask-ties").checked) || null,
    ...people(question.model),
  };
  if (given.p === 0 && !given.existing) faults.push({ id: "ask-p", words: text("siting.ask.p.none") });
  const candidates = places();
  if (candidates.fault) faults.push(candidates.fault);
  if (faults.length) return { faults };
  const told = { ...given, candidates: candidates.from ? candidates : null };
  const kept = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null && value !== undefined));
  return { body: { question: { ...question, ...kept }, name: byId("ask-name").value.trim() || null } };
}

/** In the words of the field's bounds, where it has any. */
function bad(id) {
  const field = byId(id);
  const { min, max } = field;
  const words = { field: labelOf(field), min, max };
  if (min && max) return { id, words: text("siting.ask.bad.between", words) };
  return { id, words: text(min ? "siting.ask.bad.least" : "siting.ask.bad", words) };
}

const labelOf = (field) => document.querySelector(`label[for="${field.id}"]`)?.firstChild.textContent.trim() ?? "";

function people(model) {
  if (model === "capacity") return {};
  const group = byId("ask-group").value;
  if (group !== "weights") return { group };
  return { weights: { all: number("ask-weight-all") ?? 0, "60+": number("ask-weight-60") ?? 0, "80+": number("ask-weight-80") ?? 0 } };
}

/** What may become of facilities that exist, and where there are years in which of them; null where all stay. */
function stock(inYears) {
  const [close, move] = [toClose(), number("ask-move") ?? 0];
  if (!close && !move) return null;
  return { close, move, facilities: closable(), ...(inYears ? { year: number("ask-year") ?? 1 } : {}) };
}

/** The points to choose from; nothing where villages are meant. */
function places() {
  const source = byId("ask-candidates").value;
  if (source === "villages") return {};
  if (source === "grid") return { from: "grid", spacing_m: number("ask-grid") };
  if (source === "plots" || source === "file") return filedCandidates();
  if (source === "plan") {
    const adds = plan.current().changes.filter(({ kind }) => kind === "add");
    if (!adds.length) return { fault: { id: "ask-candidates", words: text("siting.ask.plan.none") } };
    return { from: "points", points: adds.map(({ name, lon, lat, places: held }, at) => ({ name: name ?? text("siting.new", { number: at + 1 }), lon, lat, ...(held === undefined ? {} : { places: held }) })) };
  }
  const lines = byId("ask-points").value.split("\n").map((line) => line.trim()).filter(Boolean);
  const points = lines.map(pointOf);
  const bad = points.indexOf(null);
  if (bad >= 0 || !points.length) return { fault: { id: "ask-points", words: text("siting.ask.points.bad", { line: bad + 1 || 1 }) } };
  return { from: "points", points };
}

/** Name, longitude, latitude, places, cost; the last two may be left out. */
function pointOf(line) {
  const [name, ...rest] = line.split(/[,，;；\t]/).map((part) => part.trim());
  const [lon, lat, held, cost] = rest.map((part) => (part === "" ? null : Number(part)));
  const whole = (value) => value === undefined || value === null || Number.isInteger(value);
  if (!name || !Number.isFinite(lon) || !Number.isFinite(lat) || !whole(held) || !whole(cost) || rest.length > 4) return null;
  return { name, lon, lat, ...(held === undefined || held === null ? {} : { places: held }), ...(cost === undefined || cost === null ? {} : { cost }) };
}
