// A name checked while it is typed: verdicts with their sources, its spelling, and the names that it may be taken for.

import { get, latest, send } from "../api.js";
import { debounce, el } from "../dom.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { bearers } from "./bearing.js";
import { badge } from "./words.js";

const PAUSE_MS = 150;
const SHOWN_CLASHES = 30;

/**
 * A check that follows what is typed.
 * @param {HTMLElement} root where the answer stands
 * @param {(answer: object|null) => void} onAnswer what is said of it to the map
 * @returns {(question: object) => void}
 */
export function makeCheck(root, onAnswer) {
  const ask = latest(async (signal, question) => {
    const [answer, spelt] = await Promise.all([check(question, signal), spell(question, signal)]);
    return { answer, spelt };
  });
  return debounce(PAUSE_MS, async (question) => {
    if (!question.name?.trim()) {
      root.replaceChildren();
      onAnswer(null);
      return;
    }
    root.setAttribute("aria-busy", "true");
    try {
      const found = await ask(question);
      if (!found) return;
      root.replaceChildren(...told(found.answer, found.spelt));
      onAnswer(found.answer);
    } catch (error) {
      root.replaceChildren(failure(error));
    }
    root.setAttribute("aria-busy", "false");
  });
}

const check = (question, signal) => send("POST", "/api/names/check", question, undefined, { signal });

const SPELT = /^[\p{Script=Han}\d]{1,100}$/u;

/** The spelling; a name that cannot be spelt has none, and its verdicts say why. */
async function spell({ name, kind, reading }, signal) {
  if (!SPELT.test(name.trim())) return null;
  try {
    return await get("/api/names/romanisation", { name: name.trim(), class: kind, reading: reading || null }, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

/** What a check says: the gravest first. */
export function told(answer, spelt = null) {
  return [
    el("p", { class: "answer" }, badge(answer.verdict), " ", spelt ? spelling(spelt) : ""),
    spelt?.unconfirmed.length ? el("p", { class: "quiet" }, text("case.unconfirmed", { characters: spelt.unconfirmed.join("、") })) : "",
    verdicts(answer.verdicts.filter(({ verdict }) => verdict !== "passes")),
    clashes(answer),
    scopeWords(answer) ?? "",
  ];
}

/** Where it was looked, and whether there was more than was looked at. */
export function scopeWords({ scope }) {
  if (!scope) return null;
  return el("p", { class: "quiet" }, text("case.scope", { words: scope.words, article: scope.article }), scope.cut ? ` ${text("case.scope.cut")}` : "");
}

const spelling = ({ spelling: spelt, readings }) => el("span", { class: "spelling", title: readings.map(({ character, syllable, source }) => `${character} ${syllable}${source ? ` · ${source}` : ""}`).join("\n") }, spelt);

/** Verdicts as a list; `more` may add to each what people do about it. */
export function verdicts(list, more = () => null) {
  if (!list.length) return el("p", {}, text("case.all-pass"));
  return el("ul", { class: "verdicts" }, ...list.map((one) => el("li", { class: one.verdict }, el("p", {}, badge(one.verdict), " ", el("strong", {}, one.title)), one.reason ? el("p", {}, one.reason) : null, el("p", { class: "quiet" }, one.source, one.setting ? `（${text("case.setting")}）` : ""), one.exemption ? el("p", { class: "quiet" }, text("case.exemption", { words: one.exemption })) : null, more(one))));
}

/** Names that it may be taken for, each with why, where and how old. */
export function clashes({ clashes: list, clashes_in_all: all }) {
  if (!list.length) return el("p", { class: "quiet" }, text("case.no-clash"));
  const shown = list.slice(0, SHOWN_CLASHES);
  const rest = (all ?? list.length) - shown.length;
  return el(
    "details",
    { class: "clashes", open: list.some(({ tier }) => ["same", "same_sound"].includes(tier)) },
    el("summary", {}, text("case.clashes", { count: all ?? list.length })),
    el("ol", {}, ...shown.map(clash)),
    rest > 0 ? el("p", { class: "quiet" }, text("case.clashes.more", { count: rest })) : null,
  );
}

function clash(one) {
  const since = one.valid_from ? text("case.since", { year: one.valid_from.slice(0, 4) }) : "";
  const where = [one.unit_name, text(`case.clash.${one.state}`), since].filter(Boolean).join(" · ");
  const name = one.case_id ? el("a", { href: `/names/case?id=${one.case_id}` }, one.name) : el("strong", {}, one.name);
  return el("li", { class: one.unlikely ? "unlikely" : null }, name, one.reading ? el("small", {}, ` ${one.reading}`) : null, el("p", {}, one.why), el("p", { class: "quiet" }, where), one.place_id && one.state === "in_force" ? bearers(one.place_id) : null);
}
