// Words that every part of the desk uses: kinds, verdicts, days.

import { el } from "../dom.js";
import { language, text } from "../texts.js";

export const NAME_KINDS = ["street", "estate", "village", "facility", "water", "mountain", "township", "county", "prefecture", "province"];
export const VERDICTS = ["violates", "argue", "hint", "passes"];

export const kindName = (id) => text(`case.name-kind.${id}`);

/** A verdict as a mark that differs by word and shape, not by colour alone. */
export const badge = (verdict) => el("span", { class: `verdict ${verdict ?? "unknown"}` }, text(`case.verdict.${verdict ?? "unknown"}`));

/** 2026-11-26 as it is written. */
export function day(iso) {
  if (!iso) return "";
  const [year, month, date] = iso.split("-").map(Number);
  return new Date(year, month - 1, date).toLocaleDateString(language() === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium" });
}

export const today = () => {
  const now = new Date();
  return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, "0"), String(now.getDate()).padStart(2, "0")].join("-");
};

/** A term: how many days are left, or by how many it is overdue. */
export function left(due) {
  if (!due) return null;
  const key = due.days_left < 0 ? "case.due.over" : due.days_left === 0 ? "case.due.today" : "case.due.left";
  return el("span", { class: due.days_left < 0 ? "due over" : due.days_left <= 3 ? "due soon" : "due" }, text(key, { days: Math.abs(due.days_left) }));
}
