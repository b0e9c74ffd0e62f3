// Asks before something that changes many records.

import { byId, el } from "../dom.js";
import { text } from "../texts.js";

/** @returns {Promise<boolean>} whether it was said yes to */
export function ask(head, body, yes) {
  const dialog = byId("dialog");
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.close();
      resolve(answer);
    };
    dialog.replaceChildren(
      el("h2", { id: "dialog-head" }, head),
      el("p", {}, body),
      el("div", { class: "row actions" }, el("button", { class: "button primary", type: "button", onclick: () => close(true) }, yes), el("button", { class: "button", type: "button", onclick: () => close(false) }, text("imp.no"))),
    );
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}
