// The way of a case: its steps and days, what may become of it now, who decides by which article, and what has become of it.

import { el } from "../dom.js";
import { moment } from "../format.js";
import { text, titled } from "../texts.js";
import { askFor, read } from "./asking.js";
import { field } from "./nameform.js";
import { day, left, today } from "./words.js";

export function drawSteps({ steps, due }) {
  const terms = Object.fromEntries(due.map((one) => [one.step, one]));
  return el("ol", { class: "steps" }, ...steps.map((one) => el("li", { class: one.state }, el("strong", {}, titled(one.title)), one.optional && one.state === "ahead" ? el("small", {}, ` ${text("case.optional")}`) : null, el("small", {}, ` ${one.on ? day(one.on) : one.state === "passed_over" ? text("case.passed-over") : ""}`), terms[one.id] ? term(terms[one.id]) : null)));
}

const term = (one) => el("p", { class: "quiet" }, text("case.due.by", { day: day(one.last_day) }), " ", left(one), ` ${one.article}${one.setting ? `（${text("case.setting")}）` : ""}`);

/** What may become of it; what stands in the way of each is told beside it. */
export function drawMoves(shown, calls) {
  const moves = shown.moves.filter(({ open, hindrances }) => open || hindrances.length);
  if (!moves.length) return el("p", { class: "quiet" }, text("case.ended"));
  const first = moves.find(({ action }) => action === "advance");
  return el("ul", { class: "moves" }, ...moves.map((one) => el("li", {}, el("button", { class: `button ${one === first ? "primary" : ""}`, type: "button", disabled: !one.open, "data-to": one.to, onclick: () => take(one, calls) }, moveName(one)), ...one.hindrances.map(({ detail, remedy }) => el("p", { class: "quiet" }, detail, remedy ? ` ${remedy}` : "")))));
}

const moveName = (one) => (one.action === "advance" ? text("case.move.to", { step: titled(one.title) }) : text(`case.move.${one.action}`));

function take(one, calls) {
  const over = one.passes_over.map(({ step, title }) => field(`f-over-${step}`, text("case.over", { step: titled(title) }), el("input", { id: `f-over-${step}`, name: `over-${step}`, required: true, maxlength: 4000, autocomplete: "off" })));
  const advance = one.action === "advance";
  const parts = [
    ...over,
    advance ? field("f-on", text("case.on"), el("input", { id: "f-on", name: "on", type: "date", value: today(), max: today() })) : null,
    ["approved", "filed", "announced"].includes(one.to) ? field("f-document", text("case.document"), el("input", { id: "f-document", name: "document", maxlength: 200, autocomplete: "off" })) : null,
    one.reason_wanted || one.action === "withdraw" ? field("f-why", text("case.reason"), el("textarea", { id: "f-why", name: "reason", rows: 3, required: one.reason_wanted, maxlength: 4000 })) : null,
    advance ? field("f-note", text("case.note"), el("textarea", { id: "f-note", name: "note", rows: 2, maxlength: 4000 })) : null,
  ].filter(Boolean);
  askFor({
    title: moveName(one),
    parts,
    button: moveName(one),
    danger: !advance,
    send: (form) =>
      calls.send("POST", "moves", {
        to: one.to,
        ...(read(form, "on") ? { on: read(form, "on") } : {}),
        document: read(form, "document"),
        reason: read(form, "reason"),
        note: read(form, "note"),
        passed_over: Object.fromEntries(one.passes_over.map(({ step }) => [step, read(form, `over-${step}`)])),
      }),
    done: calls.done,
  });
}

export function drawAuthority({ authority }) {
  const facts = ["approves", "asks", "files", "announces", "article", "note"].filter((name) => authority[name]);
  return el("dl", { class: "facts" }, ...facts.map((name) => el("div", {}, el("dt", {}, text(`case.authority.${name}`)), el("dd", {}, authority[name]))));
}

export function drawTransitions({ transitions }) {
  return el("ol", { class: "timeline", reversed: true }, ...[...transitions].reverse().map(transition));
}

function transition(one) {
  const over = Object.values(one.passed_over);
  const more = [one.document, one.reason, one.note, over.length ? text("case.over.told", { reasons: over.join("；") }) : ""].filter(Boolean);
  return el("li", {}, el("strong", {}, one.action === "advance" ? titled(one.to_title) : text(`case.action.${one.action}`)), el("small", {}, ` ${day(one.on_day)} · ${one.actor} · ${text("case.entered-at", { at: moment(one.at) })}`), ...more.map((words) => el("p", {}, words)));
}
