// The findings of one check as a table that sorts, exports, and leads to the place ready to mend.

import { el } from "../dom.js";
import { NONE, count, decimal } from "../format.js";
import { download, sheetOf } from "../sheet.js";
import { language, text, titled } from "../texts.js";

const NAMED = 3;

/**
 * @param {HTMLElement} root
 * @param {{mends: boolean, onChoose: (feature: object) => void}} given `mends`: whether links lead to where it is mended
 */
export function makeTable(root, { mends, onChoose }) {
  let found = null;
  let rows = [];
  let order = { id: null, down: true };
  let current = null;
  const body = el("tbody", {});

  const columns = () => {
    const has = (name) => rows.some(({ properties }) => properties[name] !== null);
    const figure = (name, digits) => ({ id: name, title: text(`quality.page.column.${name === "area_m2" ? "area" : "length"}`), number: true, value: ({ properties }) => properties[name], show: ({ properties }) => decimal(properties[name], digits) });
    return [
      { id: "records", title: text("quality.page.column.records"), value: namesOf, show: namesOf },
      { id: "what", title: text("quality.page.column.what"), value: whatOf, show: whatOf },
      ...(has("area_m2") ? [figure("area_m2", 1)] : []),
      ...(has("length_m") ? [figure("length_m", 2)] : []),
    ];
  };

  function draw() {
    const shown = columns();
    const sorted = order.id === null ? rows : rows.toSorted(by(shown.find(({ id }) => id === order.id), order.down));
    body.replaceChildren(...sorted.map((feature, k) => line(feature, shown, k)));
    const head = (column) =>
      el(
        "th",
        { scope: "col", class: column.number ? "number" : null, "aria-sort": column.id === order.id ? (order.down ? "descending" : "ascending") : null },
        el("button", { type: "button", "data-column": column.id, onclick: () => sort(column) }, column.title),
      );
    const { check, told } = found;
    const total = check.state === "counted" ? (check.count > told ? text("quality.page.shown.most", { count: count(check.count), told: count(told) }) : text("quality.page.shown", { count: count(check.count) })) : text(`quality.${check.state}`);
    root.replaceChildren(
      el("h2", {}, titled(check.title)),
      el("p", { class: "quiet" }, titled(check.help)),
      el("p", { class: "row" }, check.count === 0 ? el("strong", {}, text("quality.page.none")) : el("span", {}, total), rows.length ? el("button", { class: "button", type: "button", onclick: () => exportRows(found, sorted) }, text("quality.page.export")) : ""),
      rows.length ? el("table", { class: "records" }, el("thead", {}, el("tr", {}, ...shown.map(head), el("th", { class: "go" }, el("span", { class: "unseen" }, text("quality.page.column.link"))))), body) : "",
    );
  }

  function line(feature, shown, k) {
    return el(
      "tr",
      { "data-finding": feature.id, tabindex: (current === null ? k === 0 : current === feature.id) ? "0" : "-1", "aria-current": current === feature.id ? "true" : null, onclick: () => choose(feature.id), onkeydown: (event) => onKey(event, feature) },
      ...shown.map((column, at) => el(at ? "td" : "th", { scope: at ? null : "row", class: column.number ? "number" : null }, column.show(feature))),
      el("td", { class: "go" }, link(feature)),
    );
  }

  function link({ properties: { records } }) {
    if (!records.length) return "";
    const [{ href, name }] = records;
    return el("a", { href: mends ? href : href.split("&edit=")[0], "aria-label": mends ? text("quality.page.mend.named", { name }) : `${text("quality.page.view")} ${name}`, onclick: (event) => event.stopPropagation() }, text(mends ? "quality.page.mend" : "quality.page.view"));
  }

  function onKey(event, feature) {
    const line = event.currentTarget;
    if (event.target !== line) return;
    const other = { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling, Home: body.firstElementChild, End: body.lastElementChild }[event.key];
    if (other) {
      event.preventDefault();
      line.tabIndex = -1;
      other.tabIndex = 0;
      other.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(feature.id);
    }
  }

  function sort({ id }) {
    order = { id, down: order.id === id ? !order.down : true };
    draw();
    root.querySelector(`[data-column="${id}"]`).focus();
  }

  function choose(id) {
    const feature = rows.find((one) => one.id === id);
    if (!feature) return;
    current = id;
    for (const row of body.rows) {
      const mine = row.dataset.finding === String(id);
      row.tabIndex = mine ? 0 : -1;
      if (mine) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (mine) row.scrollIntoView({ block: "nearest" });
    }
    onChoose(feature);
  }

  return {
    /** Shows a page of findings as the server gives it. */
    show(given) {
      found = given;
      rows = given.features;
      current = null;
      order = { id: null, down: true };
      draw();
    },
    choose,
    features: () => rows,
    chosen: () => rows.find(({ id }) => id === current) ?? null,
  };
}

const whatOf = ({ properties }) => titled(properties.what);

function namesOf({ properties: { records, pieces } }) {
  const names = records.slice(0, NAMED).map(({ name }) => name).join(language() === "en" ? ", " : "、");
  return records.length > NAMED ? `${names} ${text("quality.page.more", { count: count(Math.max(pieces, records.length)) })}` : names || NONE;
}

function by(column, down) {
  const collator = new Intl.Collator(language() === "en" ? "en" : "zh-CN", { numeric: true });
  const turned = down ? -1 : 1;
  return (one, other) => {
    const [a, b] = [column.value(one), column.value(other)];
    return turned * (column.number ? (a ?? -1) - (b ?? -1) : collator.compare(a, b));
  };
}

function exportRows({ check, on }, rows) {
  const heads = ["layer", "records", "what", "area", "length", "pieces", "lon", "lat", "link"].map((name) => text(`quality.page.column.${name}`));
  const cells = rows.map(({ properties: one }) => [titled(check.layer_title), one.records.map(({ name }) => name).join("；"), titled(one.what), one.area_m2, one.length_m, one.pieces, one.point?.[0], one.point?.[1], one.records.length ? new URL(one.records[0].href, location.href).href : ""]);
  download(sheetOf([heads, ...cells]), `${titled(check.title)} ${on}.csv`);
}
