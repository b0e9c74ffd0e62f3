"""Compile every kernel once, so that no user waits for it: ``python -m geoservice.coverage.warm``.

Compiling takes most of a minute; the machine code is cached on disk for this processor (see `compiled.kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from geoservice.coverage.circles import circles
from geoservice.coverage.reach import Direction, evaluate, field_of
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import RoadRow, RoadTable
from geoservice.network.join import join
from geoservice.network.search import Seeds, reached

_DIRECTIONS: tuple[Direction, ...] = ("to_facility", "from_facility")


@dataclass(frozen=True)
class _Walk:
    id: str = "walk"
    access: str = "walk"
    oneway: bool = False
    speed_kmh: float = 3.6
    speeds: dict[str, float] = field(default_factory=dict)
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
    for barriers in (None, Barriers.of([pond, ditch])):
        houses = join(graph, lon, lat + 0.0005, mode, barriers)
        for direction in _DIRECTIONS:
            times = field_of(graph, houses, 6000, direction)
            evaluate(times, houses)
            circles(times, mode, [3000, 6000], barriers)


if __name__ == "__main__":
    warm()
