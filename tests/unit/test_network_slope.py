"""Slopes: times are those of Tobler's function, integrated by other means; level ground and other modes stay."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad

from geoservice.coverage.circles import circles
from geoservice.coverage.paths import path_of
from geoservice.coverage.reach import evaluate, field_of
from geoservice.network.build import build_graph, revision_of
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.search import MAX_LIMIT_DS
from geoservice.network.slope import tobler
from geoservice.network.turns import TurnRow
from tests.unit.coverage_oracle import node_times, times
from tests.unit.network_builders import CAR, WALK, Place, joined, metres, networks, road, table
from tests.unit.test_network_turns import same, usable

HIKE = replace(WALK, speeds={}, slope=True)
Ground = Callable[[float, float], float]


def heights(roads: RoadTable, ground: Ground) -> NDArray[np.float64]:
    return np.array([ground(*metres(lon, lat)) for lon, lat in zip(roads.lon, roads.lat, strict=True)])


def walking_ms(slope: float, level_ms: float) -> float:
    """The published function, scaled; written out apart from the program's."""
    return level_ms * (6.0 * math.exp(-3.5 * abs(slope + 0.05))) / (6.0 * math.exp(-3.5 * 0.05))


def weights(graph: Graph) -> dict[tuple[int, int], int]:
    """Least weight of each direction between two nodes."""
    found: dict[tuple[int, int], int] = {}
    for edge in range(graph.edges):
        u, v, weight = (int(part[edge]) for part in (graph.edge_u, graph.edge_v, graph.edge_weight))
        for ends, allowed in (((u, v), graph.edge_forward[edge]), ((v, u), graph.edge_backward[edge])):
            if allowed:
                found[ends] = min(weight, found.get(ends, weight))
    return found


@pytest.mark.parametrize("slope", [-0.4, -0.1, -0.05, -0.02, 0.0, 0.02, 0.1, 0.4])
def test_a_tilted_plane(slope: float) -> None:
    roads = table(road(1, [1, 2, 3, 4], [(0, 0), (300, 100), (500, 50), (1000, 0)]))
    graph = build_graph(roads, HIKE, height_m=heights(roads, lambda x, _y: 400 + slope * x))
    ends = {round(metres(*at)[0]): node for node, at in enumerate(zip(graph.lon, graph.lat, strict=True))}
    shape = [(0, 0), (300, 100), (500, 50), (1000, 0)]
    for first, last, sign, line in ((0, 1000, 1, shape), (1000, 0, -1, shape[::-1])):
        total = 0.0
        for (x0, y0), (x1, y1) in pairwise(line):
            run = math.hypot(x1 - x0, y1 - y0)
            total += run / walking_ms(slope * (x1 - x0) / run, 1.0)
        assert weights(graph)[ends[first], ends[last]] == pytest.approx(total * 10, abs=1.0), sign


def test_a_curved_hill_is_the_integral_along_it() -> None:
    xs = np.linspace(0, 1200, 601)
    hill = lambda x: 60.0 * math.sin(x / 200.0)  # noqa: E731
    roads = table(road(1, list(range(1, 602)), [(float(x), 0.0) for x in xs]))
    graph = build_graph(roads, HIKE, height_m=heights(roads, lambda x, _y: hill(x)))
    rising = lambda x: 60.0 / 200.0 * math.cos(x / 200.0)  # noqa: E731
    up = quad(lambda x: 1.0 / walking_ms(rising(x), 1.0), 0, 1200, limit=500)[0]
    down = quad(lambda x: 1.0 / walking_ms(-rising(x), 1.0), 0, 1200, limit=500)[0]
    west = int(np.argmin(graph.lon))
    assert graph.edges == 2
    assert weights(graph)[west, 1 - west] == pytest.approx(up * 10, rel=2e-4)
    assert weights(graph)[1 - west, west] == pytest.approx(down * 10, rel=2e-4)


def test_the_function_is_that_of_the_paper() -> None:
    slopes = np.linspace(-1, 1, 401)
    expected = [walking_ms(0.0, 1.0) / walking_ms(float(one), 1.0) for one in slopes]
    np.testing.assert_allclose(tobler(slopes), expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(networks(), st.sampled_from([0.0, 37.5, -3.0]))
def test_level_ground_gives_the_graph_of_before(rows: list[RoadRow], height: float) -> None:
    usable(rows)
    roads = table(*rows)
    plain, level = build_graph(roads, HIKE), build_graph(roads, HIKE, height_m=np.full(roads.lon.size, height))
    assert level.slope["doubled"] == 0
    same(replace(level, revision=plain.revision, slope={}), plain)
    unknown = build_graph(roads, HIKE, height_m=np.full(roads.lon.size, np.nan))
    assert unknown.slope["without_height"] > 0
    same(replace(unknown, revision=plain.revision, slope={}), plain)


def test_modes_that_do_not_mind_slopes_have_the_graph_of_before() -> None:
    roads = table(road(1, [1, 2], [(0, 0), (500, 0)]))
    steep = np.array([0.0, 100.0])
    for mode in (WALK, CAR):
        same(build_graph(roads, mode, height_m=steep), build_graph(roads, mode))
    assert revision_of(roads, HIKE, (), steep) != revision_of(roads, HIKE)
    assert (
        revision_of(roads, WALK, (), steep) == revision_of(roads, WALK) == revision_of(roads, replace(WALK, slope=True))
    )


def test_counts_are_those_of_the_roads_and_doubled_edges_are_told() -> None:
    roads = table(road(1, [1, 2], [(0, 0), (500, 0)]), road(2, [2, 3], [(500, 0), (500, 400)]))
    graph = build_graph(roads, HIKE, height_m=heights(roads, lambda x, _y: 0.1 * x))
    assert graph.edges == 3
    assert graph.statistics == build_graph(roads, HIKE).statistics
    assert graph.slope == {"vertices": 4, "without_height": 0, "edges": 2, "doubled": 1}


def test_a_one_way_road_is_timed_in_its_own_direction() -> None:
    roads = table(road(1, [1, 2], [(0, 0), (500, 0)], oneway="backward"))
    graph = build_graph(roads, replace(HIKE, oneway=True), height_m=np.array([0.0, 50.0]))
    assert graph.edges == 1
    assert int(graph.edge_weight[0]) == pytest.approx(5000 / walking_ms(-0.1, 1.0), abs=1)


def test_a_wall_of_rock_costs_very_long_and_breaks_nothing() -> None:
    roads = table(road(1, [1, 2], [(0, 0), (1, 0)]))
    graph = build_graph(roads, HIKE, height_m=np.array([0.0, 900.0]))
    assert graph.edge_weight.max() == 2**31 - 1


bumps = st.lists(
    st.tuples(st.floats(0, 480), st.floats(0, 480), st.floats(-60, 60), st.floats(60, 300)), min_size=1, max_size=3
)


def bumpy(shape: Sequence[tuple[float, float, float, float]]) -> Ground:
    return lambda x, y: sum(h * math.exp(-((x - a) ** 2 + (y - b) ** 2) / r**2) for a, b, h, r in shape)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    networks(),
    bumps,
    st.lists(st.tuples(st.floats(-100, 600), st.floats(-100, 600)), min_size=1, max_size=2),
    st.lists(st.tuples(st.floats(-100, 600), st.floats(-100, 600)), min_size=1, max_size=5),
    st.sampled_from(["to_facility", "from_facility"]),
)
def test_times_and_ways_on_hilly_ground_are_those_of_the_oracle(
    rows: list[RoadRow],
    shape: list[tuple[float, float, float, float]],
    facilities: list[Place],
    places: list[Place],
    direction: str,
) -> None:
    usable(rows)
    roads = table(*rows)
    graph = build_graph(roads, HIKE, height_m=heights(roads, bumpy(shape)))
    homes, goals = joined(graph, places, HIKE), joined(graph, facilities, HIKE)
    expected = times(graph, node_times(graph), goals, homes, direction).min(axis=1)
    field = field_of(graph, goals, MAX_LIMIT_DS, direction)  # type: ignore[arg-type]
    found = evaluate(field, homes)
    assert [float(t) if t >= 0 else math.inf for t in found.time_ds] == expected.tolist()
    for number in range(len(homes)):
        way = path_of(field, homes, found, number)
        assert way is None or way.time_ds == found.time_ds[number]


def test_bans_and_slopes_go_together() -> None:
    rows = [
        road(1, [1, 5], [(0, -300), (0, 0)]),
        road(2, [5, 6, 2], [(0, 0), (-150, 0), (-300, 0)]),
        road(3, [2, 7], [(-300, 0), (-300, 300)]),
        road(4, [6, 8], [(-150, 0), (-150, 200)]),
    ]
    ban = TurnRow("1", "no_u_turn", ((1,),), (), ((2,),), ((3,),), ("walk",))
    mode, roads = replace(HIKE, turn_bans=True), table(*rows)
    graph = build_graph(roads, mode, [ban], heights(roads, lambda x, y: 0.1 * x + 0.2 * y))
    assert graph.turns == {"applied": 1}
    assert graph.statistics == build_graph(roads, mode).statistics


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), bumps, st.tuples(st.floats(-100, 600), st.floats(-100, 600)), st.integers(100, 6000))
def test_circles_on_hilly_ground_hold_whom_the_times_cover(
    rows: list[RoadRow], shape: list[tuple[float, float, float, float]], facility: Place, limit: int
) -> None:
    usable(rows)
    roads = table(*rows)
    graph = build_graph(roads, HIKE, height_m=heights(roads, bumpy(shape)))
    field = field_of(graph, joined(graph, [facility], HIKE), limit)
    assume(bool(field.facilities.joined.any()))
    (circle,) = circles(field, HIKE, [limit], None, min_hole_m2=0.0)
    spots = np.random.default_rng(1).uniform(-300, 800, (300, 2))
    homes = joined(graph, [(float(x), float(y)) for x, y in spots], HIKE)
    covered = evaluate(field, homes).within(limit)
    inside = shapely.contains_xy(circle.geometry, homes.lon, homes.lat)
    assert inside[covered].all()
    away = shapely.distance(shapely.boundary(circle.geometry), shapely.points(homes.lon, homes.lat)) * 90_000
    far = (away > 10.0) | circle.geometry.is_empty
    assert np.array_equal(inside[far], covered[far])
