// Tables that sort by a click on a head; the order is kept while the table is drawn anew.

import { el } from "../dom.js";
import { text } from "../texts.js";

const orders = new Map();
const collator = new Intl.Collator("zh-CN", { numeric: true });

/**
 * Makes a table sortable. A cell's `data-sort` is a number to sort by; cells without one sort by their text.
 * @param {HTMLTableElement} table
 * @param {string} key what it is, so that its order is found again
 */
export function sortable(table, key) {
  const heads = [...table.tHead.rows[0].cells];
  const [body] = table.tBodies;
  const first = [...body.rows];
  const apply = () => {
    const order = orders.get(key) ?? { column: -1, down: false };
    for (const [column, head] of heads.entries()) {
      if (column === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    body.append(...(order.column < 0 ? first : [...first].sort(comparing(order))));
  };
  heads.forEach((head, column) => {
    const title = head.textContent.trim();
    if (!title || head.querySelector(".unseen")) return;
    const turn = () => {
      const { column: by, down } = orders.get(key) ?? {};
      const numbers = first.some((row) => row.cells[column]?.dataset.sort !== undefined);
      orders.set(key, { column, down: by === column ? !down : numbers });
      apply();
    };
    head.replaceChildren(el("button", { type: "button", class: "sort", title: text("siting.sort", { name: title }), onclick: turn }, title));
  });
  apply();
  return table;
}

/** What has no number comes last either way. */
function comparing({ column, down }) {
  const sign = down ? -1 : 1;
  const value = (row) => row.cells[column];
  return (one, other) => {
    const [a, b] = [value(one), value(other)];
    const [x, y] = [a?.dataset.sort, b?.dataset.sort];
    if (x === undefined && y === undefined) return sign * collator.compare(a?.textContent ?? "", b?.textContent ?? "");
    if (x === undefined || x === "") return y === undefined || y === "" ? 0 : 1;
    if (y === undefined || y === "") return -1;
    return sign * (Number(x) - Number(y));
  };
}
