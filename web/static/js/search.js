// The search box: place names first, then facilities; keyboard as in a combobox.

import { get, latest } from "./api.js";
import { typeOf } from "./choice.js";
import { byId, debounce, el } from "./dom.js";
import { text, titled } from "./texts.js";

const PLACES = 8;
const FACILITIES = 6;
const PAUSE_MS = 160;
let hits = [];
let active = -1;
let waiting = false;
let enterWaits = false;

const find = latest(async (signal, q) => {
  const [places, facilities] = await Promise.all([
    get("/api/place-names", { q, limit: PLACES }, { signal }),
    get("/api/facilities", { q, limit: FACILITIES }, { signal }),
  ]);
  return { places: places.items, facilities: facilities.items };
});

/** @param {(hit: {kind: string, id: number, name: string, lon: number, lat: number, bbox?: number[]}) => void} onHit */
export function startSearch(onHit) {
  const input = byId("search");
  const look = debounce(PAUSE_MS, () => lookUp(input.value.trim(), onHit));
  input.addEventListener("input", () => {
    waiting = Boolean(input.value.trim());
    enterWaits = false;
    if (waiting) say(text("map.search.looking"));
    else close();
    look();
  });
  input.addEventListener("focus", () => {
    if (hits.length && input.value.trim()) open();
  });
  input.addEventListener("keydown", (event) => onKey(event, onHit));
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    input.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!target.closest(".search")) close();
  });
}

async function lookUp(q, onHit) {
  if (!q) {
    hits = [];
    return close();
  }
  try {
    const answer = await find(q);
    if (!answer) return undefined;
    waiting = false;
    show(answer, q, onHit);
    if (enterWaits) take(0, onHit);
  } catch (error) {
    hits = [];
    waiting = false;
    fill([el("p", { class: "quiet" }, error.detail ?? text("map.search.failed"))]);
    say(text("map.search.failed"));
  }
  return undefined;
}

function show({ places, facilities }, q, onHit) {
  active = -1;
  hits = [...places.map(placeHit), ...facilities.map(facilityHit)];
  const rows = hits.map((hit, index) => option(hit, index, q, onHit));
  const groups = [];
  if (places.length) groups.push(group("map.search.places", rows.slice(0, places.length)));
  if (facilities.length) groups.push(group("map.search.facilities", rows.slice(places.length)));
  fill(groups.length ? groups : [el("p", { class: "quiet" }, text("map.search.none", { q }))]);
  say(text("map.search.found", { count: hits.length }));
}

const placeHit = (item) => ({ ...item, kind: "place", id: item.place_id, nameKind: item.kind });
const facilityHit = (item) => ({ ...item, kind: "facility" });
const group = (key, rows) => el("div", { role: "group", "aria-label": text(key) }, el("div", { class: "group", "aria-hidden": "true" }, text(key)), ...rows);

function option(hit, index, q, onHit) {
  const choose = (event) => {
    event.preventDefault();
    take(index, onHit);
  };
  const [first, second] = hit.kind === "place" ? placeWords(hit) : facilityWords(hit);
  return el(
    "div",
    { role: "option", id: `hit-${index}`, "aria-selected": "false", onpointerdown: (event) => event.preventDefault(), onclick: choose },
    el("span", {}, ...marked(hit.name, q), first),
    el("small", {}, second),
  );
}

function placeWords(hit) {
  const old = hit.nameKind !== "standard" ? el("small", { class: "former" }, ` ${text(`map.kind.${hit.nameKind}`)} · ${text("map.now", { name: hit.standard_name })}`) : null;
  const reading = el("small", {}, ` ${hit.reading ?? hit.romanisation ?? ""}`);
  return [el("span", {}, reading, old), [titled(hit.class_title), hit.unit_name].filter(Boolean).join(" · ")];
}

function facilityWords(hit) {
  return [null, [titled(typeOf(hit.type)?.title), hit.unit_name].filter(Boolean).join(" · ")];
}

/** The name with the part that was typed marked. */
function marked(name, q) {
  const at = name.toLowerCase().indexOf(q.toLowerCase());
  if (at < 0) return [name];
  return [name.slice(0, at), el("mark", {}, name.slice(at, at + q.length)), name.slice(at + q.length)];
}

function onKey(event, onHit) {
  const { key } = event;
  if (key === "Escape") {
    close();
  } else if (key === "ArrowDown" || key === "ArrowUp") {
    if (!hits.length) return;
    event.preventDefault();
    open();
    move(active + (key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
  } else if (key === "Enter" && waiting) {
    enterWaits = true;
  } else if (key === "Enter" && hits.length && !byId("hits").hidden) {
    event.preventDefault();
    take(Math.max(active, 0), onHit);
  }
}

function move(to) {
  byId(`hit-${active}`)?.setAttribute("aria-selected", "false");
  active = (to + hits.length) % hits.length;
  const row = byId(`hit-${active}`);
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  byId("search").setAttribute("aria-activedescendant", row.id);
}

function take(index, onHit) {
  const hit = hits[index];
  if (!hit) return;
  byId("search").value = hit.name;
  close();
  onHit(hit);
}

function fill(children) {
  byId("hits").replaceChildren(...children);
  open();
}

function open() {
  byId("hits").hidden = false;
  byId("search").setAttribute("aria-expanded", "true");
}

function close() {
  byId("hits").hidden = true;
  byId("search").setAttribute("aria-expanded", "false");
  byId("search").removeAttribute("aria-activedescendant");
}

const say = (words) => {
  byId("hits-said").textContent = words;
};
