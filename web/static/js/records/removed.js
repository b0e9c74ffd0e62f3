// Records that were taken out: seen on the map as they were, and brought back.

import { get } from "../api.js";
import { el } from "../dom.js";
import { moment } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { nameOf, shown, unitsFor } from "./layers.js";
import { bringBack, notSaved } from "./saving.js";

const PAGE = 50;
const TOLD_FIELDS = 4;

/**
 * Fills the panel with what was taken out of a layer.
 * @param {HTMLElement} root
 * @param {{layer: object, onShape: (geometry: object|null) => void, onBack: (records: object[]) => void, onClose: () => void}} given
 */
export function showRemoved(root, given) {
  const list = el("ul", { class: "removed" });
  const more = el("p", {});
  const said = el("div", {});
  const go = el("button", { class: "button primary", type: "submit", disabled: true }, text("desk.removed.back", { count: 0 }));
  const chosen = () => [...list.querySelectorAll("input:checked")].map(({ value }) => Number(value));
  const count = () => {
    go.disabled = !chosen().length;
    go.textContent = text("desk.removed.back", { count: chosen().length });
  };
  const form = el("form", { class: "stack", onchange: count, onsubmit: submit }, el("p", { class: "quiet" }, text("desk.removed.help")), said, list, more, el("p", { class: "row actions" }, go));
  root.hidden = false;
  root.replaceChildren(el("header", { class: "panel-head" }, el("h2", {}, text("desk.removed.title", { layer: titled(given.layer.title) })), el("button", { class: "button plain", type: "button", onclick: given.onClose }, text("access.close"))), form);
  root.focus({ preventScroll: true });
  load(null);

  async function load(after) {
    more.replaceChildren(text("map.loading"));
    try {
      const { items, next } = await get(`/api/records/${given.layer.id}/removed`, { limit: PAGE, after });
      list.append(...items.map((one) => line(one, given)));
      more.replaceChildren(next ? el("button", { class: "button", type: "button", onclick: () => load(next) }, text("desk.removed.more")) : list.children.length ? "" : text("desk.removed.none"));
    } catch (error) {
      more.replaceChildren(failure(error, () => load(after)));
    }
  }

  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    try {
      given.onBack((await bringBack(given.layer, chosen())).items);
    } catch (error) {
      said.replaceChildren(notSaved(error, () => form.requestSubmit()));
    } finally {
      count();
    }
  }
}

function line(record, { layer, onShape }) {
  const unit = unitsFor(layer).find(({ id }) => id === record.unit_id)?.name;
  const values = layer.fields.filter(({ name }) => name !== "name" && record.values[name] !== null).slice(0, TOLD_FIELDS).map((field) => shown(field, record.values[field.name]));
  const show = () => onShape(record.geometry);
  return el(
    "li",
    { onfocusin: show, onmouseenter: show },
    el("label", { class: "tick" }, el("input", { type: "checkbox", value: record.id }), el("strong", {}, nameOf(record))),
    el("p", {}, [unit, ...values].filter(Boolean).join(" · ")),
    el("p", { class: "quiet" }, text("desk.removed.when", { at: moment(record.at), actor: record.actor }), record.reason ? `：${record.reason}` : ""),
  );
}
