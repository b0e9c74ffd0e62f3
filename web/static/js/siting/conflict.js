// A scenario that was saved elsewhere meanwhile: what happened, and three ways on.

import { get, post, send } from "../api.js";
import { el } from "../dom.js";
import { count, moment } from "../format.js";
import { text } from "../texts.js";

/**
 * @param {object} scenario the one that was opened here
 * @param {object} values what was to be saved: name, shared, changes
 * @param {{onDone: (scenario: object, words: string) => void, onFailed: (error: Error) => void, onOpen: (scenario: object) => void}} given
 */
export async function conflictNote(scenario, values, { onDone, onFailed, onOpen }) {
  const theirs = await get(`/api/scenarios/${scenario.id}`).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  const attempt = (run) => async () => {
    try {
      await run();
    } catch (error) {
      onFailed(error);
    }
  };
  const { service, type, on } = scenario;
  const saveOther = async () => {
    const name = text("siting.conflict.copy", { name: values.name }).slice(0, 80);
    onDone(await post("/api/scenarios", { ...values, name, service, type, on }), name);
  };
  const other = el("button", { type: "button", class: "button", onclick: attempt(saveOther) }, text("siting.conflict.both"));
  if (!theirs) return note(el("p", {}, text("siting.conflict.gone")), other);
  const replace = async () => onDone(await send("PATCH", `/api/scenarios/${scenario.id}`, values, `"v${theirs.version}"`), values.name);
  return note(
    el("p", {}, text("siting.conflict.told", { name: theirs.name, moment: moment(theirs.changed_at), count: count(theirs.changes.length) })),
    el("button", { type: "button", class: "button", onclick: () => onOpen(theirs) }, text("siting.conflict.theirs")),
    el("button", { type: "button", class: "button", onclick: attempt(replace) }, text("siting.conflict.mine")),
    other,
  );
}

const note = (words, ...ways) => el("div", { class: "note error stack tight conflict", role: "alert" }, el("strong", {}, text("siting.conflict")), words, el("div", { class: "row" }, ...ways));
