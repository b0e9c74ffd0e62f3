// Why a community is covered or not: the way to its facility, part by part, for the standard and type in sight.

import { get, latest } from "./api.js";
import { chosenService, chosenType } from "./choice.js";
import { coverage } from "./coverage.js";
import { el } from "./dom.js";
import { count, decimal, minutes } from "./format.js";
import { text } from "./texts.js";

const load = latest((signal, id) =>
  get(`/api/runs/${coverage().run.id}/communities/${id}/evidence`, { service: chosenService().id, type: chosenType().code }, { signal }),
);

/**
 * The evidence of a community as a GeoJSON feature.
 * @returns {Promise<object|null|undefined>} null where there is none or it cannot be told; undefined when overtaken
 */
export async function findEvidence(chosen) {
  if (chosen?.kind !== "community" || coverage().status !== "ready") return null;
  try {
    return await load(chosen.id);
  } catch (problem) {
    if (problem.status) return null;
    throw problem;
  }
}

/** The parts of a way in words, with their sum and the margin to the limit. */
export function evidenceSection(way) {
  const told = way.properties;
  if (!told.access) return null;
  const { access, steps, egress } = told;
  const rows = [
    row(text("map.evidence.access"), access),
    ...byRoad(steps).map((part) => row(part.road_name || text("map.evidence.unnamed"), part)),
    row(text("map.evidence.egress"), egress),
  ];
  const sum = el("tr", {}, el("th", { scope: "row" }, text("map.evidence.sum")), el("td", {}), el("td", {}, minutes(told.time_ds / 10)));
  return el(
    "details",
    { class: "evidence", open: true },
    el("summary", {}, text("map.evidence.title", { facility: told.facility.name })),
    el("table", { class: "plain" }, el("tbody", {}, ...rows, sum)),
    el("button", { class: "button screen-only", type: "button", onclick: () => save(way) }, text("map.evidence.save")),
    el("p", { class: "quiet" }, text(told.margin_ds < 0 ? "map.evidence.over" : "map.evidence.margin", { time: minutes(Math.abs(told.margin_ds) / 10) })),
  );
}

/** The way as a GeoJSON file: anyone can add it up again. */
function save(way) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(way, null, 1)], { type: "application/geo+json" }));
  const { community, service, type } = way.properties;
  el("a", { href: url, download: `${community?.name ?? "evidence"} ${service} ${type}.geojson`.replace(/[\\/:*?"<>|]+/g, " ") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Neighbouring steps on one road are one line. */
function byRoad(steps) {
  const parts = [];
  for (const step of steps) {
    const last = parts.at(-1);
    if (last && last.road_name === step.road_name && (step.road_name || last.road_id === step.road_id)) {
      last.length_m += step.length_m;
      last.time_ds += step.time_ds;
    } else parts.push({ ...step });
  }
  return parts;
}

const row = (name, { length_m: metres, time_ds: time }) =>
  el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, text("map.metres", { number: count(Math.round(metres)) })), el("td", {}, text("map.seconds", { number: decimal(time / 10) })));
