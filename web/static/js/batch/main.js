// The page of whole plans: a file, how it is read, its check, its rows by verdict on list and map, and a case made of them.

import { get, getAll, post, send } from "../api.js";
import { startFrame, showPart } from "../cases/frame.js";
import { kindName } from "../cases/words.js";
import { byId, el } from "../dom.js";
import { count, moment } from "../format.js";
import { ask } from "../import/asking.js";
import { onFiles, wrongWith } from "../import/choosing.js";
import { sendBytes } from "../import/sending.js";
import { remedyInWords } from "../import/wording.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { drawChoices, drawFirstRows } from "./choices.js";
import { noticesOf } from "./lines.js";
import { makePlanMap } from "./map.js";
import { makeResult } from "./result.js";

const SECTIONS = ["choose", "look", "working", "result"];
const ACTIVE = ["queued", "running"];
const PAUSE_MS = 700;
const PATIENCE_MS = 8000;
const PLANS = "/api/names/plans";
let [limits, units, file, found, plan] = [null, [], null, null, null];
let wishes = {};
let [following, waiting] = [0, 0];
let sending = null;
let result = null;

async function start() {
  const who = await started;
  const mapped = startFrame();
  onFiles(byId("drop"), byId("file"), (files) => attempt(() => take(files)));
  byId("wishes").addEventListener("submit", (event) => { event.preventDefault(); attempt(handIn); });
  byId("other").addEventListener("click", () => { sending?.abort(); begin(); byId("file").focus(); });
  byId("cancel").addEventListener("click", () => attempt(cancel));
  addEventListener("popstate", () => attempt(follow));
  await attempt(async () => {
    [units] = await Promise.all([getAll("/api/units", { limit: 1000 }), loadLimits()]);
  });
  const map = makePlanMap(await mapped, (row) => attempt(() => result.open(row)));
  result = makeResult({ units, limits, map, mayApply: who.may.includes("edit"), attempt, onAgain: again, onAway: () => throwAway(plan) });
  await attempt(follow);
  document.body.dataset.ready = "";
}

async function loadLimits() {
  limits = await get(PLANS);
  byId("kinds").textContent = text("batch.kinds", { known: limits.suffixes.join(" "), rows: count(limits.max_rows), most: Math.floor(limits.max_bytes / 2 ** 20) });
  byId("file").accept = limits.suffixes.join(",");
  drawEarlier(limits.items);
}

/** Does something; what is refused is told on top. */
async function attempt(what) {
  byId("said").replaceChildren();
  try {
    await what();
  } catch (error) {
    if (error.name === "AbortError") return;
    error.remedy = remedyInWords(error.remedy);
    byId("said").replaceChildren(failure(error));
    byId("said").scrollIntoView({ block: "nearest" });
  }
}

const show = (name) => SECTIONS.forEach((id) => { byId(id).hidden = id !== name; });

/** Where the address leads: a plan, or the choice of a file. */
async function follow() {
  const id = Number(new URLSearchParams(location.search).get("plan")) || null;
  if (id === null) return begin(false);
  try {
    plan = await get(`${PLANS}/${id}`);
  } catch (error) {
    begin(false);
    throw error;
  }
  return draw();
}

function begin(push = true) {
  if (push && location.search) history.pushState(null, "", location.pathname);
  [file, found, plan] = [null, null, null];
  clearTimeout(following);
  result?.clear();
  show("choose");
}

function drawEarlier(items) {
  const state = (one) => {
    if (one.counts) return ["violates", "argue", "hint", "passes"].filter((mark) => one.counts[mark]).map((mark) => `${text(`case.verdict.${mark}`)} ${count(one.counts[mark])}`).join(" · ");
    return one.job ? text(`imp.job.${one.job.state}`) : "";
  };
  const away = (one) => el("button", { class: "link", type: "button", "aria-label": `${text("batch.away")}: ${one.file}`, onclick: () => attempt(() => throwAway(one)) }, text("imp.away.short"));
  const line = (one) => el("li", {}, el("a", { href: `?plan=${one.id}` }, one.file), " ", el("span", { class: "quiet" }, `${kindName(one.kind)} · ${text("batch.rows", { count: count(one.rows) })} · ${state(one)} · ${moment(one.created_at)}`), " ", away(one));
  byId("earlier").replaceChildren(...(items.length ? [el("h2", {}, text("batch.earlier")), el("ul", { class: "hits" }, ...items.map(line))] : [el("p", { class: "quiet" }, text("batch.none"))]));
  byId("earlier").setAttribute("aria-busy", "false");
}

async function take(files) {
  const wrong = files.length > 1 ? text("batch.one") : wrongWith(files, { ...limits, sidecars: [], max_files: 1 });
  if (wrong) return byId("said").replaceChildren(el("p", { class: "note error", role: "alert" }, wrong));
  [file] = files;
  wishes = { kind: wishes.kind ?? "street", crs: null, part: null, encoding: null, mapping: {}, within_m: null, unit_id: wishes.unit_id ?? null };
  return lookInto();
}

function question() {
  const given = { file: file.name, ...wishes, mapping: Object.keys(wishes.mapping).length ? JSON.stringify(wishes.mapping) : null };
  return new URLSearchParams(Object.entries(given).filter(([, value]) => value !== null && value !== ""));
}

/** Sends the file with what was chosen, and tells how far it is. */
async function sent(path) {
  sending?.abort();
  const mine = new AbortController();
  sending = mine;
  const bar = el("progress", { max: file.size, value: 0, "aria-label": file.name });
  byId("sending").replaceChildren(el("p", { class: "quiet" }, text("imp.sending")), bar);
  try {
    return await sendBytes("POST", `${path}?${question()}`, file, { onProgress: (loaded) => { bar.value = loaded; }, signal: mine.signal });
  } finally {
    if (sending === mine) byId("sending").replaceChildren();
  }
}

async function lookInto() {
  byId("source").textContent = file.name;
  show("look");
  lock(true);
  try {
    found = await sent(`${PLANS}/inspection`);
  } catch (error) {
    if (error.name !== "AbortError") begin();
    throw error;
  } finally {
    lock(false);
  }
  return drawLook();
}

function drawLook() {
  const { problem } = found;
  const wanted = drawChoices(byId("wishes"), { found, wishes, limits, units, onChange });
  byId("problem").replaceChildren(...(problem ? [refusal(problem, wanted !== null)] : []), noticesOf(found.notices.map(({ message }) => message)));
  drawFirstRows(found);
  byId("check").disabled = problem !== null;
  wanted?.focus();
}

/** Why a file cannot be read in this way; `mended` where a choice on this page may mend it. */
function refusal({ message, remedy }, mended) {
  const advice = remedyInWords(remedy);
  return el("div", { class: mended ? "note warn" : "note error" }, el("strong", {}, text(mended ? "batch.problem" : "batch.unreadable")), el("p", {}, message), advice ? el("p", {}, advice) : null);
}

function onChange(given, anew) {
  wishes = given;
  if (!anew) return undefined;
  const focused = document.activeElement?.id;
  return attempt(async () => {
    await lookInto();
    if (focused && !found.problem) byId(focused)?.focus();
  });
}

function lock(locked) {
  byId("wishes").inert = locked;
  byId("look").setAttribute("aria-busy", String(locked));
  byId("check").disabled = locked;
}

async function handIn() {
  lock(true);
  try {
    plan = await sent(PLANS);
  } finally {
    lock(false);
  }
  history.pushState(null, "", `?plan=${plan.id}`);
  file = null;
  draw();
}

function draw() {
  clearTimeout(following);
  if (plan.job && ACTIVE.includes(plan.job.state)) return watch();
  waiting = 0;
  show("result");
  return result.draw(plan);
}

/** Follows the check until it has ended; where nobody does it, says so. */
function watch() {
  show("working");
  const { job, id } = plan;
  waiting = job.state === "queued" ? waiting || Date.now() : 0;
  const far = job.total > 1 ? { value: job.done, max: job.total } : {};
  const told = [plan.file, text(`imp.job.${job.state}`), job.step, job.total > 1 ? `${count(job.done)}/${count(job.total)}` : null].filter(Boolean).join(" · ");
  byId("progress").replaceChildren(el("p", {}, told), el("progress", { ...far, "aria-label": text("batch.working") }), waiting && Date.now() - waiting > PATIENCE_MS ? el("p", { class: "note warn" }, text("batch.idle")) : "");
  following = setTimeout(() => attempt(() => lookAfter(id)), PAUSE_MS);
}

async function lookAfter(id) {
  const answer = await get(`${PLANS}/${id}`);
  if (plan?.id !== id) return;
  plan = answer;
  await draw();
  if (!ACTIVE.includes(plan.job?.state)) byId("result").focus();
}

async function cancel() {
  try {
    plan = await post(`${PLANS}/${plan.id}/cancel`, {});
  } catch (error) {
    // It may have ended meanwhile: then what came of it is shown.
    if (error.code !== "jobs.ended") throw error;
    plan = await get(`${PLANS}/${plan.id}`);
  }
  await draw();
}

async function again() {
  plan = await post(`${PLANS}/${plan.id}/check`, {});
  result.clear();
  draw();
}

async function throwAway(one) {
  if (!(await ask(text("batch.away.sure", { file: one.file }), text("batch.away.what"), text("batch.away")))) return;
  await send("DELETE", `${PLANS}/${one.id}`, {});
  if (plan?.id === one.id) showPart("lines");
  begin();
  await loadLimits();
}

start();
