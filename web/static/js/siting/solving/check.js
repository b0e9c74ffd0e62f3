// A check: whether an answer holds when it is counted anew, and if not, which condition of which phase does not.

import { count } from "../../format.js";
import { el } from "../../dom.js";
import { text } from "../../texts.js";
import { valueTold } from "./words.js";

/**
 * @param {object} told of POST /api/siting/{id}/check
 * @param {object} question model and what its unit depends on
 */
export function drawCheck(told, question) {
  const value = (number) => valueTold(number, question);
  const whole = told.broken.map((id) => el("li", {}, condition(id)));
  const wrong = told.years.filter(({ agrees }) => !agrees).map((year) => phase(year, value));
  const same = told.years.length && !wrong.length ? el("p", {}, text("siting.check.years.same", { count: count(told.years.length) })) : "";
  const lines = [...whole, ...wrong];
  return el("div", { class: `note ${told.agrees ? "good" : "warn"}`, role: "status", id: "answer-checked" }, el("p", {}, headline(told, value)), lines.length ? el("ul", {}, ...lines) : "", same);
}

function headline({ agrees, value: found, value_in_file: kept, value_by_what_if: tried }, value) {
  if (agrees) return text("siting.check.same", { value: value(found) });
  const words = found === kept ? text("siting.check.broken", { value: value(found) }) : text("siting.check.value", { value: value(found), told: value(kept) });
  return tried === null || tried === found ? words : `${words} ${text("siting.check.what-if", { value: value(tried) })}`;
}

function phase({ year, broken, value: found, value_in_file: kept }, value) {
  const lines = broken.map((id) => text("siting.check.phase.broken", { condition: condition(id) }));
  if (found !== kept) lines.push(text("siting.check.phase.value", { value: value(found), told: value(kept) }));
  return el("li", { "data-year": year }, el("strong", {}, text("siting.check.phase", { number: year })), el("ul", {}, ...lines.map((words) => el("li", {}, words))));
}

const condition = (id) => text(`siting.broken.${id}`) || id;
