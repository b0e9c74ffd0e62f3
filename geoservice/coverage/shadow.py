"""Shapes behind barriers: of a trapezoid or half disc, what can be seen from its base.

Legs leave a piece of road at a right angle and the end of a segment in all directions beyond it. A barrier stops each
leg that meets it, so what remains is bounded by the first barrier on each leg: an outline that is drawn leg by leg, at
every corner of a barrier and just beside it, and is exact in between.
"""

from __future__ import annotations

import numpy as np

from geoservice.coverage.shapes import Outlines, Shapes, arc_steps
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.barriers import TOUCH_M
from geoservice.network.compiled import kernel
from geoservice.network.grid import Parts, SegmentGrid, clamped

# Legs are drawn at either side of a corner at this distance (radians for half discs), and no further apart than this.
_BESIDE = 1e-5
_STEP_M = 20.0

_Cut = tuple[Int64s, Int64s, Floats, Floats]


def shadowed(shapes: Shapes, barriers: SegmentGrid) -> tuple[Bools, Outlines]:
    """The shapes that barriers reach into.

    Parameters
    ----------
    shapes
        In metres.
    barriers
        Lines and edges of areas, in the same metres.

    Returns
    -------
    Which shapes these are, and what remains of them, in the same order.
    """
    rings = shapes.outlines
    index, offset, x, y = _shadowed(shapes.shapes, (rings.offset, rings.x, rings.y), barriers.parts)
    stopped = np.zeros(len(shapes), dtype=bool)
    stopped[index] = True
    return stopped, Outlines(offset, x, y)


@kernel
def _near(parts: Parts, x: Floats, y: Floats, seen: Int64s, stamp: int) -> Int64s:
    """Segments whose box meets the box of an outline."""
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
    return found[:count]


@kernel
def _facing(shape: Floats, parts: Parts, near: Int64s, side: float) -> Floats:
    """Barrier segments in the frame of a shape: along its base, and away from it on one side; what lies ahead only.

    For a half disc `side` is 1 and the first axis points out of the segment.
    """
    bx, by = parts[0], parts[1]
    out = np.empty((near.size, 4))
    count = 0
    for s in near:
        ax, ay, cx, cy = bx[s] - shape[0], by[s] - shape[1], bx[s + 1] - shape[0], by[s + 1] - shape[1]
        a0, a1 = ax * shape[2] + ay * shape[3], side * (ay * shape[2] - ax * shape[3])
        b0, b1 = cx * shape[2] + cy * shape[3], side * (cy * shape[2] - cx * shape[3])
        # Keep the part beyond the base: the second axis of a trapezoid, the first of a half disc.
        a, b = (a1, b1) if shape[4] >= 0.0 else (a0, b0)
        bound = TOUCH_M if shape[4] >= 0.0 else 0.0
        if a <= bound and b <= bound:
            continue
        if a < bound or b < bound:
            share = (bound - a) / (b - a)
            m0, m1 = a0 + share * (b0 - a0), a1 + share * (b1 - a1)
            if a < bound:
                a0, a1 = m0, m1
            else:
                b0, b1 = m0, m1
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = a0, a1, b0, b1
        count += 1
    return out[:count]


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
def _seen_straight(shape: Floats, facing: Floats) -> tuple[Floats, Floats, bool]:
    """Positions along a base, how far the leg goes at each on one side of a trapezoid, and whether any is stopped."""
    length, r0, slope = shape[4], shape[5], (shape[6] - shape[5]) / shape[4]
    corners = np.empty(3 * facing.shape[0])
    for i in range(facing.shape[0]):
        a0, a1, b0, b1 = facing[i]
        corners[3 * i], corners[3 * i + 1] = a0, b0
        # Where the barrier meets the far side of the trapezoid.
        over_a, over_b = a1 - r0 - slope * a0, b1 - r0 - slope * b0
        corners[3 * i + 2] = a0 + over_a / (over_a - over_b) * (b0 - a0) if over_a * over_b < 0.0 else a0
    at = _legs(0.0, length, corners, max(1, int(length / _STEP_M)) if facing.shape[0] else 1)
    free = r0 + slope * at
    far = free.copy()
    for j in range(at.size):
        for i in range(facing.shape[0]):
            a0, a1, b0, b1 = facing[i]
            if min(a0, b0) <= at[j] <= max(a0, b0):
                share = (at[j] - a0) / (b0 - a0) if b0 != a0 else 0.0
                far[j] = min(far[j], a1 + share * (b1 - a1) if b0 != a0 else min(a1, b1))
    return at, np.maximum(far, TOUCH_M / 2.0), bool((far < free).any())


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
def _seen_round(shape: Floats, facing: Floats) -> tuple[Floats, Floats, bool]:
    """Angles of legs from the end of a segment, how far each goes, and whether any is stopped."""
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
    for j in range(at.size):
        c, s = np.cos(at[j]), np.sin(at[j])
        for i in range(facing.shape[0]):
            a0, a1, b0, b1 = facing[i]
            # The leg passes between the ends of the segment if they lie on either side of it.
            left, right = c * a1 - s * a0, c * b1 - s * b0
            if left * right > 0.0 or left == right:
                continue
            share = left / (left - right)
            hit = c * (a0 + share * (b0 - a0)) + s * (a1 + share * (b1 - a1))
            if hit > TOUCH_M:
                far[j] = min(far[j], hit)
    return at, far, bool((far < radius).any())


@kernel
def _outline(shape: Floats, parts: Parts, near: Int64s) -> tuple[bool, Floats]:
    """Whether a barrier stops some leg of a shape, and the closed outline that remains of it."""
    facing = _facing(shape, parts, near, 1.0)
    if shape[4] < 0.0:
        # Closed by the diameter, from one end of the arc to the other.
        at, far, stopped = _seen_round(shape, facing)
        along, away = far * np.cos(at), far * np.sin(at)
    else:
        at, far, ahead = _seen_straight(shape, facing)
        back, deep, behind = _seen_straight(shape, _facing(shape, parts, near, -1.0))
        stopped = ahead or behind
        along, away = np.concatenate((at, back[::-1])), np.concatenate((far, -deep[::-1]))
    points = np.empty((along.size + 1, 2))
    points[:-1, 0] = shape[0] + along * shape[2] - away * shape[3]
    points[:-1, 1] = shape[1] + along * shape[3] + away * shape[2]
    points[-1] = points[0]
    return stopped, points


@kernel
def _shadowed(shapes: Floats, outlines: tuple[Int64s, Floats, Floats], parts: Parts) -> _Cut:
    offset, x, y = outlines
    seen = np.full(parts[2].size, -1, dtype=np.int64)
    index, ends = np.empty(shapes.shape[0], dtype=np.int64), np.zeros(shapes.shape[0] + 1, dtype=np.int64)
    points = np.empty((1024, 2))
    count = 0
    for i in range(shapes.shape[0]):
        near = _near(parts, x[offset[i] : offset[i + 1]], y[offset[i] : offset[i + 1]], seen, i)
        if near.size == 0:
            continue
        stopped, outline = _outline(shapes[i], parts, near)
        if not stopped:
            continue
        stop = ends[count] + outline.shape[0]
        while stop > points.shape[0]:
            larger = np.empty((2 * points.shape[0], 2))
            larger[: points.shape[0]] = points
            points = larger
        points[ends[count] : stop] = outline
        index[count], ends[count + 1] = i, stop
        count += 1
    return (
        index[:count].copy(),
        ends[: count + 1].copy(),
        points[: ends[count], 0].copy(),
        points[: ends[count], 1].copy(),
    )
