// Texts of the page in its language, from the server's catalogue.

import { get } from "./api.js";

export const LANGUAGES = ["zh", "en"];
let table = {};
const switched = new Set();

/** @returns {"zh"|"en"} */
export const language = () => (document.documentElement.lang.startsWith("en") ? "en" : "zh");

/** Calls back when another language is in force. */
export const onLanguage = (listener) => switched.add(listener);

/** Loads a language and puts its texts on the page. */
export async function useLanguage(code) {
  table = await get(`/api/texts/${code}`);
  document.documentElement.lang = code === "en" ? "en" : "zh-CN";
  apply(document.body);
  switched.forEach((listener) => listener(code));
}

/** The text of a key with `{name}` places filled; an unknown key gives an empty text, never the key. */
export function text(key, values = {}) {
  const found = table[key];
  if (found === undefined) return "";
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Of a title in both languages the one to show; a plain string is kept. */
export function titled(title) {
  if (title === null || title === undefined) return "";
  if (typeof title === "string") return title;
  return title[language()] || title.zh || title.en || "";
}

function apply(root) {
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const node of root.querySelectorAll("[data-title]")) node.setAttribute("title", text(node.dataset.title));
  for (const node of root.querySelectorAll("[data-placeholder]")) node.setAttribute("placeholder", text(node.dataset.placeholder));
}
