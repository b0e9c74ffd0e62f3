// What is planned: a standard, a type, a day, and changes in their order; told to whoever listens, kept as a draft.

const KEY = "geoservice-draft:siting";
const listeners = new Set();

/**
 * @typedef {{kind: "add"|"move"|"close"|"resize"|"opening"|"close_road"|"add_road", facility?: number, site?: number, lon?: number, lat?: number,
 *   places?: number, nursing_places?: number, name?: string, opened_on?: string, closed_on?: string, road?: number,
 *   path?: number[][], road_class?: string, speed_kmh?: number}} Change
 * @typedef {{facility: number|null, site: number|null}} Reference
 */

/** @type {{service: string|null, type: string|null, on: string|null, changes: Change[], scenario: object|null}} */
let plan = { service: null, type: null, on: null, changes: [], scenario: null };

export const current = () => plan;

/** Calls back after each change, with what has changed. */
export const onPlan = (listener) => listeners.add(listener);

function set(patch, what) {
  plan = { ...plan, ...patch };
  remember();
  for (const listener of listeners) listener(what);
}

/** Another standard, type or day: what was changed is of the old one and goes. */
export const startCase = (given) => set({ ...given, changes: [], scenario: null }, "case");

/** A kept scenario, with everything that it holds. */
export function startScenario(scenario) {
  set({ service: scenario.service, type: scenario.type, on: scenario.on, changes: scenario.changes, scenario }, "case");
}

/** A draft that was left, if it is of this tab. */
export function startDraft() {
  try {
    const held = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (!held?.changes?.length) return false;
    set(held, "case");
    return true;
  } catch {
    return false;
  }
}

function remember() {
  try {
    if (unsaved()) sessionStorage.setItem(KEY, JSON.stringify(plan));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the page itself still holds it.
  }
}

/** The scenario as it was just saved; the changes stay. */
export const saved = (scenario) => set({ scenario }, "scenario");

export const append = (change) => set({ changes: [...plan.changes, change] }, "changes");

export const undo = () => set({ changes: plan.changes.slice(0, -1) }, "changes");

const same = (one, other) => (one.facility ?? null) === (other.facility ?? null) && (one.site ?? null) === (other.site ?? null);

/** The reference of a facility as a change takes it. */
export const meant = ({ facility, site }) => (site ? { site } : { facility });

/** How many facilities the changes add. */
export const added = (changes = plan.changes) => changes.filter(({ kind }) => kind === "add").length;

/**
 * The changes with a facility at another place: a drag goes on in the change that it began with.
 * @param {Reference} reference
 */
export function moved(reference, lon, lat) {
  const last = plan.changes.at(-1);
  const goesOn = last && ((last.kind === "move" && same(last, reference)) || (last.kind === "add" && reference.site === added()));
  if (goesOn) return [...plan.changes.slice(0, -1), { ...last, lon, lat }];
  return [...plan.changes, { kind: "move", ...meant(reference), lon, lat }];
}

export const replace = (changes) => set({ changes }, "changes");

/** Whether the changes differ from those that are kept. */
export const unsaved = () => JSON.stringify(plan.changes) !== JSON.stringify(plan.scenario?.changes ?? []);
