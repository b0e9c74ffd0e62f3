// Forms of the pages about accounts: sent as JSON, refused in words.

import { get, send, useFormKey } from "../api.js";
import { el } from "../dom.js";
import { failure } from "../problem.js";
import { useLanguage } from "../texts.js";

/** Who is signed in, as soon as the texts and the key that goes with every change are there. */
export const started = (async () => {
  const [who] = await Promise.all([get("/api/session"), useLanguage(document.documentElement.lang)]);
  useFormKey(who.form_key);
  return who;
})();

/**
 * Sends a form when it is submitted; `then` gets the answer. While it is sent its button is off.
 *
 * The button comes switched off: before this listens, a browser would send the form by itself.
 */
export function onSubmit(form, said, order, then) {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.replaceChildren();
    try {
      await started;
      const { method, path, body } = order(Object.fromEntries(new FormData(form)));
      then(await send(method, path, body));
    } catch (error) {
      said.replaceChildren(error.status ? failure(error) : el("p", { class: "note error" }, error.message));
      said.scrollIntoView({ block: "nearest" });
    } finally {
      button.disabled = false;
    }
  });
  button.disabled = false;
}

/** A secret that is shown this once. */
export const once = (words, secret) => el("p", { class: "note warn" }, words, " ", el("code", { class: "secret" }, secret));

/** A table with a heading a column; cells are texts or elements. */
export function table(heads, rows) {
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, k) => el(k ? "td" : "th", k ? { "data-label": heads[k] || null } : { scope: "row" }, cell ?? ""))))),
  );
}
