// Siting models: asked, followed, shown, and made scenarios of.

import { get, getAll, post, send } from "../../api.js";
import { byId, el } from "../../dom.js";
import { moment } from "../../format.js";
import { failure } from "../../problem.js";
import { text } from "../../texts.js";
import * as plan from "../plan.js";
import { drawAnswer } from "./answer.js";
import { showFaults } from "./faults.js";
import { fillFloors } from "./floors.js";
import { asked, startForm } from "./form.js";
import { showSites } from "./marks.js";
import { drawReasons } from "./reasons.js";
import { ACTIVE, gapTold, valueTold } from "./words.js";

const LOOK_MS = 500;
let one = null;
let cancelling = false;
let checked = null;
let note = null;
let why = null;
let desk = null;
let listed = [];
let candidates = [];

/**
 * @param {{view: object, say: (words: string) => void, goTo: (place: object) => void, showPart: (part: string) => void,
 *   base: () => object|null, townships: () => object[], redraw: () => void, openScenario: (scenario: object) => void}} given the page around
 */
export async function startSolving(given) {
  desk = given;
  startForm({ existing: () => desk.base()?.facilities ?? [], townships: desk.townships, onPlaces: showCandidates, onGo: desk.goTo });
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  for (const button of document.querySelectorAll("button[data-mode]")) button.addEventListener("click", () => setMode(button.dataset.mode));
  const id = new URLSearchParams(location.search).get("answer");
  await list();
  if (/^[1-9]\d{0,15}$/.test(id ?? "")) {
    setMode("solve");
    await open(Number(id));
  } else setMode("try");
  return { drawMap };
}

const solving = () => document.body.dataset.mode === "solve";

function setMode(mode) {
  document.body.dataset.mode = mode;
  keepAddress(solving() && one ? one.id : null);
  for (const button of document.querySelectorAll("button[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  if (solving()) drawMap();
  else {
    desk.view.setCandidates([]);
    showSites(desk.view.map, [], () => {});
    desk.redraw();
  }
}

/** The candidates of a file, on the map while a question is asked. */
function showCandidates(places) {
  candidates = places;
  if (solving()) desk.view.setCandidates(places.length ? places : answered());
}

const spot = ({ name, lon, lat }) => `${name} ${lon} ${lat}`;

/** The candidates that the shown answer named one by one; those outside the county are marked. */
function answered() {
  const away = new Set((one?.answer?.outside ?? []).map(spot));
  return (one?.question.candidates?.points ?? []).map((place) => ({ ...place, outside: away.has(spot(place)) }));
}

async function attempt(run) {
  note = null;
  try {
    await run();
  } catch (error) {
    note = failure(error);
    desk.say(error.detail ?? error.message);
    if (one) draw();
    else byId("answer").replaceChildren(note);
  }
}

/** Hands in what the form says. */
async function ask() {
  const { body, faults = [] } = asked();
  showFaults(byId("ask"), byId("ask-faults"), faults);
  if (faults.length) return desk.say(faults[0].words);
  byId("ask-start").disabled = true;
  try {
    take(await post("/api/siting", body));
    byId("ask-name").value = "";
    desk.showPart("outcome");
    byId("answer").focus({ preventScroll: true });
    await list();
  } catch (error) {
    byId("ask-faults").replaceChildren(failure(error));
    desk.say(error.detail ?? error.message);
    return undefined;
  } finally {
    byId("ask-start").disabled = false;
  }
  return attempt(follow);
}

function take(answer) {
  [one, cancelling, checked, note, why] = [answer, false, null, null, null];
  keepAddress(answer.id);
  draw();
  drawMap();
}

/** Looks at the search until it has ended. */
async function follow() {
  const { id } = one;
  while (one?.id === id && ACTIVE.includes(one.state)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (one?.id !== id) return;
    const next = await get(`/api/siting/${id}`);
    if (one?.id !== id) return;
    one = next;
    draw();
  }
  drawMap();
  performance.mark("siting:answered");
  if (one.answer) desk.say(one.answer.status_text);
  await list();
}

async function open(id) {
  await attempt(async () => {
    const found = await get(`/api/siting/${id}`);
    const { service, type, on } = plan.current();
    const other = service !== found.service || type !== found.type || on !== found.on;
    if (other && plan.unsaved() && !confirm(text("siting.case.leave"))) return;
    if (other) plan.startCase({ service: found.service, type: found.type, on: found.on });
    take(found);
    drawList();
    await follow();
  });
}

function draw() {
  drawAnswer(byId("answer"), one, {
    onGo: (place) => desk.goTo(place),
    onCancel: () => attempt(cancel),
    onScenario: () => attempt(scenario),
    onCheck: () => attempt(check),
    onDiscard: () => attempt(discard),
    onShare: (shared) => attempt(() => share(shared)),
    why: (why ??= reasonsFold()),
    cancelling,
    checked,
    note,
  });
}

/** Sites with their numbers, and communities as they would be. */
function drawMap() {
  if (!solving()) return;
  if (byId("ask-more").open) fillFloors();
  const base = desk.base();
  const sites = one?.answer?.sites ?? [];
  const asked = answered();
  desk.view.setCandidates(asked.length ? asked : candidates);
  showSites(desk.view.map, sites, (at) => byId("answer").querySelector(`[data-site="${at}"]`)?.focus());
  desk.view.setPins([]);
  if (!base) return;
  const now = new Map(["gained", "lost", "backed_up"].flatMap((kind) => one?.answer?.[kind]?.items ?? []).map((item) => [item.id, item]));
  desk.view.setCommunities(base.communities.map((item) => now.get(item.id) ?? item));
  const closed = new Set((one?.answer?.closed ?? []).map(({ id }) => id));
  desk.view.setFacilities(base.facilities.map((item) => (closed.has(item.facility) ? { ...item, status: "closed" } : item)));
  desk.view.setCircle(null);
}

async function cancel() {
  cancelling = true;
  draw();
  try {
    await post(`/api/jobs/${one.job}/cancel`, {});
  } catch (error) {
    // It ended meanwhile.
    if (error.status !== 409) throw error;
  }
}

async function check() {
  checked = await post(`/api/siting/${one.id}/check`, {});
  draw();
}

async function scenario() {
  if (plan.unsaved() && !confirm(text("siting.case.leave"))) return;
  const made = await post(`/api/siting/${one.id}/scenario`, {});
  const whole = await get(`/api/scenarios/${made.id}`);
  setMode("try");
  await desk.openScenario(whole);
  desk.say(text("siting.answer.made", { name: made.name }));
}

async function share(shared) {
  one = await send("PATCH", `/api/siting/${one.id}`, { shared }, tag());
  draw();
  await list();
}

async function discard() {
  if (!confirm(text("siting.answer.discard.sure", { name: one.name }))) return;
  await send("DELETE", `/api/siting/${one.id}`, {}, tag());
  one = null;
  keepAddress(null);
  byId("answer").replaceChildren(el("p", { class: "quiet" }, text("siting.answer.none")));
  drawMap();
  await list();
}

const tag = () => `"v${one.version}"`;

/** Reasons, asked for when they are opened. */
function reasonsFold() {
  const { id } = one;
  const holder = el("div", { class: "stack tight" }, el("p", { class: "quiet" }, text("map.loading")));
  const fold = el("details", { class: "more", id: "why" }, el("summary", {}, text("siting.reasons")), holder);
  let done = false;
  const fill = async () => {
    if (!fold.open || done) return;
    done = true;
    try {
      const told = await get(`/api/siting/${id}/explain`);
      holder.replaceChildren(...drawReasons(told, { model: one.model, ...one.question }, desk.goTo));
    } catch (error) {
      done = false;
      holder.replaceChildren(failure(error, fill));
    }
  };
  fold.addEventListener("toggle", fill);
  return fold;
}

async function list() {
  try {
    listed = await getAll("/api/siting", {}, { cap: 200 });
    drawList();
  } catch (error) {
    byId("answers").replaceChildren(failure(error, list));
  }
}

function drawList() {
  if (!listed.length) return byId("answers").replaceChildren(el("p", { class: "quiet" }, text("siting.answers.none")));
  const lines = listed.map((item) => {
    const known = item.value === null ? text(ACTIVE.includes(item.state) ? "siting.answers.searching" : "siting.answers.without") : `${valueTold(item.value, item)} · ${gapTold(item.value, item.bound)}`;
    const of = [known, item.mine ? null : text("siting.by", { owner: item.owner }), item.mine && item.shared ? text("siting.shared.short") : null, moment(item.created_at), item.stale.length ? text("siting.stale.short") : null];
    const choose = el("button", { type: "button", class: "link", "aria-current": one?.id === item.id ? "true" : null, onclick: () => openFrom(item.id) }, item.name);
    return el("li", {}, choose, el("span", { class: "quiet" }, ` ${of.filter(Boolean).join(" · ")}`));
  });
  return byId("answers").replaceChildren(el("ul", { class: "kept" }, ...lines));
}

function openFrom(id) {
  desk.showPart("outcome");
  return open(id);
}

function keepAddress(id) {
  const given = new URLSearchParams(location.search);
  if (id === null) given.delete("answer");
  else given.set("answer", id);
  history.replaceState(null, "", `?${given}`);
}
