"""The parts of the drawing tools that need no map, run in the browser: against pyproj, shapely and plain examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
import shapely.geometry
from pyproj import Geod

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
LEFT = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 1], [2, 2], [0, 2], [0, 0]]]}
# Its border has no vertex at (2, 1): the left one's vertex lies upon its edge.
RIGHT = {"type": "MultiPolygon", "coordinates": [[[[2, 0], [4, 0], [4, 2], [2, 2], [2, 0]]]]}


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk(None)


def call(desk: Desk, file: str, name: str, *values: Any) -> Any:
    script = "async ([file, name, values]) => (await import(`/static/js/drawing/${file}.js`))[name](...values)"
    return desk.module(script, [file, name, list(values)])


def shapes(found: list[Any]) -> list[Any]:
    return [shapely.geometry.shape(one) for one in found]


def no_gap_and_no_overlap(one: Any, other: Any, whole: float) -> bool:
    union = shapely.union(one, other)
    return bool(
        shapely.intersection(one, other).area == 0
        and union.area == pytest.approx(whole)
        and union.geom_type == "Polygon"
        and not union.interiors
    )


def test_a_shared_vertex_moves_in_all_that_have_it_or_lie_beside_it(desk: Desk) -> None:
    left, right = shapes(call(desk, "shared", "moved", [LEFT, RIGHT], [2, 1], [2.5, 1.25]))
    assert no_gap_and_no_overlap(left, right, 8)
    assert left.area == pytest.approx(4.5)
    assert (2.5, 1.25) in left.exterior.coords
    assert (2.5, 1.25) in right.geoms[0].exterior.coords


def test_a_vertex_is_put_into_both_sides_and_taken_out_of_both(desk: Desk) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
    both = call(desk, "shared", "inserted", [square, RIGHT], [2, 0], [2, 2], [2.1, 1])
    assert no_gap_and_no_overlap(*shapes(both), 8)
    left, right = shapes(call(desk, "shared", "deleted", both, [2.1, 1]))
    assert left.equals_exact(shapely.geometry.shape(square))
    assert no_gap_and_no_overlap(left, right, 8)


def test_a_vertex_where_borders_part_is_not_taken_out(desk: Desk) -> None:
    assert call(desk, "shared", "deleted", [LEFT, RIGHT], [2, 0]) is None


def test_a_vertex_is_snapped_to_before_an_edge_bit_for_bit(desk: Desk) -> None:
    script = """async ([items, position]) => {
      const { nearest, snapIndex } = await import("/static/js/drawing/snap.js");
      return nearest(snapIndex(items), position, [0.1, 0.1]);
    }"""
    corner = 113.16543212345678
    items = [{"id": 7, "geometry": {"type": "LineString", "coordinates": [[corner, 30], [114, 30]]}}]
    found = desk.module(script, [items, [corner + 0.05, 30.04]])
    assert (found["kind"], found["id"], found["position"]) == ("vertex", 7, [corner, 30])
    found = desk.module(script, [items, [113.6, 30.04]])
    assert (found["kind"], found["position"]) == ("edge", pytest.approx([113.6, 30]))
    assert desk.module(script, [items, [113.6, 30.2]]) is None


@pytest.mark.parametrize(
    ("rings", "codes"),
    [
        ([[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]], []),
        ([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]], ["crossing"]),
        ([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [1, 2], [2, 2], [1, 1]]], []),
        ([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[6, 1], [6, 2], [7, 2], [6, 1]]], ["hole"]),
    ],
)
def test_faults_are_seen_at_once(desk: Desk, rings: list[Any], codes: list[str]) -> None:
    geometry = {"type": "Polygon", "coordinates": rings}
    assert [one["code"] for one in call(desk, "validity", "liveFaults", geometry)] == codes
    assert shapely.geometry.shape(geometry).is_valid is not bool(codes)


def test_lengths_and_areas_come_near_those_on_the_ellipsoid(desk: Desk) -> None:
    geod = Geod(ellps="GRS80")
    township = shapely.Point(113.2, 30.6).buffer(0.1).difference(shapely.Point(113.2, 30.6).buffer(0.03))
    area, _ = geod.geometry_area_perimeter(shapely.geometry.polygon.orient(township))
    length = sum(geod.line_length(*ring.xy) for ring in (township.exterior, *township.interiors))
    found = call(desk, "measure", "measured", shapely.geometry.mapping(township))
    assert found["length_m"] == pytest.approx(length, abs=1e-3)
    assert found["area_m2"] == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("113.165", 113.165), ("113°09′55.5″", 113 + 9 / 60 + 55.5 / 3600), ("113 9 55.5", 113 + 9 / 60 + 55.5 / 3600),
        ("113度9分55.5秒", 113 + 9 / 60 + 55.5 / 3600), ("E113°9.925′", 113 + 9.925 / 60), ("W113 30", -113.5),
        ("１１３．５", 113.5), ("113 61 0", None), ("干驿", None), ("", None),
    ],
)  # fmt: skip
def test_degrees_are_read_in_every_way_of_writing(desk: Desk, text: str, degrees: float | None) -> None:
    assert call(desk, "typed", "parseDegrees", text) == (None if degrees is None else pytest.approx(degrees))


def test_swapped_and_foreign_coordinates_are_told_from_good_ones(desk: Desk) -> None:
    county = [112.5, 30.3, 113.5, 30.9]
    assert call(desk, "typed", "degreesFault", 113.1, 30.6, county) is None
    assert call(desk, "typed", "degreesFault", 30.6, 113.1, county)["code"] == "swapped"
    assert call(desk, "typed", "degreesFault", 120, 30.6, county)["code"] == "outside"
    assert call(desk, "typed", "surveySystem", 3393580.7, 419491.8, 38) == {"crs": "EPSG:4547"}
    assert call(desk, "typed", "surveySystem", 3393580.7, 38419491.8, 38) == {"crs": "EPSG:4526"}
    assert call(desk, "typed", "surveySystem", 419491.8, 3393580.7, 38)["code"] == "swapped-metres"
    assert call(desk, "typed", "surveySystem", 3393580.7, 99419491.8, 38)["code"] == "no-zone"


def test_two_hundred_steps_are_taken_back(desk: Desk) -> None:
    script = """async () => {
      const { makeHistory } = await import("/static/js/drawing/history.js");
      const history = makeHistory(0);
      for (let step = 1; step <= 250; step += 1) history.push(step);
      let back = 0;
      while (history.canUndo()) { history.undo(); back += 1; }
      const oldest = history.now();
      history.redo();
      history.push("new");
      return [back, oldest, history.now(), history.canRedo()];
    }"""
    assert desk.module(script, None) == [200, 50, "new", False]
