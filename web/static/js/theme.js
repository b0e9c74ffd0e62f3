// Runs before the first paint, so that no light page flashes in a dark room.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be switched off; the system's setting then decides.
  }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  // A language that was chosen in the address stays chosen on the next page.
  const wanted = new URLSearchParams(location.search).get("lang");
  if (wanted === "zh" || wanted === "en") document.cookie = `lang=${wanted}; path=/; max-age=31536000; samesite=lax`;
})();
