// Rows of a plan in a table: what the rules say with the article, what they clash with, and which are chosen.

import { clashes, scopeWords, verdicts } from "../cases/checking.js";
import { badge } from "../cases/words.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { remedyInWords } from "../import/wording.js";
import { text } from "../texts.js";

const NO_CASE = ["missing", "unread", null];

/** Whether a case may be made of a row. */
export const fits = (line) => !NO_CASE.includes(line.verdict) && line.case_id === null;

/**
 * One row.
 * @param {object} line
 * @param {{chosen: boolean, onChoose: ((line: object, on: boolean) => void)|null, onPlace: (line: object) => void}} given
 *   without `onChoose` nothing can be chosen
 */
export function lineOf(line, { chosen, onChoose, onPlace }) {
  const label = text("batch.row", { row: line.row, name: line.name });
  const tick = onChoose && fits(line) ? el("input", { type: "checkbox", checked: chosen, "aria-label": text("batch.choose-row", { row: line.row, name: line.name }), onchange: ({ target }) => onChoose(line, target.checked) }) : null;
  const number = line.bounds || placed(line).length ? el("button", { class: "link", type: "button", "aria-label": `${label} · ${text("case.on-map")}`, onclick: () => onPlace(line) }, line.row) : line.row;
  return el(
    "tr",
    { "data-row": line.row, class: line.verdict },
    el("td", { class: "tick" }, tick),
    el("td", { class: "number", "data-label": text("batch.column.row") }, number),
    el("th", { scope: "row" }, el("strong", {}, line.name || text("batch.nameless")), line.spelling ? el("p", { class: "spelling" }, line.spelling) : null, line.unconfirmed.length ? el("p", { class: "quiet" }, text("case.unconfirmed", { characters: line.unconfirmed.join("、") })) : null, sizes(line)),
    el("td", {}, badge(line.verdict), line.case_id ? el("p", {}, el("a", { href: `/names/case?id=${line.case_id}` }, text("batch.in-case", { id: line.case_id }))) : null),
    el("td", {}, found(line)),
  );
}

/** Names that a row clashes with and that lie somewhere. */
export const placed = (line) => (line.check?.clashes ?? []).filter(({ lon }) => lon !== null);

function sizes({ width_m: width, length_m: length }) {
  const told = [width === null ? null : text("batch.width", { metres: count(width) }), length === null ? null : text("batch.length", { metres: count(Math.round(length)) })].filter(Boolean);
  return told.length ? el("p", { class: "quiet" }, told.join(" · ")) : null;
}

function found(line) {
  const said = [
    line.fault ? el("li", {}, line.fault) : null,
    line.verdict === "missing" ? el("li", {}, text("batch.missing")) : null,
    ...(line.check?.verdicts ?? []).map((one) => el("li", {}, one.reason ?? one.title, " ", el("span", { class: "quiet" }, one.source))),
    line.inside.length ? el("li", {}, inside(line)) : null,
    ...line.notes.map((note) => el("li", {}, note)),
  ].filter(Boolean);
  return el("div", { class: "stack tight" }, said.length ? el("ul", { class: "reasons" }, ...said) : null, line.check ? details(line) : null);
}

function inside(line) {
  const told = line.inside.map(({ row, name, tier }) => text("batch.inside-one", { row, name, tier: text(`batch.tier.${tier}`) }));
  return text("batch.inside", { rows: told.join("、") }) + (line.inside_cut ? text("batch.inside.more") : "");
}

/** Everything about a row, built when it is opened. */
function details(line) {
  const root = el("details", { class: "more" }, el("summary", {}, text("batch.details")));
  root.addEventListener("toggle", () => {
    if (root.open && root.childElementCount === 1) root.append(verdicts(line.check.verdicts), clashes(line.check), scopeWords(line.check) ?? "");
  });
  return root;
}

/** What the reader said of a file, folded away; nothing where it said nothing. */
export function noticesOf(list) {
  if (!list.length) return "";
  return el("details", { class: "more" }, el("summary", {}, text("batch.notices", { count: list.length })), el("ul", {}, ...list.map((one) => el("li", {}, remedyInWords(one)))));
}
