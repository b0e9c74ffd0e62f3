// The versions of a record: who changed what, two compared on the map and in a table, one restored.

import { get } from "../api.js";
import { el } from "../dom.js";
import { moment } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { same, shown, unitsFor } from "./layers.js";

/**
 * Fills a root with the versions of a record.
 * @param {{layer: object, id: number, mayEdit: boolean, onCompare: (one: object, other: object) => void, onRestore: (version: object) => void}} given
 */
export async function showVersions(root, given) {
  root.replaceChildren(el("p", { class: "quiet" }, text("map.loading")));
  let items;
  try {
    ({ items } = await get(`/api/records/${given.layer.id}/${given.id}/versions`));
  } catch (error) {
    root.replaceChildren(failure(error, () => showVersions(root, given)));
    return;
  }
  let [old, now] = [items.at(-2) ?? items[0], items.at(-1)];
  const told = el("div", { class: "stack tight", "aria-live": "polite" });
  const list = el("ol", { class: "versions", reversed: true });
  const draw = () => {
    list.replaceChildren(...[...items].reverse().map((one) => line(one, items[one.number - 2], { old, now, choose, given })));
    told.replaceChildren(...comparison(given.layer, old, now));
    given.onCompare(old, now);
  };
  const choose = (side, version) => {
    if (side === "old") old = version;
    else now = version;
    draw();
  };
  root.replaceChildren(el("p", { class: "quiet" }, text("desk.versions.help")), list, told);
  draw();
}

function line(version, before, { old, now, choose, given }) {
  const radio = (side, held) => el("label", { class: "tick" }, el("input", { type: "radio", name: `version-${side}`, checked: held === version, onchange: () => choose(side, version) }), text(`desk.versions.${side}`));
  const who = [version.at ? moment(version.at) : text("map.history.when"), version.actor ?? text("map.history.nobody")].join(" · ");
  const latest = given.mayEdit && version !== now;
  return el(
    "li",
    { value: version.number },
    el("p", { class: "history-head" }, el("strong", {}, text(`map.history.action.${version.action}`)), " ", el("small", {}, who)),
    version.file ? el("p", {}, el("small", {}, text("map.history.file", { file: version.file }))) : null,
    version.reason ? el("p", {}, el("small", {}, text("map.history.reason", { reason: version.reason }))) : null,
    before ? el("p", { class: "quiet" }, summary(given.layer, before, version)) : null,
    el("p", { class: "row" }, radio("old", old), radio("now", now), latest ? el("button", { class: "button", type: "button", onclick: () => given.onRestore(version) }, text("desk.restore")) : null),
  );
}

const summary = (layer, one, other) => changes(layer, one, other).map(({ title }) => title).join("、") || text("desk.versions.same");

function changes(layer, one, other) {
  const unit = (id) => unitsFor(layer).find((held) => held.id === id)?.name ?? (id ? `#${id}` : "");
  const rows = layer.fields
    .filter(({ name }) => !same(one.values[name], other.values[name]))
    .map((field) => ({ title: titled(field.title), old: shown(field, one.values[field.name]), now: shown(field, other.values[field.name]) }));
  if (one.unit_id !== other.unit_id) rows.push({ title: text("desk.unit"), old: unit(one.unit_id), now: unit(other.unit_id) });
  if (one.marks.published !== other.marks.published) rows.push({ title: text("desk.published"), old: text(one.marks.published ? "desk.yes" : "desk.no"), now: text(other.marks.published ? "desk.yes" : "desk.no") });
  if (!same(one.geometry, other.geometry)) rows.push({ title: text("desk.geometry"), old: text("desk.versions.dashed"), now: text("desk.versions.solid") });
  return rows;
}

function comparison(layer, old, now) {
  if (old === now) return [];
  const rows = changes(layer, old, now);
  return [
    el("h3", {}, text("desk.versions.compare", { old: old.number, now: now.number })),
    rows.length
      ? el("table", { class: "compare" }, el("thead", {}, el("tr", {}, ...["field", "versions.old", "versions.now"].map((name) => el("th", { scope: "col" }, text(`desk.${name}`))))), el("tbody", {}, ...rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.title), el("td", {}, row.old || text("desk.none")), el("td", {}, row.now || text("desk.none"))))))
      : el("p", { class: "quiet" }, text("desk.versions.same")),
  ];
}
