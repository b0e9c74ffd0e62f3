"""Feet of places on the network, and what bars them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj

from geoservice.errors import BadInput
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph
from geoservice.network.grid import SegmentGrid
from geoservice.network.join import Joined, join
from tests.unit.network_builders import CAR, LAT, LON, WALK, at, joined, road, table

GEOD = Geod(ellps="GRS80")


def local(shape: shapely.Geometry) -> shapely.Geometry:
    """A geometry in metres as longitude, latitude."""
    return shapely.transform(shape, lambda points: np.array([at(*point) for point in points]))


def scattered(seed: int, *, lat: float = LAT, count: int = 60) -> Graph:
    """Short roads with bends scattered over about two kilometres about a latitude."""
    rng = np.random.default_rng(seed)
    here = Proj(proj="tmerc", lat_0=lat, lon_0=LON, ellps="GRS80")
    rows = []
    for i in range(count):
        shape = rng.uniform(-1500, 1500, 2) + np.cumsum(rng.normal(0, 120, (4, 2)), axis=0)
        lons, lats = here(shape[:, 0], shape[:, 1], inverse=True)
        row = road(i, list(range(i * 10, i * 10 + 4)), [(0, 0)] * 4)
        rows.append(replace(row, coordinates=np.column_stack([lons, lats])))
    return build_graph(table(*rows), WALK)


@pytest.mark.parametrize("lat", [0.5, 30.66, -41.0, 65.0])
def test_feet_equal_a_slow_search_on_the_ellipsoid(lat: float) -> None:
    graph = scattered(7, lat=lat)
    mode = replace(WALK, off_network_m=1000.0)
    rng = np.random.default_rng(11)
    lon = LON + rng.uniform(-0.01, 0.01, 12)
    lats = lat + rng.uniform(-0.01, 0.01, 12)
    found = join(graph, lon, lats, mode)
    for p in range(12):
        here = Proj(proj="tmerc", lat_0=lats[p], lon_0=lon[p], ellps="GRS80")
        x, y = here(graph.vertex_lon, graph.vertex_lat)
        legs = []
        for edge in range(graph.edges):
            for s in range(graph.vertex_offset[edge], graph.vertex_offset[edge + 1] - 1):
                leg = shapely.LineString([(x[s], y[s]), (x[s + 1], y[s + 1])]).distance(shapely.Point(0, 0))
                legs.append((edge, leg))
        expected = [(edge, leg) for edge, leg in legs if leg <= 1000.0]
        part = slice(found.offset[p], found.offset[p + 1])
        assert found.edge[part].tolist() == [edge for edge, _ in expected]
        assert np.allclose(found.leg_m[part], [leg for _, leg in expected], atol=0.002)
        measured = GEOD.inv(
            np.full(len(expected), lon[p]), np.full(len(expected), lats[p]), found.foot_lon[part], found.foot_lat[part]
        )[2]
        assert np.allclose(found.leg_m[part], measured, atol=0.005)


def test_shares_of_the_edge_are_by_length_and_rounded_from_either_end() -> None:
    graph = build_graph(table(road(1, [1, 2, 3], [(0, 0), (100, 0), (100, 300)])), WALK)
    found = joined(graph, [(110, 200)], WALK)
    straight = found.leg_m.argmin()
    assert found.leg_m[straight] == pytest.approx(10, abs=0.002)
    assert found.fraction[straight] == pytest.approx(0.75, abs=1e-5)
    weight = int(graph.edge_weight[0])
    assert found.from_u_ds[straight] == int(weight * found.fraction[straight] + 0.5)
    assert found.from_v_ds[straight] == int(weight * (1 - found.fraction[straight]) + 0.5)
    assert found.leg_ds[straight] == int(found.leg_m[straight] * 36 / WALK.off_network_kmh + 0.5)
    assert len(found.edge) == 2


def test_feet_at_ends_are_exactly_there() -> None:
    graph = build_graph(table(road(1, [1, 2, 3], [(0, 0), (33.3, 7.7), (100, 0)])), WALK)
    found = joined(graph, [(-50, 0), (150, 0)], WALK)
    assert found.fraction[found.offset[0]] == 0.0
    assert found.fraction[found.offset[2] - 1] == 1.0
    assert found.from_v_ds[found.offset[2] - 1] == 0


def test_distance_off_the_network_is_a_closed_bound() -> None:
    graph = build_graph(table(road(1, [1, 2], [(-500, 0), (500, 0)])), WALK)
    assert joined(graph, [(0, 299.9)], WALK).joined.all()
    far = joined(graph, [(0, 300.1)], WALK)
    assert (far.status[0], far.reason(0)) == (Joined.OFF_NETWORK, "off_network")
    on_road = joined(graph, [(0, 0.0)], replace(WALK, off_network_m=0.0))
    assert on_road.leg_m.tolist() == [0.0]


def test_far_places_and_no_places() -> None:
    graph = build_graph(table(road(1, [1, 2], [(-500, 0), (500, 0)])), WALK)
    assert joined(graph, [(90_000, 90_000)], WALK).reason(0) == "off_network"
    assert join(graph, np.array([-60.0]), np.array([-89.9]), WALK).reason(0) == "off_network"
    assert len(joined(graph, [], WALK)) == 0


def test_places_near_a_fragment_alone_are_on_an_island() -> None:
    graph = build_graph(
        table(
            road(1, [1, 2, 3], [(-1000, 0), (0, 0), (1000, 0)]),
            road(3, [2, 9], [(0, 0), (0, -300)]),
            road(2, [4, 5], [(-100, 500), (100, 500)]),
        ),
        WALK,
    )
    found = joined(graph, [(0, 250), (0, 400), (0, 10)], WALK)
    assert found.island.tolist() == [False, True, False]
    assert found.joined.all()
    first = slice(found.offset[0], found.offset[1])
    assert set(graph.edge_road[found.edge[first]].tolist()) == {1, 2, 3}


def test_bad_places_are_refused_with_their_row() -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (9, 0)])), WALK)
    for lon, lat in ((np.nan, 0.0), (0.0, np.inf), (200.0, 0.0), (0.0, 91.0)):
        with pytest.raises(BadInput) as caught:
            join(graph, np.array([113.0, lon]), np.array([30.0, lat]), WALK)
        assert (caught.value.code, caught.value.values["row"]) == ("network.bad-point", 2)


@pytest.mark.parametrize(
    ("field", "code"), [("off_network_kmh", "network.bad-speed"), ("off_network_m", "network.bad-distance")]
)
@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_bad_modes_are_refused(field: str, code: str, value: float) -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (9, 0)])), WALK)
    with pytest.raises(BadInput) as caught:
        joined(graph, [(0, 0)], replace(WALK, **{field: value}))
    assert caught.value.code == code


ROAD = table(road(1, [1, 2], [(-1000, 0), (1000, 0)]))
RIVER = [(-2000, 50), (0, 50), (2000, 50)]


@pytest.mark.parametrize(
    "barrier",
    [
        shapely.LineString(RIVER),
        shapely.box(-2000, 40, 2000, 60),
        shapely.MultiLineString([RIVER, [(0, 900), (1, 900)]]),
        shapely.MultiPolygon([shapely.box(-2000, 40, 2000, 60)]),
        shapely.GeometryCollection([shapely.Point(0, 0), shapely.GeometryCollection([shapely.LineString(RIVER)])]),
        shapely.LinearRing([(-2000, 50), (2000, 50), (2000, 55), (-2000, 55)]),
    ],
)
def test_a_leg_across_a_barrier_is_dropped(barrier: shapely.Geometry) -> None:
    graph = build_graph(ROAD, WALK)
    found = joined(
        graph, [(0, 100), (0, 30), (0.0, -100), (37, 100)], mode=WALK, barriers=Barriers.of([local(barrier)])
    )
    assert [found.reason(i) for i in range(4)] == ["blocked", None, None, "blocked"]


def test_places_inside_an_area_are_blocked_and_bridges_do_not_help() -> None:
    lake = Barriers.of([local(shapely.Polygon([(-300, -300), (300, -300), (300, 300), (-300, 300)]))])
    found = joined(build_graph(ROAD, WALK), [(0, 50), (310, 50), (0, 310), (0, 0)], WALK, lake)
    assert [found.reason(i) for i in range(3)] == ["blocked", None, "off_network"]
    assert found.leg_m[found.offset[3] : found.offset[4]].max(initial=0.0) <= 0.001


def test_a_road_drawn_along_the_very_edge_of_water_is_reached_from_the_land() -> None:
    lake = Barriers.of([local(shapely.Polygon([(-1000, 0), (0, 0), (1000, 0), (1000, 400), (-1000, 400)]))])
    found = joined(build_graph(ROAD, WALK), [(0, -80), (13, -80), (0, 80)], WALK, lake)
    assert [found.reason(i) for i in range(3)] == [None, None, "blocked"]


def test_no_barriers_bar_nothing() -> None:
    graph = build_graph(ROAD, WALK)
    for barriers in (Barriers.of([]), Barriers.of([None, shapely.Point(0, 0), shapely.Polygon()])):
        assert not barriers
        assert joined(graph, [(0, 100)], WALK, barriers).joined.all()


def test_one_ways_do_not_matter_for_feet() -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (100, 0)], oneway="forward")), CAR)
    assert joined(graph, [(50, 10)], CAR).joined.all()


coordinate = st.floats(-10, 10, allow_nan=False).map(lambda value: round(value, 2))
point = st.tuples(coordinate, coordinate)


@settings(max_examples=300, deadline=None)
@given(st.lists(point, min_size=2, max_size=12), st.lists(st.tuples(point, point), min_size=1, max_size=5))
def test_crossings_equal_shapely(
    chain: list[tuple[float, float]], lines: list[tuple[tuple[float, float], tuple[float, float]]]
) -> None:
    x, y = np.array(chain).T
    grid = SegmentGrid.build(x.copy(), y.copy(), np.arange(len(chain) - 1, dtype=np.int32))
    ends = np.array(lines)
    found = grid.crossed(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
    barrier = shapely.LineString(chain)
    for crossed, (a, b) in zip(found.tolist(), lines, strict=True):
        line = shapely.LineString([a, b])
        near = min(shapely.Point(p).distance(line) for p in chain) < 1e-6
        touching = min(shapely.Point(p).distance(barrier) for p in (a, b)) < 1e-6
        if near or touching:
            continue
        assert crossed == line.intersects(barrier)


def test_barriers_in_a_box_keep_all_rings_of_an_area() -> None:
    """Where the edges of areas begin is counted by what stands before them, whatever lies outside of the box."""
    lake = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(8, 8, 9, 9).exterior])
    stream, ditch = shapely.LineString([(0.5, -1), (0.5, 1)]), shapely.LineString([(20, 20), (21, 21)])
    found = Barriers.of([stream, lake, ditch]).within(0, 0, 1, 1)
    assert (len(found.areas), len(found.lines), found.first_area) == (1, 3, 2)
    assert Barriers.of([ditch]).within(0, 0, 1, 1).first_area == 0
    assert not Barriers.of([lake]).within(50, 50, 60, 60)
