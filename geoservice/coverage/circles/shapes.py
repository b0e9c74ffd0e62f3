"""What is reached off the network from a straight piece of road, and from the end of a segment.

A place belongs to the segment on which its nearest point lies. From a point of the network that is reached at time t a
leg of ``min(d_off, v_off * (limit - t))`` can be walked: along a piece that makes a trapezoid, symmetric about the
piece; at the end of a segment half a disc, the half that lies beyond the segment. The circle is the union of them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.coverage.circles.fronts import Fronts
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.compiled import kernel

# Arcs are drawn from outside, nowhere further out than this.
ARC_M = 1.0
# Added to every leg: rounding to millimetres, scale of the projection.
PAD_M = 0.2
# Times are rounded twice on the way to a place, by half a decisecond at most.
ROUNDING_DS = 1.0


@dataclass(frozen=True)
class Reachable:
    """How far a leg may go.

    Attributes
    ----------
    limit_ds
        Of the whole way.
    leg_m
        Longest leg.
    leg_kmh
        Speed off the network.
    """

    limit_ds: float
    leg_m: float
    leg_kmh: float

    def numbers(self) -> tuple[float, float, float]:
        """Last time, longest leg, metres a decisecond: as kernels take them."""
        return self.limit_ds + ROUNDING_DS, self.leg_m, self.leg_kmh / 36.0


@dataclass(frozen=True)
class Outlines:
    """Closed rings in metres, counterclockwise; ring i owns points ``offset[i]`` to ``offset[i + 1]``.

    `bank` marks the sides (from a point to the next) that run along the edge of a barrier's area.
    """

    offset: Int64s
    x: Floats
    y: Floats
    bank: Bools

    def __len__(self) -> int:
        return self.offset.size - 1


def polygons_of(offset: Int64s, x: Floats, y: Floats) -> NDArray[np.object_]:
    """Closed rings as polygons; ring i owns points ``offset[i]`` to ``offset[i + 1]``."""
    owner = np.repeat(np.arange(offset.size - 1), np.diff(offset))
    return np.atleast_1d(np.asarray(shapely.polygons(shapely.linearrings(x, y, indices=owner))))


@dataclass(frozen=True)
class Shapes:
    """What is reached from each piece and each end.

    Attributes
    ----------
    shapes
        float64, shape (k, 7): base point (x, y) in metres, unit vector along the base, length of the base, reach at
        its start and at its end. For a half disc the vector points out of the segment, the length is -1 and the
        reaches are the radius.
    outlines
        One a shape. Convex and drawn from outside, but for those that are stopped.
    stopped
        Which shapes a barrier reaches into: of these the outline holds only what is not behind it.
    """

    shapes: Floats
    outlines: Outlines
    stopped: Bools

    def __len__(self) -> int:
        return len(self.shapes)

    def extended(self, more: Floats) -> Shapes:
        """With further shapes, which no barrier reaches into and which have no outline."""
        rings = self.outlines
        offset = np.concatenate([rings.offset, np.full(len(more), rings.offset[-1])])
        return Shapes(
            np.concatenate([self.shapes, more]),
            Outlines(offset, rings.x, rings.y, rings.bank),
            np.concatenate([self.stopped, np.zeros(len(more), dtype=bool)]),
        )


def bare_shapes_of(fronts: Fronts, reachable: Reachable) -> Shapes:
    """The shapes that are reached within a limit where there are no barriers: without outlines."""
    numbers = reachable.numbers()
    nothing = np.empty(0)
    bare = Shapes(
        np.empty((0, 7)), Outlines(np.zeros(1, np.int64), nothing, nothing, nothing.astype(bool)), nothing > 0
    )
    return bare.extended(np.concatenate([_trapezoids(fronts.pieces, *numbers), _half_discs(fronts.ends, *numbers)]))


def shapes_of(fronts: Fronts, reachable: Reachable) -> Shapes:
    """The shapes that are reached within a limit."""
    numbers = reachable.numbers()
    shapes = np.concatenate([_trapezoids(fronts.pieces, *numbers), _half_discs(fronts.ends, *numbers)])
    offset, x, y = _outlines(shapes)
    return Shapes(shapes, Outlines(offset, x, y, np.zeros(x.size, dtype=bool)), np.zeros(len(shapes), dtype=bool))


@kernel
def _reach(t: float, last: float, most: float, pace: float) -> float:
    return min(most, (last - t) * pace) + PAD_M


@kernel
def _trapezoids(pieces: Floats, last: float, most: float, pace: float) -> Floats:
    """Pieces cut where the leg becomes the longest one and where no time is left."""
    out = np.empty((2 * pieces.shape[0], 7))
    k = 0
    full = last - most / pace
    for i in range(pieces.shape[0]):
        x0, y0, x1, y1, t0, t1 = pieces[i]
        dx, dy = x1 - x0, y1 - y0
        length = np.hypot(dx, dy)
        if length <= 1e-6 or min(t0, t1) > last:
            continue
        ux, uy = dx / length, dy / length
        # Positions along the piece, from the early end to the late one, where the time passes `full` and `last`.
        span = abs(t1 - t0)
        early = min(t0, t1)
        a = min(max((full - early) / span, 0.0), 1.0) if span > 0.0 else (1.0 if early <= full else 0.0)
        b = min((last - early) / span, 1.0) if span > 0.0 else 1.0
        for start, stop in ((0.0, a), (a, b)):
            if (stop - start) * length <= 1e-6:
                continue
            first, second = (
                _reach(early + start * span, last, most, pace),
                _reach(early + stop * span, last, most, pace),
            )
            s = start if t0 <= t1 else 1.0 - stop
            out[k, 0], out[k, 1], out[k, 2], out[k, 3] = x0 + s * dx, y0 + s * dy, ux, uy
            out[k, 4] = (stop - start) * length
            out[k, 5], out[k, 6] = (first, second) if t0 <= t1 else (second, first)
            k += 1
    return out[:k].copy()


@kernel
def _half_discs(ends: Floats, last: float, most: float, pace: float) -> Floats:
    out = np.empty((ends.shape[0], 7))
    k = 0
    for i in range(ends.shape[0]):
        if ends[i, 4] > last:
            continue
        radius = _reach(ends[i, 4], last, most, pace)
        out[k, :4] = ends[i, :4]
        out[k, 4], out[k, 5], out[k, 6] = -1.0, radius, radius
        k += 1
    return out[:k].copy()


@kernel
def arc_steps(radius: float) -> int:
    """Sides of half a circle, such that they leave it by no more than `ARC_M`."""
    return max(2, int(np.ceil(np.pi / (2.0 * np.arccos(radius / (radius + ARC_M))))))


@kernel
def _outlines(shapes: Floats) -> tuple[Int64s, Floats, Floats]:
    offset = np.zeros(shapes.shape[0] + 1, dtype=np.int64)
    for i in range(shapes.shape[0]):
        points = 5 if shapes[i, 4] >= 0.0 else arc_steps(shapes[i, 5]) + 3
        offset[i + 1] = offset[i] + points
    x, y = np.empty(offset[-1]), np.empty(offset[-1])
    for i in range(shapes.shape[0]):
        bx, by, ux, uy, length, r0, r1 = shapes[i]
        n = offset[i]
        if length >= 0.0:
            x[n], y[n] = bx - uy * r0, by + ux * r0
            x[n + 1], y[n + 1] = bx + uy * r0, by - ux * r0
            ex, ey = bx + length * ux, by + length * uy
            x[n + 2], y[n + 2] = ex + uy * r1, ey - ux * r1
            x[n + 3], y[n + 3] = ex - uy * r1, ey + ux * r1
        else:
            steps = arc_steps(r0)
            outer = r0 / np.cos(np.pi / (2.0 * steps))
            x[n], y[n] = bx + uy * r0, by - ux * r0
            for j in range(steps):
                angle = (j + 0.5) / steps * np.pi - np.pi / 2.0
                c, s = outer * np.cos(angle), outer * np.sin(angle)
                x[n + 1 + j], y[n + 1 + j] = bx + c * ux - s * uy, by + c * uy + s * ux
            x[n + steps + 1], y[n + steps + 1] = bx - uy * r0, by + ux * r0
        x[offset[i + 1] - 1], y[offset[i + 1] - 1] = x[n], y[n]
    return offset, x, y
