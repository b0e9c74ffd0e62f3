// What the address says: layer, record, and what is to be mended there.

const listeners = new Set();
const KEYS = ["layer", "record", "edit", "field", "q", "unit"];

/** The state as the address has it. */
export function state() {
  const given = new URLSearchParams(location.search);
  const found = Object.fromEntries(KEYS.map((key) => [key, given.get(key) || null]));
  return { ...found, record: /^\d{1,18}$/.test(found.record ?? "") ? Number(found.record) : null };
}

/** Changes parts of the state; null takes one out. `push` makes a step that "back" undoes. */
export function update(changes, { push = false } = {}) {
  const given = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") given.delete(key);
    else given.set(key, value);
  }
  const address = given.size ? `?${given}` : location.pathname;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** Calls back when the reader goes back or forth. */
export const onReturn = (listener) => listeners.add(listener);
addEventListener("popstate", () => listeners.forEach((listener) => listener()));
