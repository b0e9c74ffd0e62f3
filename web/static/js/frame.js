// Panels that fold, tabs, and on a phone one sheet from below.

import { byId } from "./dom.js";
import { text } from "./texts.js";

const TABS = ["figures", "details", "list"];
const shown = new Set();
const phone = matchMedia("(max-width: 47.99rem)");
let tab = "figures";

/** Calls back when a tab comes into sight. */
export const onTab = (listener) => shown.add(listener);

export function startFrame() {
  byId("fold-left").addEventListener("click", () => fold("left"));
  byId("fold-right").addEventListener("click", () => fold("right"));
  for (const name of TABS) byId(`tab-${name}`).addEventListener("click", () => showTab(name));
  document.querySelector(".tabs").addEventListener("keydown", walkTabs);
  for (const button of document.querySelectorAll("[data-sheet]")) button.addEventListener("click", () => toggleSheet(button.dataset.sheet));
  for (const grip of document.querySelectorAll(".grip")) grip.addEventListener("click", () => document.body.classList.toggle("sheet-tall"));
  if (innerWidth < 1024) document.body.classList.add("right-folded");
  showTab(tab);
  labelFolds();
}

/** Says what the fold buttons do now. */
export function labelFolds() {
  for (const side of ["left", "right"]) {
    const folded = document.body.classList.contains(`${side}-folded`);
    const words = text(folded ? `map.unfold.${side}` : `map.fold.${side}`);
    const button = byId(`fold-${side}`);
    button.setAttribute("aria-expanded", String(!folded));
    button.setAttribute("aria-label", words);
    button.title = words;
  }
}

function fold(side) {
  document.body.classList.toggle(`${side}-folded`);
  labelFolds();
  shown.forEach((listener) => listener(tab));
}

/** Brings a tab of the right panel into sight; `reveal` also unfolds the panel or raises the sheet. */
export function showTab(name, { reveal = false } = {}) {
  tab = name;
  for (const other of TABS) {
    const selected = other === name;
    byId(`tab-${other}`).setAttribute("aria-selected", String(selected));
    byId(`tab-${other}`).tabIndex = selected ? 0 : -1;
    byId(`view-${other}`).hidden = !selected;
  }
  if (reveal && phone.matches) raise(name);
  if (reveal && document.body.classList.contains("right-folded") && !phone.matches) fold("right");
  shown.forEach((listener) => listener(name));
}

/** Pixels of the map that an open panel lies upon: on the right, or on a phone at the bottom. */
export function obscured() {
  const map = byId("map").getBoundingClientRect();
  const panels = ["panel-left", "panel-right"].map((id) => byId(id).getBoundingClientRect()).filter((box) => box.width > 0);
  if (phone.matches) return { right: 0, bottom: Math.max(0, ...panels.map((box) => Math.min(map.bottom - box.top, map.height * 0.6))) };
  return { right: Math.max(0, ...panels.map((box) => (box.left > map.left ? map.right - box.left : 0))), bottom: 0 };
}

function walkTabs({ key, target }) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!step || target.role !== "tab") return;
  const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
  showTab(next);
  byId(`tab-${next}`).focus();
}

function toggleSheet(name) {
  const button = document.querySelector(`[data-sheet="${name}"]`);
  if (button.getAttribute("aria-expanded") === "true") lowerSheet();
  else if (name === "layers") raise(name);
  else showTab(name, { reveal: true });
}

function raise(name) {
  document.body.classList.toggle("sheet-left", name === "layers");
  document.body.classList.toggle("sheet-right", name !== "layers");
  for (const button of document.querySelectorAll("[data-sheet]")) button.setAttribute("aria-expanded", String(button.dataset.sheet === name));
}

/** Lowers the sheet of a phone, so that the map can be seen. */
export function lowerSheet() {
  document.body.classList.remove("sheet-left", "sheet-right", "sheet-tall");
  for (const button of document.querySelectorAll("[data-sheet]")) button.setAttribute("aria-expanded", "false");
}
