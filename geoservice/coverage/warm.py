"""Compile every kernel once, so that no user waits for it: ``python -m geoservice.coverage.warm``.

Compiling takes most of a minute; the machine code is cached on disk for this processor (see `compiled.kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.circles import circles
from geoservice.coverage.figures.capacity import allocate
from geoservice.coverage.pairs import pairs_within
from geoservice.coverage.reach import Direction, evaluate, field_of
from geoservice.coverage.uncertainty.declared import DrawSettings
from geoservice.coverage.uncertainty.draws import Way
from geoservice.coverage.uncertainty.rescaled import Arcs
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.changing import Changing
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.join import Joins, join
from geoservice.network.search import Seeds, reached

_SPREAD = DrawSettings(
    count=1, most=1, seed=1, speed_share=0.2, off_network_share=0.2, open_share=0.5, likely_share=1.0, source="-"
)
_DIRECTIONS: tuple[Direction, ...] = ("to_facility", "from_facility")


@dataclass(frozen=True)
class _Walk:
    id: str = "walk"
    access: str = "walk"
    oneway: bool = False
    speed_kmh: float = 3.6
    speeds: dict[str, float] = field(default_factory=dict)
    turn_bans: bool = False
    slope: bool = False
    off_network_kmh: float = 3.0
    off_network_m: float = 300.0
    barriers: tuple[str, ...] = ()


def warm() -> None:
    """Run every kernel on a street of three houses and a pond."""
    lon, lat = np.array([113.16, 113.164, 113.168]), np.array([30.66, 30.66, 30.661])
    street = RoadRow(1, "residential", "no", ["walk"], None, [1, 2, 3], np.column_stack([lon, lat]))
    lane = RoadRow(2, "residential", "no", ["walk"], None, [2, 4], [(113.164, 30.66), (113.164, 30.662)])
    mode = _Walk()
    graph = build_graph(RoadTable.from_rows([street, lane]), mode)
    pond = shapely.box(113.161, 30.6605, 113.162, 30.661)
    ditch = shapely.LineString([(113.165, 30.6605), (113.167, 30.6615)])
    reached(graph.forward, Seeds.of([0], [0], [0]), 1, 600)
    changing = Changing(graph.reverse, graph.forward, 600)
    changing.add(Seeds.of([0], [0], [0]))
    changing.remove(0)
    for barriers in (None, Barriers.of([pond, ditch])):
        houses = join(graph, lon, lat + 0.0005, mode, barriers)
        for direction in _DIRECTIONS:
            times = field_of(graph, houses, 6000, direction)
            evaluate(times, houses)
            rows = graph.reverse if direction == "to_facility" else graph.forward
            nearest_facilities(times, rows, houses, 2)
            near = pairs_within(times, rows, houses, 6000)
            # Asked for so that both ways of sharing out have work to do.
            allocate(near, np.array([2000, 0, 0]), np.array([1000, 1000, 0]))
            circles(times, mode, [3000, 6000], barriers)
        _draw(graph, houses, mode)


def _draw(graph: Graph, houses: Joins, mode: _Walk) -> None:
    ids = np.arange(len(houses), dtype=np.int64)
    classes = np.zeros(graph.edges, dtype=np.int32)
    Way(mode, Arcs.of(graph), ("residential",), classes, houses, ids, houses, ids).times(_SPREAD, 1, 0, 6000)


if __name__ == "__main__":
    warm()
