// An answer: how far the search is, what is proven, the sites, townships, who gains, and who is left out.

import { el, facts } from "../../dom.js";
import { count, decimal, percent, share } from "../../format.js";
import { failure } from "../../problem.js";
import { text, titled } from "../../texts.js";
import { progressChart } from "./chart.js";
import { drawCheck } from "./check.js";
import { drawRules } from "./rules.js";
import { ACTIVE, gapTold, valueTold } from "./words.js";

const MOST_SHOWN = 60;

/**
 * @param {HTMLElement} root
 * @param {object} one an answer of /api/siting/{id}
 * @param {{onGo: (place: object) => void, onCancel: () => void, onScenario: () => void, onCheck: () => void, onDiscard: () => void,
 *   onShare: (shared: boolean) => void, why: HTMLElement, cancelling: boolean, checked: object|null, note: HTMLElement|null}} given
 */
export function drawAnswer(root, one, given) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.replaceChildren(...[head(one), ...state(one, given), ...(one.answer?.value !== null && one.answer ? found(one, given) : []), ...foot(one, given)].filter(Boolean));
  if (focused) root.querySelector(`#${CSS.escape(focused)}`)?.focus();
}

const unit = (one) => ({ model: one.model, ...one.question });

function head(one) {
  return el("div", { class: "stack tight" }, el("h2", {}, one.name), el("p", { class: "quiet" }, text(`siting.ask.model.${one.model}`)));
}

/** What is known: while the search goes on, and how it ended. */
function state(one, { onCancel, cancelling, note }) {
  const active = ACTIVE.includes(one.state);
  const known = one.answer ?? one.progress;
  const parts = [note];
  if (active) parts.push(searching(one, onCancel, cancelling));
  if (one.state === "queued" && one.workers === 0) parts.push(el("p", { class: "note warn" }, text("map.job.no-worker")));
  if (one.error) parts.push(failure(Object.assign(new Error(one.error.message), { detail: null, remedy: one.error.remedy })));
  if (!active && !one.answer && !one.error) parts.push(el("p", { class: "note warn" }, text("siting.answer.cancelled")));
  if (one.answer) parts.push(verdict(one.answer));
  if (known && known.value !== null && known.value !== undefined) parts.push(proof(one, known));
  // Once it has ended a search that came to its value at once leaves nothing to be seen.
  if (one.progress && (active || one.progress.trail.length > 2)) parts.push(progressChart(one.progress, unit(one)));
  if (one.stale.length) parts.push(el("p", { class: "note warn" }, text("siting.answer.stale", { layers: one.stale_titles.map(titled).join(text("siting.and")) })));
  return parts;
}

function searching(one, onCancel, cancelling) {
  const limit = one.question.time_limit_s ?? 60;
  const running = one.state === "running" && one.progress;
  const bar = running ? { max: limit, value: Math.min(limit, one.progress.seconds) } : {};
  return el(
    "div",
    { class: "stack tight", role: "status" },
    el("strong", {}, text(cancelling ? "map.job.cancelling" : running ? "siting.answer.proving" : `map.job.${one.state}`)),
    el("progress", { ...bar, "aria-label": one.step ?? text("map.job.waiting") }),
    el("span", { class: "quiet" }, running ? text("siting.answer.spent", { seconds: count(one.progress.seconds), limit: count(limit) }) : (one.step ?? text("map.job.waiting"))),
    el("div", { class: "row" }, el("button", { id: "answer-cancel", class: "button", type: "button", disabled: cancelling, onclick: onCancel }, text("siting.answer.cancel"))),
  );
}

function verdict(answer) {
  const kind = answer.status === "optimal" ? "good" : "warn";
  const reasons = answer.reasons.map((reason) => el("li", {}, reason));
  return el(
    "div",
    { class: `note ${kind} verdict`, role: "status" },
    el("strong", {}, answer.status_text),
    answer.ended === "proven" ? "" : el("p", {}, answer.ended_text, answer.detail ? `（${answer.detail}）` : ""),
    reasons.length ? el("ul", {}, ...reasons) : "",
  );
}

function proof(one, known) {
  return facts([
    [text(`siting.value.${one.model}`), el("b", {}, valueTold(known.value, unit(one)))],
    [text("siting.bound"), valueTold(known.bound, unit(one))],
    [text("siting.gap"), gapTold(known.value, known.bound)],
  ]);
}

function found(one, { onGo, onScenario, onCheck, why, checked }) {
  const { answer } = one;
  return [
    answer.unreachable.length ? unreachable(answer.unreachable) : "",
    sites(answer.sites, onGo),
    answer.closed?.length ? closed(answer.closed, onGo) : "",
    answer.outside?.length ? outside(answer.outside, onGo) : "",
    el(
      "div",
      { class: "row" },
      el("button", { id: "answer-scenario", class: "button primary", type: "button", disabled: !answer.changes.length, onclick: onScenario }, text("siting.answer.scenario")),
      el("button", { id: "answer-check", class: "button", type: "button", onclick: onCheck }, text("siting.answer.check")),
    ),
    checked ? drawCheck(checked, unit(one)) : "",
    totals(answer),
    drawRules(answer, unit(one), onGo),
    answer.phases.length ? phases(answer, unit(one)) : "",
    townships(answer.townships),
    named("gained", answer.gained, onGo),
    answer.lost ? named("lost", answer.lost, onGo) : "",
    named("backed-up", answer.backed_up, onGo),
    why,
  ];
}

function sites(list, onGo) {
  if (!list.length) return el("p", { class: "none" }, text("siting.answer.no-sites"));
  const rows = list.map((site, at) =>
    el("tr", {}, el("td", { class: "number" }, String(at + 1)), el("th", { scope: "row" }, el("button", { type: "button", class: "link", "data-site": at, onclick: () => onGo(site) }, site.name), site.outside_share ? el("span", { class: "away" }, ` ${text("siting.outside.part", { share: decimal(site.outside_share * 100) })}`) : ""), el("td", {}, site.township ?? "")),
  );
  const heads = ["number", "site", "township"].map((id) => el("th", { scope: "col" }, text(`siting.sites.${id}`)));
  return el("table", { class: "costs sites" }, el("caption", {}, text("siting.sites", { count: count(list.length) })), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

/** Candidates that were not used because they lie outside the county. */
function outside(list, onGo) {
  const line = (one) => el("li", {}, el("button", { type: "button", class: "link", onclick: () => onGo(one) }, one.name));
  return el("section", { class: "note warn stack tight", id: "answer-outside" }, el("p", {}, text("siting.outside.head", { count: count(list.length) }), " ", text("siting.outside.why")), el("ul", { class: "names" }, ...list.slice(0, MOST_SHOWN).map(line)));
}

function closed(list, onGo) {
  const rows = list.map((one) => el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => onGo(one) }, one.name)), el("td", {}, one.township ?? "")));
  const heads = ["facility", "township"].map((id) => el("th", { scope: "col" }, text(`siting.sites.${id}`)));
  return el("table", { class: "costs closed" }, el("caption", {}, text("siting.sites.closed", { count: count(list.length) })), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

function totals({ people, people_covered: { before, after }, group, gained }) {
  return facts([
    [text(`siting.covered.${group}`), el("span", {}, `${count(before)} → ${count(after)}`, " ", el("span", { class: sign(before, after) }, gainTold(before, after)))],
    [text("siting.covered.share"), `${percent(share(before, people))} → ${percent(share(after, people))}`],
    [text("siting.covered.communities"), count(gained.count)],
  ]);
}

const sign = (before, after) => (after > before ? "more" : after < before ? "less" : "same");
const gainTold = (before, after) => (after > before ? `+${count(after - before)}` : after < before ? `−${count(before - after)}` : "");

/** By year: what it is worth, what it opens, and what it closes or moves. */
function phases({ phases: years, order }, question) {
  const heads = ["phase", "value", "price"].map((id) => el("th", { scope: "col" }, text(`siting.phases.head.${id}`)));
  const bodies = years.map((year, at) =>
    el(
      "tbody",
      {},
      el("tr", {}, el("th", { scope: "row" }, text("siting.phase", { number: at + 1, sites: year.p })), el("td", {}, valueTold(year.value, question)), el("td", {}, year.price === null ? "" : valueTold(year.price, question))),
      el("tr", { class: "done" }, el("td", { class: "by", colspan: 3 }, ...doneIn(year).map((words) => el("p", {}, words)))),
    ),
  );
  return el("table", { class: "costs years" }, el("caption", {}, text("siting.phases.caption"), order ? el("span", { class: "quiet" }, ` · ${text(`siting.phases.order.${order}`)}`) : ""), el("thead", {}, el("tr", {}, ...heads)), ...bodies);
}

/** What a year opens and gives up, in words. */
function doneIn({ sites, opens, closes, moved }) {
  const built = opens ? nameList(opens) : sites.join("、");
  const gone = closes?.length ? text(moved ? "siting.phases.moved.told" : "siting.phases.closes.told", { sites: nameList(closes), count: count(moved) }) : "";
  return [built ? text("siting.phases.opens.told", { sites: built }) : "", gone].filter(Boolean);
}

const nameList = (list) => list.map(({ name }) => name).join("、");

function townships(rows) {
  if (!rows.length) return "";
  const lines = rows.map(({ name, people, before, after }) => {
    const [was, now] = [share(before, people), share(after, people)];
    return el(
      "tr",
      { class: "changed" },
      el("th", { scope: "row" }, name ?? ""),
      el("td", { class: "wide" }, el("span", { class: "track", "aria-hidden": "true" }, bar("value", now), bar("was", was))),
      el("td", {}, `${percent(was)} → ${percent(now)}`),
      el("td", { class: sign(before, after) }, gainTold(before, after)),
    );
  });
  const heads = [text("siting.head.unit"), el("span", { class: "unseen" }, text("siting.head.bar")), text("siting.head.share"), text("siting.head.people")];
  return el("table", { class: "bars answer-bars" }, el("caption", {}, text("siting.townships")), el("thead", {}, el("tr", {}, ...heads.map((one) => el("th", { scope: "col" }, one)))), el("tbody", {}, ...lines));
}

function bar(kind, value) {
  const node = el("span", { class: kind });
  node.style.setProperty("--part", String(value ?? 0));
  return node;
}

function named(kind, group, onGo) {
  const title = text(`siting.${kind}`, { count: count(group.count), people: count(group.population) });
  if (!group.count) return "";
  const items = [...group.items].sort((a, b) => (b.population ?? 0) - (a.population ?? 0)).slice(0, MOST_SHOWN);
  const line = (one) => el("li", {}, one.lon === null ? one.name : el("button", { type: "button", class: "link", onclick: () => onGo(one) }, one.name), el("span", { class: "quiet" }, one.population === null ? "" : ` ${text("map.persons", { number: count(one.population) })}`));
  return el(
    "details",
    { class: `named ${kind}`, open: kind === "gained" },
    el("summary", {}, title),
    el("ul", { class: "names" }, ...items.map(line)),
    group.count > items.length ? el("p", { class: "quiet" }, text("map.list.first", { count: items.length, all: count(group.count) })) : "",
  );
}

function unreachable(left) {
  const people = left.reduce((sum, one) => sum + one.people, 0);
  const line = (one) => el("li", {}, one.township ? `${one.name}（${one.township}）` : one.name, el("span", { class: "quiet" }, ` ${count(one.people)} · ${text(`siting.unreachable.${one.reason}`)}`));
  return el("details", { class: "named lost" }, el("summary", {}, text("siting.unreachable", { count: count(left.length), people: count(people) })), el("ul", {}, ...left.slice(0, MOST_SHOWN).map(line)));
}

function foot(one, { onDiscard, onShare }) {
  const { answer } = one;
  const active = ACTIVE.includes(one.state);
  const run = answer
    ? text("siting.answer.run", { solver: answer.solver || "—", seed: answer.seed, seconds: decimal(answer.seconds), first: valueTold(answer.first_value, unit(one)), moment: answer.first_s === null ? "—" : decimal(answer.first_s, 2) })
    : null;
  const basis = [text("siting.basis", { date: one.on }), run, one.mine ? null : text("siting.by", { owner: one.owner }), answer?.notice].filter(Boolean);
  return [
    one.mine && !active
      ? el(
          "div",
          { class: "row" },
          el("label", { class: "tick" }, el("input", { id: "answer-shared", type: "checkbox", checked: one.shared, onchange: (event) => onShare(event.target.checked) }), ` ${text("siting.answer.shared")}`),
          el("button", { id: "answer-discard", class: "button", type: "button", onclick: onDiscard }, text("siting.answer.discard")),
        )
      : null,
    ...basis.map((words) => el("p", { class: "quiet" }, words)),
  ];
}
