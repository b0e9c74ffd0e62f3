// What a check or a load came to: counts, refused rows beside their reasons, and the way on.

import { el } from "../dom.js";
import { count } from "../format.js";
import { text, titled } from "../texts.js";
import { remedyInWords } from "./wording.js";

const COUNTS = ["read", "loaded", "changed", "unchanged", "refused"];
const MOST_SHOWN = 200;

/**
 * @param {object} upload with its outcome
 * @param {object[]} layers
 * @param {{onLoad: (skip: boolean) => void, onAgain: () => void, onUndo: (batch: number) => void}} actions
 */
export function outcomeView(upload, layers, actions) {
  const { outcome } = upload;
  const refusals = outcome.layers.flatMap((layer) => layer.refusals);
  const good = outcome.read - outcome.refused;
  const state = outcome.state === "checked" && outcome.refused ? "refused" : outcome.state;
  const parts = [
    el("p", { class: `note ${state === "refused" ? "warn" : ""}`, id: "conclusion" }, el("strong", {}, text(`imp.state.${outcome.action}.${state}`, { refused: count(outcome.refused) }))),
    counts(outcome, layers),
    refusals.length ? refusedTable(refusals) : null,
    refusals.length ? el("p", {}, el("a", { class: "button", href: `/api/uploads/${upload.id}/refused.csv`, download: "" }, text("imp.refused.download")), " ", el("span", { class: "quiet" }, text("imp.refused.mend"))) : null,
    notices(outcome),
    el("div", { class: "row actions" }, ...buttons(upload, outcome, state, good, actions)),
  ];
  return parts.filter(Boolean);
}

function buttons(upload, outcome, state, good, { onLoad, onAgain, onUndo }) {
  const button = (key, onclick, kind = "", values = {}) => el("button", { class: `button ${kind}`, type: "button", onclick }, text(key, values));
  if (outcome.state === "loaded") {
    const { layer } = outcome.layers[0];
    const batches = outcome.layers.map(({ batch }) => batch).filter((batch) => batch !== null);
    const touched = outcome.loaded + outcome.changed > 0;
    return [
      layer === "population" || layer === "dem" ? null : el("a", { class: "button primary", href: `/data?layer=${encodeURIComponent(layer)}` }, text("imp.records")),
      ...(touched && upload.inspection?.undo && batches.length === 1 ? [button("imp.undo", () => onUndo(batches[0]))] : []),
      button("imp.another", onAgain),
    ].filter(Boolean);
  }
  const outside = outcome.layers.some(({ refusals }) => refusals.some(({ code }) => code === "import.outside-own-units"));
  if (state !== "refused") return [button("imp.load", () => onLoad(false), "primary")];
  return good > 0 && !outside ? [button("imp.load.good", () => onLoad(true), "", { good: count(good) })] : [];
}

function counts(outcome, layers) {
  const name = (id) => titled(layers.find((one) => one.id === id)?.title) || id;
  const heads = [el("th", { scope: "col" }, text("imp.layer")), ...COUNTS.map((id) => el("th", { scope: "col", class: "number" }, text(`imp.count.${id}`)))];
  const line = (layer) => el("tr", {}, el("th", { scope: "row" }, name(layer.layer)), ...COUNTS.map((id) => el("td", { class: "number", "data-label": text(`imp.count.${id}`) }, count(layer[id]))));
  return el("div", { class: "wide" }, el("table", { class: "counts" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...outcome.layers.map(line))));
}

function refusedTable(refusals) {
  const heads = ["row", "field", "value", "reason"].map((id) => el("th", { scope: "col" }, text(`imp.refused.${id}`)));
  const line = ({ row, field, value, message, remedy }) =>
    el("tr", {}, el("th", { scope: "row", "data-label": text("imp.refused.row") }, row ?? "—"), el("td", { "data-label": text("imp.refused.field") }, field ?? "—"), el("td", { "data-label": text("imp.refused.value") }, value ?? "—"), el("td", { "data-label": text("imp.refused.reason") }, message, remedy ? el("small", {}, remedyInWords(remedy)) : null));
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": text("imp.refused") },
    el("table", { id: "refused" }, el("caption", {}, text("imp.refused")), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...refusals.slice(0, MOST_SHOWN).map(line))),
    refusals.length > MOST_SHOWN ? el("p", { class: "quiet" }, text("imp.refused.more", { count: count(refusals.length - MOST_SHOWN) })) : null,
  );
}

function notices(outcome) {
  const all = outcome.layers.flatMap((layer) => layer.notices);
  if (!all.length) return null;
  return el("details", { class: "more" }, el("summary", {}, text("imp.notices", { count: count(all.length) })), el("ul", {}, ...all.map(({ message, row }) => el("li", {}, row === null ? message : `${text("imp.row")} ${row}: ${message}`))));
}
