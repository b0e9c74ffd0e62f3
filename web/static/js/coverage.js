// Loads what the latest run says of the chosen service and type.

import { get, latest } from "./api.js";
import { chosenService, chosenType, info } from "./choice.js";

const RINGS = 4;
const listeners = new Set();
let current = { status: "loading" };

/**
 * `circles` is null while they are on their way: they are heavy, and the figures do not wait for them.
 * @returns {{status: "loading"|"none"|"failed"|"ready", error?: Error, run?: object, total?: object|null,
 *   items?: object[], reach?: object[], circles?: object|null}}
 */
export const coverage = () => current;
export const onCoverage = (listener) => listeners.add(listener);

const fetchFigures = latest(async (signal, base, choice) => {
  const [run, units, reach] = await Promise.all([
    get(base, {}, { signal }),
    get(`${base}/units`, choice, { signal }),
    get(`${base}/communities`, choice, { signal }),
  ]);
  return { run, total: units.total, items: units.items, reach: reach.items.map(withStatus), circles: null };
});

const fetchCircles = latest(async (signal, base, choice) => withRings(await get(`${base}/circles`, choice, { signal })));

/** Loads anew for the choice in force. */
export async function loadCoverage() {
  const service = chosenService();
  const type = chosenType();
  const run = info().latest_run;
  if (run === null || !service || !type) return publish({ status: "none" });
  publish({ status: "loading" });
  const asked = [`/api/runs/${run}`, { service: service.id, type: type.code }];
  const coming = fetchCircles(...asked);
  coming.catch(() => {});
  try {
    const figures = await fetchFigures(...asked);
    if (!figures) return undefined;
    publish({ status: "ready", ...figures });
    const circles = await coming;
    if (circles) publish({ ...current, circles });
  } catch (error) {
    publish({ status: "failed", error });
  }
  return undefined;
}

/** covered, uncovered, or unjoined where the community could not be joined to the network. */
export function statusOf({ covered, reason }) {
  if (covered) return "covered";
  return reason === "off_network" ? "unjoined" : "uncovered";
}

const withStatus = (item) => ({ ...item, status: statusOf(item) });

/** Puts the widest circle first, so that the narrower lie upon it, and shades them from the inside out. */
function withRings(collection) {
  const features = [...collection.features].sort((a, b) => b.properties.area_km2 - a.properties.area_km2);
  const shade = (index) => 1 + Math.floor(((features.length - 1 - index) * RINGS) / features.length);
  return { ...collection, features: features.map((feature, index) => withProperties(feature, { ring: shade(index) })) };
}

function withProperties(feature, more) {
  const { mode, minutes } = feature.properties;
  return { ...feature, properties: { ...feature.properties, ...more, key: `${mode}-${minutes}` } };
}

function publish(next) {
  current = next;
  listeners.forEach((listener) => listener(current));
}
