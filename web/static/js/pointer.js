// What happens under the pointer: coordinates, a name while hovering, a click that selects.

import { degrees, planeCoordinates } from "./coords.js";
import { byId } from "./dom.js";
import { count } from "./format.js";
import { text } from "./texts.js";

const FINGER_PX = 12;
const MOUSE_PX = 4;

/**
 * @param {ReturnType<import("./mapview.js").createMap>} view
 * @param {(found: {kind: string, id: number, name: string}[], event: object) => void} onPick
 */
export function followPointer(view, onPick) {
  const { map } = view;
  let frame = 0;
  map.on("mousemove", (event) => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      showCoordinates(event.lngLat);
      hover(view, event.point);
    });
  });
  map.on("mouseout", () => {
    cancelAnimationFrame(frame);
    byId("tip").hidden = true;
  });
  map.on("movestart", () => {
    byId("tip").hidden = true;
  });
  map.on("click", (event) => {
    const touch = event.originalEvent.pointerType === "touch" || matchMedia("(pointer: coarse)").matches;
    onPick(view.at(event.point, touch ? FINGER_PX : MOUSE_PX), event);
  });
}

/** Degrees and the plane coordinates of the place's zone in the strip below the map. */
export function showCoordinates({ lng, lat }) {
  const plane = planeCoordinates(lng, lat);
  const parts = [
    `${degrees(lat)} ${text(lat < 0 ? "map.south" : "map.north")}`,
    `${degrees(lng)} ${text(lng < 0 ? "map.west" : "map.east")}`,
  ];
  if (plane) parts.push(text(`map.plane.${plane.system}`, { zone: plane.zone, north: count(plane.north), east: count(plane.east) }));
  byId("pointer").textContent = parts.join("  ");
}

function hover(view, at) {
  const tip = byId("tip");
  const first = view.at(at, MOUSE_PX).find((thing) => thing.name);
  view.map.getCanvas().style.cursor = first && first.kind !== "unit" ? "pointer" : "";
  tip.hidden = !first;
  if (!first) return;
  tip.textContent = first.name;
  const { clientWidth, clientHeight } = view.map.getContainer();
  const x = at.x + 14 + tip.offsetWidth > clientWidth ? at.x - 10 - tip.offsetWidth : at.x + 14;
  const y = at.y + 16 + tip.offsetHeight > clientHeight ? at.y - 10 - tip.offsetHeight : at.y + 16;
  tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
