"""Roads to graph."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from pyproj import Geod

from geoservice.errors import BadInput
from geoservice.network.build import build_graph, revision_of
from geoservice.network.graph import Graph, RoadTable
from geoservice.network.hilbert import hilbert_index
from tests.unit.network_builders import CAR, WALK, at, road, table

GEOD = Geod(ellps="GRS80")


def pieces(graph: Graph) -> set[tuple[int, int]]:
    """Edges by road id and number of vertices."""
    sizes = np.diff(graph.vertex_offset)
    return set(zip(graph.edge_road.tolist(), sizes.tolist(), strict=True))


def test_roads_are_cut_where_node_ids_meet() -> None:
    roads = table(
        road(1, [1, 2, 3, 4], [(0, 0), (100, 0), (200, 0), (300, 0)]),
        road(2, [3, 5], [(200, 0), (200, 100)]),
    )
    graph = build_graph(roads, WALK)
    assert (graph.nodes, graph.edges) == (4, 3)
    assert pieces(graph) == {(1, 3), (1, 2), (2, 2)}
    assert graph.statistics.components == 1
    assert graph.statistics.main_share == 1.0


def test_bridge_and_underpass_are_not_connected() -> None:
    roads = table(road(1, [1, 2], [(-100, 0), (100, 0)]), road(2, [3, 4], [(0, -100), (0, 100)]))
    assert build_graph(roads, WALK).statistics.components == 2


def test_weights_are_half_up_deciseconds_of_the_whole_polyline() -> None:
    shape = [(0, 0), (120, 0), (120, 90)]
    graph = build_graph(table(road(1, [1, 2, 3], shape)), WALK)
    points = [at(*point) for point in shape]
    length = sum(GEOD.inv(*a, *b)[2] for a, b in pairwise(points))
    assert graph.edge_length_m[0] == pytest.approx(length, abs=1e-6)
    assert graph.edge_weight[0] == int(length * 36 / WALK.speed_kmh + 0.5)
    assert graph.vertex_along_m[-1] == graph.edge_length_m[0]


def test_a_tiny_edge_takes_one_decisecond() -> None:
    assert build_graph(table(road(1, [1, 2], [(0, 0), (0.01, 0)])), CAR).edge_weight[0] == 1


def test_one_ways_bind_the_modes_that_obey_them() -> None:
    roads = table(road(1, [1, 2], [(0, 0), (100, 0)], oneway="backward"))
    walk, car = build_graph(roads, WALK), build_graph(roads, CAR)
    assert (walk.forward.arcs.shape[0], car.forward.arcs.shape[0]) == (2, 1)
    assert not car.edge_forward[0]
    assert car.edge_backward[0]
    assert car.forward.target[0] == car.edge_u[0]
    assert car.reverse.target[0] == car.edge_v[0]


def test_parallel_edges_and_loops_stay_edges() -> None:
    roads = table(
        road(1, [1, 2], [(0, 0), (100, 0)]),
        road(2, [1, 7, 2], [(0, 0), (50, 50), (100, 0)]),
        road(3, [2, 8, 9, 2], [(100, 0), (150, 50), (150, -50), (100, 0)]),
    )
    graph = build_graph(roads, WALK)
    assert (graph.nodes, graph.edges) == (2, 3)
    assert graph.forward.weight.tolist() == [graph.edge_weight.min()] * 2
    assert (graph.edge_u == graph.edge_v).sum() == 1


def test_a_ring_of_its_own_is_a_loop() -> None:
    ring = road(1, [1, 2, 3, 1], [(0, 0), (100, 0), (50, 80), (0, 0)])
    graph = build_graph(table(ring), CAR)
    assert (graph.nodes, graph.edges, graph.forward.arcs.shape[0]) == (1, 1, 0)


def test_a_vertex_that_repeats_the_last_is_no_junction() -> None:
    doubled = road(1, [1, 2, 2, 3], [(0, 0), (50, 0), (50, 0), (100, 0)])
    graph = build_graph(table(doubled), WALK)
    assert (graph.edges, graph.vertex_lon.size) == (1, 3)


def test_main_component_is_the_one_with_most_nodes() -> None:
    roads = table(
        road(1, [1, 2], [(0, 0), (9000, 0)]),
        *(road(10 + i, [20 + i, 21 + i], [(i * 10, 500), (i * 10 + 10, 500)]) for i in range(5)),
    )
    graph = build_graph(roads, WALK)
    assert graph.statistics.components == 2
    assert graph.statistics.main_share == pytest.approx(6 / 8)
    assert graph.in_main.sum() == 5


def test_speeds_follow_class_and_posted_limit() -> None:
    roads = table(
        road(1, [1, 2], [(0, 0), (1000, 0)], class_="motorway"),
        road(2, [2, 3], [(1000, 0), (2000, 0)], class_="residential"),
        road(3, [3, 4], [(2000, 0), (3000, 0)], class_="residential", speed_kmh=10),
    )
    car = build_graph(roads, CAR)
    by_road = dict(zip(car.edge_road.tolist(), car.edge_weight.tolist(), strict=True))
    assert by_road[1] == pytest.approx(360, abs=1)
    assert by_road[2] == pytest.approx(1200, abs=1)
    assert by_road[3] == pytest.approx(3600, abs=1)
    assert set(build_graph(roads, WALK).edge_road.tolist()) == {2, 3}


def test_no_usable_road_is_said() -> None:
    for roads in (table(), table(road(1, [1, 2], [(0, 0), (9, 0)], modes=["car"]))):
        with pytest.raises(BadInput) as caught:
            build_graph(roads, WALK)
        assert caught.value.code == "network.no-roads"


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_bad_speeds_are_refused(speed: float) -> None:
    with pytest.raises(BadInput) as caught:
        build_graph(table(road(1, [1, 2], [(0, 0), (9, 0)])), replace(WALK, speed_kmh=speed))
    assert caught.value.code == "network.bad-speed"


@pytest.mark.parametrize(
    "changes",
    [{"node_ids": [1]}, {"coordinates": [(0.0, float("nan")), (1.0, 1.0)]}, {"oneway": "yes"}, {"modes": ["horse"]}],
)
def test_bad_roads_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        RoadTable.from_rows([replace(road(5, [1, 2], [(0, 0), (9, 0)]), **changes)])
    assert caught.value.code == "network.bad-road"
    assert caught.value.values["road"] == 5


def test_revision_depends_on_content_not_on_order() -> None:
    rows = [road(1, [1, 2], [(0, 0), (100, 0)]), road(2, [2, 3], [(100, 0), (200, 0)])]
    revision = revision_of(table(*rows), WALK)
    assert revision == revision_of(table(*rows[::-1]), WALK) == build_graph(table(*rows), WALK).revision
    assert len(revision) == 64
    assert revision != revision_of(table(rows[0]), WALK)
    assert revision != revision_of(table(*rows), CAR)
    assert revision != revision_of(table(*rows), replace(WALK, off_network_m=10.0))


def test_nodes_follow_a_hilbert_curve() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(32), np.arange(32)))
    order = hilbert_index(x, y / 1.0).argsort()
    steps = np.hypot(np.diff(x[order]), np.diff(y[order]))
    assert np.median(steps) == 1
    assert steps.max() <= 3


def test_progress_is_told() -> None:
    seen: list[str] = []
    build_graph(table(road(1, [1, 2], [(0, 0), (9, 0)])), WALK, progress=lambda step, _share: seen.append(step))
    assert seen == ["roads", "lengths", "nodes", "rows"]


def test_arrays_are_read_only() -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (9, 0)])), WALK)
    with pytest.raises(ValueError, match="read-only"):
        graph.edge_weight[0] = 5
