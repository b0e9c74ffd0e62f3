"""Shapes behind barriers: of a trapezoid or half disc, what can be seen from its base.

Legs leave a piece of road at a right angle and the end of a segment in all directions beyond it. A barrier stops each
leg that meets it, so what remains is bounded by the first barrier on each leg: an outline that is drawn leg by leg, at
every corner of a barrier and just beside it, and is exact in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.coverage.circles.shapes import Outlines, Shapes, arc_steps
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.barriers import TOUCH_M
from geoservice.network.compiled import kernel
from geoservice.network.grid import Parts, SegmentGrid, clamped

# Legs are drawn at either side of a corner at this distance (radians for half discs), and no further apart than this.
_BESIDE = 1e-5
_STEP_M = 20.0
# Points of an outline that lie no further than this from the line between their neighbours are left out.
_STRAIGHT_M = 0.02
# What stops a leg: nothing, or one of the segments before a shape.
_NOTHING = -1
# Barriers that cross each other are looked for among those that are seen, this many times over.
_ROUNDS = 4

_Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Edges:
    """Lines and edges of areas in metres; segments from vertex `first_area` on belong to areas."""

    grid: SegmentGrid
    first_area: int


def behind(shapes: Shapes, edges: Edges) -> Shapes:
    """Shapes without what lies behind barriers."""
    rings = shapes.outlines
    parts = edges.grid.parts
    offset, points, bank, stopped = _behind(shapes.shapes, (rings.offset, rings.x, rings.y), parts, edges.first_area)
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    return Shapes(shapes.shapes, Outlines(offset, x, y, bank), stopped)


@kernel
def _near(parts: Parts, x: Floats, y: Floats, seen: Int64s, stamp: int) -> Int64s:
    """Segments whose box meets the box of an outline, in their order, so that of equals always the same one counts."""
    bx, by, start, frame, offset, listed = parts
    west, east, south, north = x.min(), x.max(), y.min(), y.max()
    columns, rows = int(frame[4]), int(frame[5])
    left, right = (west - frame[0]) * frame[2], (east - frame[0]) * frame[2]
    low, high = (south - frame[1]) * frame[3], (north - frame[1]) * frame[3]
    found = np.empty(16, dtype=np.int64)
    count = 0
    if start.size == 0 or right < 0 or left > columns or high < 0 or low > rows:
        return found[:0]
    for r in range(clamped(low, rows), clamped(high, rows) + 1):
        first, last = r * columns + clamped(left, columns), r * columns + clamped(right, columns)
        for k in range(offset[first], offset[last + 1]):
            i = listed[k]
            s = start[i]
            if seen[i] == stamp or max(bx[s], bx[s + 1]) < west or min(bx[s], bx[s + 1]) > east:
                continue
            if max(by[s], by[s + 1]) < south or min(by[s], by[s + 1]) > north:
                continue
            seen[i] = stamp
            if count == found.size:
                larger = np.empty(2 * count, dtype=np.int64)
                larger[:count] = found
                found = larger
            found[count] = s
            count += 1
    return np.sort(found[:count])


@kernel
def _local(shape: Floats, parts: Parts, s: int, side: float) -> tuple[float, float, float, float]:
    """A barrier segment in the frame of a shape: along its base, and away from it on one side."""
    bx, by = parts[0], parts[1]
    ax, ay, cx, cy = bx[s] - shape[0], by[s] - shape[1], bx[s + 1] - shape[0], by[s + 1] - shape[1]
    ux, uy = shape[2], shape[3]
    return ax * ux + ay * uy, side * (ay * ux - ax * uy), cx * ux + cy * uy, side * (cy * ux - cx * uy)


@kernel
def _part(line: _Line, first: float, last: float) -> _Line:
    """The part of a segment between two shares of it."""
    a0, a1, b0, b1 = line
    d0, d1 = b0 - a0, b1 - a1
    return a0 + first * d0, a1 + first * d1, a0 + last * d0, a1 + last * d1


@kernel
def _before_straight(shape: Floats, parts: Parts, near: Int64s, side: float) -> tuple[Floats, Int64s]:
    """Barrier segments on one side of a trapezoid's base, and their first vertices.

    The axes are along the base and away from it. What is nearer to the base than a touch is left out.
    """
    out, which = np.empty((near.size, 4)), np.empty(near.size, dtype=np.int64)
    count = 0
    reach = max(shape[5], shape[6])
    for s in near:
        a0, a1, b0, b1 = _local(shape, parts, s, side)
        if (a1 <= TOUCH_M and b1 <= TOUCH_M) or min(a1, b1) > reach or max(a0, b0) < 0.0 or min(a0, b0) > shape[4]:
            continue
        first, last = 0.0, 1.0
        if a1 < TOUCH_M:
            first = (TOUCH_M - a1) / (b1 - a1)
        elif b1 < TOUCH_M:
            last = (TOUCH_M - a1) / (b1 - a1)
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = _part((a0, a1, b0, b1), first, last)
        which[count] = s
        count += 1
    return out[:count], which[:count]


@kernel
def _before_round(shape: Floats, parts: Parts, near: Int64s) -> tuple[Floats, Int64s]:
    """Barrier segments before a half disc, and their first vertices.

    The first axis points out of the segment of road. What is nearer to the end of it than a touch is left out.
    """
    out, which = np.empty((2 * near.size, 4)), np.empty(2 * near.size, dtype=np.int64)
    count = 0
    reach = shape[5] + 1.0
    for s in near:
        a0, a1, b0, b1 = _local(shape, parts, s, 1.0)
        if (a0 <= 0.0 and b0 <= 0.0) or min(a0, b0) > reach or min(a1, b1) > reach or max(a1, b1) < -reach:
            continue
        first, last = 0.0, 1.0
        if a0 < 0.0:
            first = -a0 / (b0 - a0)
        elif b0 < 0.0:
            last = -a0 / (b0 - a0)
        enters, leaves = _meets_circle(a0, a1, b0, b1, TOUCH_M)
        if not enters < leaves:
            enters, leaves = last, last
        for start, stop in ((first, min(last, enters)), (max(first, leaves), last)):
            if start < stop:
                out[count, 0], out[count, 1], out[count, 2], out[count, 3] = _part((a0, a1, b0, b1), start, stop)
                which[count] = s
                count += 1
    return out[:count], which[:count]


@kernel
def _legs(first: float, last: float, corners: Floats, steps: int) -> Floats:
    """Where legs are drawn between two bounds: at even steps, and beside each corner."""
    inside = corners[(corners > first - _BESIDE) & (corners < last + _BESIDE)]
    at = np.empty(steps + 1 + 2 * inside.size)
    for i in range(steps + 1):
        at[i] = first + (last - first) * i / steps
    at[steps + 1 : steps + 1 + inside.size] = np.maximum(inside - _BESIDE, first)
    at[steps + 1 + inside.size :] = np.minimum(inside + _BESIDE, last)
    return np.sort(at)


@kernel
def _meets_circle(a0: float, a1: float, b0: float, b1: float, radius: float) -> tuple[float, float]:
    """Shares of a segment where it meets a circle about the origin; NaN where it does not."""
    d0, d1 = b0 - a0, b1 - a1
    squared = d0 * d0 + d1 * d1
    if squared == 0.0:
        return np.nan, np.nan
    middle = -(a0 * d0 + a1 * d1) / squared
    under = middle * middle - (a0 * a0 + a1 * a1 - radius * radius) / squared
    if under < 0.0:
        return np.nan, np.nan
    return middle - np.sqrt(under), middle + np.sqrt(under)


@kernel
def _crossings(facing: Floats, stop: Int64s, at: Floats) -> Floats:
    """Points (two coordinates each) where barriers cross that stop one leg and the next."""
    found = np.empty((at.size, 2))
    count = 0
    for j in range(at.size - 1):
        one, other = stop[j], stop[j + 1]
        if one < 0 or other < 0 or one == other or at[j + 1] - at[j] < 3.0 * _BESIDE:
            continue
        a0, a1, b0, b1 = facing[one]
        c0, c1, d0, d1 = facing[other]
        turn = (b0 - a0) * (d1 - c1) - (b1 - a1) * (d0 - c0)
        if turn != 0.0:
            share = ((c0 - a0) * (d1 - c1) - (c1 - a1) * (d0 - c0)) / turn
            found[count, 0], found[count, 1] = a0 + share * (b0 - a0), a1 + share * (b1 - a1)
            count += 1
    return found[:count]


@kernel
def _hits_straight(at: Floats, far: Floats, facing: Floats) -> Int64s:
    """Shorten legs at right angles to a base to the first barrier; the barrier of each."""
    stop = np.full(at.size, _NOTHING, dtype=np.int64)
    for i in range(facing.shape[0]):
        a0, a1, b0, b1 = facing[i]
        low, high = min(a0, b0), max(a0, b0)
        if low == high:
            continue
        for j in range(np.searchsorted(at, low), np.searchsorted(at, high, side="right")):
            hit = a1 + (at[j] - a0) / (b0 - a0) * (b1 - a1)
            if hit < far[j]:
                far[j], stop[j] = hit, i
    return stop


@kernel
def _seen_straight(shape: Floats, facing: Floats) -> tuple[Floats, Floats, Int64s]:
    """Positions along a base, how far the leg goes at each on one side of a trapezoid, and what stops it."""
    length, r0, slope = shape[4], shape[5], (shape[6] - shape[5]) / shape[4]
    corners = np.empty(3 * facing.shape[0])
    for i in range(facing.shape[0]):
        a0, a1, b0, b1 = facing[i]
        corners[3 * i], corners[3 * i + 1] = a0, b0
        # Where the barrier meets the far side of the trapezoid.
        over_a, over_b = a1 - r0 - slope * a0, b1 - r0 - slope * b0
        corners[3 * i + 2] = a0 + over_a / (over_a - over_b) * (b0 - a0) if over_a * over_b < 0.0 else a0
    steps = max(1, int(length / _STEP_M)) if facing.shape[0] else 1
    at = _legs(0.0, length, corners, steps)
    far = r0 + slope * at
    stop = _hits_straight(at, far, facing)
    for _ in range(_ROUNDS):
        more = _crossings(facing, stop, at)
        if more.shape[0] == 0:
            break
        corners = np.concatenate((corners, more[:, 0].copy()))
        at = _legs(0.0, length, corners, steps)
        far = r0 + slope * at
        stop = _hits_straight(at, far, facing)
    return at, np.maximum(far, TOUCH_M / 2.0), stop


@kernel
def _hits_round(at: Floats, far: Floats, facing: Floats) -> Int64s:
    """Shorten legs from the end of a segment to the first barrier; the barrier of each."""
    stop = np.full(at.size, _NOTHING, dtype=np.int64)
    ahead, aside = np.cos(at), np.sin(at)
    for i in range(facing.shape[0]):
        a0, a1, b0, b1 = facing[i]
        one, other = np.arctan2(a1, a0), np.arctan2(b1, b0)
        # Distance of the segment's line from the origin, signed: the leg at an angle meets it at cross / turn.
        cross = a0 * b1 - a1 * b0
        for j in range(np.searchsorted(at, min(one, other)), np.searchsorted(at, max(one, other), side="right")):
            turn = ahead[j] * (b1 - a1) - aside[j] * (b0 - a0)
            hit = cross / turn if turn != 0.0 else np.inf
            if 0.0 < hit < far[j]:
                far[j], stop[j] = hit, i
    return stop


@kernel
def _seen_round(shape: Floats, facing: Floats) -> tuple[Floats, Floats, Int64s]:
    """Angles of legs from the end of a segment, how far each goes, and what stops it."""
    steps = arc_steps(shape[5])
    radius = shape[5] / np.cos(np.pi / (2.0 * steps))
    corners = np.full(4 * facing.shape[0], np.nan)
    for i in range(facing.shape[0]):
        a0, a1, b0, b1 = facing[i]
        corners[4 * i], corners[4 * i + 1] = np.arctan2(a1, a0), np.arctan2(b1, b0)
        for k, share in enumerate(_meets_circle(a0, a1, b0, b1, radius)):
            if 0.0 < share < 1.0:
                corners[4 * i + 2 + k] = np.arctan2(a1 + share * (b1 - a1), a0 + share * (b0 - a0))
    at = _legs(-np.pi / 2.0, np.pi / 2.0, corners, steps)
    far = np.full(at.size, radius)
    stop = _hits_round(at, far, facing)
    for _ in range(_ROUNDS):
        more = _crossings(facing, stop, at)
        if more.shape[0] == 0:
            break
        corners = np.concatenate((corners, np.arctan2(more[:, 1], more[:, 0])))
        at = _legs(-np.pi / 2.0, np.pi / 2.0, corners, steps)
        far = np.full(at.size, radius)
        stop = _hits_round(at, far, facing)
    return at, far, stop


@kernel
def _thinned(along: Floats, away: Floats, bank: Bools) -> Int64s:
    """Points of an outline that are needed to draw it: its corners, and where banks begin and end."""
    keep = np.empty(along.size, dtype=np.int64)
    count, last = 0, 0
    for i in range(along.size):
        if count and i + 1 < along.size and bank[i] == bank[i - 1]:
            # All points since the last one kept must lie near the line to the next.
            dx, dy = along[i + 1] - along[last], away[i + 1] - away[last]
            length = max(np.hypot(dx, dy), 1e-9)
            straight = i - last < 50
            for j in range(last + 1, i + 1):
                ex, ey = along[j] - along[last], away[j] - away[last]
                onward = ex * dx + ey * dy
                if abs(ex * dy - ey * dx) > _STRAIGHT_M * length or onward < 0.0 or onward > length * length:
                    straight = False
                    break
            if straight:
                continue
        keep[count] = i
        count += 1
        last = i
    return keep[:count]


@kernel
def _sides(stop: Int64s, which: Int64s, first_area: int) -> Bools:
    """Which sides of a chain of legs run along one segment of an area."""
    bank = np.zeros(stop.size, dtype=np.bool_)
    for i in range(stop.size - 1):
        bank[i] = stop[i] >= 0 and stop[i] == stop[i + 1] and which[stop[i]] >= first_area
    return bank


@kernel
def _outline(shape: Floats, parts: Parts, near: Int64s, first_area: int) -> tuple[bool, Floats, Bools]:
    """Whether a barrier stops some leg of a shape; if so the closed outline that remains, and which sides are banks."""
    if shape[4] < 0.0:
        # Closed by the diameter, from one end of the arc to the other.
        facing, which = _before_round(shape, parts, near)
        if not which.size:
            return False, np.empty((0, 2)), np.empty(0, dtype=np.bool_)
        at, far, stop = _seen_round(shape, facing)
        stopped, bank = (stop >= 0).any(), _sides(stop, which, first_area)
        along, away = far * np.cos(at), far * np.sin(at)
    else:
        facing, which = _before_straight(shape, parts, near, 1.0)
        below, which_below = _before_straight(shape, parts, near, -1.0)
        if not which.size + which_below.size:
            return False, np.empty((0, 2)), np.empty(0, dtype=np.bool_)
        at, far, stop = _seen_straight(shape, facing)
        bank_above = _sides(stop[::-1], which, first_area)
        back, deep, stop_below = _seen_straight(shape, below)
        stopped = (stop >= 0).any() or (stop_below >= 0).any()
        bank = np.concatenate((_sides(stop_below, which_below, first_area), bank_above))
        along, away = np.concatenate((back, at[::-1])), np.concatenate((-deep, far[::-1]))
    keep = _thinned(along, away, bank)
    points = np.empty((keep.size + 1, 2))
    points[:-1, 0] = shape[0] + along[keep] * shape[2] - away[keep] * shape[3]
    points[:-1, 1] = shape[1] + along[keep] * shape[3] + away[keep] * shape[2]
    points[-1] = points[0]
    return bool(stopped), points, np.append(bank[keep], False)


@kernel
def _behind(
    shapes: Floats, rings: tuple[Int64s, Floats, Floats], parts: Parts, first_area: int
) -> tuple[Int64s, Floats, Bools, Bools]:
    offset, x, y = rings
    seen = np.full(parts[2].size, -1, dtype=np.int64)
    ends = np.zeros(shapes.shape[0] + 1, dtype=np.int64)
    points, banks = np.empty((2 * x.size + 1024, 2)), np.zeros(2 * x.size + 1024, dtype=np.bool_)
    stopped = np.zeros(shapes.shape[0], dtype=np.bool_)
    for i in range(shapes.shape[0]):
        a, b = offset[i], offset[i + 1]
        near = _near(parts, x[a:b], y[a:b], seen, i)
        outline, bank = np.stack((x[a:b], y[a:b]), axis=1), np.zeros(b - a, dtype=np.bool_)
        if near.size:
            stopped[i], cut, cut_bank = _outline(shapes[i], parts, near, first_area)
            if stopped[i]:
                outline, bank = cut, cut_bank
        stop = ends[i] + outline.shape[0]
        if stop > points.shape[0]:
            larger, more = np.empty((2 * stop, 2)), np.zeros(2 * stop, dtype=np.bool_)
            larger[: ends[i]], more[: ends[i]] = points[: ends[i]], banks[: ends[i]]
            points, banks = larger, more
        points[ends[i] : stop], banks[ends[i] : stop] = outline, bank
        ends[i + 1] = stop
    return ends, points[: ends[-1]].copy(), banks[: ends[-1]].copy(), stopped
