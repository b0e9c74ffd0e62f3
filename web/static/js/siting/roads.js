// Roads of a plan: a new one drawn corner by corner, one closed by a click; both are changes like any other.

import { latest, post } from "../api.js";
import { byId, el } from "../dom.js";
import { count, decimal } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import * as plan from "./plan.js";

const round = (value) => Number(value.toFixed(6));
const ROADS = new Set(["close_road", "add_road"]);
export const isRoad = ({ kind }) => ROADS.has(kind);
export const roadChanges = () => plan.current().changes.filter(isRoad);

/**
 * @param {{view: object, onTool: (on: boolean) => void, onOffer: () => void, say: (words: string) => void}} given
 */
export function startRoads({ view, onTool, onOffer, say }) {
  const root = byId("roads");
  let tool = null;
  let corners = [];
  const askRoad = latest((_signal, lon, lat) => {
    const { service, type, on } = plan.current();
    return post("/api/scenarios/road", { service, type, on, lon, lat, changes: roadChanges() });
  });

  const stop = () => {
    tool = null;
    corners = [];
    view.setDraft([]);
    view.setTool(null);
    for (const id of ["draw-road", "pick-road"]) byId(id).setAttribute("aria-pressed", "false");
    onTool(false);
    root.replaceChildren();
  };
  const start = (name, click) => {
    const again = tool === name;
    stop();
    if (again) return;
    tool = name;
    byId(name).setAttribute("aria-pressed", "true");
    view.setTool(click);
    onTool(true);
  };

  byId("draw-road").addEventListener("click", () => {
    start("draw-road", (lon, lat) => put([round(lon), round(lat)]));
    if (tool) drawForm();
  });
  byId("pick-road").addEventListener("click", () => {
    start("pick-road", pick);
    if (tool) root.replaceChildren(el("p", { class: "quiet" }, text("siting.road.pick.help")), centred(([lon, lat]) => pick(lon, lat)));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && tool) stop();
    if (event.key === "Enter" && tool === "draw-road" && corners.length > 1 && !event.target.closest?.("button, input, select")) finish();
  });

  /** Without a pointer: what lies in the middle of the map. */
  const centred = (act) =>
    el("button", { type: "button", class: "button", onclick: () => act([round(view.map.getCenter().lng), round(view.map.getCenter().lat)]) }, text("siting.road.here"));

  function put(corner) {
    const last = corners.at(-1);
    // A double click ends the line.
    if (last && last[0] === corner[0] && last[1] === corner[1]) return finish();
    corners = [...corners, corner];
    return drawn();
  }

  function drawn() {
    view.setDraft(corners);
    byId("road-finish").disabled = corners.length < 2;
    byId("road-back").disabled = !corners.length;
    byId("road-corners").textContent = text("siting.road.corners", { count: count(corners.length) });
  }

  function finish() {
    if (corners.length < 2) return;
    const speed = Number(byId("road-speed").value);
    const name = byId("road-name").value.trim();
    const change = { kind: "add_road", path: corners, road_class: byId("road-class").value, ...(speed ? { speed_kmh: speed } : {}), ...(name ? { name } : {}) };
    stop();
    plan.append(change);
  }

  function drawForm() {
    const held = drawForm.held ?? { class: "tertiary", speed: "" };
    const choice = el("select", { id: "road-class" }, ...view.roadClasses().map(({ code, title }) => el("option", { value: code }, titled(title))));
    choice.value = held.class;
    const speed = el("input", { id: "road-speed", type: "number", min: 1, max: 200, step: 1, inputmode: "numeric", value: held.speed });
    const keep = () => (drawForm.held = { class: choice.value, speed: speed.value });
    for (const one of [choice, speed]) one.addEventListener("change", keep);
    const field = (id, key, control) => el("div", { class: "field" }, el("label", { for: id }, text(key)), control);
    root.replaceChildren(
      el("p", { class: "quiet" }, text("siting.road.draw.help")),
      el("div", { class: "row" }, field("road-class", "siting.road.class", choice), field("road-speed", "siting.road.speed", speed)),
      field("road-name", "siting.road.name", el("input", { id: "road-name", maxlength: 80, autocomplete: "off" })),
      el("p", { id: "road-corners", role: "status", class: "quiet" }),
      el(
        "div",
        { class: "row" },
        el("button", { id: "road-finish", type: "button", class: "button primary", disabled: true, onclick: finish }, text("siting.road.finish")),
        el("button", { id: "road-back", type: "button", class: "button", disabled: true, onclick: () => ((corners = corners.slice(0, -1)), drawn()) }, text("siting.road.back")),
        centred(put),
        el("button", { type: "button", class: "button", onclick: stop }, text("siting.road.cancel")),
      ),
    );
    drawn();
  }

  async function pick(lon, lat) {
    try {
      const found = await askRoad(round(lon), round(lat));
      if (found && tool === "pick-road") offer(found, round(lon), round(lat));
    } catch (error) {
      root.replaceChildren(failure(error));
      say(error.detail ?? error.message);
    }
  }

  /** What may be closed: the piece that was clicked, the whole road, all roads of its name. */
  function offer(road, lon, lat) {
    view.setDraft(road.lines[0]);
    const act = (change) => () => {
      stop();
      plan.append({ kind: "close_road", ...change });
    };
    const [id] = road.roads;
    const button = (key, change, name) => el("button", { type: "button", class: "button", onclick: act(change) }, text(key, { name }));
    root.replaceChildren(
      el("p", {}, el("strong", {}, road.name ?? text("siting.road.unnamed")), ` ${classTitle(view, road.road_class)} ${kilometres(road.length_m)}`, road.bridge ? ` ${text("siting.road.is-bridge")}` : ""),
      el("div", { class: "row" }, button("siting.road.close.piece", { road: id, lon, lat }), button("siting.road.close.road", { road: id }), road.name ? button("siting.road.close.name", { name: road.name }, road.name) : ""),
    );
    onOffer();
    root.querySelector("button").focus();
  }

  return { stop, active: () => tool !== null };
}

const classTitle = (view, code) => titled(view.roadClasses().find((one) => one.code === code)?.title) || code;
export const kilometres = (metres) => (metres < 1000 ? text("siting.road.metres", { length: count(Math.round(metres)) }) : text("siting.road.kilometres", { length: decimal(metres / 1000) }));

/** A change of roads in words, with what the server tells of it. */
export function roadWords(change, told) {
  const name = change.name ?? told?.name ?? (change.road ? `#${change.road}` : "");
  const key = change.kind === "add_road" ? "add" : change.lon !== undefined ? "piece" : change.road ? "road" : "name";
  const joined = told?.ends.filter(({ road }) => road !== null).length;
  return [
    text(`siting.road.change.${key}`, { name }),
    told ? kilometres(told.length_m) : "",
    told?.bridge ? text(change.kind === "add_road" ? "siting.road.needs-bridge" : "siting.road.is-bridge") : "",
    change.kind === "add_road" && joined === 1 ? text("siting.road.one-end") : "",
  ].filter(Boolean).join(" ");
}
