// Small bars of a share between 0 and 1, on one scale so that they can be compared.

import { svg } from "./dom.js";

const WIDTH = 100;

/**
 * A bar with a tick where the whole county stands.
 * @param {number|null} value share of the row; null draws the empty track
 * @param {{mean?: number|null, label: string}} options `label` says the bar in words
 */
export function shareBar(value, { mean = null, label }) {
  const parts = [svg("rect", { class: "bar-track", width: WIDTH, height: 10, y: 1 })];
  if (value !== null) parts.push(svg("rect", { class: "bar-value", width: (WIDTH * value).toFixed(2), height: 10, y: 1 }));
  if (mean !== null) parts.push(svg("rect", { class: "bar-mean", x: (WIDTH * mean - 0.5).toFixed(2), width: 1, height: 12 }));
  return svg("svg", { viewBox: `0 0 ${WIDTH} 12`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...parts);
}
