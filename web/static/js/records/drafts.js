// What was typed and not yet saved, kept by the browser: neither a lost connection nor a session that ended loses it.

const PREFIX = "geoservice-draft:";
const key = (layer, id) => `${PREFIX}${layer}:${id ?? "new"}`;

/**
 * @typedef {{version: number|null, values: object, unit_id?: number|null, geometry?: object|null, reason?: string, at: string}} Draft
 */

/** Keeps a draft; null forgets it. */
export function keepDraft(layer, id, draft) {
  try {
    if (draft) localStorage.setItem(key(layer, id), JSON.stringify({ ...draft, at: new Date().toISOString() }));
    else localStorage.removeItem(key(layer, id));
  } catch {
    // Without storage the form itself still holds it.
  }
}

/** @returns {Draft|null} */
export function draftOf(layer, id) {
  try {
    return JSON.parse(localStorage.getItem(key(layer, id)) ?? "null");
  } catch {
    return null;
  }
}
