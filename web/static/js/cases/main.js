// The page of one case: its names and their checks, the map, and its way from step to step.

import { get, send } from "../api.js";
import { byId, el } from "../dom.js";
import { moment } from "../format.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { drawMaterials, drawOpinions } from "./consulting.js";
import { drawDocuments } from "./documents.js";
import { startFrame } from "./frame.js";
import { decided, drawNames } from "./names.js";
import { drawAuthority, drawMoves, drawSteps, drawTransitions } from "./process.js";
import { kindName } from "./words.js";

const id = Number(new URLSearchParams(location.search).get("id"));
let view = null;
let shown = null;
let mayEdit = false;
let held = false;
let last = Promise.resolve();

const calls = {
  send: change,
  done: draw,
  view: () => view,
  /** While a name is typed, what changes beside it leaves its form alone. */
  hold(on) {
    held = on;
  },
};

/** Sends a change of the case and gives the case as it is then: one after the other, each of the version before it. */
function change(method, path, body = {}) {
  const sent = last.then(async () => {
    shown = await send(method, `/api/cases/${id}/${path}`, body, `"v${shown.version}"`);
    return shown;
  });
  last = sent.catch(() => {});
  return sent;
}

async function start() {
  const who = await started;
  mayEdit = who.may.includes("edit");
  const mapped = startFrame();
  draw(await get(`/api/cases/${id}`));
  view = await mapped;
  showFirst();
}

function draw(found = shown) {
  shown = found;
  document.title = `${shown.title} · ${document.title.split(" · ").at(-1)}`;
  if (!held) byId("work").replaceChildren(head(), drawNames(shown, calls), checkAgain());
  const open = !shown.steps.some(({ id: step, state }) => step === "entered" && state === "taken");
  const part = (key, ...children) => el("section", { class: "stack tight", "aria-label": text(key) }, el("h3", {}, text(key)), ...children);
  byId("panel").replaceChildren(
    part("case.next", drawMoves(shown, calls)),
    part("case.way", drawSteps(shown)),
    part("case.materials", drawMaterials(shown, calls, mayEdit && open)),
    part("case.opinions", ...drawOpinions(shown, calls, mayEdit && open)),
    part("case.documents", drawDocuments(shown.id)),
    part("case.authority", drawAuthority(shown)),
    part("case.history", drawTransitions(shown)),
  );
  if (!held) showFirst();
}

function head() {
  const facts = [kindName(shown.name_kind), shown.unit_name, shown.applicant && text("case.applied-by", { who: shown.applicant }), shown.contact].filter(Boolean);
  return el(
    "header",
    { class: "stack tight" },
    el("p", { class: "quiet" }, `${text(`case.kind.${shown.kind}`)} · ${text("case.number", { id: shown.id })}`),
    el("h1", {}, shown.title, " ", el("span", { class: `state ${shown.state}` }, titled(shown.state_title))),
    el("p", {}, facts.join(" · ")),
    el("p", { class: "quiet" }, text("case.made", { by: shown.created_by, at: moment(shown.created_at) })),
  );
}

function checkAgain() {
  if (!shown.held_to_rules || !shown.moves.length || !shown.names.length || decided(shown)) return "";
  const said = el("div", {});
  const go = el("button", { class: "button", type: "button", onclick: run }, text("case.check"));
  async function run() {
    go.disabled = true;
    said.replaceChildren(el("p", { class: "quiet", role: "status" }, text("case.checking", { count: shown.names.length })));
    try {
      draw(await calls.send("POST", "check"));
    } catch (error) {
      said.replaceChildren(failure(error));
      go.disabled = false;
    }
  }
  return el("div", { class: "stack tight" }, el("p", {}, go), said);
}

function showFirst() {
  const first = shown?.names.find(({ geometry, check }) => geometry || check?.clashes.length);
  if (first) view?.show(first.geometry, first.check?.clashes ?? []);
}

start().catch((error) => {
  byId("work").replaceChildren(failure(error, error.status === 404 ? null : () => location.reload()));
  throw error;
});
