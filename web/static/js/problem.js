// How a failure is shown.

import { el } from "./dom.js";
import { text } from "./texts.js";

/** What went wrong, in the server's words, and a way on. */
export function failure(error, again) {
  return el(
    "div",
    { class: "note error stack tight", role: "alert" },
    el("strong", {}, error.detail ? error.message : text("map.failed")),
    error.detail ?? error.message,
    error.remedy ? el("p", {}, error.remedy) : null,
    again ? el("button", { class: "button", type: "button", onclick: again }, text("map.again")) : null,
  );
}
