"""Joining places to the network: every foot that the definition of reach allows.

A foot of a place is its nearest point on one straight segment of an edge. All feet count whose straight leg is at most
``off_network_m`` and crosses no barrier; which of them is taken is decided by the least time, so the main component is
taken by itself wherever it is within that distance. A place all of whose feet lie on smaller components is joined, and
marked as on an island.

Legs are measured on the ellipsoid in a Gauss-Kruger frame about the place (better than a millimetre at 1 km), kept in
whole millimetres, and charged in whole deciseconds, a half upwards. The part of an edge between its end and the foot
costs its share of the edge's weight, rounded likewise from either end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats, Int8s, Int32s, Int64s
from geoservice.network.barriers import Barriers
from geoservice.network.build import DS_KMH_PER_M, round_half_up
from geoservice.network.compiled import kernel
from geoservice.network.graph import Graph, Mode
from geoservice.network.grid import Parts, clamped

MAX_LEG_M = 5000.0
# Axis and first eccentricity squared of CGCS2000.
_AXIS_M = 6378137.0
_E2 = 0.00669438002290


class Joined(IntEnum):
    """How a place stands to the network."""

    JOINED = 0
    OFF_NETWORK = 1  # no edge within off_network_m
    BLOCKED = 2  # edges within off_network_m, all across barriers


@dataclass(frozen=True)
class Joins:
    """Feet of places; those of place p stand at ``offset[p]`` to ``offset[p + 1]``.

    Attributes
    ----------
    lon, lat
        Of the places, degrees, shape (p,).
    offset
        int64, shape (p + 1,).
    edge
        int32, shape (f,).
    fraction
        Position on the edge: 0 at u, 1 at v, by length.
    from_u_ds, from_v_ds
        int32: time between the foot and either end of the edge.
    leg_ds, leg_m
        Straight leg between place and foot.
    foot_lon, foot_lat
        Degrees.
    status
        int8 of `Joined`, shape (p,).
    island
        Whether a joined place has no foot on the main component.
    """

    lon: Floats
    lat: Floats
    offset: Int64s
    edge: Int32s
    fraction: Floats
    from_u_ds: Int32s
    from_v_ds: Int32s
    leg_ds: Int32s
    leg_m: Floats
    foot_lon: Floats
    foot_lat: Floats
    status: Int8s
    island: Bools

    def __len__(self) -> int:
        return self.status.size

    @property
    def joined(self) -> Bools:
        """Which places have a foot."""
        found: Bools = self.status == Joined.JOINED
        return found

    def reason(self, place: int) -> str | None:
        """Why a place has no foot: off_network, blocked, or None where it has one."""
        status = Joined(int(self.status[place]))
        return None if status is Joined.JOINED else status.name.lower()


def join(graph: Graph, lon: Floats, lat: Floats, mode: Mode, barriers: Barriers | None = None) -> Joins:
    """Feet of places on a graph.

    Parameters
    ----------
    graph
        Of the same mode.
    lon, lat
        Degrees (EPSG:4490), shape (p,).
    mode
        Its `off_network_m` bounds the legs, its `off_network_kmh` times them.
    barriers
        What legs may not cross; None for nothing.

    Raises
    ------
    BadInput
        ``network.bad-point`` for a coordinate that is not finite or out of range, ``network.bad-speed`` and
        ``network.bad-distance`` for what the mode declares.

    Examples
    --------
    A place is joined to all segments near it::

        joins = join(graph, np.array([113.16]), np.array([30.66]), catalog.modes["walk"])
        joins.leg_m[joins.offset[0] : joins.offset[1]]
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    _check(lon, lat, mode)
    grid = graph.segments
    places = np.stack([lon, lat])
    # Zeroed by the system page by page: what no place comes near costs nothing.
    pairs, at = _feet(grid.parts, places, mode.off_network_m, np.zeros(grid.start.size, dtype=np.int32))
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    place, first = pairs[order, 0], grid.start[pairs[order, 1]]
    leg_m, along = at[order, 0], at[order, 1]
    foot_lon = grid.x[first] + along * (grid.x[first + 1] - grid.x[first])
    foot_lat = grid.y[first] + along * (grid.y[first + 1] - grid.y[first])
    near = np.bincount(place, minlength=lon.size) > 0
    keep = np.ones(place.size, dtype=bool)
    if barriers:
        keep = ~barriers.crossed(lon[place], lat[place], foot_lon, foot_lat, leg_m)
        keep &= (leg_m == 0) | ~barriers.inside(lon, lat)[place]
    place, first, along, leg_m = place[keep], first[keep], along[keep], leg_m[keep]
    edge, fraction = _fractions(graph, first, along)
    weight = graph.edge_weight[edge]
    counts = np.bincount(place, minlength=lon.size)
    return Joins(
        lon=lon,
        lat=lat,
        offset=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        edge=edge,
        fraction=fraction,
        from_u_ds=round_half_up(weight * fraction).astype(np.int32),
        from_v_ds=round_half_up(weight * (1.0 - fraction)).astype(np.int32),
        leg_ds=round_half_up(leg_m * DS_KMH_PER_M / mode.off_network_kmh).astype(np.int32),
        leg_m=leg_m,
        foot_lon=foot_lon[keep],
        foot_lat=foot_lat[keep],
        status=_status(counts > 0, near),
        island=(counts > 0) & (np.bincount(place[graph.in_main[edge]], minlength=lon.size) == 0),
    )


def _check(lon: Floats, lat: Floats, mode: Mode) -> None:
    usable = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not usable.all():
        row = int(np.flatnonzero(~usable)[0])
        raise BadInput("network.bad-point", row=row + 1, lon=lon[row], lat=lat[row])
    if not (np.isfinite(mode.off_network_kmh) and mode.off_network_kmh > 0):
        raise BadInput("network.bad-speed", mode=mode.id, value=mode.off_network_kmh)
    if not 0 <= mode.off_network_m <= MAX_LEG_M:
        raise BadInput("network.bad-distance", mode=mode.id, value=mode.off_network_m, maximum=MAX_LEG_M)


def _status(joined: Bools, near: Bools) -> Int8s:
    return np.where(joined, Joined.JOINED, np.where(near, Joined.BLOCKED, Joined.OFF_NETWORK)).astype(np.int8)


def _fractions(graph: Graph, first: Int32s, along: Floats) -> tuple[Int32s, Floats]:
    """Edge and position on it of points `along` the segments that begin at vertices `first`."""
    edge = graph.vertex_edge[first]
    start, stop = graph.vertex_along_m[first], graph.vertex_along_m[first + 1]
    whole = np.maximum(graph.edge_length_m[edge], 1e-9)
    # Exactly 1 at the end: a foot there is at the node.
    metres = np.where(along >= 1.0, stop, start + along * (stop - start))
    return edge, np.where(metres >= graph.edge_length_m[edge], 1.0, metres / whole)


@kernel
def local_scales(lat: float) -> tuple[float, float, float, float]:
    """Metres a radian east and north at a latitude in radians, and how both change a radian further north."""
    sine, cosine = np.sin(lat), np.cos(lat)
    curve = 1.0 - _E2 * sine * sine
    meridian = _AXIS_M * (1.0 - _E2) / (curve * np.sqrt(curve))
    parallel = _AXIS_M / np.sqrt(curve) * cosine
    return parallel, meridian, -meridian * sine, 3.0 * meridian * _E2 * sine * cosine / curve


@kernel
def local_metres(east: float, north: float, scales: tuple[float, float, float, float]) -> tuple[float, float]:
    """Gauss-Kruger metres about a place, of a point `east` and `north` radians from it; to the third order."""
    x = east * (scales[0] + scales[2] * north)
    y = north * (scales[1] + 0.5 * scales[3] * north) - 0.5 * east * east * scales[0] * scales[2] / scales[1]
    return x, y


@kernel
def nearest_on(ax: float, ay: float, bx: float, by: float) -> tuple[float, float]:
    """Distance from the origin to the segment a, b, and the share of the segment where it is."""
    dx, dy = bx - ax, by - ay
    squared = dx * dx + dy * dy
    share = 0.0
    if squared > 0.0:
        share = min(max(-(ax * dx + ay * dy) / squared, 0.0), 1.0)
    return np.hypot(ax + share * dx, ay + share * dy), share


@kernel
def _window(lat: float, most_m: float, frame: Floats) -> tuple[float, float]:
    """Half width and half height in cells of what lies within a distance, a hundredth wider than needed."""
    scales = local_scales(np.radians(lat))
    wide_m, radian = 1.01 * most_m + 0.01, np.pi / 180.0
    # Towards the pole a metre takes more longitude.
    shortest = max(scales[0] + scales[2] * wide_m / scales[1] * np.sign(lat), 1.0)
    return wide_m / shortest / radian * frame[2], wide_m / scales[1] / radian * frame[3]


@kernel
def _leg(x: Floats, y: Floats, s: int, lon: float, lat: float) -> tuple[float, float]:
    """Length in whole millimetres of the leg to the segment that begins at vertex s, and the share where it ends."""
    radian = np.pi / 180.0
    scales = local_scales(lat * radian)
    ax, ay = local_metres((x[s] - lon) * radian, (y[s] - lat) * radian, scales)
    bx, by = local_metres((x[s + 1] - lon) * radian, (y[s + 1] - lat) * radian, scales)
    leg, share = nearest_on(ax, ay, bx, by)
    return np.floor(leg * 1000.0 + 0.5) / 1000.0, share


@kernel
def _feet(parts: Parts, places: Floats, most_m: float, seen: Int32s) -> tuple[Int64s, Floats]:
    """Pairs (place, segment) within the distance, and of each the leg in metres and the share along the segment."""
    x, y, start, frame, offset, listed = parts
    columns, rows = int(frame[4]), int(frame[5])
    pairs: Int64s = np.empty((1024, 2), dtype=np.int64)
    at: Floats = np.empty((1024, 2), dtype=np.float64)
    total = 0
    for p in range(places.shape[1]):
        lon, lat = places[0, p], places[1, p]
        wide, high = _window(lat, most_m, frame)
        column, row = (lon - frame[0]) * frame[2], (lat - frame[1]) * frame[3]
        if column + wide < 0 or column - wide > columns or row + high < 0 or row - high > rows:
            continue
        for r in range(clamped(row - high, rows), clamped(row + high, rows) + 1):
            first = r * columns + clamped(column - wide, columns)
            last = r * columns + clamped(column + wide, columns)
            for k in range(offset[first], offset[last + 1]):
                s = listed[k]
                if seen[s] == p + 1:
                    continue
                seen[s] = p + 1
                leg, share = _leg(x, y, start[s], lon, lat)
                if leg > most_m:
                    continue
                if total == pairs.shape[0]:
                    pairs, at = _longer(pairs), _longer(at)
                pairs[total, 0], pairs[total, 1] = p, s
                at[total, 0], at[total, 1] = leg, share
                total += 1
    return pairs[:total].copy(), at[:total].copy()


@kernel
def _longer(array: NDArray[Any]) -> NDArray[Any]:
    larger = np.empty((2 * array.shape[0], array.shape[1]), dtype=array.dtype)
    larger[: array.shape[0]] = array
    return larger
