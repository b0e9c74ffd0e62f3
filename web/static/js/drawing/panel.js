// The panel beside the map: tools, the chosen vertex in degrees and in survey metres, length and area, what is wrong.

import { post } from "../api.js";
import { planeCoordinates } from "../coords.js";
import { el } from "../dom.js";
import { short } from "../format.js";
import { text } from "../texts.js";
import { measured } from "./measure.js";
import { degreesFault, parseDegrees, parseMetres, surveySystem } from "./typed.js";

/**
 * @param {HTMLElement} root
 * @param {{tools: {key: string, run: () => void, state?: () => {pressed?: boolean, disabled?: boolean}}[], onMove: (position: number[]) => void, onFinish: () => void}} given
 */
export function makePanel(root, { tools, onMove, onFinish }) {
  const buttons = tools.map((tool) => [tool, el("button", { class: "button", type: "button", onclick: tool.run }, text(`drawing.${tool.key}`))]);
  const told = el("p", { class: "quiet", role: "status" });
  const wrong = el("p", { class: "fault", role: "alert" });
  const fields = Object.fromEntries(["lon", "lat", "north", "east"].map((name) => [name, input(name)]));
  const degrees = coordinates("degrees", [fields.lon, fields.lat], moveByDegrees);
  const metres = coordinates("metres", [fields.north, fields.east], moveByMetres);
  const vertex = el("details", { class: "more", hidden: true }, el("summary", {}, text("drawing.vertex")), degrees, metres);
  const finish = el("button", { class: "button primary", type: "button", onclick: onFinish }, text("desk.geometry.done"));
  root.replaceChildren(el("div", { class: "row", role: "toolbar", "aria-label": text("drawing.tools") }, ...buttons.map(([, button]) => button), finish), el("p", { class: "quiet" }, text("drawing.help")), told, wrong, vertex);
  root.hidden = false;
  let position = null;

  function input(name) {
    return el("input", { id: `draw-${name}`, inputmode: "decimal", autocomplete: "off" });
  }

  function coordinates(kind, inputs, run) {
    const fault = el("p", { class: "fault", hidden: true });
    const form = el(
      "form",
      { class: "row", onsubmit: (event) => { event.preventDefault(); run(fault); } },
      ...inputs.map((one) => el("div", { class: "field" }, el("label", { for: one.id }, text(`drawing.${one.id.slice(5)}`)), one)),
      el("button", { class: "button", type: "submit" }, text(`drawing.${kind}.go`)),
      fault,
    );
    return form;
  }

  const say = (fault, code, values = {}) => {
    fault.hidden = !code;
    fault.textContent = code ? text(`drawing.fault.${code}`, values) : "";
  };

  function moveByDegrees(fault) {
    const [lon, lat] = [parseDegrees(fields.lon.value), parseDegrees(fields.lat.value)];
    const wrongly = degreesFault(lon, lat);
    say(fault, wrongly?.code);
    if (!wrongly?.stops) onMove([lon, lat]);
  }

  async function moveByMetres(fault) {
    const [north, east] = [parseMetres(fields.north.value), parseMetres(fields.east.value)];
    const zone = Math.floor((position[0] + 1.5) / 3);
    const system = surveySystem(north, east, zone);
    say(fault, system.code);
    if (!system.crs) return;
    try {
      const { items } = await post("/api/geometry/project", { positions: [[east, north]], source: system.crs, targets: ["CRS84"] });
      onMove(items[0].positions[0]);
    } catch (error) {
      fault.hidden = false;
      fault.textContent = error.detail ?? error.message;
    }
  }

  return {
    /** Draws what hangs on the state. */
    draw(geometry, chosen, faults) {
      for (const [tool, button] of buttons) {
        const { pressed, disabled } = tool.state?.() ?? {};
        button.disabled = Boolean(disabled);
        if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
      }
      const { length_m: length, area_m2: area } = measured(geometry);
      told.textContent = [length ? text("drawing.length", { metres: short(Math.round(length * 100) / 100) }) : "", area ? text("drawing.area", { hectares: short(area / 1e4) }) : ""].filter(Boolean).join(" · ");
      wrong.textContent = faults.map(({ code, words }) => words ?? text(`drawing.fault.${code}`)).join(" ");
      position = chosen;
      vertex.hidden = !chosen;
      if (!chosen) return;
      fields.lon.value = chosen[0].toFixed(8);
      fields.lat.value = chosen[1].toFixed(8);
      const plane = planeCoordinates(...chosen);
      fields.north.value = plane ? plane.north.toFixed(3) : "";
      fields.east.value = plane ? plane.east.toFixed(3) : "";
    },
    close() {
      root.hidden = true;
      root.replaceChildren();
    },
  };
}
