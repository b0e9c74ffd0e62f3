// The worklist: what waits for the reader, what is overdue, and everything else that is under way.

import { get } from "../api.js";
import { byId, debounce, el } from "../dom.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { day, kindName, left } from "./words.js";

const PAGE = 50;
const VIEWS = { waiting: { waiting: true }, open: { state: "open" }, overdue: { overdue: true, state: "open" }, mine: { mine: true }, all: {} };
const address = () => new URLSearchParams(location.search);
let round = 0;

async function start() {
  await started;
  const rules = await get("/api/cases/rules");
  byId("kind").append(...rules.kinds.map(({ id, title }) => el("option", { value: id }, titled(title))));
  const given = address();
  for (const id of ["q", "kind"]) byId(id).value = given.get(id) ?? "";
  byId("wanted").addEventListener("submit", (event) => event.preventDefault());
  byId("q").addEventListener("input", debounce(250, show));
  byId("kind").addEventListener("change", show);
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => choose(button.dataset.view));
  choose(given.get("view") in VIEWS ? given.get("view") : "waiting");
}

function choose(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-view]")) if (button !== document.body) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  show();
}

async function show() {
  const { view } = document.body.dataset;
  const query = new URLSearchParams(Object.entries({ view, q: byId("q").value.trim(), kind: byId("kind").value }).filter(([, value]) => value));
  history.replaceState(null, "", `?${query}`);
  round += 1;
  const mine = round;
  const body = byId("lines");
  byId("list").setAttribute("aria-busy", "true");
  try {
    const found = await load(null);
    if (mine !== round) return;
    body.replaceChildren(...found.items.map(line));
    byId("list").hidden = !found.items.length;
    byId("told").textContent = found.items.length ? "" : text(`case.list.none.${view}`);
    more(found.next, mine);
  } catch (error) {
    if (mine === round) byId("told").replaceChildren(failure(error, show));
  }
  byId("list").setAttribute("aria-busy", "false");
}

function load(after) {
  const conditions = VIEWS[document.body.dataset.view];
  return get("/api/cases", { ...conditions, q: byId("q").value.trim() || null, kind: byId("kind").value || null, limit: PAGE, after });
}

function more(next, mine) {
  const holder = byId("more");
  holder.replaceChildren();
  if (!next) return;
  const go = async () => {
    const found = await load(next);
    if (mine !== round) return;
    byId("lines").append(...found.items.map(line));
    more(found.next, mine);
  };
  holder.append(el("button", { class: "button", type: "button", onclick: go }, text("case.list.more")));
}

function line(one) {
  const names = one.first_names.join("、") + (one.names > one.first_names.length ? text("case.list.and", { count: one.names }) : "");
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("a", { href: `/names/case?id=${one.id}` }, one.title), names && names !== one.title ? el("p", { class: "quiet" }, names) : null),
    el("td", {}, `${text(`case.kind.${one.kind}`)} · ${kindName(one.name_kind)}`),
    el("td", {}, one.unit_name ?? ""),
    el("td", {}, one.applicant),
    el("td", {}, titled(one.state_title)),
    el("td", {}, one.due ? el("span", {}, `${titled(one.due.title)} ${day(one.due.last_day)} `, left(one.due)) : ""),
  );
}

start().catch((error) => {
  byId("told").replaceChildren(failure(error, () => location.reload()));
  throw error;
});
