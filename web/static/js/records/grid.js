// The table of records: only the rows in sight are built, so that twenty thousand stay fluid.

import { el } from "../dom.js";
import { text, titled } from "../texts.js";
import { nameOf, shown } from "./layers.js";

const ROW_PX = 36;
const MORE_ROWS = 12;

/**
 * @param {HTMLElement} root
 * @param {{onOpen: (id: number) => void, onSort: (field: string) => void, onMarked: () => void}} calls
 */
export function makeGrid(root, { onOpen, onSort, onMarked }) {
  let layer = null;
  let columns = [];
  let rows = [];
  let current = null;
  let focused = null;
  let order = { field: null, down: false };
  const marked = new Set();
  const head = el("tr", {});
  const body = el("tbody", {});
  const table = el("table", { class: "records", "aria-label": text("desk.lines") }, el("thead", {}, head), body);
  const scroller = el("div", { class: "scroller", tabindex: "-1" }, table);
  root.replaceChildren(scroller);

  const drawSoon = (() => {
    let asked = 0;
    return () => {
      if (!asked) asked = requestAnimationFrame(() => { asked = 0; draw(); });
    };
  })();
  scroller.addEventListener("scroll", drawSoon, { passive: true });
  new ResizeObserver(drawSoon).observe(scroller);

  function drawHead() {
    const every = rows.length > 0 && rows.every(({ id }) => marked.has(id));
    const all = el("input", { type: "checkbox", "aria-label": text("desk.mark.all"), checked: every, onchange: (event) => markAll(event.target.checked) });
    head.replaceChildren(el("th", { class: "tick" }, all), ...columns.map(headCell));
  }

  const headCell = (column) =>
    el(
      "th",
      { scope: "col", "aria-sort": order.field === column.id ? (order.down ? "descending" : "ascending") : null },
      el("button", { type: "button", "data-column": column.id, onclick: () => onSort(column.id) }, column.title),
    );

  function draw() {
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_PX) - MORE_ROWS);
    const last = Math.min(rows.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW_PX) + MORE_ROWS);
    const held = body.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.id : null;
    const built = rows.slice(first, last).map((record, k) => line(record, first + k));
    body.replaceChildren(space(first), ...built, space(rows.length - last));
    if (held) body.querySelector(`tr[data-id="${held}"]`)?.focus({ preventScroll: true });
  }

  function space(count) {
    const row = el("tr", { class: "space", "aria-hidden": "true" }, el("td", {}));
    row.style.blockSize = `${count * ROW_PX}px`;
    return row;
  }

  function line(record, at) {
    const tick = el("input", { type: "checkbox", tabindex: "-1", checked: marked.has(record.id), "aria-label": text("desk.mark", { name: nameOf(record) }), onclick: (event) => event.stopPropagation(), onchange: () => mark(record.id) });
    const reachable = focused === null ? at === 0 : record.id === focused;
    return el(
      "tr",
      { "data-id": record.id, "aria-rowindex": at + 2, tabindex: reachable ? "0" : "-1", "aria-current": record.id === current ? "true" : null, onclick: () => open(record.id), onkeydown: (event) => onKey(event, at) },
      el("td", { class: "tick" }, tick),
      ...columns.map((column, k) => el(k ? "td" : "th", { class: column.number ? "number" : null, scope: k ? null : "row" }, column.show(record))),
    );
  }

  function onKey(event, at) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows.length, End: rows.length }[event.key];
    if (step) {
      event.preventDefault();
      focus(Math.max(0, Math.min(rows.length - 1, at + step)));
    } else if (event.key === "Enter" && event.target.tagName === "TR") open(rows[at].id);
    else if (event.key === " " && event.target.tagName === "TR") {
      event.preventDefault();
      mark(rows[at].id);
    }
  }

  function focus(at) {
    focused = rows[at].id;
    bring(at);
    draw();
    body.querySelector(`tr[data-id="${focused}"]`)?.focus({ preventScroll: true });
  }

  function bring(at) {
    const room = scroller.clientHeight - 2 * ROW_PX;
    const top = at * ROW_PX;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
  }

  function open(id) {
    focused = id;
    onOpen(id);
  }

  function mark(id) {
    if (!marked.delete(id)) marked.add(id);
    drawHead();
    draw();
    onMarked();
  }

  function markAll(every) {
    for (const { id } of rows) {
      if (every) marked.add(id);
      else marked.delete(id);
    }
    drawHead();
    draw();
    onMarked();
  }

  return {
    /** Shows the records of a layer. */
    show(newLayer, newRows, newOrder) {
      if (newLayer !== layer) {
        layer = newLayer;
        columns = columnsOf(layer);
        marked.clear();
        focused = null;
        scroller.scrollTop = 0;
      }
      rows = newRows;
      order = newOrder;
      table.setAttribute("aria-rowcount", rows.length + 1);
      drawHead();
      draw();
    },
    /** Marks the record in sight and brings it into view. */
    choose(id) {
      current = id;
      const at = rows.findIndex((record) => record.id === id);
      if (at >= 0) bring(at);
      draw();
    },
    marked: () => rows.filter(({ id }) => marked.has(id)),
    /** Marks records beside those that are marked already. */
    mark(ids) {
      ids.forEach((id) => marked.add(id));
      drawHead();
      draw();
      onMarked();
    },
    clearMarks() {
      marked.clear();
      drawHead();
      draw();
      onMarked();
    },
  };
}

function columnsOf(layer) {
  const field = (one) => ({ id: one.name, title: titled(one.title) + (one.unit ? ` (${one.unit})` : ""), number: ["integer", "number"].includes(one.type), show: (record) => shown(one, record.values[one.name]) });
  const name = layer.fields.find((one) => one.name === "name") ?? layer.fields[0];
  const rest = layer.fields.filter((one) => one !== name && !one.for_life);
  const keys = layer.fields.filter((one) => one !== name && one.for_life);
  const unit = layer.has_unit ? [{ id: "unit", title: text("desk.unit"), show: (record) => record.unit_name ?? "" }] : [];
  const published = { id: "published", title: text("desk.published"), show: (record) => text(record.marks.published ? "desk.yes" : "desk.no") };
  return [field(name), ...rest.slice(0, 1).map(field), ...unit, ...rest.slice(1).map(field), published, ...keys.map(field)];
}
