"""T(x) against a brute force, and cases that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoservice.coverage.reach import Direction, Reach, reach
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.search import MAX_LIMIT_DS
from tests.unit.coverage_oracle import node_times, times
from tests.unit.network_builders import CAR, WALK, Place, TestMode, anywhere, at, grid, joined, networks, road, table

# 1 m/s on and off the network: metres are seconds.
PLAIN = replace(WALK, off_network_kmh=3.6)


def found(
    graph: Graph,
    facilities: Sequence[Place],
    places: Sequence[Place],
    mode: TestMode = PLAIN,
    *,
    limit_ds: int = MAX_LIMIT_DS,
    direction: Direction = "to_facility",
    barriers: Barriers | None = None,
) -> Reach:
    """T of places, all in metres."""
    return reach(
        graph, joined(graph, facilities, mode, barriers), joined(graph, places, mode, barriers), limit_ds, direction
    )


@settings(max_examples=250, deadline=None)
@given(
    networks(),
    st.lists(anywhere, min_size=1, max_size=3),
    st.lists(anywhere, min_size=1, max_size=5),
    st.sampled_from(get_args(Direction)),
    st.integers(0, 4000),
)
def test_reach_equals_brute_force(
    rows: list[RoadRow], facilities: list[Place], places: list[Place], direction: Direction, limit: int
) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), replace(CAR, speeds={}))
    homes, stations = joined(graph, places, CAR), joined(graph, facilities, CAR)
    result = reach(graph, stations, homes, limit, direction)
    expected = times(graph, node_times(graph), stations, homes, direction)
    for i, row in enumerate(expected):
        if row.min() <= limit:
            assert result.time_ds[i] == row.min()
            assert result.facility[i] == np.flatnonzero(row == row.min())[0]
            assert result.reason[i] is None
        else:
            assert (result.time_ds[i], result.facility[i], result.foot[i]) == (-1, -1, -1)
            assert result.reason[i] is not None


STRAIGHT = build_graph(table(road(1, [1, 2], [(-2000, 0), (2000, 0)])), PLAIN)


def test_both_feet_on_one_edge_go_straight_along_it() -> None:
    result = found(STRAIGHT, [(0, 0)], [(500, 0), (-500, 30), (0, 0), (1990, 0)])
    assert result.time_ds.tolist() == pytest.approx([5000, 5300, 0, 19900], abs=2)


def test_a_straight_road_is_reached_over_twice_speed_times_time() -> None:
    """With d_off = 0 exactly the part of the road within v t on either side."""
    mode = replace(PLAIN, off_network_m=0.0)
    places = [(float(x), 0.0) for x in range(-1000, 1001, 10)]
    result = found(STRAIGHT, [(0, 0)], places, mode, limit_ds=6000)
    assert [x for (x, _), time in zip(places, result.time_ds, strict=True) if time >= 0] == list(range(-600, 601, 10))


def test_limit_is_reached_exactly() -> None:
    exact = int(found(STRAIGHT, [(0, 0)], [(500, 20)]).time_ds[0])
    assert found(STRAIGHT, [(0, 0)], [(500, 20)], limit_ds=exact).within(exact).all()
    short = found(STRAIGHT, [(0, 0)], [(500, 20)], limit_ds=exact - 1)
    assert (short.time_ds[0], short.reason[0]) == (-1, "no_path")


def test_legs_are_charged_at_both_ends() -> None:
    slow = replace(PLAIN, off_network_kmh=1.8)
    result = found(STRAIGHT, [(0, 100)], [(1000, 50)], slow)
    assert result.time_ds[0] == pytest.approx(10000 + 2000 + 1000, abs=2)


def test_unit_grid_gives_the_diamond() -> None:
    graph = build_graph(grid(21, 21, 100.0), PLAIN)
    mode = replace(PLAIN, off_network_m=0.0)
    crossings = [(x * 100.0, y * 100.0) for x in range(21) for y in range(21)]
    result = found(graph, [(1000, 1000)], crossings, mode, limit_ds=5010)
    for (x, y), time in zip(crossings, result.time_ds.tolist(), strict=True):
        blocks = abs(x - 1000) / 100 + abs(y - 1000) / 100
        assert (time >= 0) == (blocks <= 5)
        assert time < 0 or time == pytest.approx(blocks * 1000, abs=6)


def test_a_one_way_ring_is_travelled_one_way() -> None:
    ring = road(1, [1, 2, 3, 4, 1], [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)], oneway="forward")
    spurs = [
        road(10 + i, [i, 100 + i], shape) for i, shape in ((2, [(1000, 0), (1100, 0)]), (4, [(0, 1000), (-100, 1000)]))
    ]
    mode = replace(PLAIN, oneway=True, off_network_m=10.0)
    graph = build_graph(table(ring, *spurs), mode)
    to = found(graph, [(1000, 0)], [(0, 1000)], mode)
    back = found(graph, [(1000, 0)], [(0, 1000)], mode, direction="from_facility")
    assert to.time_ds[0] == pytest.approx(20000, abs=10)
    assert back.time_ds[0] == pytest.approx(20000, abs=10)
    behind = found(graph, [(1000, 0)], [(1000, 100), (900, 0)], mode)
    assert behind.time_ds.tolist() == pytest.approx([39000, 1000], abs=10)


def test_a_closed_ring_of_one_edge() -> None:
    ring = road(1, [1, 2, 3, 4, 1], [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)], oneway="forward")
    mode = replace(PLAIN, oneway=True, off_network_m=10.0)
    graph = build_graph(table(ring), mode)
    result = found(graph, [(500, 0)], [(400, 0), (600, 0)], mode)
    assert result.time_ds.tolist() == pytest.approx([1000, 39000], abs=10)


def test_a_ring_of_one_ways_that_is_entered_and_never_left_has_no_path() -> None:
    into = road(1, [9, 1], [(-1000, 0), (0, 0)], oneway="forward")
    ring = road(2, [1, 2, 3, 4, 1], [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)], oneway="forward")
    mode = replace(PLAIN, oneway=True, off_network_m=10.0)
    graph = build_graph(table(into, ring), mode)
    to = found(graph, [(-1000, 0)], [(1000, 1000), (0, 0), (-500, 0), (-1000, 0)], mode)
    assert to.reason.tolist() == ["no_path", "no_path", "no_path", None]
    assert to.time_ds.tolist() == [-1, -1, -1, 0]
    back = found(graph, [(-1000, 0)], [(1000, 1000), (0, 0)], mode, direction="from_facility")
    assert back.time_ds.tolist() == pytest.approx([30000, 10000], abs=10)


def test_bridge_and_underpass_are_not_connected() -> None:
    over = road(1, [1, 2], [(-500, 0), (500, 0)])
    under = road(2, [3, 4], [(0, -500), (0, 500)])
    graph = build_graph(table(over, under), PLAIN)
    result = found(graph, [(-400, 0)], [(0, 400)], replace(PLAIN, off_network_m=50.0))
    assert (result.time_ds[0], result.reason[0]) == (-1, "no_path")


def test_a_river_is_crossed_by_its_bridge_alone() -> None:
    roads = table(
        road(1, [1, 2, 3], [(0, 100), (1000, 100), (2000, 100)]),
        road(2, [4, 5, 6], [(0, -100), (1000, -100), (2000, -100)]),
        road(3, [3, 6], [(2000, 100), (2000, -100)]),
    )
    graph = build_graph(roads, PLAIN)
    river = Barriers.of([shapely.LineString([at(-1000, 0), at(3000, 0)])])
    dry = found(graph, [(0, 100)], [(0, -100)])
    wet = found(graph, [(0, 100)], [(0, -100)], barriers=river)
    assert dry.time_ds[0] == pytest.approx(2000, abs=2)
    assert wet.time_ds[0] == pytest.approx(2000 * 10 * 2 + 2000, abs=6)


def test_the_nearer_of_parallel_edges_counts() -> None:
    roads = table(
        road(1, [1, 5, 2], [(0, 0), (500, 400), (1000, 0)]),
        road(2, [1, 2], [(0, 0), (1000, 0)]),
        road(3, [2, 3], [(1000, 0), (2000, 0)]),
    )
    result = found(build_graph(roads, PLAIN), [(0, 0)], [(2000, 0)], replace(PLAIN, off_network_m=0.0))
    assert result.time_ds[0] == pytest.approx(20000, abs=3)


def test_very_many_parallel_edges_are_joined_in_little_memory() -> None:
    """As roads that lie on each other in a file that was put together badly; each is listed in a few cells."""
    count, (one, other) = 100_000, (at(0, 0), at(1000, 0))
    roads = RoadTable(
        road_id=np.arange(count),
        classes=("residential",),
        class_code=np.zeros(count, dtype=np.int32),
        oneway=np.zeros(count, dtype=np.int8),
        access=np.full(count, 7, dtype=np.uint8),
        speed_kmh=np.full(count, np.nan),
        vertex_offset=np.arange(0, 2 * count + 1, 2),
        lon=np.tile([one[0], other[0]], count),
        lat=np.tile([one[1], other[1]], count),
        node_id=np.tile([1, 2], count),
    )
    graph = build_graph(roads, PLAIN)
    assert (graph.nodes, graph.edges) == (2, count)
    assert graph.segments.listed.size < 10 * count
    result = found(graph, [(0, 50)], [(1000, 20), (0, 50)])
    assert result.time_ds.tolist() == pytest.approx([10700, 1000], abs=10)


def test_equal_times_go_to_the_first_facility() -> None:
    result = found(STRAIGHT, [(700, 0), (0, 0), (0, 0), (700, 0)], [(300, 0), (400, 0)])
    assert result.facility.tolist() == [1, 0]


def test_reasons() -> None:
    roads = table(
        road(1, [1, 2, 3], [(-2000, 0), (0, 0), (2000, 0)]),
        road(2, [8, 9], [(0, 900), (100, 900)]),
    )
    graph = build_graph(roads, PLAIN)
    lake = Barriers.of([shapely.box(*at(-100, 50), *at(100, 60))])
    places = [(0, 0), (0, 800), (0, 600), (0, 100), (1999, 0)]
    result = found(graph, [(-500, 0)], places, replace(PLAIN, off_network_m=110.0), limit_ds=9000, barriers=lake)
    assert result.reason.tolist() == [None, "island", "off_network", "blocked", "no_path"]
    for facilities in ([], [(0.0, 5000.0)]):
        assert set(found(graph, facilities, places).reason) == {"no_facility"}


def test_zero_limit() -> None:
    result = found(STRAIGHT, [(0, 0)], [(0, 0), (5, 0)], limit_ds=0)
    assert result.time_ds.tolist() == [0, -1]
