"""Builders of small networks in metres around a point near Tianmen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from pyproj import Proj

from geoservice.network.barriers import Barriers
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.join import Joins, join

Place = tuple[float, float]

LON, LAT = 113.16, 30.66
_LOCAL = Proj(proj="tmerc", lat_0=LAT, lon_0=LON, ellps="GRS80")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class TestMode:
    """A mode of travel for tests."""

    __test__ = False

    id: str
    access: str
    oneway: bool
    speed_kmh: float
    off_network_kmh: float
    off_network_m: float
    speeds: Mapping[str, float] = field(default_factory=dict)
    barriers: Sequence[str] = ()
    turn_bans: bool = False
    slope: bool = False


WALK = TestMode(
    "walk",
    "walk",
    oneway=False,
    speed_kmh=3.6,
    off_network_kmh=3.0,
    off_network_m=300.0,
    speeds={"motorway": 0.0},
)
CAR = TestMode(
    "car",
    "car",
    oneway=True,
    speed_kmh=30.0,
    off_network_kmh=3.0,
    off_network_m=200.0,
    speeds={"motorway": 100.0},
)


def at(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place x metres east and y metres north of the origin."""
    lon, lat = _LOCAL(x, y, inverse=True)
    return float(lon), float(lat)


def metres(lon: float, lat: float) -> tuple[float, float]:
    """The inverse of `at`."""
    x, y = _LOCAL(lon, lat)
    return float(x), float(y)


def road(
    id_: int,
    node_ids: Sequence[int],
    shape: Sequence[tuple[float, float]],
    *,
    class_: str = "residential",
    oneway: str = "no",
    modes: Sequence[str] = ("walk", "bicycle", "car"),
    speed_kmh: float | None = None,
) -> RoadRow:
    """A road whose shape is given in metres."""
    return RoadRow(id_, class_, oneway, modes, speed_kmh, node_ids, [at(*point) for point in shape])


def table(*rows: RoadRow) -> RoadTable:
    return RoadTable.from_rows(rows)


def grid(columns: int, rows: int, side_m: float, *, oneway: str = "no") -> RoadTable:
    """A grid of streets; node ids count rows from the south, each from the west, from 1."""

    def node(column: int, row: int) -> int:
        return 1 + row * columns + column

    streets = []
    for row in range(rows):
        line = [(column * side_m, row * side_m) for column in range(columns)]
        streets.append(road(row + 1, [node(column, row) for column in range(columns)], line, oneway=oneway))
    for column in range(columns):
        line = [(column * side_m, row * side_m) for row in range(rows)]
        streets.append(road(1000 + column, [node(column, row) for row in range(rows)], line, oneway=oneway))
    return table(*streets)


def node_at(graph: Graph, x: float, y: float) -> int:
    """The node of a graph nearest to a place in metres."""
    lon, lat = at(x, y)
    return int(np.argmin(np.hypot(graph.lon - lon, graph.lat - lat)))


def joined(graph: Graph, places: Sequence[Place], mode: TestMode, barriers: Barriers | None = None) -> Joins:
    """Feet of places given in metres."""
    lonlat = np.array([at(*place) for place in places]).reshape(-1, 2)
    return join(graph, lonlat[:, 0], lonlat[:, 1], mode, barriers)


spot = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda cell: (cell[0] * 40.0, cell[1] * 40.0))
anywhere = st.tuples(st.floats(-100, 600), st.floats(-100, 600))


@st.composite
def networks(draw: st.DrawFn) -> list[RoadRow]:
    """Roads between spots of a lattice, with one-ways, bends, loops, parallels and pieces that do not meet."""
    spots = draw(st.lists(spot, min_size=2, max_size=9, unique=True))
    rows = []
    for i in range(draw(st.integers(1, 12))):
        ends = draw(st.lists(st.integers(0, len(spots) - 1), min_size=2, max_size=4))
        nodes, shape = [], []
        for k, end in enumerate(ends):
            nodes.append(end)
            shape.append(spots[end])
            if draw(st.booleans()) and k + 1 < len(ends):
                nodes.append(1000 + 10 * i + k)
                shape.append(draw(anywhere))
        oneway = draw(st.sampled_from(["no", "no", "forward", "backward"]))
        class_ = draw(st.sampled_from(["residential", "motorway"]))
        rows.append(road(i, nodes, shape, oneway=oneway, class_=class_))
    return rows
