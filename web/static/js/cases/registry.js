// The registry: places found by any of their names, of any day, each with its whole life of names.

import { get, getAll } from "../api.js";
import { byId, debounce, el } from "../dom.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { language, text, titled } from "../texts.js";
import { bearers } from "./bearing.js";
import { showPart, startFrame } from "./frame.js";
import { day } from "./words.js";

const PAGE = 30;
const STORY = ["meaning", "origin", "history", "allusion", "overview", "established", "abolished", "language", "ethnic_writing", "units_stated"];
const address = () => new URLSearchParams(location.search);
let view = null;
let round = 0;
let mayEdit = false;

async function start() {
  const who = await started;
  mayEdit = who.may.includes("edit");
  const mapped = startFrame();
  const units = await getAll("/api/units", { limit: 1000 });
  byId("unit").append(...units.map(({ id, name }) => el("option", { value: id }, name)));
  for (const id of ["q", "unit", "on"]) byId(id).value = address().get(id) ?? "";
  for (const id of ["q", "unit", "on", "within"]) byId(id).addEventListener("input", debounce(200, show));
  byId("on").addEventListener("input", debounce(200, () => address().get("place") && open(Number(address().get("place")))));
  byId("wanted").addEventListener("submit", (event) => event.preventDefault());
  await show();
  view = await mapped;
  view?.map.on("moveend", debounce(200, () => byId("within").checked && show()));
  const place = Number(address().get("place"));
  if (place) await open(place);
}

function keep(changes) {
  const given = address();
  for (const [key, value] of Object.entries(changes)) {
    if (value) given.set(key, value);
    else given.delete(key);
  }
  history.replaceState(null, "", given.size ? `?${given}` : location.pathname);
}

function load(after) {
  const bounds = byId("within").checked && view ? view.bounds() : null;
  const bbox = bounds ? [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6)).join(",") : null;
  return get("/api/place-names", { q: byId("q").value.trim(), unit: byId("unit").value || null, on: byId("on").value || null, bbox, limit: PAGE, after });
}

async function show() {
  round += 1;
  const mine = round;
  keep({ q: byId("q").value.trim(), unit: byId("unit").value, on: byId("on").value });
  byId("hits").setAttribute("aria-busy", "true");
  try {
    const found = await load(null);
    if (mine !== round) return;
    byId("hits").replaceChildren(...found.items.map(hit));
    byId("told").textContent = found.items.length ? "" : text("case.registry.none");
    more(found.next, mine);
  } catch (error) {
    if (mine === round) byId("told").replaceChildren(failure(error, show));
  }
  byId("hits").setAttribute("aria-busy", "false");
}

function more(next, mine) {
  byId("more").replaceChildren();
  if (!next) return;
  const go = async () => {
    const found = await load(next);
    if (mine !== round) return;
    byId("hits").append(...found.items.map(hit));
    more(found.next, mine);
  };
  byId("more").append(el("button", { class: "button", type: "button", onclick: go }, text("case.list.more")));
}

function hit(one) {
  const other = one.standard_name && one.standard_name !== one.name ? text("case.registry.now", { name: one.standard_name }) : "";
  const told = [titled(one.class_title), one.unit_name, one.kind === "standard" ? "" : text(`case.kind-of-name.${one.kind}`), other].filter(Boolean).join(" · ");
  return el("li", {}, el("button", { class: "link", type: "button", onclick: () => open(one.place_id) }, one.name), el("small", {}, ` ${one.romanisation ?? one.reading ?? ""}`), el("p", { class: "quiet" }, told));
}

async function open(id) {
  const panel = byId("panel");
  keep({ place: id });
  panel.hidden = false;
  showPart("panel");
  try {
    const [place, record] = await Promise.all([get(`/api/places/${id}`, { on: byId("on").value || null }), get(`/api/records/places/${id}`).catch(() => null)]);
    const point = place.lon === null ? null : { type: "Point", coordinates: [place.lon, place.lat] };
    view?.show(record?.geometry ?? point);
    panel.replaceChildren(...life(place));
  } catch (error) {
    panel.replaceChildren(failure(error, error.status === 404 ? null : () => open(id)));
  }
}

function life(place) {
  const name = place.standard_name ?? place.names[0].name;
  const on = byId("on").value;
  const facts = [["case.class", titled(place.class_title)], ["case.code", place.code], ["desk.unit", place.unit_name], ["case.fact.units", crossed(place.units)], ...STORY.map((key) => [`case.fact.${key}`, place[key]])].filter(([, value]) => value);
  const close = () => {
    byId("panel").hidden = true;
    keep({ place: null });
    showPart("lines");
  };
  const apply = (kind) => el("a", { class: "button", href: `/names/new?kind=${kind}&place=${place.id}&name=${encodeURIComponent(name)}` }, text(`case.kind.${kind}`));
  return [
    el("header", { class: "panel-head" }, el("h2", {}, name), el("button", { class: "button plain", type: "button", onclick: close }, text("access.close"))),
    on ? el("p", { class: "quiet" }, place.standard_name ? text("case.registry.on", { day: day(on) }) : text("case.registry.none-on", { day: day(on) })) : "",
    place.schematic ? el("p", { class: "quiet" }, text("map.schematic")) : "",
    el("dl", { class: "facts" }, ...facts.map(([key, value]) => el("div", {}, el("dt", {}, text(key)), el("dd", {}, value)))),
    el("h3", {}, text("case.life")),
    el("ol", { class: "timeline" }, ...place.names.map((one) => el("li", {}, el("strong", {}, one.name), ` ${text(`case.kind-of-name.${one.kind}`)}`, el("p", {}, [one.romanisation, one.reading].filter(Boolean).join(" · ")), ...readings(one), el("p", { class: "quiet" }, span(one))))),
    bearers(place.id),
    mayEdit ? el("div", { class: "stack tight" }, el("h3", {}, text("case.apply")), el("p", { class: "row" }, ...["renaming", "extent", "retirement"].map(apply))) : "",
    el("p", {}, el("a", { href: `/data?layer=places&record=${place.id}` }, text("case.record"))),
  ];
}

/** The townships that a line or an area has a part in, with that part; of a point nothing that `unit_name` does not say. */
const crossed = (units) => units.filter((one) => one.length_m !== null || one.area_m2 !== null).map((one) => text(one.length_m === null ? "case.unit.area" : "case.unit.length", { name: one.name, size: size(one) })).join(text("case.sep"));

const size = ({ length_m: metres, area_m2: square }) => (metres === null ? number(square / 1e6, 3) : number(metres / 1000, 2));
const number = (value, digits) => value.toLocaleString(language() === "en" ? "en-GB" : "zh-CN", { maximumFractionDigits: digits });

/** Whose word each syllable is: in one line where it is one word for all. */
function readings({ syllables }) {
  if (!syllables.length) return [];
  const words = new Set(syllables.map((one) => titled(one.source_title)));
  const asked = syllables.some((one) => !one.confirmed) ? ` ${text("case.reading.unconfirmed")}` : "";
  if (words.size === 1) return [el("p", { class: "quiet" }, text("case.reading.source", { source: [...words][0] }) + asked)];
  const told = (one) => `${titled(one.source_title)}${one.confirmed ? "" : ` ${text("case.reading.unconfirmed")}`}`;
  const items = syllables.map((one) => el("li", {}, el("strong", {}, one.character), ` ${one.syllable} `, el("small", { class: "quiet" }, told(one))));
  return [el("details", {}, el("summary", {}, text("case.reading.sources") + asked), el("ul", {}, ...items))];
}

const span = ({ valid_from: from, valid_to: to }) => (from || to ? text("case.span", { from: from ? day(from) : text("case.span.unknown"), to: to ? day(to) : text("case.span.now") }) : text("case.span.no"));

start().catch((error) => byId("told").replaceChildren(failure(error, () => location.reload())));
