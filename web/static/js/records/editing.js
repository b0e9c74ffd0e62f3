// The geometry of a record changed on the map.

import { el } from "../dom.js";
import { text } from "../texts.js";

/** Until the drawing tools are there: a point is put where the map is clicked. */
export async function startEditing({ root, view, geometry, onChange, onDone }) {
  let now = geometry;
  const put = ({ lngLat }) => {
    now = { type: "Point", coordinates: [Number(lngLat.lng.toFixed(7)), Number(lngLat.lat.toFixed(7))] };
    view.setShape(now, geometry);
    onChange(now);
  };
  view.map.on("click", put);
  view.setShape(now);
  root.hidden = false;
  root.replaceChildren(el("button", { class: "button primary", type: "button", onclick: onDone }, text("desk.geometry.done")));
  return {
    end() {
      view.map.off("click", put);
      root.hidden = true;
      root.replaceChildren();
      return now;
    },
  };
}
