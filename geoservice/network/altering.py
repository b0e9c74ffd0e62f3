"""Roads taken away and roads put in, as their records would be changed.

A piece of a road is what lies between two of its vertices that are its ends or belong to another road too. A road that is
put in is joined at its two ends: where an end lies within `snap_m` of a road, that road gets a vertex there, or its own
vertex is taken where one lies within `VERTEX_M`. Between its ends it passes over or under whatever it crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoservice.crs import ELLIPSOID
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.graph import ACCESS, RoadTable
from geoservice.network.join import local_scales
from geoservice.network.lines import Lines

VERTEX_M = 1.0
# New nodes count from here: far beyond the ids of any source.
FIRST_NODE = 1 << 60
Path = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Spot:
    """The nearest place on any road.

    Attributes
    ----------
    row
        Of the road in the table.
    vertex
        Where the segment begins; `share` of it lies before the spot, 0 to 1.
    away_m
        Straight distance.
    lon, lat
        Degrees.
    """

    row: int
    vertex: int
    share: float
    away_m: float
    lon: float
    lat: float


@dataclass(frozen=True)
class NewRoad:
    """A road to put in: corners in degrees, at least two that differ."""

    path: Path
    class_: str
    modes: Sequence[str]
    speed_kmh: float | None = None
    name: str | None = None


@dataclass(frozen=True)
class End:
    """Where an end of a new road is joined: the id of the road there; None where it ends free."""

    lon: float
    lat: float
    road: int | None


def nearest_spot(lines: Lines, lon: float, lat: float, among: Bools | None = None) -> Spot | None:
    """The nearest place on any road, or on some of them; None where there is no road.

    Parameters
    ----------
    lon, lat
        Degrees.
    among
        Which roads count, by row.
    """
    table = lines.table
    first = np.flatnonzero(_within(table) if among is None else _within(table) & among[_rows(table)])
    if not first.size:
        return None
    x, y = _metres(table.lon, table.lat, lon, lat)
    dx, dy = x[first + 1] - x[first], y[first + 1] - y[first]
    squared = dx * dx + dy * dy
    along = -(x[first] * dx + y[first] * dy) / np.where(squared > 0, squared, 1.0)
    share = np.clip(np.where(squared > 0, along, 0.0), 0.0, 1.0)
    away = np.hypot(x[first] + share * dx, y[first] + share * dy)
    best = int(np.argmin(away))
    vertex, part = int(first[best]), float(share[best])
    return Spot(
        row=int(_rows(table)[vertex]),
        vertex=vertex,
        share=part,
        away_m=float(away[best]),
        lon=float(table.lon[vertex] + part * (table.lon[vertex + 1] - table.lon[vertex])),
        lat=float(table.lat[vertex] + part * (table.lat[vertex + 1] - table.lat[vertex])),
    )


def piece_at(lines: Lines, spot: Spot) -> tuple[int, int]:
    """First and last vertex of the piece of a road that a spot lies on."""
    table = lines.table
    start, stop = int(table.vertex_offset[spot.row]), int(table.vertex_offset[spot.row + 1]) - 1
    _, place, uses = np.unique(table.node_id, return_inverse=True, return_counts=True)
    shared = uses[place] > 1
    before = start + int(np.flatnonzero(np.concatenate([[True], shared[start + 1 : spot.vertex + 1]]))[-1])
    after = spot.vertex + 1 + int(np.flatnonzero(np.concatenate([shared[spot.vertex + 1 : stop], [True]]))[0])
    return before, after


def without_roads(lines: Lines, gone: Bools) -> Lines:
    """Without some roads, by row."""
    return _kept(lines, np.flatnonzero(~gone))


def without_piece(lines: Lines, spot: Spot) -> Lines:
    """Without the piece of a road that a spot lies on; what is left of it stays, under its id."""
    table, (first, last) = lines.table, piece_at(lines, spot)
    start, stop = int(table.vertex_offset[spot.row]), int(table.vertex_offset[spot.row + 1]) - 1
    rows = np.arange(len(table))
    parts = [(row, table.vertex_offset[row], table.vertex_offset[row + 1]) for row in rows[: spot.row]]
    parts += [(spot.row, a, b + 1) for a, b in ((start, first), (last, stop)) if b > a]
    parts += [(row, table.vertex_offset[row], table.vertex_offset[row + 1]) for row in rows[spot.row + 1 :]]
    return _kept(lines, np.array([part[0] for part in parts], dtype=np.int64), np.array([part[1:] for part in parts]))


def with_road(lines: Lines, road: NewRoad, snap_m: float) -> tuple[Lines, tuple[End, End]]:
    """With one more road, and where its ends are joined."""
    nodes: list[int | None] = []
    ends: list[End] = []
    corners = list(road.path)
    for at in (0, -1):
        lon, lat = corners[at]
        spot = nearest_spot(lines, lon, lat)
        if spot is None or spot.away_m > snap_m:
            nodes.append(None)
            ends.append(End(lon, lat, None))
            continue
        lines, vertex = _with_vertex(lines, spot)
        lon, lat = float(lines.table.lon[vertex]), float(lines.table.lat[vertex])
        corners[at] = lon, lat
        nodes.append(int(lines.table.node_id[vertex]))
        ends.append(End(lon, lat, int(lines.table.road_id[spot.row])))
    return _added(lines, road, corners, (nodes[0], nodes[1])), (ends[0], ends[1])


def length_m(path: Path) -> float:
    """Of a line in degrees, on the ellipsoid."""
    lon, lat = np.array(path, dtype=float).T
    return float(np.sum(ELLIPSOID.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]))


def _added(lines: Lines, road: NewRoad, corners: Path, nodes: tuple[int | None, int | None]) -> Lines:
    table = lines.table
    fresh = _fresh(table, len(corners))
    ids = [nodes[0] or fresh[0], *fresh[1 : len(corners) - 1], nodes[1] or fresh[-1]]
    classes = table.classes if road.class_ in table.classes else (*table.classes, road.class_)
    lon, lat = np.array(corners, dtype=float).T
    grown = RoadTable(
        road_id=np.append(table.road_id, table.road_id.max(initial=0) + 1),
        classes=classes,
        class_code=np.append(table.class_code, classes.index(road.class_)).astype(np.int32),
        oneway=np.append(table.oneway, 0).astype(np.int8),
        access=np.append(table.access, sum(ACCESS[mode] for mode in set(road.modes))).astype(np.uint8),
        speed_kmh=np.append(table.speed_kmh, np.nan if road.speed_kmh is None else road.speed_kmh),
        vertex_offset=np.append(table.vertex_offset, table.vertex_offset[-1] + len(corners)),
        lon=np.append(table.lon, lon),
        lat=np.append(table.lat, lat),
        node_id=np.append(table.node_id, np.array(ids, dtype=np.int64)),
    )
    height = None if lines.height_m is None else np.append(lines.height_m, np.full(len(corners), np.nan))
    name = np.append(lines.name, np.array([road.name], dtype=object))
    return replace(lines, table=grown, name=name, bridge=np.append(lines.bridge, False), height_m=height)


def _with_vertex(lines: Lines, spot: Spot) -> tuple[Lines, int]:
    """With a vertex at a spot, and which it is: one that is there where it is near enough."""
    table = lines.table
    for vertex in (spot.vertex, spot.vertex + 1):
        if length_m([(table.lon[vertex], table.lat[vertex]), (spot.lon, spot.lat)]) < VERTEX_M:
            return lines, vertex
    at = spot.vertex + 1
    offset = table.vertex_offset + (np.arange(table.vertex_offset.size) > spot.row)
    grown = replace(
        table,
        vertex_offset=offset,
        lon=np.insert(table.lon, at, spot.lon),
        lat=np.insert(table.lat, at, spot.lat),
        node_id=np.insert(table.node_id, at, _fresh(table, 1)[0]),
    )
    height = lines.height_m
    if height is not None:
        between = height[at - 1] + spot.share * (height[at] - height[at - 1])
        height = np.insert(height, at, between)
    return replace(lines, table=grown, height_m=height), at


def _kept(lines: Lines, rows: Int64s, spans: Int64s | None = None) -> Lines:
    """Some roads, or parts of them from the first to before the last vertex, in the order given."""
    table = lines.table
    if spans is None:
        spans = np.column_stack([table.vertex_offset[rows], table.vertex_offset[rows + 1]])
    sizes = spans[:, 1] - spans[:, 0]
    offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    vertices = np.arange(offset[-1]) + np.repeat(spans[:, 0] - offset[:-1], sizes)
    kept = RoadTable(
        road_id=table.road_id[rows],
        classes=table.classes,
        class_code=table.class_code[rows],
        oneway=table.oneway[rows],
        access=table.access[rows],
        speed_kmh=table.speed_kmh[rows],
        vertex_offset=offset,
        lon=table.lon[vertices],
        lat=table.lat[vertices],
        node_id=table.node_id[vertices],
    )
    height = None if lines.height_m is None else lines.height_m[vertices]
    return replace(lines, table=kept, name=lines.name[rows], bridge=lines.bridge[rows], height_m=height)


def _fresh(table: RoadTable, count: int) -> list[int]:
    """Ids of nodes that no road has."""
    beyond = table.node_id[table.node_id >= FIRST_NODE]
    start = FIRST_NODE if not beyond.size else int(beyond.max()) + 1
    return [start + place for place in range(count)]


def _rows(table: RoadTable) -> Int64s:
    """Row of the road of each vertex."""
    return np.repeat(np.arange(len(table), dtype=np.int64), np.diff(table.vertex_offset))


def _within(table: RoadTable) -> Bools:
    """Whether a segment of a road begins at each vertex."""
    begins = np.ones(table.lon.size, dtype=bool)
    begins[table.vertex_offset[1:] - 1] = False
    return begins


def _metres(lon: Floats, lat: Floats, at_lon: float, at_lat: float) -> tuple[Floats, Floats]:
    """Metres about a place; good near it, and growing outwards."""
    radian = np.pi / 180.0
    east, north, *_ = local_scales(at_lat * radian)
    return (lon - at_lon) * radian * east, (lat - at_lat) * radian * north
