// How value and bound came nearer to each other, second by second.

import { el, svg } from "../../dom.js";
import { count } from "../../format.js";
import { text } from "../../texts.js";
import { valueTold } from "./words.js";

const WIDTH = 320;
const HEIGHT = 120;
const PAD = 6;

/**
 * @param {{seconds: number, trail: {seconds: number, value: number|null, bound: number|null}[]}} progress
 * @param {object} question model and what its unit depends on
 */
export function progressChart(progress, question) {
  const told = progress.trail.filter(({ value, bound }) => value !== null || bound !== null);
  const known = told.flatMap(({ value, bound }) => [value, bound]).filter((one) => one !== null);
  if (!known.length) return "";
  const last = told.at(-1);
  const end = Math.max(progress.seconds, last.seconds, 0.1);
  const { low, high } = reach(known, last);
  const x = (seconds) => PAD + (seconds / end) * (WIDTH - 2 * PAD);
  const y = (value) => HEIGHT - PAD - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (HEIGHT - 2 * PAD);
  const steps = (name) => {
    const points = told.filter((one) => one[name] !== null);
    const path = points.map((one, at) => `${at ? `H${x(one.seconds).toFixed(1)}V` : `M${x(one.seconds).toFixed(1)} `}${y(one[name]).toFixed(1)}`);
    return points.length ? svg("path", { class: `line ${name}`, d: `${path.join("")}H${x(end).toFixed(1)}` }) : null;
  };
  const said = text("siting.chart.said", { value: valueTold(last.value, question), bound: valueTold(last.bound, question), seconds: count(end) });
  return el(
    "figure",
    { class: "search" },
    el("figcaption", {}, text("siting.chart")),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": said }, svg("rect", { class: "ground", width: WIDTH, height: HEIGHT }), steps("value"), steps("bound")),
    el("p", { class: "row keys" }, key("bound"), key("value"), el("span", { class: "quiet" }, text("siting.chart.seconds", { seconds: end < 10 ? end.toFixed(1) : count(end) }))),
  );
}

/** The first bounds are far off: the picture shows where it is decided. */
function reach(known, last) {
  const close = [last.value, last.bound].filter((one) => one !== null);
  const spread = Math.max(...close) - Math.min(...close) || Math.abs(close[0]) * 0.02 || 1;
  const near = known.filter((one) => one >= Math.min(...close) - 6 * spread && one <= Math.max(...close) + 6 * spread);
  const [low, high] = [Math.min(...near), Math.max(...near)];
  const room = (high - low || spread) * 0.08;
  return { low: low - room, high: high + room };
}

const key = (name) => el("span", {}, svg("svg", { class: "key", viewBox: "0 0 24 8", "aria-hidden": "true" }, svg("path", { class: `line ${name}`, d: "M0 4H24" })), ` ${text(`siting.chart.${name}`)}`);
