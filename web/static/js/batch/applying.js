// A case made of chosen rows: its title, its unit and who applies, asked for in a dialog.

import { post } from "../api.js";
import { kindName } from "../cases/words.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";

/**
 * @param {{plan: object, rows: number[], marks: Record<string, number>, units: object[]}} given `marks` is how many of the rows have each verdict
 * @returns {Promise<object|null>} the case; null where it was given up
 */
export function askForCase({ plan, rows, marks, units }) {
  const dialog = byId("dialog");
  const said = el("div", { "aria-live": "polite" });
  const title = el("input", { id: "case-title", required: true, maxlength: 200, value: text("batch.case.title", { file: plan.file.replace(/\.[^.]+$/, ""), kind: kindName(plan.kind) }).slice(0, 200) });
  const unit = el("select", { id: "case-unit", required: true }, el("option", { value: "" }, text("case.unit.choose")), ...units.map(({ id, name }) => el("option", { value: id, selected: id === plan.unit_id }, name)));
  const [applicant, contact] = ["applicant", "contact"].map((id) => el("input", { id: `case-${id}`, maxlength: 200 }));
  const button = el("button", { class: "button primary", type: "submit" }, text("batch.case.make"));
  const grave = (marks.violates ?? 0) + (marks.argue ?? 0);
  return new Promise((resolve) => {
    const end = (answer) => {
      dialog.close();
      resolve(answer);
    };
    const submit = async (event) => {
      event.preventDefault();
      if (!unit.value || !title.value.trim()) {
        said.replaceChildren(el("p", { class: "note error", role: "alert" }, text(unit.value ? "batch.case.no-title" : "case.unit.missing")));
        (unit.value ? title : unit).focus();
        return;
      }
      button.disabled = true;
      try {
        end(await post(`/api/names/plans/${plan.id}/case`, { title: title.value.trim(), unit_id: Number(unit.value), applicant: applicant.value.trim(), contact: contact.value.trim(), rows }));
      } catch (error) {
        said.replaceChildren(failure(error));
        button.disabled = false;
      }
    };
    const field = (key, input) => el("div", { class: "field" }, el("label", { for: input.id }, text(key), input.required ? el("span", { class: "must" }, " *") : null), input);
    dialog.replaceChildren(
      el(
        "form",
        { class: "stack", novalidate: true, onsubmit: submit, oninput: () => said.replaceChildren() },
        el("h2", { id: "dialog-head" }, text("batch.case.head", { count: count(rows.length) })),
        el("p", { class: "quiet" }, text("batch.case.help")),
        grave ? el("p", { class: "note warn" }, text("batch.case.grave", { violates: count(marks.violates ?? 0), argue: count(marks.argue ?? 0) })) : null,
        field("case.title", title),
        field("desk.unit", unit),
        field("case.applicant", applicant),
        field("case.contact", contact),
        said,
        el("p", { class: "row actions" }, button, el("button", { class: "button", type: "button", onclick: () => end(null) }, text("imp.no"))),
      ),
    );
    dialog.oncancel = () => resolve(null);
    dialog.showModal();
    title.select();
  });
}
