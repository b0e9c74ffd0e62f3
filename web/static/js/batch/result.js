// What a check came to: rows by verdict as chips that filter, the rows themselves, what is chosen of them, and the sheet.

import { get } from "../api.js";
import { badge, day, kindName } from "../cases/words.js";
import { byId, el } from "../dom.js";
import { count, moment } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { askForCase } from "./applying.js";
import { fits, lineOf, noticesOf, placed } from "./lines.js";

const PAGE = 100;
const MARKS = ["violates", "argue", "hint", "passes", "missing", "unread"];

/**
 * @param {{units: object[], limits: object, map: object, mayApply: boolean, attempt: Function, onAgain: () => Promise<void>, onAway: () => Promise<void>}} given
 */
export function makeResult({ units, limits, map, mayApply, attempt, onAgain, onAway }) {
  let plan = null;
  let marks = [];
  let round = 0;
  // Number of a chosen row to its verdict; it stays while other rows are shown.
  const chosen = new Map();

  async function draw(given) {
    if (plan?.id !== given.id) chosen.clear();
    plan = given;
    marks = (new URLSearchParams(location.search).get("verdict") ?? "").split(",").filter((mark) => MARKS.includes(mark));
    byId("result-head").textContent = plan.file;
    byId("about").textContent = [kindName(plan.kind), text("batch.rows", { count: count(plan.rows) }), plan.reading.crs, plan.checked_on ? text("batch.checked-on", { day: day(plan.checked_on) }) : null, text("batch.expires", { at: moment(plan.expires_at) })].filter(Boolean).join(" · ");
    drawEnded();
    drawChips();
    drawActions();
    drawNotices();
    drawChosen();
    const [drawn] = await Promise.all([get(`/api/names/plans/${plan.id}/features`), drawLines()]);
    map.show(drawn, marks);
  }

  function drawEnded() {
    const { job, counts } = plan;
    const said = !counts && job ? [el("strong", {}, text(`imp.job.${job.state}`)), el("p", {}, job.error?.message ?? text("batch.not-checked")), job.error?.remedy ? el("p", {}, job.error.remedy) : null] : null;
    byId("ended").replaceChildren(said ? el("div", { class: "note warn", role: "alert" }, ...said) : "");
  }

  function drawChips() {
    const { counts } = plan;
    byId("chips").hidden = !counts;
    if (!counts) return;
    const all = el("button", { class: "button chip", type: "button", "data-mark": "all", "aria-pressed": String(!marks.length), onclick: () => filter([]) }, text("batch.all"), el("span", { class: "figure" }, count(plan.rows)));
    const chip = (mark) => el("button", { class: `button chip ${mark}`, type: "button", "data-mark": mark, "aria-pressed": String(marks.includes(mark)), disabled: !counts[mark], onclick: () => filter(marks.includes(mark) ? marks.filter((one) => one !== mark) : [...marks, mark]) }, el("span", { class: "swatch", "aria-hidden": "true" }), badge(mark), el("span", { class: "figure" }, count(counts[mark])));
    byId("chips").replaceChildren(all, ...MARKS.map(chip));
  }

  function filter(wanted) {
    marks = wanted;
    const query = new URLSearchParams({ plan: plan.id, ...(marks.length ? { verdict: marks.join(",") } : {}) });
    history.replaceState(null, "", `?${query}`);
    const focused = document.activeElement?.dataset.mark;
    drawChips();
    byId("chips").querySelector(`[data-mark="${focused}"]`)?.focus();
    map.filter(marks);
    attempt(drawLines);
  }

  function drawActions() {
    const sheet = plan.counts ? [el("a", { class: "button primary", id: "sheet", href: `/api/names/plans/${plan.id}/sheet`, download: "" }, text("batch.sheet", { format: plan.sheet.toUpperCase() })), plan.sheet === "xlsx" ? null : el("a", { class: "button", href: `/api/names/plans/${plan.id}/sheet?format=xlsx`, download: "" }, text("batch.sheet", { format: "XLSX" }))] : [];
    const button = (id, act) => el("button", { class: plan.counts || id !== "again" ? "button" : "button primary", id, type: "button", onclick: () => attempt(act) }, text(`batch.${id}`));
    byId("actions").replaceChildren(...sheet.filter(Boolean), button("again", onAgain), button("away", onAway), el("a", { class: "button", href: location.pathname }, text("batch.another")));
  }

  const drawNotices = () => byId("notices").replaceChildren(noticesOf(plan.reading.notices));

  const load = (given) => get(`/api/names/plans/${plan.id}/rows`, { verdict: marks.join(",") || null, limit: PAGE, ...given });

  async function drawLines() {
    round += 1;
    const mine = round;
    byId("list").setAttribute("aria-busy", "true");
    try {
      const page = await load({});
      if (mine !== round) return;
      byId("lines").replaceChildren(...page.items.map(row));
      byId("list").hidden = !page.items.length;
      byId("told").textContent = page.items.length ? "" : text(plan.rows ? "batch.list.none" : "batch.list.empty");
      more(page.next, mine);
    } finally {
      if (mine === round) byId("list").setAttribute("aria-busy", "false");
    }
  }

  function more(next, mine) {
    const go = async () => {
      const page = await load({ after: next });
      if (mine !== round) return;
      const first = page.items.length ? row(page.items[0]) : null;
      byId("lines").append(...(first ? [first] : []), ...page.items.slice(1).map(row));
      more(page.next, mine);
      first?.querySelector("button, input")?.focus();
    };
    byId("more").replaceChildren(next ? el("button", { class: "button", type: "button", onclick: () => attempt(go) }, text("case.list.more")) : "");
  }

  const row = (line) => lineOf(line, { chosen: chosen.has(line.row), onChoose: mayApply && plan.counts ? choose : null, onPlace: place });

  function place(line) {
    mark(line.row);
    map.row(line, placed(line));
    document.body.dispatchEvent(new CustomEvent("part", { detail: "place" }));
  }

  function mark(number) {
    for (const one of byId("lines").querySelectorAll("tr[data-row]")) one.classList.toggle("picked", Number(one.dataset.row) === number);
  }

  /** Shows a row that was chosen on the map; one that is not in the list comes to its head. */
  async function open(number) {
    const { items: [line] } = await get(`/api/names/plans/${plan.id}/rows`, { row: number });
    if (!line) return;
    map.row(line, placed(line));
    if (!byId("lines").querySelector(`[data-row="${number}"]`)) byId("lines").prepend(row(line));
    byId("list").hidden = false;
    mark(number);
    document.body.dispatchEvent(new CustomEvent("part", { detail: "lines" }));
    byId("lines").querySelector(`[data-row="${number}"]`).scrollIntoView({ block: "center" });
  }

  function choose(line, on) {
    if (on) chosen.set(line.row, line.verdict);
    else chosen.delete(line.row);
    drawChosen();
  }

  /** All rows that pass and are in no case yet, as many as one case takes. */
  async function choosePassing() {
    let after = null;
    do {
      const page = await get(`/api/names/plans/${plan.id}/rows`, { verdict: "passes", limit: limits.max_case, after });
      for (const line of page.items.filter(fits)) if (chosen.size < limits.max_case) chosen.set(line.row, line.verdict);
      after = page.next;
    } while (after !== null && chosen.size < limits.max_case);
    redraw();
  }

  function redraw() {
    for (const one of byId("lines").querySelectorAll("tr[data-row]")) {
      const tick = one.querySelector("input[type=checkbox]");
      if (tick) tick.checked = chosen.has(Number(one.dataset.row));
    }
    drawChosen();
  }

  function drawChosen() {
    const bar = byId("chosen");
    bar.hidden = !mayApply || !plan.counts;
    if (bar.hidden) return;
    const many = chosen.size > limits.max_case;
    const focused = document.activeElement?.id;
    bar.replaceChildren(
      el("span", { role: "status" }, many ? text("batch.chosen.many", { count: count(chosen.size), most: limits.max_case }) : text("batch.chosen", { count: count(chosen.size) })),
      el("button", { class: "button", id: "choose-passing", type: "button", disabled: !plan.counts.passes, onclick: () => attempt(choosePassing) }, text("batch.choose-passing")),
      el("button", { class: "button", id: "choose-none", type: "button", disabled: !chosen.size, onclick: () => { chosen.clear(); redraw(); } }, text("batch.choose-none")),
      el("button", { class: "button primary", id: "apply", type: "button", disabled: !chosen.size || many, onclick: () => attempt(apply) }, text("batch.apply")),
    );
    if (focused) byId(focused)?.focus();
  }

  async function apply() {
    const found = {};
    for (const verdict of chosen.values()) found[verdict] = (found[verdict] ?? 0) + 1;
    const made = await askForCase({ plan, rows: [...chosen.keys()].sort((one, other) => one - other), marks: found, units });
    if (!made) return;
    chosen.clear();
    drawChosen();
    await drawLines();
    byId("ended").replaceChildren(el("p", { class: "note", id: "made", role: "status" }, text("batch.case.made", { count: count(made.names.length) }), " ", el("a", { href: `/names/case?id=${made.id}` }, made.title)));
    byId("ended").scrollIntoView({ block: "nearest" });
  }

  return {
    draw: (given) => draw(given).catch((error) => { byId("told").replaceChildren(failure(error, () => attempt(() => draw(given)))); }),
    open,
    clear() {
      plan = null;
      chosen.clear();
      map.clear();
    },
  };
}
