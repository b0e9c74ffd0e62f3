// A form in the dialog of the page: sent once, refused in words, and nothing that was typed is lost.

import { byId, el } from "../dom.js";
import { notSaved } from "../records/saving.js";
import { text } from "../texts.js";

/**
 * @param {{title: string, parts: Node[], button: string, danger?: boolean, send: (form: HTMLFormElement) => Promise<object>, done: (answer: object) => void}} asked
 */
export function askFor({ title, parts, button, danger = false, send, done }) {
  const dialog = byId("dialog");
  const said = el("div", {});
  const go = el("button", { class: `button ${danger ? "danger" : "primary"}`, type: "submit" }, button);
  const form = el("form", { class: "stack" }, el("h2", { id: "dialog-head" }, title), ...parts, said, el("p", { class: "row" }, go, el("button", { class: "button", type: "button", onclick: () => dialog.close() }, text("access.close"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    said.replaceChildren();
    try {
      const answer = await send(form);
      dialog.close();
      done(answer);
    } catch (error) {
      said.replaceChildren(notSaved(error, () => form.requestSubmit()));
    } finally {
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}

export const read = (form, name) => form.elements.namedItem(name)?.value.trim() ?? "";
