// One place written in several ways, and villages registered twice: lists below the inventory.

import { get, send } from "../api.js";
import { byId, el } from "../dom.js";
import { count } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";

const SHOWN = 300;

export async function drawSpellings(onMap) {
  const list = byId("spellings");
  try {
    const found = await get("/api/names/spellings", { unit: byId("unit").value || null });
    const written = ({ name, unit_name: unit, source, code }) => el("p", {}, el("strong", {}, name), ` ${unit ?? ""} `, el("small", {}, [source ?? text("case.spellings.desk"), code].filter(Boolean).join(" · ")));
    const item = (one) => el("li", {}, el("p", {}, el("strong", {}, one.spellings.join(" / ")), ` ${text(`case.spellings.${one.how}`)} `, el("button", { class: "link", type: "button", onclick: () => onMap(one.records) }, text("case.on-map"))), ...one.records.map(written));
    list.replaceChildren(...(found.items.length ? found.items.slice(0, SHOWN).map(item) : [el("li", { class: "quiet" }, text("case.spellings.none"))]));
  } catch (error) {
    list.replaceChildren(failure(error, () => drawSpellings(onMap)));
  }
  list.setAttribute("aria-busy", "false");
}

export async function drawDoubles(mayEdit) {
  const list = byId("doubles");
  try {
    const found = await get("/api/names/doubles");
    byId("doubles-told").textContent = text("case.doubles.told", { linked: count(found.linked), open: count(found.open) });
    list.replaceChildren(...found.items.slice(0, SHOWN).map((one) => pair(one, mayEdit)));
  } catch (error) {
    list.replaceChildren(failure(error, () => drawDoubles(mayEdit)));
  }
  list.setAttribute("aria-busy", "false");
}

function pair(one, mayEdit) {
  const side = ({ name, code, unit_name: unit }) => [name, unit, code].filter(Boolean).join(" · ");
  const decide = (body) => async () => {
    try {
      await send("PUT", `/api/names/doubles/${one.body.place_id}`, body);
      await drawDoubles(mayEdit);
    } catch (error) {
      byId("doubles-told").replaceChildren(failure(error));
    }
  };
  const button = (key, body) => el("button", { class: "button", type: "button", onclick: decide(body) }, text(key));
  const apart = { unit_id: null, apart_id: one.unit.place_id };
  const buttons = one.state === "linked" ? [button("case.doubles.part", { unit_id: null })] : [button("case.doubles.link", { unit_id: one.unit.place_id }), button("case.doubles.apart", apart)];
  return el("li", {}, el("p", {}, el("strong", {}, one.unit.name), ` = ${one.body.name}`, one.distance_m === null ? "" : ` ${count(one.distance_m)} m`), el("p", { class: "quiet" }, `${side(one.unit)}；${side(one.body)}`), mayEdit ? el("p", { class: "row" }, ...buttons) : "");
}
