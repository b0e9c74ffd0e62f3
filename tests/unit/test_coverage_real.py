"""Real networks: equality with scipy for every demand point, and the main property of circles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geoservice.coverage.circles import circles
from geoservice.coverage.circles.exact import circles as exact_circles
from geoservice.coverage.reach import Direction, evaluate, field_of, reach
from geoservice.crs import metric_crs
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph
from geoservice.network.join import Joins, join
from tests.unit.coverage_oracle import entries, exits, feet, half_up, node_times
from tests.unit.network_builders import CAR, DATA, WALK, TestMode
from tests.unit.osm_roads import osm_lines, osm_roads

PORTO, ANDORRA = "porto.osm.pbf", "andorra_2018.osm.pbf"


@cache
def network(name: str, mode_id: str) -> Graph:
    path: Path = DATA / "osm" / name
    if not path.is_file():
        pytest.skip("../shared/data is absent")
    return build_graph(osm_roads(path), {"walk": WALK, "car": CAR}[mode_id])


def near_streets(graph: Graph, count: int, seed: int, most_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seeded places within a distance of some vertex."""
    rng = np.random.default_rng(seed)
    vertex = rng.integers(0, graph.vertex_lon.size, count)
    angle, far = rng.uniform(0, 2 * np.pi, count), rng.uniform(0, most_m, count)
    lat = graph.vertex_lat[vertex] + far * np.sin(angle) / 111_000
    lon = graph.vertex_lon[vertex] + far * np.cos(angle) / 111_000 / np.cos(np.radians(lat))
    return lon, lat


def expected(graph: Graph, stations: Joins, homes: Joins, limit: int) -> NDArray[np.float64]:
    """Least time of each home to any station, by scipy on the edge table and plain Python for the legs."""
    entering: dict[int, int] = {}
    on_edge: dict[int, list[tuple[float, int]]] = {}
    for station in range(len(stations)):
        for foot in feet(stations, station):
            on_edge.setdefault(foot.edge, []).append((foot.fraction, foot.leg_ds))
            for node, cost in entries(graph, foot):
                entering[node] = min(entering.get(node, 10**9), cost + foot.leg_ds)
    at_node = node_times(graph, entering, limit)
    found = np.full(len(homes), np.inf)
    for home in range(len(homes)):
        for foot in feet(homes, home):
            best = min((cost + at_node[node] for node, cost in exits(graph, foot)), default=np.inf)
            for fraction, leg in on_edge.get(foot.edge, []):
                along = fraction - foot.fraction
                way = graph.edge_forward if along > 0 else graph.edge_backward
                if along == 0 or way[foot.edge]:
                    best = min(best, leg + half_up(int(graph.edge_weight[foot.edge]) * abs(along)))
            found[home] = min(found[home], foot.leg_ds + best)
    return np.where(found <= limit, found, -1)


@pytest.mark.parametrize(("name", "mode"), [(ANDORRA, WALK), (ANDORRA, CAR), (PORTO, WALK), (PORTO, CAR)])
def test_reach_times_equal_scipy(name: str, mode: TestMode) -> None:
    graph = network(name, mode.id)
    tight = replace(mode, off_network_m=80.0)
    stations = join(graph, *near_streets(graph, 40, 1, 100), tight)
    homes = join(graph, *near_streets(graph, 1000, 2, 200), tight)
    limit = 36_000
    found = reach(graph, stations, homes, limit)
    assert np.array_equal(found.time_ds, expected(graph, stations, homes, limit))
    assert (found.time_ds >= 0).sum() > 200


def test_porto_is_as_large_as_an_outside_count_says() -> None:
    """75,444 nodes, 103,107 edges and 928 components by a filter of others, which is not known to the letter."""
    size = network(PORTO, "walk").statistics
    assert size.nodes == pytest.approx(75_444, rel=0.005)
    assert size.edges == pytest.approx(103_107, rel=0.005)
    assert size.components == pytest.approx(928, rel=0.02)


def test_places_near_the_main_component_join_it() -> None:
    graph = network(PORTO, "walk")
    lon, lat = near_streets(graph, 1000, 5, 200)
    found = join(graph, lon, lat, replace(WALK, off_network_m=200.0))
    assert found.joined.all()
    local = metric_crs(float(lon.mean()), float(lat.mean()))
    in_main = graph.in_main[graph.vertex_edge]
    vertices = shapely.points(*local.project(graph.vertex_lon[in_main], graph.vertex_lat[in_main]))
    here = shapely.points(*local.project(lon, lat))
    near = np.unique(shapely.STRtree(vertices).query(here, predicate="dwithin", distance=199.0)[0])
    assert not found.island[near].any()
    assert near.size > 900


def _river(path: Path) -> Barriers:
    return Barriers.of(osm_lines(path, "waterway", {"river", "stream", "canal"}))


def _no_barriers(_path: Path) -> None:
    return None


@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
@pytest.mark.parametrize(
    ("name", "mode", "limits", "barriers"),
    [
        (PORTO, WALK, (4500, 9000), _no_barriers),
        (PORTO, CAR, (1800,), _no_barriers),
        (ANDORRA, WALK, (9000,), _river),
    ],
)
def test_circles_agree_with_times(
    name: str,
    mode: TestMode,
    limits: tuple[int, ...],
    barriers: Callable[[Path], Barriers | None],
    direction: Direction,
) -> None:
    graph = network(name, mode.id)
    bars = barriers(DATA / "osm" / name)
    stations = join(graph, *near_streets(graph, 15, 3, 60), mode, bars)
    field = field_of(graph, stations, max(limits), direction)
    drawn = circles(field, mode, limits, bars, min_hole_m2=0.0)
    west, south, east, north = drawn[-1].geometry.buffer(0.003).bounds
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)
    times = evaluate(field, join(graph, lon, lat, mode, bars))
    local = metric_crs(float(lon.mean()), float(lat.mean()))
    points = local.to_metres(shapely.points(lon, lat))
    borders = [
        local.to_metres(one.geometry.boundary) for one in exact_circles(field, mode, limits, bars, min_hole_m2=0.0)
    ]
    for circle, border in zip(drawn, borders, strict=True):
        shape = local.to_metres(circle.geometry)
        assert shape.is_valid
        inside, covered = shapely.intersects(shape, points), times.within(circle.limit_ds)
        far = shapely.distance(border, points) > 10.0
        assert np.array_equal(inside[far], covered[far])
        assert inside[covered].all()
        assert (inside & covered).any()
