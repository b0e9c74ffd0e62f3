// The imports of before, and undoing one as a whole.

import { get, post } from "../api.js";
import { byId, el } from "../dom.js";
import { count, moment } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { ask } from "./asking.js";

let layers = [];

/** Draws the list; `given` are the layers with their titles. */
export async function drawBatches(given = layers) {
  layers = given;
  const root = byId("batches");
  root.setAttribute("aria-busy", "true");
  try {
    const { items, next } = await get("/api/batches");
    root.replaceChildren(items.length ? tableOf(items, next) : el("p", { class: "quiet" }, text("imp.batches.none")));
  } catch (error) {
    root.replaceChildren(failure(error, () => drawBatches()));
  }
  root.setAttribute("aria-busy", "false");
}

function tableOf(items, next) {
  const body = el("tbody", {}, ...items.map(line));
  const heads = ["when", "file", "layer", "who", "counts", "undo"].map((id) => el("th", { scope: "col" }, text(`imp.batch.${id}`)));
  const more = el("button", { class: "button", type: "button", onclick: () => older(body, more, next) }, text("imp.batches.more"));
  return el("div", { class: "stack" }, el("table", { class: "batches" }, el("thead", {}, el("tr", {}, ...heads)), body), next === null ? null : more);
}

async function older(body, more, before) {
  const { items, next } = await get("/api/batches", { before });
  body.append(...items.map(line));
  if (next === null) return more.remove();
  more.onclick = () => older(body, more, next);
  return undefined;
}

function line(batch) {
  const name = titled(layers.find(({ id }) => id === batch.layer)?.title) || batch.layer;
  const cells = { when: moment(batch.imported_at), file: batch.source, layer: name, who: batch.actor, counts: text("imp.batch.told", { loaded: count(batch.loaded), changed: count(batch.changed), refused: count(batch.refused) }), undo: undoCell(batch) };
  return el("tr", { "data-batch": batch.id }, ...Object.entries(cells).map(([id, cell]) => el("td", { "data-label": text(`imp.batch.${id}`) }, cell)));
}

function undoCell(batch) {
  if (batch.undone_at) return el("span", { class: "quiet" }, text("imp.batch.undone", { who: batch.undone_by, when: moment(batch.undone_at) }));
  if (!batch.loaded && !batch.changed) return el("span", { class: "quiet" }, text("imp.batch.nothing"));
  if (batch.hindrance) return el("span", { class: "quiet" }, batch.hindrance.message);
  if (!batch.mine) return el("span", { class: "quiet" }, text("imp.batch.not-yours"));
  return el("button", { class: "button", type: "button", onclick: () => undo(batch.id, batch.source) }, text("imp.undo"));
}

/** Asks, undoes an import, and tells it above; the list is drawn anew. */
export async function undo(batch, file) {
  if (!(await ask(text("imp.undo.sure", { file, batch }), text("imp.undo.what"), text("imp.undo")))) return false;
  try {
    const done = await post(`/api/batches/${batch}/undo`, {});
    byId("said").replaceChildren(el("p", { class: "note", id: "undone" }, text("imp.undo.done", { file, removed: count(done.removed), restored: count(done.restored) })));
    await drawBatches();
    return true;
  } catch (error) {
    byId("said").replaceChildren(failure(error));
    return false;
  } finally {
    byId("said").scrollIntoView({ block: "nearest" });
  }
}
