// Shapes of the facility types: the same outline on the map (canvas) and in the legend (SVG).

import { svg } from "./dom.js";

const SIZE = 22;
const polygon = (corners, turn = 0, radius = 1) =>
  Array.from({ length: corners }, (_, index) => {
    const angle = turn + (index / corners) * 2 * Math.PI - Math.PI / 2;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

const star = (points, inner) =>
  Array.from({ length: points * 2 }, (_, index) => {
    const angle = (index / points) * Math.PI - Math.PI / 2;
    const radius = index % 2 ? inner : 1.1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

const plus = (w, tall = 1) => [
  [-w, -tall], [w, -tall], [w, -w], [tall, -w], [tall, w], [w, w], [w, tall], [-w, tall], [-w, w], [-tall, w], [-tall, -w], [-w, -w],
];
const turned = (points, angle) =>
  points.map(([x, y]) => [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]);

const OUTLINES = {
  circle: polygon(32, 0, 0.92),
  square: polygon(4, Math.PI / 4, 1.18),
  diamond: polygon(4, 0, 1.15),
  triangle: polygon(3, 0, 1.12).map(([x, y]) => [x, y + 0.15]),
  triangle_down: polygon(3, Math.PI, 1.12).map(([x, y]) => [x, y - 0.15]),
  pentagon: polygon(5, 0, 1.05),
  hexagon: polygon(6, 0, 1),
  octagon: polygon(8, Math.PI / 8, 1),
  star: star(5, 0.5),
  plus: plus(0.38),
  cross: plus(0.38),
  x: turned(plus(0.34), Math.PI / 4),
  house: [[0, -1.05], [1, -0.15], [0.72, -0.15], [0.72, 0.9], [-0.72, 0.9], [-0.72, -0.15], [-1, -0.15]],
  drop: [[0, -1.15], [0.62, -0.2], [0.78, 0.3], [0.5, 0.8], [0, 1], [-0.5, 0.8], [-0.78, 0.3], [-0.62, -0.2]],
};

/** Corners of a shape in units of its radius, y downwards; an unknown shape is a circle. */
export const outline = (shape) => OUTLINES[String(shape ?? "").replaceAll("-", "_")] ?? OUTLINES.circle;

/** The map image of a facility type: filled shape with a light halo, so that black shows on a dark map. */
export function mapIcon(shape, color, halo, ratio = 2) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.translate(SIZE / 2, SIZE / 2);
  pen.beginPath();
  outline(shape).forEach(([x, y], index) => pen[index ? "lineTo" : "moveTo"](x * 7, y * 7));
  pen.closePath();
  pen.lineJoin = "round";
  pen.lineWidth = 3.5;
  pen.strokeStyle = halo;
  pen.stroke();
  pen.fillStyle = color;
  pen.fill();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The same for the legend. */
export function typeSwatch(shape, color) {
  const points = outline(shape).map(([x, y]) => `${(12 + x * 6.5).toFixed(2)},${(8 + y * 6.5).toFixed(2)}`);
  return svg("svg", { class: "swatch", viewBox: "0 0 24 16", "aria-hidden": "true" }, svg("polygon", { class: "shape", points: points.join(" "), fill: color }));
}

const rect = (name) => svg("rect", { class: name, x: 1, y: 1, width: 22, height: 14, rx: 2 });
const wave = (name) => svg("path", { class: name, d: "M1 11C8 11 8 5 12 5S17 9 23 5", fill: "none" });
const dot = (name) => svg("circle", { class: name, cx: 12, cy: 8, r: 5 });

const SWATCHES = {
  water: () => [rect("water")],
  built_up: () => [rect("built_up")],
  population: () => [rect("population")],
  units: () => [wave("units-casing"), wave("units")],
  roads: () => [wave("roads-casing"), wave("roads")],
  walls: () => [wave("walls")],
  railways: () => [wave("railways-casing"), wave("railways")],
  places: () => [svg("text", { class: "text", x: 12, y: 12.5 }, "名")],
  communities: () => [dot("dot")],
  facilities: () => [svg("path", { class: "dot", d: "M12 2l6 6-6 6-6-6z" })],
  covered: () => [dot("covered")],
  uncovered: () => [dot("uncovered")],
  unjoined: () => [dot("unjoined")],
  unsure: () => [dot("unsure")],
  "within-1": () => [dot("within-1")],
  "within-2": () => [dot("within-2")],
  "within-3": () => [dot("within-3")],
};

/** The legend swatch of a layer, of a state of a community, or of a ring (`ring-1` to `ring-4`). */
export function swatch(name) {
  const parts = (SWATCHES[name] ?? (() => [rect(name)]))();
  return svg("svg", { class: "swatch", viewBox: "0 0 24 16", "aria-hidden": "true" }, ...parts);
}
