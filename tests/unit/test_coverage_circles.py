"""Circles: inside if and only if the time is within the limit, outside a band of ten metres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geoservice.coverage.circles import Circle, circles
from geoservice.coverage.circles.exact import circles as exact_circles
from geoservice.coverage.reach import Field, evaluate, field_of
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow
from geoservice.network.turns import TurnRow
from tests.unit.network_builders import CAR, WALK, Place, TestMode, at, grid, joined, metres, networks, road, table
from tests.unit.turn_builders import DRIVE, streets

# 1 m/s on and off the network.
PLAIN = replace(WALK, off_network_kmh=3.6)
BAND_M = 10.0
CENTIMETRE_IN_DEGREES = 1e-7
MICROMETRE_IN_DEGREES = 1e-11


def drawn(
    graph: Graph,
    facilities: Sequence[Place],
    limits: Sequence[int],
    mode: TestMode = PLAIN,
    barriers: Barriers | None = None,
    *,
    min_hole_m2: float = 0.0,
    make: Callable[..., list[Circle]] = circles,
) -> tuple[Field, list[Circle]]:
    field = field_of(graph, joined(graph, facilities, mode, barriers), max(limits))
    return field, make(field, mode, limits, barriers, min_hole_m2=min_hole_m2)


def local(shape: shapely.Geometry) -> shapely.Geometry:
    """A geometry in metres as longitude, latitude."""
    return shapely.transform(shape, lambda points: np.array([at(*point) for point in points]))


def in_metres(circle: Circle) -> shapely.Geometry:
    return shapely.transform(
        circle.geometry, lambda points: np.array([metres(*point) for point in points]).reshape(-1, 2)
    )


def agrees(
    field: Field, circle: Circle, given_places: Sequence[Place], mode: TestMode, barriers: Barriers | None = None
) -> None:
    """The main property, and that every covered place is inside; the band lies along the border drawn by unions."""
    (true,) = exact_circles(field, mode, [circle.limit_ds], barriers, min_hole_m2=0.0)
    border = shapely.boundary(in_metres(true))
    feet = joined(field.graph, given_places, mode, barriers)
    # A place on a bridge itself has no leg and is reached; the circle leaves out all water.
    on_road = [p for p in range(len(given_places)) if (feet.leg_m[feet.offset[p] : feet.offset[p + 1]] == 0).any()]
    places = np.delete(np.array(given_places), on_road, axis=0)
    covered = np.delete(evaluate(field, feet).within(circle.limit_ds), on_road)
    shape = in_metres(circle)
    points = shapely.points(places)
    inside = shapely.intersects(shape, points)
    far = shapely.distance(border, points) > BAND_M if not border.is_empty else np.ones(len(points), bool)
    assert np.array_equal(inside[far], covered[far]), places[far & (inside != covered)]
    assert inside[covered].all(), places[covered & ~inside]


def scatter(seed: int, count: int, low: float, high: float) -> list[Place]:
    return [(float(x), float(y)) for x, y in np.random.default_rng(seed).uniform(low, high, (count, 2))]


barrier_shapes = st.one_of(
    st.lists(st.tuples(st.floats(-200, 700), st.floats(-200, 700)), min_size=2, max_size=5, unique=True).map(
        shapely.LineString
    ),
    st.tuples(st.floats(-100, 500), st.floats(-100, 500), st.floats(20, 150), st.floats(20, 150)).map(
        lambda box: shapely.box(box[0], box[1], box[0] + box[2], box[1] + box[3])
    ),
    st.tuples(st.floats(-100, 500), st.floats(-100, 500), st.floats(10, 90)).map(
        lambda disc: shapely.Point(disc[:2]).buffer(disc[2])
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    streets,
    st.lists(st.tuples(st.floats(-100, 600), st.floats(-100, 600)), min_size=1, max_size=3),
    st.sampled_from([replace(PLAIN, speeds={}), DRIVE, replace(DRIVE, off_network_m=60.0, speeds={"motorway": 3.0})]),
    st.integers(1, 6000),
    st.lists(barrier_shapes, max_size=3),
    st.integers(0, 2**31),
)
def test_a_place_is_inside_if_and_only_if_it_is_within_the_limit(
    roads: tuple[list[RoadRow], list[TurnRow]],
    facilities: list[Place],
    mode: TestMode,
    limit: int,
    shapes: list[shapely.Geometry],
    seed: int,
) -> None:
    rows, bans = roads
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), mode, bans)
    barriers = Barriers.of([local(shape) for shape in shapes]) if shapes else None
    for make in (circles, exact_circles):
        field, (smaller, circle) = drawn(graph, facilities, [limit // 2, limit], mode, barriers, make=make)
        for one in (smaller, circle):
            assert one.geometry.is_valid
            agrees(field, one, scatter(seed, 300, -500, 1000), mode, barriers)
        assert smaller.geometry.difference(circle.geometry.buffer(CENTIMETRE_IN_DEGREES)).is_empty
        feet = joined(graph, facilities, mode, barriers).joined
        for (x, y), has_foot in zip(facilities, feet, strict=True):
            # A facility on the very edge of a barrier lies on the border of its circle.
            assert not has_foot or circle.geometry.dwithin(shapely.Point(at(x, y)), MICROMETRE_IN_DEGREES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    networks(),
    st.lists(st.tuples(st.floats(-100, 600), st.floats(-100, 600)), min_size=1, max_size=3),
    st.sampled_from([replace(PLAIN, speeds={}), replace(CAR, speeds={}), replace(PLAIN, speed_kmh=20.0, speeds={})]),
    st.integers(1, 6000),
)
def test_the_grid_holds_the_exact_circle_and_little_more(
    rows: list[RoadRow], facilities: list[Place], mode: TestMode, limit: int
) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), mode)
    _, (circle,) = drawn(graph, facilities, [limit], mode)
    _, (true,) = drawn(graph, facilities, [limit], mode, make=exact_circles)
    assert circle.geometry.is_empty == true.geometry.is_empty
    if not circle.geometry.is_empty:
        inner, outer = in_metres(true), in_metres(circle)
        assert outer.buffer(1.5).contains(inner)
        assert inner.buffer(BAND_M).contains(outer)


STRAIGHT = build_graph(table(road(1, [1, 2], [(-2000, 0), (2000, 0)])), PLAIN)


@pytest.mark.parametrize(("limit_s", "most_m"), [(600, 300.0), (200, 300.0), (600, 40.0)])
def test_area_about_a_straight_road_has_a_closed_form(limit_s: float, most_m: float) -> None:
    """Legs of min(d_off, L - s) on either side of v t of road in either direction."""
    mode = replace(PLAIN, off_network_m=most_m)
    leg = min(most_m, limit_s)
    expected = 4 * (limit_s - leg) * leg + 2 * leg * leg
    _, (true,) = drawn(STRAIGHT, [(0, 0)], [int(limit_s * 10)], mode, make=exact_circles)
    assert true.area_km2 * 1e6 == pytest.approx(expected, rel=0.02)
    _, (circle,) = drawn(STRAIGHT, [(0, 0)], [int(limit_s * 10)], mode)
    assert 0.98 * expected < circle.area_km2 * 1e6 < 1.02 * expected + BAND_M * in_metres(true).length / 2


def test_area_beyond_a_dead_end_is_half_a_disc() -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (100, 0)])), PLAIN)
    _, (circle,) = drawn(graph, [(0, 0)], [6000], replace(PLAIN, off_network_m=50.0), make=exact_circles)
    assert circle.area_km2 * 1e6 == pytest.approx(100 * 100 + math.pi * 50 * 50, rel=0.05)


def test_without_legs_the_circle_is_the_road_itself() -> None:
    mode = replace(PLAIN, off_network_m=0.0)
    for make, most_m in ((exact_circles, 2.5), (circles, BAND_M)):
        field, (circle,) = drawn(STRAIGHT, [(0, 0)], [6000], mode, make=make)
        west, south, east, north = in_metres(circle).bounds
        assert (west, east) == pytest.approx((-600, 600), abs=most_m)
        assert north - south < 2 * most_m
    agrees(field, circle, [(float(x), 0.0) for x in range(-1000, 1000, 7)], mode)


def test_circles_of_several_limits_are_nested_and_in_the_order_asked_for() -> None:
    graph = build_graph(grid(12, 12, 100.0), PLAIN)
    field, found = drawn(graph, [(550, 550), (0, 30)], [6000, 1500, 3000])
    assert [circle.limit_ds for circle in found] == [6000, 1500, 3000]
    large, small, middle = (circle.geometry for circle in found)
    assert large.buffer(CENTIMETRE_IN_DEGREES).contains(middle)
    assert middle.buffer(CENTIMETRE_IN_DEGREES).contains(small)
    for circle in found:
        agrees(field, circle, scatter(5, 2000, -400, 1500), PLAIN)


def test_facilities_are_inside_even_where_no_time_is_left() -> None:
    _, found = drawn(STRAIGHT, [(0, 250), (900, 10)], [0, 100])
    for circle in found:
        assert circle.geometry.is_valid
        assert circle.geometry.intersects(shapely.Point(at(0, 250)))
        assert circle.geometry.intersects(shapely.Point(at(900, 10)))
        assert circle.area_km2 < 0.02


def test_no_facility_on_the_network_gives_an_empty_circle() -> None:
    for facilities in ([], [(0.0, 5000.0)]):
        _, (circle,) = drawn(STRAIGHT, facilities, [9000])
        assert circle.geometry.is_empty
        assert circle.geometry.geom_type == "MultiPolygon"
        assert circle.area_km2 == 0.0


def test_a_limit_beyond_the_field_is_refused() -> None:
    field = field_of(STRAIGHT, joined(STRAIGHT, [(0, 0)], PLAIN), 3000)
    with pytest.raises(ValueError, match="limit"):
        circles(field, PLAIN, [3001])


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    ring = [(0, 0), (600, 0), (600, 600), (0, 600), (0, 0)]
    mode = replace(PLAIN, off_network_m=200.0)
    graph = build_graph(table(road(1, [1, 2, 3, 4, 1], ring)), mode)
    for least_m2, holes in ((10_000.0, 1), (100_000.0, 0)):
        _, (circle,) = drawn(graph, [(0, 0)], [60_000], mode, min_hole_m2=least_m2)
        assert [len(part.interiors) for part in circle.geometry.geoms] == [holes]


def test_a_ring_in_a_hole_of_a_ring_is_kept() -> None:
    def square(id_: int, half: float) -> RoadRow:
        corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
        return road(id_, [id_ * 10 + k for k in (0, 1, 2, 3, 0)], corners)

    mode = replace(PLAIN, off_network_m=20.0)
    graph = build_graph(table(square(1, 500), square(2, 100)), mode)
    field, (circle,) = drawn(graph, [(500, 0), (100, 0)], [60_000], mode)
    assert len(circle.geometry.geoms) == 2
    agrees(field, circle, scatter(2, 3000, -600, 600), mode)


def test_a_river_bars_legs_and_its_bridge_lets_pass() -> None:
    roads = table(
        road(1, [1, 2, 3], [(0, 100), (1000, 100), (2000, 100)]),
        road(2, [4, 5, 6], [(0, -400), (1000, -400), (2000, -400)]),
        road(3, [3, 6], [(2000, 100), (2000, -400)]),
    )
    graph = build_graph(roads, PLAIN)
    river = Barriers.of([local(shapely.box(-500, -10, 3000, 10))])
    field, (near, far) = drawn(graph, [(0, 100)], [9000, 40_000], PLAIN, river)
    assert not near.geometry.intersects(shapely.Point(at(0, -100)))
    assert far.geometry.intersects(shapely.Point(at(1000, -200)))
    for circle in (near, far):
        assert not circle.geometry.contains(shapely.Point(at(700, 0)))
        agrees(field, circle, scatter(9, 4000, -700, 2500), PLAIN, river)


def test_a_road_along_the_edge_of_water_is_dry_on_one_side() -> None:
    lake = Barriers.of([local(shapely.Polygon([(-900, 0), (0, 0), (900, 0), (900, 400), (-900, 400)]))])
    field, (circle,) = drawn(STRAIGHT, [(0, 0)], [6000], PLAIN, lake)
    assert circle.geometry.intersects(shapely.Point(at(0, -150)))
    assert not circle.geometry.intersects(shapely.Point(at(0, 150)))
    agrees(field, circle, scatter(1, 3000, -800, 800), PLAIN, lake)


def test_one_ways_make_different_circles_to_and_from() -> None:
    mode = replace(PLAIN, oneway=True, off_network_m=30.0)
    graph = build_graph(grid(8, 8, 100.0, oneway="forward"), mode)
    feet = joined(graph, [(350, 310)], mode)
    for direction in ("to_facility", "from_facility"):
        field = field_of(graph, feet, 9000, direction)
        (circle,) = circles(field, mode, [9000], min_hole_m2=0.0)
        agrees(field, circle, scatter(3, 4000, -50, 750), mode)
        corner = (50.0, 50.0) if direction == "to_facility" else (650.0, 650.0)
        assert circle.geometry.distance(shapely.Point(at(*corner))) < 1e-3
