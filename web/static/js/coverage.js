// Loads what a run says of the chosen service and type.

import { get, latest } from "./api.js";
import { chosenService, chosenType, info } from "./choice.js";
import { fetchRuns, pickRun } from "./runs.js";
import { state } from "./state.js";

const RINGS = 4;
const UNJOINED = ["off_network", "blocked", "no_place"];
const listeners = new Set();
let current = { status: "loading", runs: [] };

/**
 * `circles` is null while they are on their way: they are heavy, and the figures do not wait for them.
 * @returns {{status: "loading"|"none"|"failed"|"ready", runs: object[], error?: Error, run?: object, total?: object|null,
 *   items?: object[], reach?: object[], circles?: object|null}}
 */
export const coverage = () => current;
export const onCoverage = (listener) => listeners.add(listener);

const fetchFigures = latest(async (signal, base, choice) => {
  const [units, reach] = await Promise.all([get(`${base}/units`, choice, { signal }), get(`${base}/communities`, choice, { signal })]);
  return { total: units.total, items: units.items, reach: reach.items.map(withStatus), circles: null };
});

const fetchCircles = latest(async (signal, base, choice) => withRings(await get(`${base}/circles`, choice, { signal })));

/** Loads anew for the choice in force. */
export async function loadCoverage() {
  const service = chosenService();
  const type = chosenType();
  if (info().latest_run === null || !service || !type) return publish({ status: "none", runs: [] });
  performance.mark("chosen");
  const choice = { service: service.id, type: type.code };
  // Most often it is the run that is shown, or the newest: its figures are asked for together with the runs.
  let coming = begin(state().run ?? current.run?.id ?? info().latest_run, choice);
  publish({ status: "loading", runs: current.runs });
  try {
    const found = await fetchRuns(service.id, type.code);
    if (!found) return undefined;
    const runs = found.items;
    const run = pickRun(runs, service.id);
    if (!run) return publish({ status: "none", runs });
    if (run.id !== coming.id) coming = begin(run.id, choice);
    return await finish(coming, run, runs);
  } catch (error) {
    publish({ status: "failed", runs: current.runs, error });
  }
  return undefined;
}

function begin(id, choice) {
  const base = `/api/runs/${id}`;
  const asked = { id, figures: fetchFigures(base, choice), circles: fetchCircles(base, choice) };
  // A guess may be wrong, and then its failure is nobody's.
  for (const part of [asked.figures, asked.circles]) part.catch(() => {});
  return asked;
}

async function finish(coming, run, runs) {
  const figures = await coming.figures;
  if (!figures) return;
  publish({ status: "ready", runs, run, ...figures });
  const circles = await coming.circles;
  if (circles) publish({ ...current, circles });
}

/** covered, uncovered, or unjoined where the community could not be joined to the network. */
export function statusOf({ covered, reason }) {
  if (covered) return "covered";
  return UNJOINED.includes(reason) ? "unjoined" : "uncovered";
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
