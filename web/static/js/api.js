// Asks the server: JSON in, problems (RFC 9457) out as errors, waits while the server is gone.

import { waitForServer } from "./connection.js";

const BUSY = new Set([502, 503, 504]);
const BUSY_TRIES = 4;

/** A refusal of the server in words. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? null;
    this.detail = body?.detail ?? null;
    this.remedy = body?.remedy ?? null;
    this.faults = body?.faults ?? [];
  }
}

/**
 * The JSON of a resource.
 * @param {string} path
 * @param {Record<string, unknown>} [parameters] null ones are left out
 * @param {{signal?: AbortSignal}} [options]
 * @throws {Problem} when the server refuses; {DOMException} AbortError when the signal fires
 */
export async function get(path, parameters = {}, { signal } = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined));
  const url = query.size ? `${path}?${query}` : path;
  for (let attempt = 1; ; attempt += 1) {
    let response;
    try {
      response = await fetch(url, { signal, headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      await waitForServer();
      continue;
    }
    if (BUSY.has(response.status) && attempt < BUSY_TRIES) {
      await waitForServer();
      continue;
    }
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
    return response.json();
  }
}

let formKey = null;

/** The key of this session, which goes with every change. */
export const useFormKey = (key) => {
  formKey = key;
};

/** Headers of a change that is sent by other means than `send`. */
export const changeHeaders = () => ({ Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(formKey ? { "X-Form-Key": formKey } : {}) });

/**
 * Sends JSON and gives the answer; it is sent once and never again by itself.
 * @param {string} [version] ETag of what is changed
 * @throws {Problem} when the server refuses
 */
export async function send(method, path, body, version, { signal } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang, "Content-Type": "application/json" };
  if (formKey) headers["X-Form-Key"] = formKey;
  if (version) headers["If-Match"] = version;
  const response = await fetch(path, { method, headers, signal, body: JSON.stringify(body) });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
  return response.json();
}

export const post = (path, body) => send("POST", path, body);

/** All items of a paged list, at most `cap`. */
export async function getAll(path, parameters = {}, { signal, cap = 5000 } = {}) {
  const items = [];
  let after = null;
  do {
    const page = await get(path, { ...parameters, after }, { signal });
    items.push(...page.items);
    after = page.next ?? null;
  } while (after !== null && items.length < cap);
  return items;
}

/**
 * A loader of which only the latest call counts: an earlier one is aborted and its answer dropped.
 * @param {(signal: AbortSignal, ...values: any[]) => Promise<any>} load
 */
export function latest(load) {
  let controller = null;
  return async (...values) => {
    controller?.abort();
    const mine = new AbortController();
    controller = mine;
    try {
      const answer = await load(mine.signal, ...values);
      return mine.signal.aborted ? undefined : answer;
    } catch (error) {
      if (mine.signal.aborted || error.name === "AbortError") return undefined;
      throw error;
    }
  };
}
