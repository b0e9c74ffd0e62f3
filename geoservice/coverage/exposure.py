"""Which shapes form the border of their union; the rest is left out of it.

The shapes of a dense town lie hundreds deep, and a union of them all would be slow. Each outline is walked: where some
other shape holds the present point, the walk leaps to where it leaves that shape; where none does, the outline is on the
border. What the union of the remaining shapes lacks is holes that a shape left out would fill, and no more: the border
of a true hole is itself made of shapes that remain. Such holes are told by one point in them.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.coverage.shapes import Shapes
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.grid import clamped, span

# A point counts as held if it lies this far inside; outlines are walked this far outside.
_EPS_M = 1e-4
_OUTSIDE_M = 0.05
_STEP_M = 0.02
# Sides shorter than this do not count.
_SHORT_M = 0.01
# Cells a side of the reach, for lists and for the inner cells; and the most cells of either kind.
_LIST_SHARE, _INNER_SHARE = 2.0, 12.0
_MOST_CELLS = 4_000_000

# West, south, side of a cell, columns, rows.
_Frame = tuple[float, float, float, int, int]
_Rings = tuple[Int64s, Floats, Floats]
_Stopped = tuple[Bools, Int64s, Floats, Floats]
_Parts = tuple[Floats, _Frame, Int64s, Int32s, _Frame, Bools, _Stopped]


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
        offset, listed = _listed(bounds, frame, order)
        inner = _inner(rings, bounds, shapes.stopped, fine)
        self._outlines = outlines
        self._parts: _Parts = (shapes.shapes, frame, offset, listed, fine, inner, (shapes.stopped, *rings))

    def holds(self, x: Floats, y: Floats) -> Bools:
        """Whether each point lies in some shape."""
        return _holds(self._parts, np.stack([x, y], axis=1))

    def holding(self, areas: NDArray[np.object_]) -> Bools:
        """Whether each polygon has a point on it that lies in some shape."""
        points = shapely.point_on_surface(areas)
        return self.holds(shapely.get_x(points), shapely.get_y(points))

    def exposed(self) -> Bools:
        """Which shapes have some part of their outline outside all other shapes; banks do not count."""
        outlines = self._outlines
        return _exposed(self._parts, outlines.bank)


def _frame(bounds: Floats, cell_m: float) -> _Frame:
    if not len(bounds):
        return 0.0, 0.0, 1.0, 1, 1
    west, south = float(bounds[:, 0].min()), float(bounds[:, 1].min())
    width, height = float(bounds[:, 2].max()) - west, float(bounds[:, 3].max()) - south
    side = max(cell_m, float(np.sqrt(width * height / _MOST_CELLS)), (width + height) / _MOST_CELLS, 1.0)
    return west, south, side, int(width / side) + 1, int(height / side) + 1


@kernel
def _cell(value: float, low: float, side: float, count: int) -> int:
    return min(max(int(np.floor((value - low) / side)), 0), count - 1)


@kernel
def _bounds(offset: Int64s, x: Floats, y: Floats) -> Floats:
    bounds = np.empty((offset.size - 1, 4))
    for i in range(offset.size - 1):
        a, b = offset[i], offset[i + 1]
        bounds[i, 0], bounds[i, 1] = x[a:b].min(), y[a:b].min()
        bounds[i, 2], bounds[i, 3] = x[a:b].max(), y[a:b].max()
    return bounds


@kernel
def _listed(bounds: Floats, frame: _Frame, order: Int64s) -> tuple[Int64s, Int32s]:
    west, south, side, columns, rows = frame
    cells = np.empty((bounds.shape[0], 4), dtype=np.int64)
    offset = np.zeros(columns * rows + 2, dtype=np.int64)
    for i in range(bounds.shape[0]):
        cells[i, 0], cells[i, 2] = _cell(bounds[i, 0], west, side, columns), _cell(bounds[i, 2], west, side, columns)
        cells[i, 1], cells[i, 3] = _cell(bounds[i, 1], south, side, rows), _cell(bounds[i, 3], south, side, rows)
        for r in range(cells[i, 1], cells[i, 3] + 1):
            for c in range(cells[i, 0], cells[i, 2] + 1):
                offset[r * columns + c + 2] += 1
    for i in range(2, offset.size):
        offset[i] += offset[i - 1]
    listed = np.empty(offset[-1], dtype=np.int32)
    for i in order:
        for r in range(cells[i, 1], cells[i, 3] + 1):
            for c in range(cells[i, 0], cells[i, 2] + 1):
                listed[offset[r * columns + c + 1]] = i
                offset[r * columns + c + 1] += 1
    return offset[:-1].copy(), listed


@kernel
def _has(shape: Floats, x: float, y: float) -> bool:
    """Whether a point lies in a shape; on the border of the base it does, on the rest of the border it does not."""
    dx, dy = x - shape[0], y - shape[1]
    s, h = dx * shape[2] + dy * shape[3], abs(dx * shape[3] - dy * shape[2])
    if s < -_EPS_M:
        return False
    if shape[4] < 0.0:
        return bool(s * s + h * h < (shape[5] - _EPS_M) ** 2)
    if s > shape[4] + _EPS_M:
        return False
    share = min(max(s / shape[4], 0.0), 1.0)
    return bool(h < shape[5] + share * (shape[6] - shape[5]) - _EPS_M)


@kernel
def _in_ring(x: Floats, y: Floats, px: float, py: float) -> bool:
    inside = False
    for i in range(x.size - 1):
        if (y[i] > py) != (y[i + 1] > py) and px < x[i] + (py - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]):
            inside = not inside
    return inside


@kernel
def _to_ring(x: Floats, y: Floats, px: float, py: float, ux: float, uy: float) -> float:
    """How far it is from a point in a direction to a ring; infinite if it does not lie there."""
    nearest = np.inf
    for i in range(x.size - 1):
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
def _leaves(shape: Floats, x: float, y: float, ux: float, uy: float) -> float:
    """How far one can go from a point inside a shape in a direction before leaving the shape."""
    dx, dy = x - shape[0], y - shape[1]
    s, h = dx * shape[2] + dy * shape[3], dx * shape[3] - dy * shape[2]
    vs, vh = ux * shape[2] + uy * shape[3], ux * shape[3] - uy * shape[2]
    if shape[4] < 0.0:
        radius = shape[5] - _EPS_M
        along = dx * ux + dy * uy
        arc = -along + np.sqrt(max(along * along + radius * radius - dx * dx - dy * dy, 0.0))
        return float(min(_falls(s + _EPS_M, vs), arc))
    slope = (shape[6] - shape[5]) / shape[4]
    room = shape[5] + slope * s - _EPS_M
    first = min(_falls(s + _EPS_M, vs), _falls(shape[4] + _EPS_M - s, -vs))
    return min(first, _falls(room - h, slope * vs - vh), _falls(room + h, slope * vs + vh))


@kernel
def _holder(parts: _Parts, x: float, y: float, own: int) -> int:
    """A shape other than `own` that holds a point; -1 if there is none."""
    shapes, frame, offset, listed = parts[0], parts[1], parts[2], parts[3]
    stopped, start, rx, ry = parts[6]
    c, r = int(np.floor((x - frame[0]) / frame[2])), int(np.floor((y - frame[1]) / frame[2]))
    if c < 0 or r < 0 or c >= frame[3] or r >= frame[4]:
        return -1
    cell = r * frame[3] + c
    for k in range(offset[cell], offset[cell + 1]):
        i = listed[k]
        if i == own or not _has(shapes[i], x, y):
            continue
        if not stopped[i] or _in_ring(rx[start[i] : start[i + 1]], ry[start[i] : start[i + 1]], x, y):
            return int(i)
    return -1


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
                inside = _in_ring(x, y, column + 0.5, row + 0.5)
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
def _within(parts: _Parts, ax: float, ay: float, bx: float, by: float) -> bool:
    """Whether all cells of the box about a line lie inside."""
    west, south, side, columns, rows = parts[4]
    inner = parts[5]
    for row in range(int(np.floor((min(ay, by) - south) / side)), int(np.floor((max(ay, by) - south) / side)) + 1):
        for column in range(int(np.floor((min(ax, bx) - west) / side)), int(np.floor((max(ax, bx) - west) / side)) + 1):
            if row < 0 or column < 0 or row >= rows or column >= columns or not inner[row, column]:
                return False
    return True


@kernel
def _uncovered(parts: _Parts, line: tuple[float, float, float, float], own: int) -> bool:
    """Whether some point just right of a line lies in no shape other than `own`."""
    ax, ay, bx, by = line
    length = np.hypot(bx - ax, by - ay)
    if length <= _SHORT_M:
        return False
    ux, uy = (bx - ax) / length, (by - ay) / length
    ax, ay, bx, by = ax + _OUTSIDE_M * uy, ay - _OUTSIDE_M * ux, bx + _OUTSIDE_M * uy, by - _OUTSIDE_M * ux
    if _within(parts, ax, ay, bx, by):
        return False
    stopped, start, rx, ry = parts[6]
    at = 0.0
    while at < length:
        x, y = ax + at * ux, ay + at * uy
        i = _holder(parts, x, y, own)
        if i < 0:
            return True
        free = _leaves(parts[0][i], x, y, ux, uy)
        if stopped[i]:
            free = min(free, _to_ring(rx[start[i] : start[i + 1]], ry[start[i] : start[i + 1]], x, y, ux, uy))
        at += max(free, _STEP_M)
    return False


@kernel
def _exposed(parts: _Parts, bank: Bools) -> Bools:
    _, offset, x, y = parts[6]
    found = np.zeros(offset.size - 1, dtype=np.bool_)
    for i in range(found.size):
        for j in range(offset[i], offset[i + 1] - 1):
            if not bank[j] and _uncovered(parts, (x[j], y[j], x[j + 1], y[j + 1]), i):
                found[i] = True
                break
    return found
