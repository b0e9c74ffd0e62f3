// Who was asked and what became of it, and the papers that belong to a case.

import { el } from "../dom.js";
import { text, titled } from "../texts.js";
import { askFor, read } from "./asking.js";
import { field } from "./nameform.js";
import { day, today } from "./words.js";

const STANCES = ["agrees", "comments", "objects", "silent"];
const OUTCOMES = ["adopted", "partly", "declined"];

export function drawOpinions(shown, calls, mayEdit) {
  const rows = shown.opinions.map((one) =>
    el(
      "li",
      { class: one.open ? "open" : null },
      el("strong", {}, one.asked),
      el("small", {}, ` ${text("case.asked-on", { day: day(one.asked_on) })}`),
      el("p", {}, one.stance ? `${text(`case.stance.${one.stance}`)} ${one.answered_on ? day(one.answered_on) : ""}` : text("case.stance.open")),
      one.opinion ? el("p", {}, one.opinion) : null,
      one.outcome || one.answer ? el("p", {}, [one.outcome ? text(`case.outcome.${one.outcome}`) : "", one.answer].filter(Boolean).join("：")) : null,
      mayEdit ? el("p", { class: "row" }, el("button", { class: "link", type: "button", onclick: () => answer(one, calls) }, text("case.opinion.note"))) : null,
    ),
  );
  return [rows.length ? el("ul", { class: "opinions" }, ...rows) : el("p", { class: "quiet" }, text("case.opinions.none")), mayEdit ? el("p", {}, el("button", { class: "button", type: "button", onclick: () => ask(shown, calls) }, text("case.opinion.ask"))) : ""];
}

function ask(shown, calls) {
  askFor({
    title: text("case.opinion.ask"),
    parts: [
      shown.authority.asks ? el("p", { class: "quiet" }, text("case.opinion.by-law", { asks: shown.authority.asks })) : "",
      field("f-asked", text("case.opinion.who"), el("input", { id: "f-asked", name: "asked", required: true, maxlength: 200, autocomplete: "off" })),
      field("f-on", text("case.opinion.on"), el("input", { id: "f-on", name: "on", type: "date", value: today(), max: today() })),
    ],
    button: text("desk.save"),
    send: (form) => calls.send("POST", "opinions", { asked: read(form, "asked"), ...(read(form, "on") ? { asked_on: read(form, "on") } : {}) }),
    done: calls.done,
  });
}

function answer(one, calls) {
  const choice = (name, values, chosen, prefix) => el("select", { id: `f-${name}`, name }, el("option", { value: "" }, "—"), ...values.map((id) => el("option", { value: id, selected: id === chosen }, text(`${prefix}.${id}`))));
  askFor({
    title: text("case.opinion.title", { asked: one.asked }),
    parts: [
      field("f-answered_on", text("case.opinion.answered"), el("input", { id: "f-answered_on", name: "answered_on", type: "date", value: one.answered_on ?? today(), max: today() })),
      field("f-stance", text("case.stance"), choice("stance", STANCES, one.stance, "case.stance")),
      field("f-opinion", text("case.opinion"), el("textarea", { id: "f-opinion", name: "opinion", rows: 3, maxlength: 4000 }, one.opinion)),
      field("f-outcome", text("case.outcome"), choice("outcome", OUTCOMES, one.outcome, "case.outcome"), text("case.outcome.help")),
      field("f-answer", text("case.answer"), el("textarea", { id: "f-answer", name: "answer", rows: 2, maxlength: 4000 }, one.answer)),
    ],
    button: text("desk.save"),
    send(form) {
      const given = Object.fromEntries(["answered_on", "stance", "opinion", "outcome", "answer"].map((name) => [name, read(form, name)]).filter(([, value]) => value));
      return calls.send("PATCH", `opinions/${one.id}`, given);
    },
    done: calls.done,
  });
}

export function drawMaterials(shown, calls, mayEdit) {
  return el("ul", { class: "materials" }, ...shown.materials.map((one) => material(one, calls, mayEdit)));
}

function material(one, calls, mayEdit) {
  const box = el("input", { type: "checkbox", checked: one.present, disabled: !mayEdit, "data-material": one.id });
  const file = el("input", { value: one.file_name, maxlength: 200, disabled: !mayEdit, "aria-label": text("case.material.file"), placeholder: text("case.material.file"), autocomplete: "off" });
  const said = el("div", {});
  const keep = async () => {
    try {
      calls.done(await calls.send("PUT", `materials/${one.id}`, { present: box.checked, file_name: file.value.trim(), note: one.note }));
    } catch (error) {
      box.checked = one.present;
      const { failure } = await import("../problem.js");
      said.replaceChildren(failure(error));
    }
  };
  box.addEventListener("change", keep);
  file.addEventListener("change", keep);
  return el("li", {}, el("label", { class: "tick" }, box, titled(one.title), one.required ? el("span", { class: "must", title: text("desk.required") }, " *") : null), file, el("small", { class: "quiet" }, one.article), said);
}
