"""People onto communities: nobody lost, nobody twice, nobody over a township line."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.ingest.population.apportion import persons, split
from geoservice.ingest.population.overlaps import footprint, overlapping
from geoservice.ingest.population.sharing import Cells, share_cells, to_shares
from tests.unit.population_builders import people_by_samples, territories


def cells(shapes, population, **groups):
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    people = {"population": np.array(population, dtype=np.int64)}
    return Cells(geometry, people | {name: np.array(values, dtype=np.int64) for name, values in groups.items()})


def shared(over, found):
    return to_shares(share_cells(found, over), over)


@given(
    st.lists(st.integers(0, 10_000), min_size=1, max_size=8),
    st.data(),
)
def test_pieces_add_up_to_what_was_split(amounts, data):
    owners, weights = [], []
    for owner in range(len(amounts)):
        for _ in range(data.draw(st.integers(1, 5))):
            owners.append(owner)
            weights.append(data.draw(st.floats(0.01, 10)))
    amount, owner, weight = np.array(amounts), np.array(owners), np.array(weights)
    pieces = split(amount, owner, weight)
    assert np.bincount(owner, weights=pieces, minlength=len(amounts)).tolist() == amounts
    exact = amount[owner] * weight / np.bincount(owner, weights=weight)[owner]
    assert np.all(np.abs(pieces - exact) < 1 + 1e-6)
    assert np.all(pieces >= 0)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=30))
def test_persons_keep_the_total_and_stay_within_one(milli):
    given_milli = np.array(milli)
    total = (int(given_milli.sum()) + 500) // 1000
    found = persons(given_milli, total)
    assert found.sum() == total
    assert np.all(np.abs(1000 * found - given_milli) < 1500)


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_the_aged_stay_within_all(rows):
    everyone = np.array([row[0] for row in rows])
    aged = np.array([int(row[0] * row[1]) for row in rows])
    found = persons(everyone, (int(everyone.sum()) + 500) // 1000)
    total = min((int(aged.sum()) + 500) // 1000, int(found.sum()))
    old = persons(aged, total, found)
    assert old.sum() == total
    assert np.all(old <= found)


coordinates = st.integers(0, 40).map(lambda n: 100.0 * n)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=9),
    st.lists(st.tuples(coordinates, coordinates, st.integers(1, 9), st.integers(0, 900)), min_size=1, max_size=9),
)
def test_nobody_is_lost_whatever_the_places(points, boxes):
    # Cells on a lattice of their own; several communities may stand on one spot.
    shapes = [shapely.box(x, y, x + 37.0 * n, y + 53.0) for x, y, n, _ in boxes]
    population = [people for *_, people in boxes]
    found = shared(territories(points, within_m=700.0), cells(shapes, population))
    given_out = sum(people["population"] for people in found.community.values())
    assert given_out + found.outside["population"] == sum(population) == found.total["population"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=7, unique=True), st.integers(0, 10_000))
def test_sharing_is_that_of_the_nearest_point(points, people):
    polygon = shapely.Polygon([(300, 200), (3700, 500), (3100, 3600), (1200, 2900)])
    found = shared(territories(points, within_m=100_000.0), cells([polygon], [people]))
    oracle = people_by_samples(polygon, people, points, 20.0)
    for position, expected in enumerate(oracle, start=1):
        assert found.community.get(position, {"population": 0})["population"] == pytest.approx(
            expected, abs=2 + 0.006 * people
        )


TOWNS = (
    (1, "township", shapely.box(0, 0, 1000, 1000)),
    (2, "township", shapely.box(1000, 0, 2000, 1000)),
    (9, "county", shapely.box(0, 0, 3000, 1000)),
)


def test_people_never_cross_a_township_line():
    # The community of town 2 stands at the line, nearest to nearly all of town 1.
    over = territories([(50, 500, 1), (1001, 500, 2)], TOWNS)
    found = shared(over, cells([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], [700, 300]))
    assert {key: people["population"] for key, people in found.community.items()} == {1: 700, 2: 300}


def test_a_township_without_a_community_is_told_and_gives_to_nobody():
    over = territories([(50, 500, 1)], TOWNS)
    found = shared(over, cells([shapely.box(0, 0, 2000, 1000)], [1000]))
    assert found.community == {1: {"population": 500}}
    assert found.unserved == {2: {"population": 500}}
    assert found.outside == {"population": 500}


def test_a_community_of_no_township_gets_the_rest_of_its_county():
    over = territories([(50, 500, 1), (2500, 500)], TOWNS)
    found = shared(over, cells([shapely.box(0, 0, 3000, 1000)], [900]))
    assert found.community == {1: {"population": 300}, 2: {"population": 300}}
    assert found.unserved == {2: {"population": 300}}


def test_without_outlines_a_community_reaches_so_far_and_no_farther():
    over = territories([(0, 0)], within_m=1000.0)
    found = shared(over, cells([shapely.box(-50, -50, 50, 50), shapely.box(5000, 0, 5100, 100)], [10, 7]))
    assert found.community == {1: {"population": 10}}
    assert found.outside == {"population": 7}


def test_communities_on_one_spot_share_evenly():
    over = territories([(0, 0), (0, 0), (0, 0)])
    found = shared(over, cells([shapely.box(-50, -50, 50, 50)], [11], population_60=[5], population_80=[5]))
    assert [people["population"] for people in found.community.values()] == [4, 4, 3]
    assert [people["population_60"] for people in found.community.values()] == [2, 2, 1]
    assert found.total == {"population": 11, "population_60": 5, "population_80": 5}


def test_a_point_gives_to_the_territory_that_holds_it_once():
    over = territories([(0, 0), (100, 0)])
    # On the very border between the two: the first.
    found = shared(over, cells(shapely.points([(10, 0), (90, 5), (50, 7), (0, 99_999)]), [1, 2, 4, 8]))
    assert found.community == {1: {"population": 5}, 2: {"population": 2}}
    assert found.outside == {"population": 8}


def test_a_community_that_a_source_does_not_reach_stays_unknown():
    over = territories([(0, 0), (4000, 0)])
    found = shared(over, cells([shapely.box(-50, -50, 50, 50)], [0]))
    assert found.community == {1: {"population": 0}}


def test_outlines_that_overlap_count_nobody_twice():
    outlines = [(1, "township", shapely.box(0, 0, 1010, 1000)), (2, "township", shapely.box(990, 0, 2000, 1000))]
    over = territories([(500, 500, 1), (1500, 500, 2)], outlines)
    assert sum(shapely.area(over.areas())) == pytest.approx(shapely.area(shapely.union_all(over.areas())))
    found = shared(over, cells([shapely.box(0, 0, 2000, 1000)], [2000]))
    assert found.community == {1: {"population": 1010}, 2: {"population": 990}}


def test_cells_that_only_touch_do_not_overlap():
    boxes = shapely.box([0, 100, 200, 95], [0, 0, 0, 100], [100, 200.5, 300, 205], [100, 100, 100, 200])
    assert overlapping(boxes) == []
    assert overlapping(np.append(boxes, shapely.box(150, 50, 160, 60))) == [(1, 4)]
    assert overlapping(shapely.points([(0, 0), (0, 0)])) == []


def test_a_footprint_is_where_cells_are():
    assert footprint(shapely.box([0, 1], [0, 0], [1, 2], [1, 1])).area == 2.0
    hull = footprint(shapely.points([(0, 0), (0, 1), (1, 0), (1, 1)]))
    assert hull.area == pytest.approx(1.0)
    assert footprint(shapely.points([(5, 5)])).area > 0
