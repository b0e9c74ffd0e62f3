// The map of the desk: what is applied for, and the names that it may be taken for, by name.

import { makeMap } from "../records/map.js";
import { token } from "../palette.js";
import { FONT } from "../style.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const TIERS = { same: 1, same_sound: 2, other_tone: 3, near_sound: 4, near_form: 5 };

export async function makeCaseMap({ container, info }) {
  const view = await makeMap({ container, info, onOpen: () => {}, onMove: () => {} });
  const { map } = view;
  map.addSource("clashes", { type: "geojson", data: EMPTY });
  map.addLayer({ id: "clashes-points", type: "circle", source: "clashes", paint: { "circle-radius": ["match", ["get", "tier"], 1, 8, 2, 7, 5], "circle-color": token("map-halo"), "circle-stroke-color": token("danger-ink"), "circle-stroke-width": ["match", ["get", "tier"], 1, 4, 2, 3, 1.5] } });
  map.addLayer({ id: "clashes-names", type: "symbol", source: "clashes", layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-anchor": "left", "text-offset": [0.9, 0], "text-optional": true }, paint: { "text-color": token("danger-ink"), "text-halo-color": token("map-halo"), "text-halo-width": 2 } });
  return {
    ...view,
    /** Shows a geometry with the names around it, all of it in sight. */
    show(geometry, list = []) {
      view.setShape(geometry);
      const placed = list.filter(({ lon }) => lon !== null);
      const features = placed.map(({ lon, lat, name, tier }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties: { name, tier: TIERS[tier] } }));
      map.getSource("clashes").setData({ ...EMPTY, features });
      const all = [...(geometry ? [geometry] : []), ...features.map((one) => one.geometry)];
      if (all.length) view.goTo({ type: "GeometryCollection", geometries: all });
    },
  };
}
