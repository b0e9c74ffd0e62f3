// Runs in the background: started with other assumptions, followed, cancelled, found again after a reload.

import { get, post } from "./api.js";
import { chosenService, chosenType, info } from "./choice.js";
import { byId, el } from "./dom.js";
import { count } from "./format.js";
import { failure } from "./problem.js";
import { startSession } from "./session.js";
import { onLanguage, text, titled } from "./texts.js";

const LOOK_MS = 400;
const KEPT = "job";
const ACTIVE = ["queued", "running"];
let board = { allowed: false, workers: 0 };
let job = null;
let refusal = null;
let opened = () => {};

/** @param {(order: object, runId: number) => void} onResult called to show the run that a job has made */
export async function startJobs(onResult) {
  opened = onResult;
  byId("try-form").addEventListener("submit", (event) => {
    event.preventDefault();
    order(assumptions());
  });
  onLanguage(draw);
  [board] = await Promise.all([get("/api/jobs"), startSession()]);
  const mine = board.items.find(({ id }) => id === kept());
  job = board.items.find(({ state }) => ACTIVE.includes(state)) ?? mine ?? null;
  draw();
  if (job && ACTIVE.includes(job.state)) await follow();
}

/** Whether this reader may start runs. */
export const mayOrder = () => board.allowed;

/** Hands in a run of the case in sight; the body holds what differs from the standard. */
export async function order(body = {}) {
  refusal = null;
  try {
    job = await post("/api/jobs/coverage-run", { services: [chosenService().id], types: [chosenType().code], ...body });
    keep(job.id);
    draw();
    byId("job").focus({ preventScroll: false });
    await follow();
  } catch (problem) {
    if (!problem.status) throw problem;
    refusal = problem;
    draw();
  }
}

/** Looks at the job until it has ended. */
async function follow() {
  const { id } = job;
  while (job?.id === id && ACTIVE.includes(job.state)) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (job?.id !== id) return;
    const next = await get(`/api/jobs/${id}`);
    if (job?.id !== id) return;
    job = { ...next, cancelling: job.cancelling };
    draw();
  }
  if (job?.id === id && job.state === "succeeded" && job.run !== null && kept() === id) show();
}

async function cancel() {
  job = { ...job, cancelling: true };
  draw();
  try {
    job = { ...(await post(`/api/jobs/${job.id}/cancel`, {})), cancelling: true };
  } catch (problem) {
    if (!problem.status) throw problem;
    refusal = problem.status === 409 ? null : problem;
  }
  draw();
}

const show = () => opened(job.request, job.run);

function dismiss() {
  job = null;
  refusal = null;
  keep(null);
  draw();
}

function assumptions() {
  const { mode, minutes, on } = byId("try-form").elements;
  const given = { mode: mode.value || null, minutes: minutes.value ? Number(minutes.value) : null, on: on.value || null };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/** Draws the form and the job; what has been typed stays. */
export function draw() {
  drawForm();
  const root = byId("job");
  root.hidden = !job && !refusal;
  const parts = [refusal ? failure(refusal) : null, job ? told() : null, (job && !ACTIVE.includes(job.state)) || refusal ? closing() : null];
  const focused = root.contains(document.activeElement) && document.activeElement.id;
  root.replaceChildren(...parts.filter(Boolean));
  if (focused) (byId(focused) ?? root).focus();
}

const closing = () => el("button", { id: "job-close", class: "button", type: "button", onclick: dismiss }, text("map.job.close"));

function told() {
  const active = ACTIVE.includes(job.state);
  const waits = job.state === "queued" && !board.workers ? text("map.job.no-worker") : null;
  return el(
    "div",
    { class: "stack tight" },
    el("strong", {}, text(`map.job.${job.cancelling && active ? "cancelling" : job.state}`)),
    el("span", { class: "quiet" }, wanted(job.request)),
    active ? progress() : null,
    waits ? el("p", { class: "note warn" }, waits) : null,
    job.error ? el("p", {}, job.error.message, " ", job.error.remedy ?? "") : null,
    active && board.allowed ? el("button", { id: "job-cancel", class: "button", type: "button", disabled: job.cancelling, onclick: cancel }, text("map.job.cancel")) : null,
    job.state === "succeeded" && job.run !== null ? el("button", { id: "job-show", class: "button", type: "button", onclick: show }, text("map.job.show")) : null,
  );
}

function progress() {
  const { step, done, total } = job;
  const known = total > 0 && job.state === "running";
  return el(
    "div",
    { class: "progress" },
    el("progress", known ? { max: total, value: done, "aria-label": step } : { "aria-label": text(`map.job.${job.state}`) }),
    el("span", { class: "quiet" }, step ? (total > 1 ? text("map.job.step", { step, done: count(done), total: count(total) }) : step) : text("map.job.waiting")),
  );
}

/** What was asked for, in words. */
function wanted({ services, types, mode, minutes, on }) {
  const name = (list, id) => titled(list.find((one) => (one.id ?? one.code) === id)?.title) || id;
  const parts = [
    services.length || types.length ? null : text("map.job.everything"),
    ...services.map((id) => name(info().services, id)),
    ...types.map((code) => name(info().facility_types, code)),
    mode && name(info().modes, mode),
    minutes && text("map.minutes", { minutes }),
    on,
  ];
  return parts.filter(Boolean).join(" · ");
}

function drawForm() {
  const root = byId("try");
  root.hidden = !board.allowed;
  const busy = Boolean(job && ACTIVE.includes(job.state));
  byId("try-start").disabled = busy;
  const select = byId("try-mode");
  const chosen = select.value;
  const choices = [["", text("map.try.as-declared")], ...info().modes.map(({ id, title }) => [id, titled(title)])];
  select.replaceChildren(...choices.map(([value, label]) => el("option", { value, selected: value === chosen }, label)));
}

function kept() {
  try {
    return Number(localStorage.getItem(KEPT)) || null;
  } catch {
    return job?.id ?? null;
  }
}

function keep(id) {
  try {
    if (id === null) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, String(id));
  } catch {
    // Without storage the job is followed as long as the page.
  }
}
