// Why these sites: what each is worth, who comes next, and who stays without.

import { el } from "../../dom.js";
import { count, decimal } from "../../format.js";
import { text } from "../../texts.js";
import { LEAST, valueTold } from "./words.js";

/**
 * @param {object} told an answer of /api/siting/{id}/explain
 * @param {object} question model and what its unit depends on
 * @param {(place: object) => void} onGo
 */
export function drawReasons(told, question, onGo) {
  const sites = told.sites.map((one) => el("li", {}, go(one.site, one, onGo), " ", worth(one, told.value, question), " ", alone(one, question), " ", next(one, question, onGo)));
  return [
    el("h3", {}, text("siting.reasons.sites")),
    el("ul", { class: "reasons" }, ...sites),
    question.model === "lscp" ? "" : el("p", {}, text("siting.reasons.more"), " ", ...swaps(told.next, question, onGo)),
    ...(told.left.length ? left(told.left, question, onGo) : []),
  ];
}

const go = (name, place, onGo) => (place.lon === null ? name : el("button", { type: "button", class: "link", onclick: () => onGo(place) }, name));

function worth({ without }, value, question) {
  if (without === null) return text("siting.reasons.needed");
  return text(LEAST.has(question.model) ? "siting.reasons.without.least" : "siting.reasons.without", { by: valueTold(Math.abs(value - without), question) });
}

/** Whom it serves by itself, in the words of the model. */
const alone = ({ alone: people }, { model }) => text(model === "pmedian" ? "siting.reasons.nearest" : "siting.reasons.only", { people: Number.isInteger(people) ? count(people) : decimal(people) });

function next({ runners_up: others, tied }, question, onGo) {
  if (!others.length) return text("siting.reasons.alone");
  const [best] = others;
  const same = best.change === 0;
  return el("span", {}, text(same ? "siting.reasons.tied" : "siting.reasons.next", { count: count(tied) }), " ", go(best.site, best, onGo), same ? "" : ` ${text(LEAST.has(question.model) ? "siting.reasons.longer" : "siting.reasons.fewer", { by: valueTold(Math.abs(best.change), question) })}`);
}

function swaps(found, question, onGo) {
  if (!found.length) return [text("siting.reasons.nothing")];
  return found.flatMap((one, at) => [at ? text("siting.reasons.comma") : "", go(one.site, one, onGo), text("siting.reasons.by", { by: `${one.change > 0 ? "+" : "−"}${valueTold(Math.abs(one.change), question)}` })]);
}

function left(points, question, onGo) {
  const rows = points.map((one) =>
    el("tr", {}, el("th", { scope: "row" }, go(one.point, one, onGo)), el("td", {}, Number.isInteger(one.people) ? count(one.people) : decimal(one.people)), el("td", { class: "by" }, ...swaps(one.by, question, onGo))),
  );
  const heads = ["village", "people", "by"].map((id) => el("th", { scope: "col" }, text(`siting.without.${id}`)));
  return [el("table", { class: "costs left" }, el("caption", {}, text("siting.without.caption", { shown: count(points.length) })), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows))];
}
