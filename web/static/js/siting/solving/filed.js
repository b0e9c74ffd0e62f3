// Candidates of a file: sent, read by the server, and listed to be left out one by one.

import { byId, el } from "../../dom.js";
import { count, decimal } from "../../format.js";
import { sendBytes } from "../../import/sending.js";
import { ENCODINGS, select, systemField } from "../../import/wishes.js";
import { remedyInWords } from "../../import/wording.js";
import { failure } from "../../problem.js";
import { text } from "../../texts.js";
import * as plan from "../plan.js";
import { mended } from "./faults.js";

const MOST_SHOWN = 300;
const MOST_NAMED = 10;
/** Outlines go with a question as long as they are small. */
const MOST_OUTLINED = 600_000;
const MU_M2 = 10_000 / 15;
const KINDS = { plots: "plots", file: "points" };
const FIELDS = ["name", "lon", "lat", "places", "area_m2"];
let places = [];
let file = null;
let wishes = {};
let sending = null;
let onPlaces = () => {};
let onGo = () => {};

/**
 * @param {(places: object[]) => void} shown called with the candidates that are meant, and those that are refused
 * @param {(place: object) => void} go shows one on the map
 */
export function startFiled(shown, go) {
  [onPlaces, onGo] = [shown, go];
  byId("ask-file").addEventListener("change", () => another(byId("ask-file").files[0] ?? null));
  byId("ask-candidates").addEventListener("change", fitFiled);
  fitFiled();
}

/** Which kind of file is wanted; null where none is. */
const kind = () => KINDS[byId("ask-candidates").value] ?? null;

function fitFiled() {
  byId("ask-file-field").hidden = kind() === null;
  if (kind() === null) return onPlaces([]);
  byId("ask-file-label").textContent = text(`siting.ask.file.${kind()}`);
  byId("ask-file-help").textContent = text(`siting.ask.file.help.${kind()}`);
  // A file is read anew as what it is said to hold now.
  return file ? take(file) : onPlaces([]);
}

/** What was said of the file before says nothing of another. */
function another(given) {
  wishes = {};
  return take(given);
}

async function take(given) {
  sending?.abort();
  [file, places] = [given, []];
  onPlaces([]);
  if (!file) return byId("ask-file-said").replaceChildren();
  const mine = new AbortController();
  sending = mine;
  const bar = el("progress", { max: file.size || 1, value: 0, "aria-label": file.name });
  byId("ask-file-said").replaceChildren(el("p", { class: "quiet" }, text("siting.ask.file.reading", { file: file.name })), bar);
  const given_ = new URLSearchParams({ file: file.name, kind: kind(), ...named("service", "type", "on"), ...wishes });
  try {
    const found = await sendBytes("POST", `/api/siting/files?${given_}`, file, { onProgress: (loaded) => (bar.value = loaded), signal: mine.signal });
    const away = new Map(found.outside.map((one) => [one.number, one]));
    places = found.points.map((place, at) => ({ ...place, share: away.get(at)?.share ?? 0, outside: away.get(at)?.refused ?? false })).map((place) => ({ ...place, meant: !place.outside }));
    draw();
  } catch (error) {
    if (error.name === "AbortError") return;
    byId("ask-file").setAttribute("aria-invalid", "true");
    error.remedy = remedyInWords(error.remedy);
    byId("ask-file-said").replaceChildren(failure(error), told());
    // The same file may be chosen again once it is mended.
    byId("ask-file").value = "";
  } finally {
    if (sending === mine) sending = null;
  }
}

function draw() {
  mended(byId("ask-file"));
  const status = el("p", { class: "quiet", role: "status" });
  const say = () => {
    const meant = filed();
    status.textContent = text("siting.ask.file.read", { file: file.name, count: count(places.length), meant: count(meant.length) });
    onPlaces([...meant, ...places.filter(({ outside }) => outside)]);
  };
  const tick = (place) =>
    el(
      "div",
      { class: "row spread place-line", "data-outside": String(place.outside) },
      el(
        "label",
        { class: "tick" },
        el("input", { type: "checkbox", checked: place.meant, disabled: place.outside, onchange: ({ target }) => { place.meant = target.checked; say(); } }),
        el("span", {}, place.name, el("span", { class: "quiet" }, size(place)), away(place)),
      ),
      el("button", { type: "button", class: "link", "aria-label": text("siting.ask.file.show", { name: place.name }), onclick: () => onGo(place) }, text("siting.ask.file.show.short")),
    );
  // Those that are refused stand first, so that nobody overlooks them.
  const listed = [...places].sort((one, other) => Number(other.outside) - Number(one.outside)).slice(0, MOST_SHOWN);
  const list = el("div", { class: "ticks", role: "group", "aria-label": text("siting.ask.file.list") }, ...listed.map(tick));
  const refused = places.filter(({ outside }) => outside);
  const note = refused.length ? el("p", { class: "note warn", role: "status", id: "ask-file-outside" }, text("siting.outside.note", { count: count(refused.length), names: namesOf(refused) }), " ", text("siting.outside.why")) : null;
  const more = places.length > MOST_SHOWN ? el("p", { class: "quiet" }, text("siting.ask.file.more", { count: count(places.length - MOST_SHOWN) })) : null;
  byId("ask-file-said").replaceChildren(...[status, note, list, more, told()].filter(Boolean));
  say();
}

/** How coordinates and texts of the file are read, to be said where the file says it wrongly. */
function told() {
  const changed = (patch) => {
    wishes = Object.fromEntries(Object.entries({ ...wishes, ...patch }).filter(([, value]) => value));
    take(file);
  };
  const encodings = [["", text("siting.ask.file.encoding")], ...ENCODINGS.map((one) => [one, one])];
  return el(
    "details",
    { id: "ask-file-wishes", open: Object.keys(wishes).length > 0 || byId("ask-file").getAttribute("aria-invalid") === "true" },
    el("summary", {}, text("siting.ask.file.wishes")),
    systemField({ crs: null }, wishes, changed),
    select("encoding", encodings, wishes.encoding ?? "", (encoding) => changed({ encoding })),
  );
}

const named = (...names) => Object.fromEntries(names.map((name) => [name, plan.current()[name]]).filter(([, value]) => value));

const namesOf = (list) => list.slice(0, MOST_NAMED).map(({ name }) => name).join(text("siting.and")) + (list.length > MOST_NAMED ? " …" : "");

/** What of a place lies outside the county, as a mark. */
function away({ outside, share: part }) {
  if (outside) return el("strong", { class: "away" }, ` ${text("siting.outside.refused")}`);
  return part ? el("span", { class: "away" }, ` ${text("siting.outside.part", { share: decimal(part * 100) })}`) : "";
}

function size({ area_m2: area, places: held }) {
  if (area !== null) return ` ${text("siting.ask.file.area", { area: count(Math.round(area)), mu: decimal(area / MU_M2) })}`;
  return held === null ? "" : ` ${text("siting.ask.file.places", { places: count(held) })}`;
}

const filed = () => places.filter(({ meant }) => meant);

/** The candidates of a file as a question takes them, or what is missing; those outside go along, so that the answer names them. */
export function filedCandidates() {
  if (sending) return { fault: { id: "ask-file", words: text("siting.ask.file.wait") } };
  const meant = filed();
  if (!meant.length) return { fault: { id: "ask-file", words: text(places.length ? "siting.ask.file.nothing" : "siting.ask.file.none") } };
  const pick = (names) => [...meant, ...places.filter(({ outside }) => outside)].map((place) => Object.fromEntries(names.map((name) => [name, place[name]]).filter(([, value]) => value !== null && value !== undefined)));
  const points = pick([...FIELDS, "outline"]);
  return { from: "points", points: JSON.stringify(points).length > MOST_OUTLINED ? pick(FIELDS) : points };
}
