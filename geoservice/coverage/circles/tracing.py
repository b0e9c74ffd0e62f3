"""From values at the corners of a grid to closed rings: marching squares, cell by cell, linked by the sides they cross.

Where two opposite corners of a cell are inside, the cell joins them. Rings have the inside on their left, so outer rings
run counterclockwise and holes clockwise; no two of their points are the same, and no two of their sides cross.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.circles.painting import CELL_M, CELLS, Painted
from geoservice.coverage.circles.values import Values
from geoservice.network.arrays import Floats, Int32s, Int64s
from geoservice.network.compiled import kernel

Uint8s = NDArray[np.uint8]
# A ring keeps this share of a side away from its ends.
_APART = 0.02
# Points are left out that lie nearer than this to a side that is drawn instead, at most so many in a row.
THIN_M = 0.35
_LEFT_OUT = 40
# Corners are numbered by row in a grid of at most so many columns and rows, about the frame's centre.
_WIDE = 1 << 24


@dataclass(frozen=True)
class Rings:
    """Closed rings in metres; ring i owns points ``offset[i]`` to ``offset[i + 1]``; areas of holes are negative."""

    offset: Int64s
    x: Floats
    y: Floats
    area_m2: Floats


def trace(painted: Painted, level_m: float, cell_m: float = CELL_M) -> Rings:
    """Rings around all places whose value is at least a level, thinned to their corners.

    Thinned rings that come near each other may cross: see `whole`.
    """
    rings = whole(painted, level_m, cell_m)
    return Rings(*_thinned(rings.offset, rings.x, rings.y), rings.area_m2)


def whole(painted: Painted, level_m: float, cell_m: float = CELL_M) -> Rings:
    """The same with every point: no two sides cross. A ring begins at the first of its segments."""
    sides, points = _segments(painted.column, painted.row, painted.value, level_m, cell_m)
    following = _followers(sides)
    if following.size and following.min() < 0:
        raise AssertionError("a ring that does not close")
    return Rings(*_linked(following, points))


@kernel
def _mixed(value: Values, level: float, inside: Uint8s) -> bool:
    """Mark the corners of a block that are inside; whether there are some of either kind."""
    count = 0
    for r in range(CELLS + 1):
        for c in range(CELLS + 1):
            inside[r, c] = value[r, c] >= level
            count += inside[r, c]
    return 0 < count < (CELLS + 1) * (CELLS + 1)


@kernel
def _case(inside: Uint8s, r: int, c: int) -> int:
    """Which corners of a cell are inside: 1 south-west, 2 south-east, 4 north-east, 8 north-west."""
    return int(inside[r, c]) + 2 * int(inside[r, c + 1]) + 4 * int(inside[r + 1, c + 1]) + 8 * int(inside[r + 1, c])


@kernel
def _side(column: int, row: int, k: int) -> int:
    """Number of a side of a cell, counterclockwise from the south one; cells on either side give the same."""
    if k == 1:
        column += 1
    elif k == 2:
        row += 1
    return 2 * ((row + _WIDE // 2) * _WIDE + column + _WIDE // 2) + (k % 2)


@kernel
def _share(one: float, other: float, level: float) -> float:
    return min(max((level - one) / (other - one), _APART), 1.0 - _APART)


@kernel
def _crossing(value: Values, r: int, c: int, k: int, level: float) -> tuple[float, float]:
    """Where the level crosses a side of a cell, in cells from the block's corner; the same seen from either cell."""
    if k == 0:
        return c + _share(value[r, c], value[r, c + 1], level), float(r)
    if k == 1:
        return c + 1.0, r + _share(value[r, c + 1], value[r + 1, c + 1], level)
    if k == 2:
        return c + _share(value[r + 1, c], value[r + 1, c + 1], level), r + 1.0
    return float(c), r + _share(value[r, c], value[r + 1, c], level)


@kernel
def _segments(column: Int32s, row: Int32s, value: Values, level: float, cell_m: float) -> tuple[Int64s, Floats]:
    """Sides where each segment begins and ends, and where it begins in metres."""
    sides, points = np.empty((1024, 2), dtype=np.int64), np.empty((1024, 2))
    used = 0
    inside = np.empty((CELLS + 1, CELLS + 1), dtype=np.uint8)
    for n in range(column.size):
        block = value[n]
        if not _mixed(block, level, inside):
            continue
        west, south = column[n] * CELLS, row[n] * CELLS
        for r in range(CELLS):
            for c in range(CELLS):
                case = _case(inside, r, c)
                if not 0 < case < 15:
                    continue
                if used + 2 > sides.shape[0]:
                    more_sides, more_points = np.empty((2 * used, 2), dtype=np.int64), np.empty((2 * used, 2))
                    more_sides[:used], more_points[:used] = sides[:used], points[:used]
                    sides, points = more_sides, more_points
                for k in range(4):
                    # Counterclockwise around the cell the inside ends on this side; the segment goes to where it begins.
                    if not (case >> k) & 1 or (case >> ((k + 1) % 4)) & 1:
                        continue
                    to = (k + 1) % 4
                    while (case >> to) & 1 or not (case >> ((to + 1) % 4)) & 1:
                        to = (to + 1) % 4
                    x, y = _crossing(block, r, c, k, level)
                    sides[used, 0] = _side(west + c, south + r, k)
                    sides[used, 1] = _side(west + c, south + r, to)
                    points[used, 0], points[used, 1] = (west + x) * cell_m, (south + y) * cell_m
                    used += 1
    return sides[:used].copy(), points[:used].copy()


@kernel
def _place(key: np.int64, mask: np.int64) -> np.int64:
    """Where the search for a key begins in a table."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(20)) & np.uint64(mask))


@kernel
def _followers(sides: Int64s) -> Int64s:
    """For each segment the one that begins where it ends."""
    size = 16
    while size < 2 * sides.shape[0]:
        size *= 2
    mask = np.int64(size - 1)
    table = np.full(size, -1, dtype=np.int32)
    for i in range(sides.shape[0]):
        at = _place(sides[i, 0], mask)
        while table[at] >= 0:
            at = (at + 1) & mask
        table[at] = i
    following = np.empty(sides.shape[0], dtype=np.int64)
    for i in range(sides.shape[0]):
        at = _place(sides[i, 1], mask)
        while table[at] >= 0 and sides[table[at], 0] != sides[i, 1]:
            at = (at + 1) & mask
        following[i] = table[at]
    return following


@kernel
def _linked(following: Int64s, points: Floats) -> tuple[Int64s, Floats, Floats, Floats]:
    count = following.size
    done = np.zeros(count, dtype=np.bool_)
    offset, area = np.empty(count + 1, dtype=np.int64), np.empty(count)
    x, y = np.empty(2 * count), np.empty(2 * count)
    rings, used = 0, 0
    offset[0] = 0
    for i in range(count):
        if done[i]:
            continue
        twice, at, start = 0.0, i, used
        while not done[at]:
            done[at] = True
            x[used], y[used] = points[at]
            if used > start:
                # About the ring's first point: exact for rings far from the origin.
                twice += (x[used - 1] - x[start]) * (y[used] - y[start]) - (x[used] - x[start]) * (
                    y[used - 1] - y[start]
                )
            used += 1
            at = following[at]
        x[used], y[used] = x[start], y[start]
        used += 1
        area[rings] = twice / 2.0
        rings += 1
        offset[rings] = used
    return offset[: rings + 1].copy(), x[:used].copy(), y[:used].copy(), area[:rings].copy()


@kernel
def _fits(x: Floats, y: Floats, a: int, b: int) -> bool:
    """Whether all points between two of a ring lie near the side from one to the other."""
    dx, dy = x[b] - x[a], y[b] - y[a]
    squared = dx * dx + dy * dy
    for k in range(a + 1, b):
        px, py = x[k] - x[a], y[k] - y[a]
        share = min(max((px * dx + py * dy) / squared, 0.0), 1.0) if squared > 0.0 else 0.0
        ex, ey = px - share * dx, py - share * dy
        if ex * ex + ey * ey > THIN_M * THIN_M:
            return False
    return True


@kernel
def _thinned(offset: Int64s, x: Floats, y: Floats) -> tuple[Int64s, Floats, Floats]:
    out_x, out_y = np.empty(x.size), np.empty(x.size)
    out = np.zeros(offset.size, dtype=np.int64)
    used = 0
    for ring in range(offset.size - 1):
        first, last = offset[ring], offset[ring + 1] - 1
        at = first
        # A ring keeps three different points at least.
        most = max((last - first) // 4, 1)
        while at < last:
            out_x[used], out_y[used] = x[at], y[at]
            used += 1
            to = at + 1
            while to < last and to - at < min(_LEFT_OUT, most) and _fits(x, y, at, to + 1):
                to += 1
            at = to
        out_x[used], out_y[used] = x[last], y[last]
        used += 1
        out[ring + 1] = used
    return out, out_x[:used].copy(), out_y[:used].copy()
