// What is wrong with a form: beside each field, and summed up with links.

import { byId, el } from "../../dom.js";
import { text } from "../../texts.js";

/**
 * @param {HTMLElement} form @param {HTMLElement} summary
 * @param {{id: string, words: string}[]} faults ids of fields; none takes away what was told before
 */
export function showFaults(form, summary, faults) {
  for (const told of form.querySelectorAll(".fault")) told.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  }
  summary.replaceChildren();
  if (!faults.length) return;
  for (const { id, words } of faults) beside(byId(id), words);
  const link = ({ id, words }) => el("a", { href: `#${id}`, onclick: (event) => { event.preventDefault(); byId(id).focus(); } }, words);
  const one = faults.length === 1;
  summary.replaceChildren(el("div", { class: "note error", role: "alert" }, one ? link(faults[0]) : el("strong", {}, text("siting.ask.faults", { count: faults.length })), one ? "" : el("ul", {}, ...faults.map((fault) => el("li", {}, link(fault))))));
  byId(faults[0].id).focus();
}

/** What was told beside a field no longer holds. */
export function mended(field) {
  byId(`${field.id}-fault`)?.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-errormessage");
}

function beside(field, words) {
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-errormessage", `${field.id}-fault`);
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const holder = field.closest(".field") ?? field.parentElement;
  holder.append(el("p", { id: `${field.id}-fault`, class: "fault" }, words));
}
