// Mouse, pen and finger on the map: vertices are dragged, put in, and placed one after the other.

const REACH_PX = { mouse: 8, touch: 22, pen: 14 };

/**
 * @param {{
 *   pick: (point: {x: number, y: number}, reachPx: number) => {kind: "vertex"|"middle", path: number[]}|null,
 *   onPlace: (lngLat: object) => void, onStart: (hit: object) => boolean, onDrag: (lngLat: object) => void,
 *   onDrop: () => void, onHover: (lngLat: object|null) => void,
 * }} calls
 */
export function startPointing(map, calls) {
  const area = map.getCanvasContainer();
  let held = null;
  let dragging = false;
  const at = (event) => {
    const { left, top } = area.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const down = (event) => {
    if (event.button > 0) return;
    const point = at(event);
    held = { point, hit: calls.pick(point, REACH_PX[event.pointerType] ?? REACH_PX.mouse) };
    if (held.hit && calls.onStart(held.hit)) {
      dragging = true;
      map.dragPan.disable();
      event.preventDefault();
    }
  };
  const move = (event) => {
    const { x, y } = at(event);
    if (dragging) calls.onDrag(map.unproject([x, y]));
    else if (!held) calls.onHover(map.unproject([x, y]));
  };
  const up = (event) => {
    if (!held) return;
    const { x, y } = at(event);
    const still = Math.hypot(x - held.point.x, y - held.point.y) < 4;
    if (dragging) calls.onDrop();
    else if (still && !held.hit) calls.onPlace(map.unproject([x, y]));
    if (dragging) map.dragPan.enable();
    held = null;
    dragging = false;
  };
  area.addEventListener("pointerdown", down, { capture: true });
  addEventListener("pointermove", move);
  addEventListener("pointerup", up);
  return () => {
    area.removeEventListener("pointerdown", down, { capture: true });
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
    map.dragPan.enable();
  };
}
