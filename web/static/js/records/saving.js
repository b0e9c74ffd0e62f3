// Changes sent to the server, and what is said when it does not take them.

import { send } from "../api.js";
import { el } from "../dom.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";

const tag = (version) => `"v${version}"`;

/** Keeps a record; a new one has no id. */
export const save = (layer, record, body) =>
  record.id === null ? send("POST", `/api/records/${layer.id}`, body) : send("PATCH", `/api/records/${layer.id}/${record.id}`, body, tag(record.version));

/** Changes several records together; `check_only` keeps nothing. */
export const saveSeveral = (layer, changes, more = {}) => send("POST", `/api/records/${layer.id}/changes`, { changes, ...more });

/** Takes records out; the answer is how they were. */
export const takeOut = (layer, records, reason) =>
  send("POST", `/api/records/${layer.id}/removal`, { records: records.map(({ id, version }) => ({ id, version })), ...(reason ? { reason } : {}) });

/** Brings records back that were taken out, by the ids that they had. */
export const bringBack = (layer, ids, reason) => send("POST", `/api/records/${layer.id}/return`, { ids, ...(reason ? { reason } : {}) });

/** Why it could not be saved, and the way on; what was typed is safe in the draft. */
export function notSaved(error, again) {
  if (error.status === 401) return signInAgain();
  if (error.status === undefined) {
    return el("div", { class: "note error stack tight", role: "alert" }, el("strong", {}, text("desk.offline")), text("desk.offline.help"), el("button", { class: "button", type: "button", onclick: again }, text("map.again")));
  }
  return failure(error);
}

function signInAgain() {
  const next = encodeURIComponent(location.pathname + location.search);
  return el("div", { class: "note error stack tight", role: "alert" }, el("strong", {}, text("desk.session-over")), text("desk.session-over.help"), el("a", { class: "button", href: `/sign-in?next=${next}` }, text("access.sign-in")));
}
