// The colours of css/tokens.css for the map, and the switch between light and dark.

const switched = new Set();
const root = document.documentElement;

/** The value of a design token, by its name without the dashes. */
export const token = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

/** Calls back when light and dark have changed places. */
export const onTheme = (listener) => switched.add(listener);

export function toggleTheme() {
  setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** Follows the system until the reader has chosen. */
export function followSystem() {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      // As above.
    }
    if (!chosen) setTheme(matches ? "dark" : "light");
  });
}

/** @returns {"light"|"dark"} */
export const theme = () => root.dataset.theme;

export function setTheme(name) {
  if (theme() === name) return;
  root.dataset.theme = name;
  switched.forEach((listener) => listener(name));
}
