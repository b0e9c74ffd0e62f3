"""Zones of a circle: how many facilities are in reach, which one is nearest; and the roads that are reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.circles import circles
from geoservice.coverage.circles.lines import reached_lines
from geoservice.coverage.circles.zones import Ask, Zone, nearest, overlaps
from geoservice.coverage.reach import Field, field_of
from geoservice.crs import ELLIPSOID
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow
from geoservice.network.join import join
from tests.unit.network_builders import WALK, Place, TestMode, at, grid, joined, networks, road, table
from tests.unit.test_coverage_circles import in_metres, local, scatter

# 1 m/s on and off the network.
PLAIN = replace(WALK, off_network_kmh=3.6, speeds={})
# The issue asks for ten; where a leg ends at its longest the time leaps, and a border may be off by half a step more.
BAND_M = 13.0
FACILITIES = [(0.0, 0.0), (900.0, 300.0), (300.0, 900.0), (650.0, 640.0)]


def asked(
    graph: Graph, facilities: Sequence[Place], limit: int, mode: TestMode = PLAIN, barriers: Barriers | None = None
) -> tuple[Field, Ask, shapely.MultiPolygon]:
    field = field_of(graph, joined(graph, facilities, mode, barriers), limit)
    ask = Ask(
        field,
        graph.reverse,
        lambda lon, lat: join(graph, lon, lat, mode, barriers),
        limit,
        mode.off_network_kmh / 36.0,
    )
    return field, ask, circles(field, mode, [limit], barriers)[0].geometry


def within(zone: Zone | None, places: Sequence[Place]) -> tuple[np.ndarray, np.ndarray]:
    """Which places lie in a zone, and how far each is from its border."""
    points = shapely.points(np.array(places))
    if zone is None:
        return np.zeros(len(places), dtype=bool), np.full(len(places), np.inf)
    shape = in_metres(zone)  # type: ignore[arg-type]
    return shapely.intersects(shape, points), shapely.distance(shapely.boundary(shape), points)


@pytest.mark.parametrize("barrier", [False, True])
def test_zones_agree_with_times_at_random_places(*, barrier: bool) -> None:
    graph = build_graph(grid(11, 11, 100.0), PLAIN)
    barriers = Barriers.of([local(shapely.box(420, 130, 580, 170))]) if barrier else None
    limit = 6000
    field, ask, circle = asked(graph, FACILITIES, limit, barriers=barriers)
    places = scatter(3, 3000, -300, 1300)
    feet = joined(graph, places, PLAIN, barriers)
    true = nearest_facilities(field, graph.reverse, feet, 4)
    counted = ((true.time_ds >= 0) & (true.time_ds <= limit)).sum(axis=1)
    zones = {zone.key: zone for zone in overlaps(ask, circle, 3)}
    for k in (2, 3):
        inside, away = within(zones[k], places)
        far = away > BAND_M
        assert far.sum() > 2000
        assert np.array_equal(inside[far], (counted >= k)[far])
    parts = {zone.key: zone for zone in nearest(ask, circle)}
    owner = np.where(counted > 0, true.source[:, 0], -1)
    assert set(parts) == {0, 1, 2, 3}
    for facility, zone in parts.items():
        inside, away = within(zone, places)
        far = away > BAND_M
        assert np.array_equal(inside[far], (owner == facility)[far])


def test_zones_are_valid_and_cover_the_circle_once() -> None:
    graph = build_graph(grid(11, 11, 100.0), PLAIN)
    _, ask, circle = asked(graph, FACILITIES, 6000)
    parts = nearest(ask, circle)
    two, three = overlaps(ask, circle, 3)
    assert all(zone.geometry.is_valid for zone in (*parts, two, three))
    whole = shapely.union_all([zone.geometry for zone in parts])
    twice = sum(zone.geometry.area for zone in parts) - whole.area
    assert twice < 0.002 * whole.area
    assert shapely.symmetric_difference(whole, circle).area < 0.03 * circle.area
    assert shapely.difference(three.geometry, two.geometry).area < 1e-3 * three.geometry.area


def test_two_facilities_on_one_straight_road_meet_in_the_middle() -> None:
    graph = build_graph(table(road(1, [1, 2], [(0, 0), (1000, 0)])), PLAIN)
    _, ask, circle = asked(graph, [(0.0, 0.0), (1000.0, 0.0)], 6000)
    left, right = nearest(ask, circle)
    assert shapely.bounds(in_metres(left))[2] == pytest.approx(500, abs=2)  # type: ignore[arg-type]
    assert shapely.bounds(in_metres(right))[0] == pytest.approx(500, abs=2)  # type: ignore[arg-type]
    (two,) = overlaps(ask, circle, 2)
    # Within 600 s of both: from 400 to 600 m along the road.
    west, _, east, _ = shapely.bounds(in_metres(two))  # type: ignore[arg-type]
    assert (west, east) == (pytest.approx(400, abs=3), pytest.approx(600, abs=3))


def test_one_facility_has_no_overlap_and_the_whole_circle() -> None:
    graph = build_graph(grid(6, 6, 100.0), PLAIN)
    _, ask, circle = asked(graph, [(250.0, 250.0)], 2000)
    assert overlaps(ask, circle) == []
    (only,) = nearest(ask, circle)
    assert shapely.symmetric_difference(only.geometry, circle).area < 0.08 * circle.area


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.lists(st.tuples(st.floats(-50, 550), st.floats(-50, 550)), min_size=1, max_size=4))
def test_zones_close_on_any_network(rows: list[RoadRow], facilities: list[Place]) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), PLAIN)
    field, ask, circle = asked(graph, facilities, 3000)
    assume(field.facilities.joined.any())
    parts = nearest(ask, circle)
    for zone in (*overlaps(ask, circle), *parts):
        assert zone.geometry.is_valid
        assert zone.area_km2 > 0.0
    # Nothing of the circle that is wider than its margin is left out.
    left = shapely.difference(in_metres(Zone(0, circle, 0.0)), shapely.union_all([in_metres(one) for one in parts]))  # type: ignore[arg-type]
    assert left.buffer(-2 * BAND_M).area < 200.0


def test_reached_lines_are_cut_where_the_limit_ends() -> None:
    graph = build_graph(table(road(1, [1, 2, 3], [(0, 0), (1000, 0), (1000, 800)])), PLAIN)
    field = field_of(graph, joined(graph, [(200.0, 0.0)], PLAIN), 9000)
    bands = reached_lines(field, PLAIN, [1000, 3000, 9000])
    lengths = [ELLIPSOID.geometry_length(band) for band in bands]
    # To both sides as far as 100 m; then 100 to 200 m to the west end and 300 m to the east; then the next 600 m.
    assert lengths == [pytest.approx(200, abs=0.6), pytest.approx(300, abs=0.6), pytest.approx(600, abs=0.6)]
    ends = shapely.points([at(300, 0), at(500, 0), at(1000, 100)])
    assert all(shapely.distance(band, end) < 1e-5 for band, end in zip(bands, ends, strict=False))


def test_reached_lines_add_up_to_the_network() -> None:
    graph = build_graph(grid(5, 5, 100.0), PLAIN)
    field = field_of(graph, joined(graph, [(130.0, 0.0), (400.0, 400.0)], PLAIN), 36000)
    bands = reached_lines(field, PLAIN, [600, 1200, 36000])
    assert sum(ELLIPSOID.geometry_length(band) for band in bands) == pytest.approx(4000, rel=1e-3)
    alone = reached_lines(field, PLAIN, [1200])[0]
    assert ELLIPSOID.geometry_length(alone) == pytest.approx(sum(map(ELLIPSOID.geometry_length, bands[:2])), rel=1e-6)


def test_a_road_of_two_directions_is_there_once() -> None:
    # It falls to the west, so that each direction is an edge of its own.
    roads = table(road(1, [1, 2], [(0, 0), (1000, 0)]))
    graph = build_graph(roads, replace(PLAIN, slope=True), height_m=np.array([0.0, 60.0]))
    assert graph.copy is not None
    assert graph.copy.any()
    field = field_of(graph, joined(graph, [(500.0, 0.0)], PLAIN), 36000)
    bands = reached_lines(field, PLAIN, [1000, 3000, 36000])
    lengths = [ELLIPSOID.geometry_length(band) for band in bands]
    assert sum(lengths) == pytest.approx(1000, abs=0.5)
    assert lengths[0] > 100.0
    for k, band in enumerate(bands):
        for other in bands[k + 1 :]:
            assert shapely.intersection(band, other).length < 1e-9
