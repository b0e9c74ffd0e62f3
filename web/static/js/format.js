// Numbers and times as they are written: thousands separated, shares with one decimal.

import { language, text } from "./texts.js";

const locale = () => (language() === "en" ? "en-GB" : "zh-CN");
export const NONE = "—";

/** 1158640 as 1,158,640. */
export function count(value) {
  return Number.isFinite(value) ? value.toLocaleString(locale(), { maximumFractionDigits: 0 }) : NONE;
}

export function decimal(value, digits = 1) {
  return Number.isFinite(value)
    ? value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : NONE;
}

/** At most two decimals, none that say nothing: 15, 2.88. */
export const short = (value) => (Number.isFinite(value) ? value.toLocaleString(locale(), { maximumFractionDigits: 2 }) : NONE);

/** Part of a whole between 0 and 1, or null where there is no whole. */
export const share = (part, whole) => (Number.isFinite(part) && whole > 0 ? part / whole : null);

/**
 * What a coverage figure counts: people, or where nobody knows how many there are, communities.
 * @param {object|null} total
 */
export function coverageShare(row, total) {
  return total?.population > 0 ? share(row.population_covered, row.population) : share(row.communities_covered, row.communities);
}

/** A share as 63.4 %; it is rounded down below 100 % so that no gap is hidden. */
export function percent(value) {
  if (value === null || !Number.isFinite(value)) return NONE;
  const tenths = value < 1 ? Math.min(999, Math.round(value * 1000)) : 1000;
  return `${decimal(tenths / 10)}%`;
}

/** Seconds as minutes with one decimal. */
export const minutes = (seconds) => (Number.isFinite(seconds) ? text("map.minutes", { minutes: decimal(seconds / 60) }) : NONE);

/** The day of an ISO time in the reader's zone. */
export function moment(iso) {
  const when = new Date(iso);
  return Number.isNaN(when.getTime()) ? iso : when.toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}
