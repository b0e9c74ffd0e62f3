"""The way behind each time: its parts add up, obey the one-ways, hang together, and take what scipy finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geoservice.coverage.paths import Path, path_of
from geoservice.coverage.reach import Direction, evaluate, field_of
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow
from geoservice.network.search import MAX_LIMIT_DS
from tests.unit.coverage_oracle import node_times, times
from tests.unit.network_builders import CAR, WALK, Place, TestMode, anywhere, joined, networks, road, table

PLAIN = replace(WALK, off_network_kmh=3.6)
GEOD = Geod(ellps="GRS80")


def ways(
    graph: Graph,
    facilities: Sequence[Place],
    places: Sequence[Place],
    mode: TestMode = PLAIN,
    direction: Direction = "to_facility",
) -> list[Path | None]:
    """The way of each place, all in metres."""
    field = field_of(graph, joined(graph, facilities, mode), MAX_LIMIT_DS, direction)
    homes = joined(graph, places, mode)
    found = evaluate(field, homes)
    return [path_of(field, homes, found, place) for place in range(len(homes))]


def only(way: Path | None) -> Path:
    assert way is not None
    return way


def check_parts(graph: Graph, way: Path, direction: Direction) -> None:
    """Each part takes its share of its edge, in an allowed direction, and begins where the last one ended."""
    end = way.access.line[1]
    for step in way.steps:
        weight = int(graph.edge_weight[step.edge])
        assert step.time_ds == int(np.floor(weight * abs(step.stop - step.start) + 0.5))
        assert 0.0 <= step.start <= 1.0
        assert 0.0 <= step.stop <= 1.0
        along = (step.stop > step.start) == (direction == "to_facility")
        assert graph.edge_forward[step.edge] if along else graph.edge_backward[step.edge]
        assert step.line[0] == pytest.approx(end, abs=1e-11)
        end = step.line[-1]
        lons, lats = zip(*step.line, strict=True)
        assert GEOD.line_length(lons, lats) == pytest.approx(step.length_m, abs=0.02)
    assert way.egress.line[0] == pytest.approx(end, abs=1e-11)
    for step in way.steps[1:-1]:
        assert {step.start, step.stop} == {0.0, 1.0}


@settings(max_examples=250, deadline=None)
@given(
    networks(),
    st.lists(anywhere, min_size=1, max_size=3),
    st.lists(anywhere, min_size=1, max_size=5),
    st.sampled_from(get_args(Direction)),
)
def test_parts_add_up_to_what_brute_force_finds(
    rows: list[RoadRow], facilities: list[Place], places: list[Place], direction: Direction
) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), replace(CAR, speeds={}))
    homes, stations = joined(graph, places, CAR), joined(graph, facilities, CAR)
    expected = times(graph, node_times(graph), stations, homes, direction)
    for row, way in zip(expected, ways(graph, facilities, places, CAR, direction), strict=True):
        if np.isinf(row.min()):
            assert way is None
            continue
        assert only(way).time_ds == row.min()
        check_parts(graph, only(way), direction)


STRAIGHT = build_graph(table(road(1, [1, 2], [(-2000, 0), (2000, 0)])), PLAIN)


def test_both_feet_on_one_edge() -> None:
    way = only(ways(STRAIGHT, [(0, 40)], [(500, 30)])[0])
    (step,) = way.steps
    assert (step.start, step.stop) == pytest.approx((0.625, 0.5), abs=1e-6)
    assert (way.access.time_ds, step.time_ds, way.egress.time_ds) == pytest.approx((300, 5000, 400), abs=2)
    assert way.length_m == pytest.approx(570, abs=0.2)
    assert len(way.line) == 4


def test_a_place_at_the_facility_itself() -> None:
    way = only(ways(STRAIGHT, [(100, 0)], [(100, 0)])[0])
    assert (way.time_ds, way.steps) == (0, ())
    assert len(way.line) >= 2


def test_against_a_one_way_the_ring_is_gone_round() -> None:
    ring = road(1, [1, 2, 3, 4, 1], [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)], oneway="forward")
    mode = replace(PLAIN, oneway=True, off_network_m=10.0)
    graph = build_graph(table(ring), mode)
    way = only(ways(graph, [(500, 0)], [(600, 0)], mode)[0])
    assert way.time_ds == pytest.approx(39000, abs=10)
    assert [(round(step.start, 3), round(step.stop, 3)) for step in way.steps] == [(0.15, 1.0), (0.0, 0.125)]
    check_parts(graph, way, "to_facility")


def test_the_faster_of_parallel_edges_is_named() -> None:
    roads = table(
        road(1, [1, 5, 2], [(0, 0), (500, 400), (1000, 0)]),
        road(2, [1, 2], [(0, 0), (1000, 0)]),
        road(3, [1, 2], [(0, 0), (1000, 0)]),
        road(4, [2, 3], [(1000, 0), (2000, 0)]),
        road(5, [0, 1], [(-500, 0), (0, 0)]),
    )
    graph = build_graph(roads, PLAIN)
    way = only(ways(graph, [(-500, 0)], [(2000, 0)], replace(PLAIN, off_network_m=0.0))[0])
    assert [int(graph.edge_road[step.edge]) for step in way.steps] == [4, 2, 5]
    assert sum(step.time_ds for step in way.steps) == way.time_ds
