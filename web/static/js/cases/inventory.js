// Names that already repeat each other or sound alike: groups, and each on the map.

import { get, getAll } from "../api.js";
import { drawDoubles, drawSpellings } from "./onceonly.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { startFrame } from "./frame.js";
import { kindOptions } from "./nameform.js";
import { NAME_KINDS } from "./words.js";

let view = null;
let round = 0;

async function start() {
  const who = await started;
  const mapped = startFrame();
  const wanted = new URLSearchParams(location.search).get("kind");
  byId("kind").append(...kindOptions(NAME_KINDS, NAME_KINDS.includes(wanted) ? wanted : "village"));
  const units = await getAll("/api/units", { limit: 1000 });
  byId("unit").append(...units.map(({ id, name }) => el("option", { value: id }, name)));
  for (const id of ["kind", "unit"]) byId(id).addEventListener("change", show);
  byId("wanted").addEventListener("submit", (event) => event.preventDefault());
  byId("unit").addEventListener("change", () => drawSpellings(onMap));
  await show();
  await Promise.all([drawSpellings(onMap), drawDoubles(who.may.includes("edit"))]);
  view = await mapped;
}

async function show() {
  round += 1;
  const mine = round;
  const list = byId("groups");
  list.setAttribute("aria-busy", "true");
  history.replaceState(null, "", `?kind=${byId("kind").value}`);
  try {
    const found = await get("/api/names/inventory", { kind: byId("kind").value, unit: byId("unit").value || null });
    if (mine !== round) return;
    byId("told").textContent = found.groups.length ? text("case.inventory.told", { read: count(found.read), groups: count(found.groups_in_all) }) : text("case.inventory.none", { read: count(found.read) });
    list.replaceChildren(...found.groups.map(group));
  } catch (error) {
    byId("told").replaceChildren(failure(error, show));
  }
  list.setAttribute("aria-busy", "false");
}

function onMap(records) {
  view?.show(null, records.map((one) => ({ ...one, tier: "same" })));
  document.body.dispatchEvent(new CustomEvent("part", { detail: "place" }));
}

function group(one) {
  const place = () => {
    view?.show(null, one.names.map((name) => ({ ...name, tier: one.tier })));
    document.body.dispatchEvent(new CustomEvent("part", { detail: "place" }));
  };
  return el("li", {}, el("p", {}, el("strong", {}, one.terms.join(" / ")), ` ${text(`case.tier.${one.tier}`)} `, el("button", { class: "link", type: "button", onclick: place }, text("case.on-map"))), el("p", {}, one.names.map(({ name, unit_name: unit }) => (unit && unit !== name ? `${name}（${unit}）` : name)).join("、")));
}

start().catch((error) => byId("told").replaceChildren(failure(error, () => location.reload())));
