// Sends files one by one, tells how far it is, and stops when that is wanted.

import { Problem, changeHeaders } from "../api.js";
import { el } from "../dom.js";
import { count } from "../format.js";
import { text } from "../texts.js";

/**
 * @param {number} upload
 * @param {File[]} files
 * @param {{list: HTMLElement, signal: AbortSignal}} given `list` shows a bar a file
 * @throws {Problem} when the server refuses; {DOMException} AbortError when the signal fires
 * @returns the upload as the server has it
 */
export async function sendAll(upload, files, { list, signal }) {
  const bars = files.map(bar);
  list.replaceChildren(...bars.map(({ root }) => root));
  let answer = null;
  for (const [k, file] of files.entries()) answer = await sendOne(upload, file, bars[k].set, signal);
  return answer;
}

function bar(file) {
  const progress = el("progress", { max: file.size, value: 0, "aria-label": file.name });
  const told = el("span", { class: "quiet" }, "");
  const set = (loaded) => {
    progress.value = loaded;
    told.textContent = text("imp.sent", { percent: Math.floor((100 * loaded) / file.size), done: megabytes(loaded), total: megabytes(file.size) });
  };
  set(0);
  return { root: el("li", {}, el("strong", {}, file.name), progress, told), set };
}

const megabytes = (bytes) => (bytes < 2 ** 20 ? `${count(Math.ceil(bytes / 1024))} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`);

const sendOne = (upload, file, onProgress, signal) => sendBytes("PUT", `/api/uploads/${upload}/files/${encodeURIComponent(file.name)}`, file, { onProgress, signal });

/**
 * One file as bare bytes; the answer of the server.
 * @param {{onProgress?: (loaded: number) => void, signal: AbortSignal}} given
 * @throws {Problem} when the server refuses; {DOMException} AbortError when the signal fires
 */
export function sendBytes(method, url, file, { onProgress = () => {}, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    for (const [name, value] of Object.entries(changeHeaders())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    request.addEventListener("load", () => (request.status < 400 ? resolve(JSON.parse(request.responseText)) : reject(new Problem(request.status, read(request)))));
    request.addEventListener("error", () => reject(new Error(text("imp.lost", { file: file.name }))));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) reject(new DOMException("", "AbortError"));
    else request.send(file);
  });
}

function read(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}
