// Remedies name options of the shell: here they are fields of the page.

import { text } from "../texts.js";

const OPTIONS = ["crs", "map", "set", "sheet", "encoding", "skip-bad"];

/** A remedy with the names of the page's fields in place of options; null where there is none. */
export function remedyInWords(remedy) {
  if (!remedy) return null;
  return OPTIONS.reduce((said, name) => said.replaceAll(`--${name}`, text(`imp.option.${name}`)), remedy);
}
