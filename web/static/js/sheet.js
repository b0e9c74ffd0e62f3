// Sheets to download: CSV that Excel opens in UTF-8.

import { el } from "./dom.js";

/** Rows of cells as CSV; a cell that would be a formula is made text. */
export function sheetOf(rows) {
  const cell = (value) => {
    const plain = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(plain) && !/^[+-]?\d+(\.\d+)?$/.test(plain) ? `'${plain}` : plain;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Hands a text to the browser as a file. */
export function download(content, name, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: url, download: name.replace(/[\\/:*?"<>|]+/g, " ") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
