// What exclusion rules did to an answer: texts that were applied, who was refused, what each rule costs, what stands open.

import { el } from "../../dom.js";
import { count } from "../../format.js";
import { text, titled } from "../../texts.js";
import { valueTold } from "./words.js";

const MOST_SHOWN = 100;

/** @param {object} answer with `exclusions`, `rejected`, and `prices` where they were asked for */
export function drawRules(answer, question, onGo) {
  const { exclusions, rejected = [], prices = [] } = answer;
  if (!exclusions) return "";
  if (!exclusions.rules.length) return silent(exclusions);
  const applied = exclusions.rules.filter(({ state }) => state === "applied" || state === "partly");
  const title = text("siting.ruled", { rules: count(applied.length), refused: count(answer.rejected_count) });
  return el(
    "details",
    { class: "named ruled", id: "ruled", open: answer.rejected_count > 0 },
    el("summary", {}, title),
    rules(exclusions.rules, prices, question),
    open(exclusions.not_applied),
    rejected.length ? refused(rejected, answer.rejected_count, onGo) : "",
  );
}

/** Where no rule was held against any candidate: why, and which types have rules. */
function silent({ unruled, not_applied: left }) {
  return el("section", { class: "stack tight", id: "ruled" }, el("h3", {}, text("siting.lawful")), el("p", { class: "note" }, unruled), open(left));
}

const open = (points) => (points.length ? el("ul", { class: "reasons" }, ...points.map(({ message }) => el("li", { class: "quiet" }, message))) : "");

function rules(list, prices, question) {
  const price = new Map(prices.map((one) => [one.rule, one]));
  const rows = list.map((one) =>
    el("tr", {}, el("th", { scope: "row" }, titled(one.title), el("span", { class: "quiet" }, ` ${titled(one.text_title)} ${one.article ?? ""}`)), el("td", {}, count(one.broken_by)), prices.length ? el("td", {}, cost(price.get(one.rule), question)) : ""),
  );
  const heads = ["rule", "refused", ...(prices.length ? ["price"] : [])].map((id) => el("th", { scope: "col" }, text(`siting.ruled.${id}`)));
  return el("table", { class: "costs" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

function cost(one, question) {
  if (!one || one.price === null) return "—";
  const words = valueTold(one.price, question);
  return one.proven ? words : text("siting.ruled.unproven", { price: words });
}

function refused(list, all, onGo) {
  const line = (one) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => onGo(one) }, one.name), " ", el("span", { class: "quiet" }, one.breaks.map(({ message }) => message).join(" ")));
  return el(
    "details",
    {},
    el("summary", {}, text("siting.ruled.list", { count: count(all) })),
    el("ul", { class: "reasons" }, ...list.slice(0, MOST_SHOWN).map(line)),
  );
}
