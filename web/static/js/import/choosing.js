// Which files may be sent together: told before a byte of them is on its way. The server asks the same again.

import { text } from "../texts.js";

const MIB = 2 ** 20;

/**
 * What is wrong with some files; null where they may be sent.
 * @param {File[]} files
 * @param {{suffixes: string[], sidecars: string[], max_bytes: number, max_files: number}} limits
 */
export function wrongWith(files, limits) {
  if (!files.length) return text("imp.wrong.none");
  if (files.length > limits.max_files) return text("imp.wrong.many", { most: limits.max_files });
  const empty = files.find(({ size }) => size === 0);
  if (empty) return text("imp.wrong.empty", { file: empty.name });
  const known = [...limits.suffixes, ...limits.sidecars];
  const foreign = files.find(({ name }) => !endsWith(name, known));
  if (foreign) return text("imp.wrong.kind", { file: foreign.name, known: limits.suffixes.join(" ") });
  const size = files.reduce((sum, one) => sum + one.size, 0);
  if (size > limits.max_bytes) return text("imp.wrong.large", { size: Math.ceil(size / MIB), most: Math.floor(limits.max_bytes / MIB) });
  return null;
}

const endsWith = (name, suffixes) => suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));

/** Files that are dropped on the page or chosen; the listener gets them as a list. */
export function onFiles(drop, input, listener) {
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) listener(files);
  });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => mark(event, true));
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, (event) => mark(event, false));
  drop.addEventListener("drop", ({ dataTransfer }) => listener([...dataTransfer.files]));
  const mark = (event, over) => {
    event.preventDefault();
    drop.classList.toggle("over", over);
  };
}
