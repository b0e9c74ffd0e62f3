// What bears the name of a place and would have to be changed with it, asked for when it is opened.

import { get } from "../api.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";

const PARTS = ["roads", "facilities", "communities", "places"];

export function bearers(placeId) {
  const body = el("div", { class: "stack tight", "aria-live": "polite" });
  const load = async () => {
    body.replaceChildren(el("p", { class: "quiet" }, text("case.bearers.looking")));
    try {
      body.replaceChildren(...told(await get(`/api/names/bearers/${placeId}`)));
    } catch (error) {
      body.replaceChildren(failure(error, load));
    }
  };
  return el("details", { class: "bearers", ontoggle: ({ target }) => target.open && !body.children.length && load() }, el("summary", {}, text("case.bearers")), body);
}

function told(found) {
  const kept = PARTS.filter((part) => found[part].count);
  const near = text("case.bearers.near", { name: found.name, term: found.specific, km: count(found.near_m / 1000) });
  if (!kept.length && !found.cases.length) return [el("p", {}, text("case.bearers.none")), el("p", { class: "quiet" }, near)];
  return [el("ul", {}, ...kept.map((part) => line(part, found[part])), ...found.cases.map(({ id, name }) => el("li", {}, el("a", { href: `/names/case?id=${id}` }, text("case.bearers.case", { name }))))), el("p", { class: "quiet" }, near)];
}

function line(part, { count: all, total, items }) {
  const sum = total === null ? "" : part === "roads" ? text("case.bearers.metres", { metres: count(Math.round(total)) }) : text("case.bearers.people", { people: count(total) });
  const names = [...new Set(items.map(({ name }) => name))];
  return el("li", {}, el("strong", {}, text(`case.bearers.${part}`, { count: count(all) })), sum, el("p", { class: "quiet" }, names.join("、"), all > items.length ? " …" : ""));
}
