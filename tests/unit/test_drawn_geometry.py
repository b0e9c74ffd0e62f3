"""Cutting, joining, looking over: against areas and borders worked out in other ways."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as some

from geoservice.editing.cutting import merge, split
from geoservice.editing.geometry import faults, measures, read_geometry
from geoservice.errors import BadRequest

angles = some.lists(some.integers(0, 3599), min_size=5, max_size=40, unique=True)
radii = some.lists(some.integers(200, 1000), min_size=40, max_size=40)


def star(turns: list[int], reaches: list[int]) -> Any:
    """A polygon that sees all of itself from its middle."""
    corners = [
        (113 + reach / 1e5 * math.cos(math.radians(turn / 10)), 30 + reach / 1e5 * math.sin(math.radians(turn / 10)))
        for turn, reach in zip(sorted(turns), reaches, strict=False)
    ]
    return shapely.Polygon(corners)


def exact_area(shape: Any) -> Fraction:
    """By the shoelace formula in whole numbers."""
    total = Fraction(0)
    for part in shapely.get_parts(shape):
        for ring, sign in [(part.exterior, 1), *((hole, -1) for hole in part.interiors)]:
            pairs = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
            twice = sum((a[0] * b[1] - b[0] * a[1] for a, b in pairwise(pairs)), Fraction(0))
            total += sign * abs(twice) / 2
    return total


def inner_edges(pieces: list[Any], whole: Any) -> list[frozenset[tuple[float, float]]]:
    """Edges of the pieces that are no part of the border of the whole."""
    border = shapely.boundary(whole).buffer(1e-10)
    found = []
    for piece in pieces:
        for ring in shapely.get_parts(shapely.boundary(piece)):
            coordinates = list(ring.coords)
            for begin, end in pairwise(coordinates):
                if not border.covers(shapely.LineString([begin, end])):
                    found.append(frozenset([begin, end]))
    return found


def pieces_of(whole: Any, blade: Any) -> list[Any]:
    try:
        return split(whole, blade)
    except BadRequest:
        return []


@given(angles, radii, some.floats(-0.001, 0.001), some.floats(-0.001, 0.001))
@settings(max_examples=150, deadline=None)
def test_the_pieces_of_a_polygon_share_a_cut_to_the_last_bit(
    turns: list[int], reaches: list[int], low: float, high: float
) -> None:
    whole = star(turns, reaches)
    if not whole.is_valid or whole.area < 1e-9:
        return
    blade = shapely.LineString([(113 + low, 29.9), (113.0003 + low, 30.0001), (113 + high, 30.1)])
    pieces = pieces_of(whole, blade)
    if not pieces:
        # Too little of it lies beyond the line for that to be a piece.
        beyond = shapely.get_parts(whole.difference(blade.buffer(1e-9)))
        assert sum(part.area > 1e-12 for part in beyond) == 1
        return
    assert all(piece.is_valid and piece.geom_type == "Polygon" for piece in pieces)
    before, after = exact_area(whole), sum((exact_area(piece) for piece in pieces), Fraction(0))
    assert abs(after - before) < before * Fraction(1, 10**9)
    edges = inner_edges(pieces, whole)
    assert all(edges.count(edge) == 2 for edge in edges)
    for at, one in enumerate(pieces):
        for other in pieces[at + 1 :]:
            assert shapely.intersection(one, other).area == 0


@given(angles, radii, some.floats(-0.001, 0.001))
@settings(max_examples=80, deadline=None)
def test_what_was_cut_in_two_is_made_one_again(turns: list[int], reaches: list[int], low: float) -> None:
    whole = star(turns, reaches)
    if not whole.is_valid or whole.area < 1e-9:
        return
    pieces = pieces_of(whole, shapely.LineString([(113 + low, 29.9), (113 + low, 30.1)]))
    if len(pieces) != 2:
        return
    again = merge(*pieces)
    assert again.geom_type == "Polygon"
    assert abs(exact_area(again) - exact_area(whole)) < exact_area(whole) * Fraction(1, 10**9)
    assert set(again.exterior.coords) >= set(whole.exterior.coords)


def test_a_cut_that_ends_on_the_border_to_a_millimetre_cuts() -> None:
    pieces = split(shapely.box(0, 0, 1, 1), shapely.LineString([(0.3, 1e-9), (0.6, 1 - 1e-9)]))
    assert len(pieces) == 2
    assert sum(piece.area for piece in pieces) == pytest.approx(1, abs=1e-8)
    assert all({(0.3, 1e-9), (0.6, 1 - 1e-9)} <= set(piece.exterior.coords) for piece in pieces)


def test_a_hole_stays_a_hole_and_is_opened_by_a_cut_through_it() -> None:
    ring = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    beside = split(ring, shapely.LineString([(3, -1), (3, 5)]))
    assert [len(piece.interiors) for piece in beside] == [1, 0]
    assert [piece.area for piece in beside] == [11, 4]
    through = split(ring, shapely.LineString([(1.5, -1), (1.5, 5)]))
    assert sorted(piece.area for piece in through) == [5.5, 9.5]


def test_parts_that_are_not_cut_stay_with_the_largest_piece() -> None:
    several = shapely.union(shapely.box(0, 0, 4, 1), shapely.box(10, 0, 11, 1))
    large, small = split(several, shapely.LineString([(1, -1), (1, 2)]))
    assert large.geom_type == "MultiPolygon"
    assert (large.area, small.area) == (4, 1)


def test_a_line_is_cut_in_its_direction_at_the_same_place() -> None:
    road = shapely.LineString([(0, 0), (1, 0.3), (2, 0), (3, 1)])
    pieces = split(road, shapely.LineString([(0.5, -1), (0.5, 1), (2.5, 1), (2.5, -1)]))
    assert [piece.coords[0] for piece in pieces[1:]] == [piece.coords[-1] for piece in pieces[:-1]]
    assert [pieces[0].coords[0], pieces[-1].coords[-1]] == [(0, 0), (3, 1)]
    assert sum(piece.length for piece in pieces) == pytest.approx(road.length)
    assert len(pieces) == 3


def test_a_line_is_cut_at_its_own_vertex_without_a_new_one() -> None:
    pieces = split(shapely.LineString([(0, 0), (1, 0), (2, 0)]), shapely.LineString([(1, -1), (1, 1)]))
    assert [list(piece.coords) for piece in pieces] == [[(0, 0), (1, 0)], [(1, 0), (2, 0)]]


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), "geometry.merge-apart"),
        (shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 2, 1), "geometry.merge-overlap"),
        (shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)]), "geometry.merge-kinds"),
        (shapely.Point(0, 0), shapely.Point(1, 1), "geometry.merge-kinds"),
        (shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(3, 3), (2, 2)]), "geometry.merge-apart"),
    ],
)
def test_what_does_not_belong_together_is_not_merged(one: Any, other: Any, code: str) -> None:
    with pytest.raises(BadRequest) as raised:
        merge(one, other)
    assert raised.value.code == code


def test_the_faults_of_a_figure_stand_at_their_place() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    (fault,) = faults(bow)
    assert (fault.code, fault.at) == ("geometry.invalid", (1, 1))
    assert "自己相交" in fault.reason
    (fault,) = faults(shapely.box(0, 0, 2, 2), [shapely.box(2, 0, 3, 1), shapely.box(1.5, 1.5, 3, 3)])
    assert (fault.code, fault.neighbour) == ("geometry.overlap", 1)
    assert fault.area_m2 == pytest.approx(measures(shapely.box(1.5, 1.5, 2, 2)).area_m2)
    assert fault.at is not None
    assert shapely.box(1.5, 1.5, 2, 2).contains(shapely.Point(fault.at))
    (fault,) = faults(shapely.Point(5, 5), within=(0, 0, 4, 4))
    assert (fault.code, fault.at) == ("geometry.outside", (5, 5))
    assert not faults(shapely.box(0, 0, 1, 1), [shapely.box(1, 0, 2, 1)], (0, 0, 4, 4))


def test_two_combs_are_refused_before_they_take_all_memory() -> None:
    comb = shapely.LineString([(x / 1000, x % 2) for x in range(2000)])
    with pytest.raises(BadRequest) as raised:
        split(
            shapely.Polygon([*comb.coords, (2, 3), (0, 3)]),
            shapely.LineString([(y % 2 * 3, y / 200) for y in range(190)]),
        )
    assert raised.value.code == "geometry.too-tangled"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[[0, 0]]]},
        {"type": "LineString", "coordinates": "干驿镇"},
        {"type": "Point", "coordinates": [float("nan"), 1]},
        {"type": "Point", "coordinates": [30.66, 113.16]},
        {"type": "Point", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
        {"type": ["Point"], "coordinates": [1, 2]},
    ],
)
def test_what_is_no_geometry_is_refused_in_words(given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as raised:
        read_geometry(given)
    assert raised.value.message
    assert raised.value.message != raised.value.code
