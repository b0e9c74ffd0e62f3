// Loads what the latest run says of the chosen service and type.

import { get, latest } from "./api.js";
import { chosenService, chosenType, info } from "./choice.js";

const RINGS = 4;
const listeners = new Set();
let current = { status: "loading" };

/**
 * @returns {{status: "loading"|"none"|"failed"|"ready", error?: Error, run?: object, total?: object|null,
 *   items?: object[], reach?: object[], circles?: object}}
 */
export const coverage = () => current;
export const onCoverage = (listener) => listeners.add(listener);

const fetchAll = latest(async (signal, run, service, type) => {
  const choice = { service: service.id, type: type.code };
  const base = `/api/runs/${run}`;
  const [head, units, reach, circles] = await Promise.all([
    get(base, {}, { signal }),
    get(`${base}/units`, choice, { signal }),
    get(`${base}/communities`, choice, { signal }),
    get(`${base}/circles`, choice, { signal }),
  ]);
  return { status: "ready", run: head, total: units.total, items: units.items, reach: reach.items.map(withStatus), circles: withRings(circles) };
});

/** Loads anew for the choice in force. */
export async function loadCoverage() {
  const service = chosenService();
  const type = chosenType();
  const run = info().latest_run;
  if (run === null || !service || !type) return publish({ status: "none" });
  publish({ status: "loading" });
  try {
    const answer = await fetchAll(run, service, type);
    if (answer) publish(answer);
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

/** Numbers the circles from the inside out; they come outer first. */
function withRings(collection) {
  const count = collection.features.length;
  collection.features.forEach((feature, index) => {
    const { mode, minutes } = feature.properties;
    feature.properties.ring = Math.min(RINGS, count - index);
    feature.properties.key = `${mode}-${minutes}`;
  });
  return collection;
}

function publish(next) {
  current = next;
  listeners.forEach((listener) => listener(current));
}
