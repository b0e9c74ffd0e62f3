// A geometry edited on the map: vertices placed, moved, put in and taken out; what others share moves along.

import { post } from "../api.js";
import { makeCanvas } from "./canvas.js";
import { makeHistory } from "./history.js";
import { makePanel } from "./panel.js";
import { startPointing } from "./pointing.js";
import { deleted, inserted, moved, noded } from "./shared.js";
import { chainsOf, edgesOf, fitted, pathIn, reversed, same, vertexAt, verticesOf } from "./shape.js";
import { nearest, snapIndex } from "./snap.js";
import { contains, liveFaults } from "./validity.js";

const SNAP_PX = 10;
const DIGITS = 9;
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const rounded = ([lon, lat]) => [Number(lon.toFixed(DIGITS)), Number(lat.toFixed(DIGITS))];

/**
 * @param {{root: HTMLElement, map: object, kinds: string[], geometry: object|null, others: {id: number, version: number, geometry: object}[], shared: boolean, onChange: (geometry: object|null) => void, onFinish: () => void}} given
 *   `others` are snapped to; with `shared` their borders stay those of the geometry
 */
export function startEditor({ root, map, kinds, geometry, others, shared, onChange, onFinish }) {
  const kind = kinds[0].replace("Multi", "");
  // Pieces were cut off and become records of their own; of the others those are null that were joined to this one.
  const history = makeHistory({ own: geometry, others: others.map((one) => one.geometry), pieces: [] });
  let drawn = geometry ? null : [];
  let mode = null;
  let chosen = null;
  let snapping = true;
  let index = null;
  let dragged = null;
  let told = null;
  const canvas = makeCanvas(map);
  const now = () => history.now();
  const all = () => [now().own, ...(shared ? now().others : [])];

  const panel = makePanel(root, {
    onMove: (position) => place(position),
    onFinish: finish,
    tools: [
      { key: "undo", run: () => step("undo"), state: () => ({ disabled: !history.canUndo() && !drawn?.length }) },
      { key: "redo", run: () => step("redo"), state: () => ({ disabled: !history.canRedo() }) },
      { key: "snap", run: () => { snapping = !snapping; draw(); }, state: () => ({ pressed: snapping }) },
      ...(kind === "Point" ? [] : [{ key: "delete", run: takeOut, state: () => ({ disabled: !chosen }) }]),
      ...(kind === "LineString" ? [{ key: "reverse", run: () => keep({ ...now(), own: reversed(now().own) }), state: () => ({ disabled: !now().own }) }] : []),
      ...(kind === "Point" ? [] : [
        { key: "split", run: () => turn("split"), state: () => ({ pressed: mode === "split", disabled: !now().own }) },
        { key: "merge", run: () => turn("merge"), state: () => ({ pressed: mode === "merge", disabled: !now().own || !others.length }) },
      ]),
      ...(kind === "Point" ? [] : [{ key: "again", run: () => { mode = null; drawn = []; chosen = null; draw(); } }]),
    ],
  });
  const stopPointing = startPointing(map, { pick, onPlace, onStart, onDrag, onDrop, onHover });
  const keys = (event) => onKey(event);
  map.getCanvas().addEventListener("keydown", keys, { capture: true });
  draw();

  /** Cutting takes a line, joining a click on what is joined; once more and it is given up. */
  function turn(wanted) {
    mode = mode === wanted ? null : wanted;
    drawn = mode === "split" ? [] : null;
    chosen = null;
    draw();
  }

  function draw(preview = null) {
    const state = preview ?? now();
    const shown = drawn && mode !== "split" ? sketch() : state.own;
    const beside = [...others.map((one, at) => ({ geometry: state.others[at] })), ...state.pieces.map((one) => ({ geometry: one })), ...(mode === "split" && drawn ? [{ geometry: sketch() }] : [])];
    canvas.show(shown, beside, chosen);
    const faults = told ? [told] : drawn ? [] : liveFaults(state.own);
    told = null;
    if (!preview) canvas.mark(faults[0]?.at ?? null, "fault");
    panel.draw(shown, chosen ? vertexAt(state.own, chosen) : null, faults);
  }

  /** What was placed so far. */
  function sketch() {
    if (!drawn.length) return null;
    if (drawn.length === 1) return { type: "Point", coordinates: drawn[0] };
    if (kind === "Polygon" && mode !== "split" && drawn.length > 2) return { type: "Polygon", coordinates: [[...drawn, drawn[0]]] };
    return { type: "LineString", coordinates: drawn };
  }

  function keep(state) {
    history.push(state);
    index = null;
    draw();
    onChange(state.own && fitted(state.own, kinds));
  }

  function step(way) {
    if (way === "undo" && drawn?.length) {
      drawn = drawn.slice(0, -1);
      draw();
      return;
    }
    history[way]();
    index = null;
    chosen = null;
    draw();
    onChange(now().own && fitted(now().own, kinds));
  }

  function pick({ x, y }, reachPx) {
    if (drawn) return null;
    const box = [[x - reachPx, y - reachPx], [x + reachPx, y + reachPx]];
    for (const [layer, name] of [["draw-vertices", "vertex"], ["draw-middles", "middle"]]) {
      const [hit] = map.queryRenderedFeatures(box, { layers: [layer] });
      if (hit) return { kind: name, path: hit.properties.path === "" ? [] : String(hit.properties.path).split(",").map(Number) };
    }
    return null;
  }

  function onPlace(lngLat) {
    if (mode === "merge") return joinAt([lngLat.lng, lngLat.lat]);
    const position = snapped(lngLat);
    if (kind === "Point") {
      keep({ ...now(), own: { type: "Point", coordinates: position } });
      chosen = [];
      drawn = null;
      draw();
    } else if (drawn) {
      if (drawn.length > 2 && kind === "Polygon" && mode !== "split" && near(drawn[0], lngLat)) finishSketch();
      else drawn = [...drawn, position];
      draw();
    } else {
      chosen = null;
      draw();
    }
    return undefined;
  }

  /** Cuts the geometry along what was drawn: the first piece stays, the others become records of their own. */
  async function cut() {
    const line = { type: "LineString", coordinates: drawn };
    await ask("/api/geometry/split", { geometry: now().own, line }, ({ items: [own, ...pieces] }) => {
      const fresh = [own, ...pieces].flatMap(verticesOf).map(({ position }) => position);
      const known = new Set(verticesOf(now().own).map(({ position }) => String(position)));
      const all = fresh.filter((position) => !known.has(String(position))).reduce((state, position) => noded(state, position), [own, ...pieces, ...(shared ? now().others : [])]);
      const rest = all.slice(1 + pieces.length);
      return { own: all[0], pieces: [...now().pieces, ...all.slice(1, 1 + pieces.length)], others: shared ? rest : now().others };
    });
  }

  async function joinAt(position) {
    const at = now().others.findIndex((one) => one && covers(one, position));
    if (at < 0) {
      told = { code: "nothing-there" };
      return draw();
    }
    await ask("/api/geometry/merge", { geometry: now().own, other: now().others[at] }, (answer) => ({ ...now(), own: answer.geometry, others: now().others.with(at, null) }));
    return undefined;
  }

  /** Whether a polygon goes around a position, or a line passes by it. */
  function covers(one, position) {
    if (kind === "Polygon") return chainsOf(one).some(({ positions }) => contains(positions, position));
    return Boolean(found({ lng: position[0], lat: position[1] }, null, [{ id: 0, geometry: one }]));
  }

  async function ask(path, question, next) {
    try {
      const state = next(await post(path, question));
      turn(null);
      keep(state);
    } catch (error) {
      drawn = mode === "split" ? [] : null;
      told = { words: error.detail ?? error.message };
      draw();
    }
  }

  const near = (position, lngLat) => {
    const [a, b] = [map.project(position), map.project(lngLat)];
    return Math.hypot(a.x - b.x, a.y - b.y) < SNAP_PX;
  };

  function finishSketch() {
    if (mode === "split" && drawn?.length > 1) return void cut();
    const least = kind === "Polygon" ? 3 : 2;
    if (!drawn || drawn.length < least) return undefined;
    const own = kind === "Polygon" ? { type: "Polygon", coordinates: [[...drawn, drawn[0]]] } : { type: "LineString", coordinates: drawn };
    drawn = null;
    keep({ ...now(), own });
    return undefined;
  }

  function onStart(hit) {
    if (hit.kind === "vertex") {
      chosen = hit.path;
      dragged = { from: vertexAt(now().own, hit.path), state: now(), preview: null };
    } else dragged = putIn(hit.path);
    draw(dragged.preview);
    return true;
  }

  /** A vertex in the middle of an edge, in everything that has the edge. */
  function putIn(path) {
    const chain = chainsOf(now().own).find((one) => String(one.path) === String(path.slice(0, -1)));
    const { a, b } = edgesOf(chain)[path.at(-1) - 1];
    const middle = rounded([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    const [own, ...rest] = inserted(all(), a, b, middle);
    chosen = pathIn(chain, path.at(-1));
    const state = { ...now(), own, others: shared ? rest : now().others };
    return { from: middle, state, preview: state, fresh: true };
  }

  function onDrag(lngLat) {
    dragged.preview = movedState(dragged.state, dragged.from, snapped(lngLat, dragged.from));
    draw(dragged.preview);
  }

  function onDrop() {
    const { preview, fresh } = dragged;
    dragged = null;
    if (preview) keep(preview);
    else if (fresh) keep(preview);
    else draw();
  }

  function movedState(state, from, to) {
    const [own, ...rest] = moved([state.own, ...(shared ? state.others : [])], from, to);
    return { ...state, own, others: shared ? rest : state.others };
  }

  function onHover(lngLat) {
    if (drawn) canvas.mark(lngLat && found(lngLat)?.position);
  }

  /** Moves the chosen vertex, or where there is none places one. */
  function place(position) {
    const to = rounded(position);
    if (chosen && vertexAt(now().own, chosen)) {
      const next = movedState(now(), vertexAt(now().own, chosen), to);
      keep(next);
    } else onPlace({ lng: to[0], lat: to[1] });
    map.easeTo({ center: to, duration: 0 });
  }

  function takeOut() {
    const position = chosen && vertexAt(now().own, chosen);
    if (!position) return;
    const found = deleted(all(), position);
    chosen = null;
    if (found) keep({ ...now(), own: found[0], others: shared ? found.slice(1) : now().others });
    else draw();
  }

  const found = (lngLat, leaving = null, among = null) => {
    if (!snapping && !among) return null;
    if (among) index = snapIndex(among);
    else if (!index || leaving) index = snapIndex([...others.map((one, at) => ({ id: one.id, geometry: now().others[at] })), { id: null, geometry: drawn ? sketch() : null }], leaving ? (position) => same(position, leaving) : undefined);
    const origin = map.unproject([0, 0]);
    const across = map.unproject([SNAP_PX, SNAP_PX]);
    const items = index;
    if (among) index = null;
    return nearest(items, [lngLat.lng, lngLat.lat], [Math.abs(across.lng - origin.lng), Math.abs(across.lat - origin.lat)]);
  };

  /** The place next to the pointer: what is snapped to is the same to the last bit. */
  function snapped(lngLat, leaving = null) {
    const hit = found(lngLat, leaving);
    canvas.mark(hit?.position ?? null);
    return hit ? hit.position : rounded([lngLat.lng, lngLat.lat]);
  }

  function onKey(event) {
    if (event.key === "Enter" && drawn?.length) finishSketch();
    else if (event.key === "Escape") {
      if (drawn?.length) drawn = drawn.slice(0, -1);
      chosen = null;
      draw();
    } else if (event.key === "Delete" || event.key === "Backspace") takeOut();
    else if (event.key === "[" || event.key === "]") walk(event.key === "]" ? 1 : -1);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") step(event.shiftKey ? "redo" : "undo");
    else if (STEPS[event.key] && chosen) nudge(STEPS[event.key], event.shiftKey ? 10 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function walk(way) {
    const vertices = now().own ? verticesOf(now().own) : [];
    if (!vertices.length) return;
    const at = vertices.findIndex(({ path }) => String(path) === String(chosen));
    const next = vertices[at < 0 ? 0 : (at + way + vertices.length) % vertices.length];
    chosen = next.path;
    map.easeTo({ center: next.position, duration: 0 });
    draw();
  }

  function nudge([x, y], times) {
    const from = vertexAt(now().own, chosen);
    const pixel = map.project(from);
    const { lng, lat } = map.unproject([pixel.x + x * times, pixel.y + y * times]);
    keep(movedState(now(), from, rounded([lng, lat])));
  }

  function finish() {
    if (drawn?.length) finishSketch();
    onFinish();
  }

  return {
    geometry: () => now().own && fitted(now().own, kinds),
    /** Those next to it that moved along. */
    changes: () => others.map((one, at) => ({ id: one.id, version: one.version, geometry: now().others[at], before: one.geometry })).filter(({ geometry: one, before }) => one && one !== before),
    /** Geometries that were cut off. */
    pieces: () => now().pieces.map((one) => fitted(one, kinds)),
    /** Those that were joined to it. */
    joined: () => others.filter((one, at) => !now().others[at] && one.geometry).map(({ id, version }) => ({ id, version })),
    stop() {
      stopPointing();
      map.getCanvas().removeEventListener("keydown", keys, { capture: true });
      canvas.clear();
      panel.close();
    },
  };
}

