// The rules that names are checked by, with their sources and their own examples.

import { get } from "../api.js";
import { byId, el } from "../dom.js";
import { started } from "../pages/form.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { kindName } from "./words.js";

async function start() {
  await started;
  const { items, packs } = await get("/api/names/rules");
  byId("packs").replaceChildren(...packs.map((one) => el("li", {}, el("strong", {}, text(one.on ? "case.pack.on" : "case.pack.off")), ` ${one.title}`, el("p", { class: "quiet" }, one.source))));
  // An example names its kind after a bar.
  const examples = (list) => el("td", {}, list.map((one) => one.split("|")[0]).join("、"));
  const line = (one) => el("tr", {}, el("th", { scope: "row" }, one.title), el("td", { class: "short" }, text(`case.force.${one.force}`)), el("td", {}, one.kinds.length ? one.kinds.map(kindName).join("、") : text("desk.all")), el("td", {}, one.source, one.setting ? el("small", {}, text("case.setting")) : null), examples(one.passes), examples(one.fails));
  byId("rules").replaceChildren(...items.map(line));
}

start().catch((error) => byId("told").replaceChildren(failure(error, () => location.reload())));
