"""How time runs along the network: straight pieces on which it is linear, and the ends of straight segments.

On a piece of edge that holds no facility's foot the time is the lesser of two fronts, one that comes from either end;
the piece is cut where they meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.coverage.reach import Field
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.labels import UInt64s, label_time

# Columns of `Fronts.pieces` and of `Fronts.ends`.
PX0, PY0, PX1, PY1, PT0, PT1 = range(6)
EX, EY, EOX, EOY, ET = range(5)


@dataclass(frozen=True)
class Fronts:
    """Times along all edges that are reached.

    Attributes
    ----------
    pieces
        float64, shape (k, 6): straight pieces from (x0, y0) to (x1, y1) in metres, and the times in ds at both ends;
        in between the time is linear.
    ends
        float64, shape (m, 5): an end of a straight segment (x, y), the unit vector that points out of the segment
        there, and the time at the end.
    """

    pieces: Floats
    ends: Floats


@dataclass(frozen=True)
class Lines:
    """Edges in metres; edge i owns vertices ``offset[i]`` to ``offset[i + 1]``."""

    edges: Int64s
    offset: Int64s
    x: Floats
    y: Floats
    fraction: Floats


def reached_edges(field: Field, limit_ds: float) -> Int64s:
    """Edges on which some place may be within a limit."""
    graph, near = field.graph, field.facilities.edge[field.facilities.leg_ds <= limit_ds]
    return _reached_edges(graph.edge_u, graph.edge_v, field.nodes.label, limit_ds, np.sort(near))


@kernel
def _reached_edges(u: Int32s, v: Int32s, label: UInt64s, limit: float, more: Int32s) -> Int64s:
    """Edges with an end within the limit, and some more, which come in rising order."""
    found = np.empty(1024, dtype=np.int64)
    count, m = 0, 0
    # A time that is not there is the greatest, beyond any limit.
    last = np.uint64(limit)
    within = np.empty(label.size, dtype=np.uint8)
    for node in range(label.size):
        within[node] = label_time(label[node]) <= last
    following = more[0] if more.size else -1
    for e in range(u.size):
        if not (within[u[e]] | within[v[e]]) and e != following:
            continue
        while m < more.size and more[m] <= e:
            m += 1
        following = more[m] if m < more.size else -1
        if count == found.size:
            larger = np.empty(2 * count, dtype=np.int64)
            larger[:count] = found
            found = larger
        found[count] = e
        count += 1
    return found[:count].copy()


def edge_vertices(field: Field, edges: Int64s) -> tuple[Int64s, Int64s]:
    """Vertices of some edges one after the other, and their offsets."""
    start, stop = field.graph.vertex_offset[edges], field.graph.vertex_offset[edges + 1]
    offset = np.concatenate([[0], np.cumsum(stop - start)]).astype(np.int64)
    return np.arange(offset[-1]) + np.repeat(start - offset[:-1], stop - start), offset


def fronts_of(field: Field, lines: Lines, limit_ds: float) -> Fronts:
    """Times along the edges of `lines`, as far as some part of a piece is within the limit."""
    graph, edges = field.graph, lines.edges
    ends = np.stack([field.nodes.times_at(graph.edge_u[edges]), field.nodes.times_at(graph.edge_v[edges])], axis=1)
    pieces, caps = _fronts(
        (lines.offset, lines.x, lines.y, lines.fraction),
        (edges, graph.edge_weight[edges], field.ahead[edges], field.back[edges], ends),
        (field.feet_offset, field.feet_order, field.facilities.fraction, field.facilities.leg_ds),
        limit_ds,
    )
    return Fronts(pieces, caps)


_Shape = tuple[Int64s, Floats, Floats, Floats]
_Edges = tuple[Int64s, Int32s, Bools, Bools, Int32s]
_Feet = tuple[Int64s, Int64s, Floats, Int32s]


@kernel
def _stops(fractions: Floats, feet: Int64s, foot_fraction: Floats, foot_leg: Int32s) -> tuple[Floats, Floats, Int64s]:
    """Vertices and feet of an edge in order: position, time of a facility there (or infinite), vertex (or -1)."""
    count = fractions.size + feet.size
    position, own = np.empty(count), np.full(count, np.inf)
    vertex = np.full(count, -1, dtype=np.int64)
    i, k = 0, 0
    for n in range(count):
        if k == feet.size or (i < fractions.size and fractions[i] <= foot_fraction[feet[k]]):
            position[n], vertex[n] = fractions[i], i
            i += 1
        else:
            position[n], own[n] = foot_fraction[feet[k]], foot_leg[feet[k]]
            k += 1
    return position, own, vertex


@kernel
def _sweep(position: Floats, own: Floats, weight: float, step: int) -> Floats:
    """Time at each stop for those who go on to the last one (step -1) or to the first one (step 1).

    The weight is infinite where the edge may not be travelled in that direction.
    """
    count = position.size
    time = np.empty(count)
    t = np.inf
    i = 0 if step > 0 else count - 1
    for n in range(count):
        if n and position[i] != position[i - step]:
            t += weight * abs(position[i] - position[i - step])
        t = min(t, own[i])
        time[i] = t
        i += step
    return time


@kernel
def _between(x: Floats, y: Floats, fraction: Floats, j: int, at: float) -> tuple[float, float]:
    """The place on segment j of an edge at a position on the edge."""
    share = (at - fraction[j]) / (fraction[j + 1] - fraction[j])
    return x[j] + share * (x[j + 1] - x[j]), y[j] + share * (y[j + 1] - y[j])


@kernel
def _put_piece(out: Floats, n: int, a: tuple[float, float], b: tuple[float, float], ta: float, tb: float) -> int:
    out[n, 0], out[n, 1] = a
    out[n, 2], out[n, 3] = b
    out[n, 4], out[n, 5] = ta, tb
    return n + 1


@kernel
def _put_ends(out: Floats, n: int, x: Floats, y: Floats, times: tuple[float, float], limit: float) -> int:
    """The two ends of the segment from (x[0], y[0]) to (x[1], y[1])."""
    first, last = times
    dx, dy = x[1] - x[0], y[1] - y[0]
    length = np.hypot(dx, dy)
    ux, uy = (dx / length, dy / length) if length > 0.0 else (1.0, 0.0)
    if first <= limit:
        out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4] = x[0], y[0], -ux, -uy, first
        n += 1
    if last <= limit:
        out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4] = x[1], y[1], ux, uy, last
        n += 1
    return n


@kernel
def _fronts(shape: _Shape, edges: _Edges, feet: _Feet, limit: float) -> tuple[Floats, Floats]:
    offset, x, y, fraction = shape
    number, weights, ahead, back, end_times = edges
    feet_offset, feet_order, foot_fraction, foot_leg = feet
    pieces = np.empty((2 * (x.size + feet_order.size), 6))
    ends = np.empty((2 * x.size, 5))
    k, m = 0, 0
    for i in range(number.size):
        a, b = offset[i], offset[i + 1]
        ex, ey, at = x[a:b], y[a:b], fraction[a:b]
        on_edge = feet_order[feet_offset[number[i]] : feet_offset[number[i] + 1]]
        position, own, vertex = _stops(at, on_edge, foot_fraction, foot_leg)
        for n in range(position.size):
            if vertex[n] == 0 and end_times[i, 0] >= 0:
                own[n] = min(own[n], end_times[i, 0])
            if vertex[n] == b - a - 1 and end_times[i, 1] >= 0:
                own[n] = min(own[n], end_times[i, 1])
        up = _sweep(position, own, float(weights[i]) if ahead[i] else np.inf, -1)
        down = _sweep(position, own, float(weights[i]) if back[i] else np.inf, 1)
        k = _edge_pieces(pieces, k, (ex, ey, at), (position, vertex, up, down), (weights[i], ahead[i], back[i], limit))
        first = np.inf
        for n in range(position.size):
            if vertex[n] < 0:
                continue
            here = min(up[n], down[n])
            if vertex[n] > 0:
                m = _put_ends(ends, m, ex[vertex[n] - 1 :], ey[vertex[n] - 1 :], (first, here), limit)
            first = here
    return pieces[:k].copy(), ends[:m].copy()


@kernel
def _edge_pieces(
    out: Floats,
    k: int,
    shape: tuple[Floats, Floats, Floats],
    stops: tuple[Floats, Int64s, Floats, Floats],
    rules: tuple[float, bool, bool, float],
) -> int:
    x, y, fraction = shape
    position, vertex, up, down = stops
    weight, ahead, back, limit = rules
    segment = 0
    for n in range(position.size - 1):
        if vertex[n] >= 0:
            segment = vertex[n]
        left, right = position[n], position[n + 1]
        if right <= left:
            continue
        from_left = down[n] if back else np.inf
        from_right = up[n + 1] if ahead else np.inf
        # Where the two fronts meet; all one front's where the other never comes.
        meet = left if from_left == np.inf else right
        if from_left < np.inf and from_right < np.inf:
            meet = min(max((left + right + (from_right - from_left) / weight) / 2.0, left), right)
        a, b = _between(x, y, fraction, segment, left), _between(x, y, fraction, segment, right)
        c = _between(x, y, fraction, segment, meet)
        if meet > left and from_left <= limit:
            k = _put_piece(out, k, a, c, from_left, from_left + weight * (meet - left))
        if meet < right and from_right <= limit:
            k = _put_piece(out, k, c, b, from_right + weight * (right - meet), from_right)
    return k
