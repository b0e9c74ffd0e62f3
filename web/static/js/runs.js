// The runs that hold the chosen service and type, and which of them is shown.

import { get, latest } from "./api.js";
import { state } from "./state.js";

const MOST = 30;

/** The newest runs of a case, the newest first; undefined when overtaken. */
export const fetchRuns = latest((signal, service, type) => get("/api/runs", { service, type, limit: MOST }, { signal }));

/** Whether a run took another way or time than its standard says. */
export function tried(run, service) {
  const limits = Object.values(run.parameters?.services?.[service]?.limits ?? {});
  return limits.some((limit) => limit.source === "request");
}

/** The run of the address; else the newest by the standard itself, so that a try hides nothing; else the newest. */
export function pickRun(runs, service) {
  return runs.find(({ id }) => id === state().run) ?? runs.find((run) => !tried(run, service)) ?? runs[0] ?? null;
}
