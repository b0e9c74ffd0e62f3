"""Few shapes that draw the border of the union of very many; the rest is left out of it.

The shapes of a dense town lie hundreds deep, and a union of them all would be slow. The outline of each shape is walked
just outside it: where some shape holds the present point, the walk leaps to where it leaves that shape. Where none does,
the outline is on the border of the union, and the shape is needed unless one that was taken before runs along there too.

Shapes taken are drawn a little wider, so that no crack is left between neighbours. What their union lacks is holes that
shapes left out would fill, and no more, for the border of a true hole is drawn by shapes that were taken. Such holes
are told by one point in them.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.coverage.circles.shapes import Shapes, polygons_of
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.grid import clamped, span

# A point counts as held if it lies this far inside; outlines are walked this far outside.
_EPS_M = 1e-4
_OUTSIDE_M = 0.05
# A shape is left out where one taken before comes this near to its border from inside.
TOLERANCE_M = 0.1
_STEP_M = 0.02
# Added all round to what is drawn: makes up for the tolerance and closes cracks.
WIDER_M = TOLERANCE_M + 2 * _OUTSIDE_M
# Sides shorter than this do not count.
_SHORT_M = 0.01
# Cells a side of the reach, for lists and for the inner cells; and the most cells of either kind.
_LIST_SHARE, _INNER_SHARE = 2.0, 12.0
_MOST_CELLS = 4_000_000

# West, south, side of a cell, columns, rows.
_Frame = tuple[float, float, float, int, int]
_Rings = tuple[Int64s, Floats, Floats]
_Pair = tuple[float, float]
_Taken = tuple[Int32s, Int32s]
_Parts = tuple[Floats, _Frame, Int64s, Int32s, Bools, _Rings]


class Cover:
    """Shapes by the cells of a grid, asked whether they hold a point.

    Parameters
    ----------
    shapes
        As in `Shapes`.
    reach_m
        The usual size of a shape.
    """

    def __init__(self, shapes: Shapes, reach_m: float) -> None:
        outlines = shapes.outlines
        rings = outlines.offset, outlines.x, outlines.y
        bounds = _bounds(*rings)
        frame, fine = _frame(bounds, reach_m / _LIST_SHARE), _frame(bounds, reach_m / _INNER_SHARE)
        # Far-reaching shapes first: they are the likeliest to hold a point.
        order = np.argsort(-shapes.shapes[:, 5:].sum(axis=1), kind="stable")
        offset, listed = _listed(rings, frame, order)
        self._inside = (_inner(rings, bounds, shapes.stopped, fine), fine)
        self._bank, self._order = outlines.bank, order
        self._parts: _Parts = (shapes.shapes, frame, offset, listed, shapes.stopped, rings)

    def holds(self, x: Floats, y: Floats) -> Bools:
        """Whether each point lies in some shape."""
        return _holds(self._parts, np.stack([x, y], axis=1))

    def holding(self, areas: NDArray[np.object_]) -> Bools:
        """Whether each polygon has a point on it that lies in some shape."""
        points = shapely.point_on_surface(areas)
        return self.holds(shapely.get_x(points), shapely.get_y(points))

    def border(self) -> NDArray[np.object_]:
        """Polygons whose union has the border of the union of all shapes, banks apart; each a little wider."""
        sides = _border(self._parts, self._inside, self._bank, self._order)
        polygons = shapely.make_valid(polygons_of(*_drawn(self._parts, sides)))
        wider: NDArray[np.object_] = shapely.buffer(polygons, WIDER_M, join_style="mitre", mitre_limit=1.5)
        return wider


def _frame(bounds: Floats, cell_m: float) -> _Frame:
    if not len(bounds):
        return 0.0, 0.0, 1.0, 1, 1
    west, south = float(bounds[:, 0].min()), float(bounds[:, 1].min())
    width, height = float(bounds[:, 2].max()) - west, float(bounds[:, 3].max()) - south
    side = max(cell_m, float(np.sqrt(width * height / _MOST_CELLS)), (width + height) / _MOST_CELLS, 1.0)
    return west, south, side, int(width / side) + 1, int(height / side) + 1


@kernel
def _bounds(offset: Int64s, x: Floats, y: Floats) -> Floats:
    bounds = np.empty((offset.size - 1, 4))
    for i in range(offset.size - 1):
        a, b = offset[i], offset[i + 1]
        bounds[i, 0], bounds[i, 1] = x[a:b].min(), y[a:b].min()
        bounds[i, 2], bounds[i, 3] = x[a:b].max(), y[a:b].max()
    return bounds


@kernel
def _row_spans(ring: tuple[Floats, Floats], frame: _Frame, left: Floats, right: Floats) -> tuple[int, int]:
    """First and last row of cells that a ring touches; its west and east in each, in cells."""
    x, y = (ring[0] - frame[0]) / frame[2], (ring[1] - frame[1]) / frame[2]
    first, last = clamped(y.min(), frame[4]), clamped(y.max(), frame[4])
    left[first : last + 1], right[first : last + 1] = np.inf, -np.inf
    for k in range(x.size - 1):
        for row in range(clamped(min(y[k], y[k + 1]), frame[4]), clamped(max(y[k], y[k + 1]), frame[4]) + 1):
            low, high = span(y[k], y[k + 1], x[k], x[k + 1], row)
            left[row], right[row] = min(left[row], low), max(right[row], high)
    return first, last


@kernel
def _listed(rings: _Rings, frame: _Frame, order: Int64s) -> tuple[Int64s, Int32s]:
    """Shapes of each cell, in some order."""
    start, x, y = rings
    columns, rows = frame[3], frame[4]
    offset = np.zeros(columns * rows + 2, dtype=np.int64)
    left, right = np.empty(rows), np.empty(rows)
    listed = np.empty(0, dtype=np.int32)
    for fill in range(2):
        for i in order:
            first, last = _row_spans((x[start[i] : start[i + 1]], y[start[i] : start[i + 1]]), frame, left, right)
            for row in range(first, last + 1):
                for c in range(clamped(left[row], columns), clamped(right[row], columns) + 1):
                    if fill:
                        listed[offset[row * columns + c + 1]] = i
                    offset[row * columns + c + 2 - fill] += 1
        if not fill:
            for i in range(2, offset.size):
                offset[i] += offset[i - 1]
            listed = np.empty(offset[-1], dtype=np.int32)
    return offset[:-1].copy(), listed


@kernel
def _has(shapes: Floats, i: int, x: float, y: float) -> bool:
    """Whether a point lies in a shape, barriers apart; on the border of the base it does, on the rest it does not."""
    dx, dy = x - shapes[i, 0], y - shapes[i, 1]
    s, h = dx * shapes[i, 2] + dy * shapes[i, 3], abs(dx * shapes[i, 3] - dy * shapes[i, 2])
    if s < -_EPS_M:
        return False
    length, r0 = shapes[i, 4], shapes[i, 5] - _EPS_M
    if length < 0.0:
        return bool(s * s + h * h < r0 * r0)
    if s > length + _EPS_M:
        return False
    share = min(max(s / length, 0.0), 1.0)
    return bool(h < r0 + share * (shapes[i, 6] - shapes[i, 5]))


@kernel
def _in_ring(x: Floats, y: Floats, first: int, last: int, px: float, py: float) -> bool:
    """Whether a point lies in the ring of the points `first` to `last`, which is the first one again."""
    inside = False
    for i in range(first, last):
        if (y[i] > py) != (y[i + 1] > py) and px < x[i] + (py - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]):
            inside = not inside
    return inside


@kernel
def _to_ring(x: Floats, y: Floats, first: int, last: int, point: _Pair, way: _Pair) -> float:
    """How far it is from a point in a direction to a ring; infinite if it does not lie there."""
    nearest = np.inf
    px, py = point
    ux, uy = way
    for i in range(first, last):
        a, b = ux * (y[i] - py) - uy * (x[i] - px), ux * (y[i + 1] - py) - uy * (x[i + 1] - px)
        if (a > 0.0) == (b > 0.0):
            continue
        share = a / (a - b)
        onward = ux * (x[i] + share * (x[i + 1] - x[i]) - px) + uy * (y[i] + share * (y[i + 1] - y[i]) - py)
        if onward > 0.0:
            nearest = min(nearest, onward)
    return nearest


@kernel
def _falls(value: float, slope: float) -> float:
    """Where ``value + slope * t`` falls below zero."""
    return np.inf if slope >= 0.0 else -value / slope


@kernel
def _leaves(shapes: Floats, i: int, point: _Pair, way: _Pair) -> float:
    """How far one can go from a point inside a shape in a direction before leaving the shape, barriers apart."""
    dx, dy = point[0] - shapes[i, 0], point[1] - shapes[i, 1]
    s, h = dx * shapes[i, 2] + dy * shapes[i, 3], dx * shapes[i, 3] - dy * shapes[i, 2]
    vs, vh = way[0] * shapes[i, 2] + way[1] * shapes[i, 3], way[0] * shapes[i, 3] - way[1] * shapes[i, 2]
    length, r0 = shapes[i, 4], shapes[i, 5] - _EPS_M
    if length < 0.0:
        along = dx * way[0] + dy * way[1]
        arc = -along + np.sqrt(max(along * along + r0 * r0 - dx * dx - dy * dy, 0.0))
        return float(min(_falls(s + _EPS_M, vs), arc))
    slope = (shapes[i, 6] - shapes[i, 5]) / length
    room = r0 + slope * s
    first = min(_falls(s + _EPS_M, vs), _falls(length + _EPS_M - s, -vs))
    return min(first, _falls(room - h, slope * vs - vh), _falls(room + h, slope * vs + vh))


@kernel
def _cell(frame: _Frame, x: float, y: float) -> int:
    """The cell of a point; -1 outside the grid."""
    c, r = int(np.floor((x - frame[0]) / frame[2])), int(np.floor((y - frame[1]) / frame[2]))
    return r * frame[3] + c if 0 <= c < frame[3] and 0 <= r < frame[4] else -1


@kernel
def _holder(parts: _Parts, x: float, y: float, own: int) -> int:
    """A shape other than `own` that holds a point; -1 if there is none."""
    shapes, frame, offset, listed, stopped, (start, rx, ry) = parts
    cell = _cell(frame, x, y)
    if cell >= 0:
        for k in range(offset[cell], offset[cell + 1]):
            i = listed[k]
            if i == own or not _has(shapes, i, x, y):
                continue
            if not stopped[i] or _in_ring(rx, ry, start[i], start[i + 1] - 1, x, y):
                return int(i)
    return -1


@kernel
def _taken_holder(parts: _Parts, taken: _Taken, x: float, y: float) -> int:
    """A shape taken before that holds a point; -1 if there is none."""
    shapes, frame, _, _, stopped, (start, rx, ry) = parts
    head, chain = taken
    cell = _cell(frame, x, y)
    k = head[cell] if cell >= 0 else -1
    while k >= 0:
        i = chain[k, 0]
        if _has(shapes, i, x, y) and (not stopped[i] or _in_ring(rx, ry, start[i], start[i + 1] - 1, x, y)):
            return int(i)
        k = chain[k, 1]
    return -1


@kernel
def _run(parts: _Parts, i: int, point: _Pair, way: _Pair) -> float:
    """How far to go from a point inside a shape in a direction to leave it; at least a small step."""
    shapes, _, _, _, stopped, (start, rx, ry) = parts
    free = _leaves(shapes, i, point, way)
    if stopped[i]:
        free = min(free, _to_ring(rx, ry, start[i], start[i + 1] - 1, point, way))
    # A little beyond, so that the next point is not taken for one inside.
    return float(max(free + _EPS_M, _STEP_M))


@kernel
def _holds(parts: _Parts, points: Floats) -> Bools:
    found = np.zeros(points.shape[0], dtype=np.bool_)
    for i in range(points.shape[0]):
        found[i] = _holder(parts, points[i, 0], points[i, 1], -1) >= 0
    return found


@kernel
def _rows_crossed(low: Floats, high: Floats, ring: tuple[Floats, Floats], frame: _Frame) -> tuple[int, int]:
    """Least and greatest column position of a convex outline on each line between rows that it crosses."""
    x, y = ring
    first = int(np.ceil((y.min() - frame[1]) / frame[2]))
    last = int(np.floor((y.max() - frame[1]) / frame[2]))
    low[first : last + 1], high[first : last + 1] = np.inf, -np.inf
    for k in range(x.size - 1):
        y0, y1 = (y[k] - frame[1]) / frame[2], (y[k + 1] - frame[1]) / frame[2]
        if y0 == y1:
            continue
        for row in range(int(np.ceil(min(y0, y1))), int(np.floor(max(y0, y1))) + 1):
            at = (x[k] + (row - y0) / (y1 - y0) * (x[k + 1] - x[k]) - frame[0]) / frame[2]
            low[row], high[row] = min(low[row], at), max(high[row], at)
    return first, last


@kernel
def _inner_ring(change: Int32s, stamp: Int32s, own: int, ring: tuple[Floats, Floats], frame: _Frame) -> None:
    """Mark the cells inside any ring: not touched by it, and with their middle inside."""
    x, y = (ring[0] - frame[0]) / frame[2], (ring[1] - frame[1]) / frame[2]
    columns, rows = frame[3], frame[4]
    for k in range(x.size - 1):
        first, last = clamped(min(y[k], y[k + 1]), rows), clamped(max(y[k], y[k + 1]), rows)
        for row in range(first, last + 1):
            left, right = span(y[k], y[k + 1], x[k], x[k + 1], row)
            stamp[row, clamped(left - 1e-9, columns) : clamped(right + 1e-9, columns) + 1] = own
    for row in range(clamped(y.min(), rows), clamped(y.max(), rows) + 1):
        inside, before = False, -1
        for column in range(clamped(x.min(), columns), clamped(x.max(), columns) + 1):
            if stamp[row, column] == own:
                before = -1
                continue
            # Between two cells that the ring touches all lie on the same side of it.
            if before < 0:
                inside = _in_ring(x, y, 0, x.size - 1, column + 0.5, row + 0.5)
            before = column
            if inside:
                change[row, column] += 1
                change[row, column + 1] -= 1


@kernel
def _inner(outlines: _Rings, bounds: Floats, stopped: Bools, frame: _Frame) -> Bools:
    """Cells that lie wholly inside some one outline."""
    offset, x, y = outlines
    columns, rows = frame[3], frame[4]
    change = np.zeros((rows, columns + 1), dtype=np.int32)
    stamp = np.full((rows, columns), -1, dtype=np.int32) if stopped.any() else np.empty((0, 0), dtype=np.int32)
    low, high = np.empty(rows + 1), np.empty(rows + 1)
    for i in range(bounds.shape[0]):
        if min(bounds[i, 2] - bounds[i, 0], bounds[i, 3] - bounds[i, 1]) < frame[2]:
            continue
        a, b = offset[i], offset[i + 1]
        if stopped[i]:
            _inner_ring(change, stamp, i, (x[a:b], y[a:b]), frame)
            continue
        first, last = _rows_crossed(low, high, (x[a:b], y[a:b]), frame)
        for row in range(first, last):
            left = int(np.ceil(max(low[row], low[row + 1])))
            right = int(np.floor(min(high[row], high[row + 1])))
            if left < right:
                change[row, left] += 1
                change[row, right] -= 1
    inner = np.zeros((rows, columns), dtype=np.bool_)
    for row in range(rows):
        depth = 0
        for column in range(columns):
            depth += change[row, column]
            inner[row, column] = depth > 0
    return inner


@kernel
def _within(inner: Bools, frame: _Frame, a: _Pair, b: _Pair) -> bool:
    """Whether all cells of the box about a line lie inside."""
    west, south, side, columns, rows = frame
    low, high = int(np.floor((min(a[1], b[1]) - south) / side)), int(np.floor((max(a[1], b[1]) - south) / side))
    left, right = int(np.floor((min(a[0], b[0]) - west) / side)), int(np.floor((max(a[0], b[0]) - west) / side))
    if low < 0 or left < 0 or high >= rows or right >= columns:
        return False
    for row in range(low, high + 1):
        for column in range(left, right + 1):
            if not inner[row, column]:
                return False
    return True


@kernel
def _needed(parts: _Parts, a: _Pair, b: _Pair, own: int, taken: _Taken) -> bool:
    """Whether a side of an outline has some point on the border that no shape taken before runs along."""
    length = np.hypot(b[0] - a[0], b[1] - a[1])
    way = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    # Outlines run counterclockwise: outside is to the right.
    ox, oy = way[1], -way[0]
    at = 0.0
    while at < length:
        x, y = a[0] + at * way[0], a[1] + at * way[1]
        point = x - TOLERANCE_M * ox, y - TOLERANCE_M * oy
        i = _taken_holder(parts, taken, point[0], point[1])
        if i < 0:
            point = x + _OUTSIDE_M * ox, y + _OUTSIDE_M * oy
            i = _holder(parts, point[0], point[1], own)
        if i < 0:
            return True
        at += _run(parts, i, point, way)
    return False


@kernel
def _border(parts: _Parts, inside: tuple[Bools, _Frame], bank: Bools, order: Int64s) -> Int64s:
    """First and last side of each shape that is needed for the border, -1 where none is; in some order of preference."""
    inner, fine = inside
    frame = parts[1]
    offset, x, y = parts[5]
    sides = np.full((offset.size - 1, 2), -1, dtype=np.int64)
    # Shapes taken by cell: each cell has a chain of (shape, next).
    head = np.full(frame[3] * frame[4], -1, dtype=np.int32)
    chain = np.empty((4096, 2), dtype=np.int32)
    left, right = np.empty(frame[4]), np.empty(frame[4])
    count = 0
    for i in order:
        for j in range(offset[i], offset[i + 1] - 1):
            a, b = (x[j], y[j]), (x[j + 1], y[j + 1])
            if bank[j] or abs(b[0] - a[0]) + abs(b[1] - a[1]) <= _SHORT_M or _within(inner, fine, a, b):
                continue
            if _needed(parts, a, b, i, (head, chain)):
                sides[i, 0] = j if sides[i, 0] < 0 else sides[i, 0]
                sides[i, 1] = j
        if sides[i, 0] < 0:
            continue
        first, last = _row_spans((x[offset[i] : offset[i + 1]], y[offset[i] : offset[i + 1]]), frame, left, right)
        for row in range(first, last + 1):
            for c in range(clamped(left[row], frame[3]), clamped(right[row], frame[3]) + 1):
                if count == chain.shape[0]:
                    chain = np.concatenate((chain, np.empty_like(chain)))
                chain[count, 0], chain[count, 1] = i, head[row * frame[3] + c]
                head[row * frame[3] + c] = count
                count += 1
    return sides


@kernel
def _drawn(parts: _Parts, sides: Int64s) -> _Rings:
    """Outlines of what is needed of the shapes: of half discs the sector of the sides that are."""
    shapes, _, _, _, stopped, (offset, x, y) = parts
    chosen = np.flatnonzero(sides[:, 0] >= 0)
    out = np.zeros(chosen.size + 1, dtype=np.int64)
    out_x, out_y = np.empty(2 * x.size + 1), np.empty(2 * x.size + 1)
    n = 0
    for k in range(chosen.size):
        i = chosen[k]
        first, last = offset[i], offset[i + 1] - 1
        # The last side of a half disc is its diameter.
        if shapes[i, 4] < 0.0 and not stopped[i] and sides[i, 1] < last - 1:
            first, last = max(sides[i, 0] - 1, first), min(sides[i, 1] + 2, last - 1)
            out_x[n], out_y[n] = shapes[i, 0], shapes[i, 1]
            n += 1
        for j in range(first, last + 1):
            out_x[n], out_y[n] = x[j], y[j]
            n += 1
        out_x[n], out_y[n] = out_x[out[k]], out_y[out[k]]
        n += 1
        out[k + 1] = n
    return out, out_x[:n].copy(), out_y[:n].copy()
