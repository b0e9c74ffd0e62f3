// The names of a case: what is applied for, what the rules say, what people find, and what is decided.

import { byId, el } from "../dom.js";
import { decimal } from "../format.js";
import { text } from "../texts.js";
import { askFor, read } from "./asking.js";
import { clashes, scopeWords, verdicts } from "./checking.js";
import { field, makeNameForm } from "./nameform.js";
import { badge, day } from "./words.js";

/**
 * @param {object} shown the case
 * @param {{send: (method: string, path: string, body?: object) => Promise<object>, done: (shown?: object) => void, view: () => object|null, hold: (on: boolean) => void}} calls
 */
export function drawNames(shown, calls) {
  const one = shown.names.length === 1;
  return el(
    "section",
    { class: "stack names", "aria-label": text("case.names") },
    el("h2", {}, text("case.names"), el("small", {}, ` ${shown.names.length}`)),
    ...shown.names.map((name) => card(shown, name, calls, one)),
    shown.open_to_change ? el("p", {}, el("button", { class: "button", type: "button", onclick: () => edit(shown, null, calls) }, text("case.name.add"))) : null,
  );
}

function card(shown, name, calls, open) {
  const show = () => calls.view()?.show(name.geometry, name.check?.clashes ?? []);
  const verdict = name.standing ?? name.verdict;
  const head = el("summary", {}, el("strong", { class: "name" }, name.approved_name ?? name.name), " ", el("span", { class: "reading" }, name.approved_reading ?? name.reading ?? ""), " ", shown.held_to_rules ? badge(verdict) : "", name.decision ? el("span", { class: "quiet" }, ` ${text(`case.decision.${name.decision}`)}`) : "");
  const facts = [["case.old-name", name.old_name], ["case.spelling", name.spelling], ["case.location", name.location], ["case.length_m", name.length_m && decimal(name.length_m)], ["case.width_m", name.width_m && decimal(name.width_m)], ["case.meaning", name.meaning], ["case.origin", name.origin], ["case.argument", name.argument]].filter(([, value]) => value);
  return el(
    "details",
    { class: "card", open, "data-name": name.id, ontoggle: (event) => event.target.open && show(), onmouseenter: show },
    head,
    el(
      "div",
      { class: "stack tight" },
      facts.length ? el("dl", { class: "facts" }, ...facts.map(([key, value]) => el("div", {}, el("dt", {}, text(key)), el("dd", {}, value)))) : null,
      name.announcement_lacks.length ? el("p", { class: "quiet" }, text("case.announcement-lacks", { what: name.announcement_lacks.map((one) => text(`case.lacks.${one}`)).join("、") })) : null,
      name.check ? checked(shown, name, calls) : shown.held_to_rules ? el("p", { class: "quiet" }, text("case.unchecked")) : null,
      actions(shown, name, calls),
    ),
  );
}

function checked(shown, name, calls) {
  const finding = (one) => {
    const found = name.findings.filter(({ rule }) => rule === one.rule).at(-1);
    return el(
      "div",
      {},
      found ? el("p", { class: "note" }, text(`case.finding.${found.finding}`, { by: found.by }), `：${found.reason}`) : null,
      decides(shown) && one.exemption ? el("button", { class: "link", type: "button", onclick: () => find(shown, name, one, calls) }, text("case.finding.make")) : null,
    );
  };
  return el("div", { class: "stack tight" }, el("p", { class: "quiet" }, text("case.checked-on", { day: day(name.checked_on) }), name.check.passed.length ? ` ${text("case.passed", { count: name.check.passed.length })}` : ""), verdicts(name.check.verdicts, finding), clashes(name.check), scopeWords(name.check));
}

export const decided = ({ steps }) => !steps.some(({ id, state }) => id === "approved" && state === "ahead");

/** Whether people may still find and decide; the server says whether this reader may. */
const decides = (shown) => shown.steps.some(({ id, state }) => id === "registered" && state === "taken") && !decided(shown);

function actions(shown, name, calls) {
  const button = (key, onclick) => el("button", { class: "button", type: "button", onclick }, text(key));
  const path = `names/${name.id}`;
  const remove = () => askFor({ title: text("case.name.remove.sure", { name: name.name }), parts: [], button: text("case.name.remove"), danger: true, send: () => calls.send("DELETE", path), done: calls.done });
  return el("p", { class: "row" }, ...(shown.open_to_change ? [button("case.name.edit", () => edit(shown, name, calls)), button("case.name.remove", remove)] : []), ...(decides(shown) ? [button("case.decide", () => decide(name, calls))] : []));
}

/** The form of a name in place of the list, so that map and check stand beside it. */
function edit(shown, name, calls) {
  const holder = byId("work");
  const context = () => ({ kind: shown.kind, name_kind: shown.name_kind, unit_id: shown.unit_id, brands: shown.brands, case_id: shown.id, ...(name ? { case_name_id: name.id } : {}) });
  const form = makeNameForm({ context, view: calls.view, drawing: byId("drawing"), given: name ?? {}, onInput: () => {} });
  const said = el("div", {});
  const back = () => {
    form.stop();
    calls.hold(false);
    calls.done();
  };
  const node = el("form", { class: "stack" }, el("h2", {}, name ? text("case.name.edit.title", { name: name.name }) : text("case.name.add")), form.node, said, el("p", { class: "row actions" }, el("button", { class: "button primary", type: "submit" }, text("desk.save")), el("button", { class: "button", type: "button", onclick: back }, text("desk.discard"))));
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.stop();
    try {
      const made = name ? await calls.send("PATCH", `names/${name.id}`, form.values()) : await calls.send("POST", "names", { names: [form.values()] });
      calls.hold(false);
      calls.done(made);
    } catch (error) {
      const { notSaved } = await import("../records/saving.js");
      said.replaceChildren(notSaved(error, () => node.requestSubmit()));
    }
  });
  calls.hold(true);
  holder.replaceChildren(node);
  form.ask();
  node.querySelector("input:not([type=search])")?.focus();
}

function find(shown, name, one, calls) {
  const choice = el("select", { id: "f-finding", name: "finding" }, ...["exempt", "upheld"].map((id) => el("option", { value: id }, text(`case.finding.${id}.choose`))));
  askFor({
    title: text("case.finding.title", { rule: one.title, name: name.name }),
    parts: [el("p", { class: "quiet" }, one.exemption), field("f-finding", text("case.finding"), choice), field("f-why", text("case.finding.reason"), el("textarea", { id: "f-why", name: "reason", rows: 3, required: true, maxlength: 4000 }))],
    button: text("desk.save"),
    send: (form) => calls.send("PATCH", `names/${name.id}/decision`, { findings: [{ rule: one.rule, finding: read(form, "finding"), reason: read(form, "reason") }] }),
    done: calls.done,
  });
}

function decide(name, calls) {
  const choice = el("select", { id: "f-decision", name: "decision" }, ...["open", "approved", "dropped"].map((id) => el("option", { value: id, selected: id === (name.decision ?? "open") }, text(`case.decision.${id}`))));
  const input = (id, value, attributes = {}) => el("input", { id: `f-${id}`, name: id, value: value ?? "", autocomplete: "off", maxlength: 200, ...attributes });
  askFor({
    title: text("case.decide.title", { name: name.name }),
    parts: [
      field("f-decision", text("case.decision"), choice),
      field("f-approved_name", text("case.approved-name"), input("approved_name", name.approved_name), text("case.approved-name.help")),
      field("f-approved_reading", text("case.approved-reading"), input("approved_reading", name.approved_reading)),
      field("f-argument", text("case.argument"), el("textarea", { id: "f-argument", name: "argument", rows: 4, maxlength: 4000 }, name.argument), text("case.argument.help")),
    ],
    button: text("desk.save"),
    send(form) {
      const given = Object.fromEntries(["approved_name", "approved_reading", "argument"].map((id) => [id, read(form, id)]));
      return calls.send("PATCH", `names/${name.id}/decision`, { ...given, decision: read(form, "decision") });
    },
    done: calls.done,
  });
}
