// Values, bounds and gaps in the words of each model.

import { count, decimal, NONE, short } from "../../format.js";
import { text } from "../../texts.js";

export const MODELS = ["mclp", "lscp", "backup", "pmedian", "pcentre", "capacity"];
/** Models whose value is to be as small as can be. */
export const LEAST = new Set(["lscp", "pmedian", "pcentre"]);
export const ACTIVE = ["queued", "running"];
const HOUR_S = 3600;

/**
 * A value with its unit.
 * @param {object} answer or question: `model`, `budget` or `cost` where sites cost something, `existing` where some may go
 */
export function valueTold(value, { model, weights = null, cost = null, budget = null, existing = null }) {
  if (value === null || value === undefined) return NONE;
  if (model === "pmedian") return text("siting.value.hours", { number: count(value / HOUR_S) });
  if (model === "pcentre") return text("map.minutes", { minutes: decimal(value / 60) });
  if (model === "lscp") return text(cost !== null || budget !== null ? "siting.value.cost" : existing?.move ? "siting.value.all" : "siting.value.sites", { number: count(value) });
  if (model === "capacity") return text("siting.value.places", { number: short(value) });
  return text(weights ? "siting.value.weighted" : "siting.value.people", { number: weights ? short(value) : count(value) });
}

/** Distance of value and bound as a share: 0 only where it is proven. */
export function gapTold(value, bound) {
  if (value === null || bound === null || value === undefined || bound === undefined) return NONE;
  if (value === bound) return text("siting.gap.none");
  const gap = value ? Math.abs(bound - value) / Math.abs(value) : NaN;
  if (!Number.isFinite(gap)) return NONE;
  return gap < 0.0005 ? text("siting.gap.small") : `${decimal(gap * 100, gap < 0.01 ? 2 : 1)}%`;
}
