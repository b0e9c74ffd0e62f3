// The page of imports: one upload from its files to its records, by steps that can be left and found again.

import { get, post, send } from "../api.js";
import { byId, el } from "../dom.js";
import { count, moment } from "../format.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { ask } from "./asking.js";
import { drawBatches, undo } from "./batches.js";
import { onFiles, wrongWith } from "./choosing.js";
import { drawPreview } from "./preview.js";
import { outcomeView } from "./report.js";
import { sendAll } from "./sending.js";
import { drawWishes } from "./wishes.js";
import { remedyInWords } from "./wording.js";

const SECTIONS = ["choose", "sending", "look", "working", "report"];
const ACTIVE = ["queued", "running"];
const PAUSE_MS = 700;
let limits = null;
let upload = null;
let following = 0;
let abort = null;

async function start() {
  await started;
  onFiles(byId("drop"), byId("files"), (files) => attempt(() => take(files)));
  byId("check").addEventListener("click", () => attempt(() => work("check")));
  byId("away").addEventListener("click", () => attempt(() => throwAway(upload)));
  byId("cancel").addEventListener("click", () => attempt(cancel));
  byId("stop").addEventListener("click", () => abort?.abort());
  addEventListener("popstate", () => attempt(follow));
  await attempt(async () => {
    await loadLimits();
    await Promise.all([follow(), drawBatches(limits.layers)]);
  });
  document.body.dataset.ready = "";
}

async function loadLimits() {
  limits = await get("/api/uploads");
  byId("kinds").textContent = text("imp.kinds", { known: limits.suffixes.join(" "), most: Math.floor(limits.max_bytes / 2 ** 20) });
  byId("files").accept = [...limits.suffixes, ...limits.sidecars].join(",");
  drawWaiting(limits.items);
}

/** Does something; what is refused is told on top. */
async function attempt(what) {
  byId("said").replaceChildren();
  try {
    await what();
  } catch (error) {
    if (error.name === "AbortError") return;
    byId("said").replaceChildren(failure(error));
    byId("said").scrollIntoView({ block: "nearest" });
  }
}

const show = (...names) => SECTIONS.forEach((name) => { byId(name).hidden = !names.includes(name); });

/** Where the address leads: an upload, or the choice of files. */
async function follow() {
  const id = Number(new URLSearchParams(location.search).get("upload")) || null;
  if (id === null) return begin();
  return open(await get(`/api/uploads/${id}`));
}

function go(id) {
  history.pushState(null, "", id === null ? location.pathname : `?upload=${id}`);
}

function begin() {
  upload = null;
  clearTimeout(following);
  show("choose");
}

function drawWaiting(items) {
  const name = ({ files }) => files.map((one) => one.name).join("、");
  const whole = ({ files }) => files.every((one) => one.whole);
  const away = (one) => el("button", { class: "link", type: "button", "aria-label": `${text("imp.away")}: ${name(one)}`, onclick: () => attempt(() => throwAway(one)) }, text("imp.away.short"));
  const line = (one) => el("li", {}, whole(one) ? el("a", { href: `?upload=${one.id}` }, name(one)) : name(one), " ", el("span", { class: "quiet" }, whole(one) ? moment(one.created_at) : text("imp.waiting.half")), " ", away(one));
  byId("waiting").replaceChildren(...(items.length ? [el("h3", {}, text("imp.waiting")), el("ul", {}, ...items.map(line))] : []));
}

async function take(files) {
  const wrong = wrongWith(files, limits);
  if (wrong) return byId("said").replaceChildren(el("p", { class: "note error", role: "alert" }, wrong));
  const made = await post("/api/uploads", { files: files.map(({ name, size }) => ({ name, size })) });
  show("sending");
  abort = new AbortController();
  try {
    upload = await sendAll(made.id, files, { list: byId("sent"), signal: abort.signal });
  } catch (error) {
    show("choose");
    await send("DELETE", `/api/uploads/${made.id}`, {}).catch(() => {});
    if (error.name === "AbortError") byId("said").replaceChildren(el("p", { class: "note" }, text("imp.stopped")));
    throw error;
  }
  go(made.id);
  return inspect({});
}

async function inspect(wishes) {
  byId("look").setAttribute("aria-busy", "true");
  try {
    upload = await post(`/api/uploads/${upload.id}/inspection`, wishes);
  } catch (error) {
    if (error.code?.startsWith("import.secret")) {
      go(null);
      begin();
    }
    throw error;
  } finally {
    byId("look").setAttribute("aria-busy", "false");
  }
  draw();
}

async function open(found) {
  upload = found;
  if (!found.files.every(({ whole }) => whole)) {
    show("choose");
    byId("said").replaceChildren(el("p", { class: "note warn" }, text("imp.half")));
    return undefined;
  }
  if (found.inspection === null) return inspect({});
  return draw();
}

function draw() {
  const { job, outcome, inspection } = upload;
  if (job && ACTIVE.includes(job.state)) return watch();
  const loaded = outcome?.state === "loaded";
  show(...(loaded ? ["report"] : outcome || failed(job) ? ["look", "report"] : ["look"]));
  if (!loaded) drawLook(inspection);
  byId("check").classList.toggle("primary", !outcome);
  if (failed(job) && !outcome) byId("told").replaceChildren(el("div", { class: "note error", role: "alert" }, el("strong", {}, text(`imp.job.${job.state}`)), job.error ? el("p", {}, job.error.message) : null, advice(job.error)));
  if (outcome) byId("told").replaceChildren(...outcomeView(upload, limits.layers, { onLoad, onAgain, onUndo }));
  return undefined;
}

const advice = (problem) => (problem?.remedy ? el("p", {}, remedyInWords(problem.remedy)) : null);
const failed = (job) => job !== null && ["failed", "lost", "cancelled"].includes(job.state);

function drawLook(found) {
  byId("source").textContent = upload.files.map(({ name }) => name).join("、");
  const { problem } = found;
  byId("problem").replaceChildren(...(problem ? [el("div", { class: "note error" }, el("strong", {}, text("imp.problem")), el("p", {}, problem.message), advice(problem))] : []));
  drawWishes(byId("wishes"), upload, limits.layers, changed);
  drawPreview(found).catch((error) => byId("place").replaceChildren(failure(error)));
}

/** Looks anew with what was chosen; until that is known nothing else can be chosen and nothing begun. */
function changed(wishes) {
  const focused = document.activeElement?.id;
  return attempt(async () => {
    lock(true);
    try {
      await inspect(wishes);
    } finally {
      lock(false);
    }
    if (focused) byId(focused)?.focus();
  });
}

function lock(locked) {
  byId("wishes").inert = locked;
  byId("check").disabled = locked;
}

async function work(action) {
  upload = await post(`/api/uploads/${upload.id}/${action}`, {});
  draw();
}

/** Follows the job until it has ended. */
function watch() {
  show("working");
  clearTimeout(following);
  const { job, id } = upload;
  const told = text(`imp.job.${job.state}`);
  const far = job.total > 1 ? { value: job.done, max: job.total } : {};
  byId("progress").replaceChildren(el("p", {}, el("strong", {}, `${text(`imp.working.${job.action}`)} · ${told}`), job.step ? ` · ${job.step}${job.total > 1 ? ` ${count(job.done)}/${count(job.total)}` : ""}` : ""), el("progress", { ...far, "aria-label": told }));
  following = setTimeout(() => attempt(() => look(id)), PAUSE_MS);
}

async function look(id) {
  const answer = await get(`/api/uploads/${id}`);
  if (upload?.id !== id) return;
  upload = answer;
  draw();
  if (!ACTIVE.includes(answer.job?.state)) finished();
}

function finished() {
  byId("report").focus();
  byId("report").scrollIntoView({ block: "start" });
  drawBatches();
}

async function cancel() {
  upload = await post(`/api/uploads/${upload.id}/cancel`, {});
  draw();
}

function onLoad(skip) {
  return attempt(async () => {
    const { outcome, inspection, files } = upload;
    const layer = titled(limits.layers.find(({ id }) => id === inspection.layer)?.title) || inspection.layer;
    const told = text("imp.load.what", { layer, loaded: count(skip ? outcome.read - outcome.refused : outcome.loaded), changed: count(outcome.changed) });
    const words = skip ? text("imp.load.what-good", { layer, good: count(outcome.read - outcome.refused) }) : told;
    if (!(await ask(text("imp.load.sure", { file: files.map(({ name }) => name).join("、") }), words, text("imp.load")))) return;
    if (skip) upload = await post(`/api/uploads/${upload.id}/inspection`, { ...upload.wishes, skip_bad: true });
    await work("load");
  });
}

function onAgain() {
  go(null);
  byId("said").replaceChildren();
  begin();
  attempt(loadLimits);
  byId("files").focus();
}

async function onUndo(batch) {
  const undone = await undo(batch, upload.files[0].name);
  if (undone) onUndone();
}

function onUndone() {
  const said = [...byId("said").childNodes];
  go(null);
  begin();
  byId("said").replaceChildren(...said);
}

async function throwAway(one) {
  if (!(await ask(text("imp.away.sure", { file: one.files.map(({ name }) => name).join("、") }), text("imp.away.what"), text("imp.away")))) return;
  await send("DELETE", `/api/uploads/${one.id}`, {});
  go(null);
  begin();
  await loadLimits();
}

start();
