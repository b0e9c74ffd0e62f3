// What became of a record: who changed what, when and why. For staff; others are not offered it.

import { get } from "./api.js";
import { el } from "./dom.js";
import { moment, short } from "./format.js";
import { failure } from "./problem.js";
import { mayRead } from "./session.js";
import { text, titled } from "./texts.js";

/** A fold that loads the history when it is opened; null where the reader may not see it. */
export function historySection(kind, id) {
  if (!mayRead()) return null;
  const body = el("div", {}, el("p", { class: "quiet" }, text("map.loading")));
  const fillIn = async () => {
    if (!root.open) return;
    try {
      const { items } = await get(`/api/history/${kind}/${id}`);
      body.replaceChildren(el("ol", { class: "history" }, ...items.map(step).reverse()));
    } catch (problem) {
      body.replaceChildren(problem.status === 404 ? el("p", { class: "quiet" }, text("map.history.none")) : failure(problem, fillIn));
    }
  };
  const root = el("details", { class: "more history-fold", ontoggle: fillIn }, el("summary", {}, text("map.history.title")), body);
  return root;
}

function step({ action, table, at, actor, reason, fields, batch }) {
  const part = text(`map.history.part.${table}`);
  const when = at ? el("time", { datetime: at }, moment(at)) : text("map.history.when");
  return el(
    "li",
    {},
    el("p", { class: "history-head" }, el("strong", {}, [part, text(`map.history.action.${action}`)].filter(Boolean).join(" · ")), " ", el("small", {}, when, " · ", actor ?? text("map.history.nobody"))),
    batch ? el("p", {}, el("small", {}, text("map.history.file", { file: batch.file }))) : null,
    reason ? el("p", {}, text("map.history.reason", { reason })) : null,
    changes(fields.filter((one) => one.title)),
  );
}

function changes(fields) {
  if (!fields.length) return null;
  return el("dl", { class: "facts" }, ...fields.map((one) => el("div", {}, el("dt", {}, titled(one.title)), el("dd", {}, ...values(one)))));
}

function values({ shown: [before, after], moved_m: moved }) {
  const value = (words) => words ?? text("map.history.empty");
  const distance = moved === null ? null : ` (${text("map.history.moved", { metres: short(moved) })})`;
  if (before === null) return [value(after)];
  return [el("del", {}, value(before)), " → ", el("ins", {}, value(after)), distance];
}
