// The geometry of a record changed on the map, with what lies next to it.

import { get } from "../api.js";
import { startEditor } from "../drawing/editor.js";
import { boxOf } from "./map.js";

/** Layers whose records share borders: what is done to a border is done to both sides. */
const SHARED = ["units"];
const MOST_NEAR = 200;

/**
 * @param {{root: HTMLElement, view: object, layer: object, record: object, geometry: object|null, onChange: (geometry: object|null) => void, onDone: () => void}} given
 */
export async function startEditing({ root, view, layer, record, geometry, onChange, onDone }) {
  const others = await nearby(view, layer, record, geometry);
  const editor = startEditor({
    root,
    map: view.map,
    kinds: layer.geometry.length ? layer.geometry : ["Point"],
    geometry,
    others,
    shared: SHARED.includes(layer.id),
    onChange,
    onFinish: onDone,
  });
  return {
    /** What is kept with it: neighbours that moved along, pieces that were cut off, records that were joined. */
    beside: () => ({ moved: editor.changes().map(({ id, version, geometry: one }) => ({ id, version, geometry: one })), pieces: editor.pieces(), joined: editor.joined() }),
    end() {
      const now = editor.geometry();
      editor.stop();
      return now;
    },
  };
}

/** Records of the layer near the geometry, or what the map shows; those of another level are not neighbours. */
async function nearby(view, layer, record, geometry) {
  const { _sw: sw, _ne: ne } = view.bounds();
  const box = boxOf(geometry) ?? [sw.lng, sw.lat, ne.lng, ne.lat];
  if (layer.geometry.every((kind) => kind.endsWith("Point"))) return [];
  const { items } = await get(`/api/records/${layer.id}/near`, { bbox: widened(box).join(","), limit: MOST_NEAR });
  const level = record.values?.level;
  return items
    .filter((one) => one.id !== record.id && one.geometry && (level === undefined || level === null || one.values.level === level))
    .map(({ id, version, geometry: shape }) => ({ id, version, geometry: shape }));
}

const widened = ([west, south, east, north]) => [Math.max(-180, west - 0.001), Math.max(-90, south - 0.001), Math.min(180, east + 0.001), Math.min(90, north + 0.001)];
