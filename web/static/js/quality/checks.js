// The list of checks by severity: what has findings first, what is clear folded away.

import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { text, titled } from "../texts.js";

const SEVERITIES = ["error", "warning", "hint"];

/** Draws the list anew; focus stays where it was. */
export function drawChecks(root, checks, chosen, onChoose) {
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.check : null;
  const open = root.querySelector("details")?.open ?? false;
  const button = (check) =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", "data-check": check.id, title: titled(check.help), "aria-current": check.id === chosen ? "true" : null, onclick: () => onChoose(check.id) },
        el("span", {}, titled(check.title)),
        el("span", { class: "number" }, check.state === "counted" ? count(check.count) : check.state === "not-asked" ? "…" : text(`quality.${check.state}`)),
      ),
    );
  const group = (severity) => {
    const mine = checks.filter((check) => check.severity === severity && check.count !== 0);
    return mine.length ? [el("h2", { class: severity }, text(`quality.${severity}`)), el("ul", {}, ...mine.map(button))] : [];
  };
  const clear = checks.filter((check) => check.count === 0);
  root.replaceChildren(
    ...SEVERITIES.flatMap(group),
    clear.length ? el("details", { open }, el("summary", {}, text("quality.page.clear-checks", { count: count(clear.length) })), el("ul", {}, ...clear.map(button))) : "",
  );
  if (held) root.querySelector(`[data-check="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** How many checks are done, and which one is under way. */
export function drawProgress(done, all, what) {
  const bar = byId("progress");
  bar.hidden = done >= all;
  bar.max = all;
  bar.value = done;
  byId("told").textContent = done < all ? text("quality.page.counting", { done: count(done), all: count(all), what }) : "";
}

/** What all checks have come to. */
export function drawSum(checks) {
  const sum = (severity) => checks.filter((check) => check.severity === severity).reduce((found, check) => found + (check.count ?? 0), 0);
  const left = checks.filter((check) => check.state !== "counted").length;
  const [errors, warnings, hints] = SEVERITIES.map(sum);
  const none = errors + warnings + hints === 0;
  byId("told").replaceChildren(
    el("strong", {}, none && !left ? text("quality.page.all-clear") : ""),
    text("quality.page.counted", { checks: count(checks.length), errors: count(errors), warnings: count(warnings), hints: count(hints) }),
    left ? ` ${text("quality.page.left", { count: count(left) })}` : "",
  );
}
