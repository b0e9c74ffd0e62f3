// Which single road link would buy most: looked for, tried one by one with progress, ranked, taken into the plan.

import { post } from "../api.js";
import { byId, el } from "../dom.js";
import { count, minutes } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import * as plan from "./plan.js";
import { kilometres } from "./roads.js";
import { sortable } from "./sorting.js";

const MOST_NAMED = 3;

/** @param {{view: object, say: (words: string) => void, onShow: () => void}} given */
export function startLinks({ view, say, onShow }) {
  const root = byId("links");
  let turn = 0;
  root.addEventListener("toggle", () => root.open && !byId("links-form") && root.append(form()));
  plan.onPlan((what) => what === "case" && clear());

  function clear() {
    turn += 1;
    byId("links-found")?.replaceChildren();
  }

  function form() {
    const number = (id, value, least, most, step) => el("input", { id, type: "number", value, min: least, max: most, step, required: true });
    const field = (id, control) => el("div", { class: "field" }, el("label", { for: id }, text(`siting.links.${id.replace("links-", "")}`)), control);
    const classes = el("select", { id: "links-class" }, ...view.roadClasses().map(({ code, title }) => el("option", { value: code }, titled(title))));
    classes.value = "tertiary";
    const node = el(
      "form",
      { id: "links-form", class: "stack tight" },
      el("p", { class: "quiet" }, text("siting.links.help")),
      el("div", { class: "row" }, field("links-class", classes), field("links-longest", number("links-longest", 1500, 10, 5000, 10)), field("links-detour", number("links-detour", 3, 1, 100, 0.5))),
      el("label", { class: "tick" }, el("input", { id: "links-bridges", type: "checkbox", checked: true }), " ", text("siting.links.bridges")),
      el("div", { class: "row" }, el("button", { type: "submit", class: "button primary" }, text("siting.links.find")), el("button", { id: "links-stop", type: "button", class: "button", hidden: true, onclick: stop }, text("siting.links.stop"))),
      el("p", { id: "links-step", role: "status", class: "quiet" }),
      el("progress", { id: "links-bar", max: 1, value: 0, hidden: true, "aria-label": text("siting.links") }),
      el("div", { id: "links-found" }),
    );
    node.addEventListener("submit", (event) => {
      event.preventDefault();
      find();
    });
    return node;
  }

  function stop() {
    turn += 1;
    busy(false);
    byId("links-step").textContent = text("siting.links.stopped");
  }

  function busy(on) {
    byId("links-stop").hidden = !on;
    byId("links-bar").hidden = !on;
  }

  async function find() {
    turn += 1;
    const mine = turn;
    const { service, type, on, changes } = plan.current();
    const wish = { road_class: byId("links-class").value, longest_m: Number(byId("links-longest").value), detour: Number(byId("links-detour").value), bridges: byId("links-bridges").checked };
    const body = { service, type, on, changes, ...wish };
    busy(true);
    byId("links-found").replaceChildren();
    byId("links-step").textContent = text("siting.links.looking");
    try {
      const { items, pairs } = await post("/api/scenarios/links", { ...body, exact: false });
      const done = [];
      for (const [place, one] of items.entries()) {
        if (mine !== turn) return;
        byId("links-step").textContent = text("siting.links.trying", { number: count(place + 1), all: count(items.length), pairs: count(pairs) });
        byId("links-bar").value = place / items.length;
        const [exact] = (await post("/api/scenarios/links", { ...body, links: [one.path] })).items;
        if (mine !== turn) return;
        done.push({ ...one, gained: exact.gained });
        show(done, wish);
      }
      byId("links-step").textContent = items.length ? text("siting.links.done", { count: count(items.length), pairs: count(pairs) }) : text("siting.links.none");
      say(byId("links-step").textContent);
    } catch (error) {
      if (mine === turn) byId("links-found").replaceChildren(failure(error, find));
    }
    if (mine === turn) busy(false);
  }

  function show(items, wish) {
    const sorted = [...items].sort((a, b) => b.gained.population - a.gained.population || a.length_m - b.length_m);
    const heads = ["people", "where", "length", "around"].map((id) => el("th", { scope: "col" }, text(`siting.links.head.${id}`)));
    const table = el("table", { class: "costs road-links" }, el("caption", {}, text("siting.links.caption")), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...sorted.map((one) => line(one, wish))));
    byId("links-found").replaceChildren(sortable(table, "links"));
  }

  function line(one, wish) {
    const names = one.gained.items.slice(0, MOST_NAMED).map(({ name }) => name).join("、") + (one.gained.count > MOST_NAMED ? " …" : "");
    const [lon, lat] = one.path[0].map((value, axis) => (value + one.path.at(-1)[axis]) / 2);
    const look = () => {
      onShow();
      view.setDraft(one.path);
      view.goTo({ lon, lat });
    };
    const take = () => {
      view.setDraft([]);
      plan.append({ kind: "add_road", path: one.path, road_class: wish.road_class });
    };
    return el(
      "tr",
      {},
      el("td", { "data-sort": one.gained.population }, count(one.gained.population)),
      el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: look }, names || text("siting.links.nobody")), el("button", { type: "button", class: "button", onclick: take }, text("siting.links.take"))),
      el("td", { "data-sort": one.length_m }, kilometres(one.length_m), one.bridge ? el("span", { class: "verdict" }, text("siting.links.bridge")) : ""),
      el("td", { "data-sort": one.network_s ?? "" }, one.network_s === null ? text("siting.links.far") : minutes(one.network_s)),
    );
  }
}
