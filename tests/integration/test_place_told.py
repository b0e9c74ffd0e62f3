"""What a place tells of itself: its story, whose word its reading is, the townships that it runs through, of any day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import shapely
from pyproj import Geod
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.builders_api import geometry, make_name, make_place, make_unit

Json = dict[str, Any]
ROAD = "LINESTRING(113.02 30.6, 113.25 30.61)"
RENAMED = date(2001, 5, 1)
LINES = {"road": ROAD, "edge": "LINESTRING(113.1 30.6, 113.1 30.65)", "touch": "LINESTRING(113.05 30.6, 113.1 30.6)"}
WEST, EAST = shapely.box(112.9, 30.5, 113.1, 30.7), shapely.box(113.1, 30.5, 113.3, 30.7)
LAKE = shapely.box(113.07, 30.57, 113.13, 30.63)
GRS80 = Geod(ellps="GRS80")


@pytest.fixture(scope="module")
def registry(
    new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> Iterator[tuple[TestClient, dict[str, int]]]:
    """Two townships side by side, one hidden on top of the second, one that had another name before 2001."""
    database = new_database()
    with database.connect("owner") as connection:
        ids = {"west": make_unit(connection, "甲镇", shapely.MultiPolygon([WEST]).wkt)}
        ids["east"] = make_unit(connection, "乙镇", shapely.MultiPolygon([EAST]).wkt, valid_from=RENAMED)
        make_unit(connection, "旧乙乡", shapely.MultiPolygon([EAST]).wkt, unit_id=ids["east"], valid_to=RENAMED)
        make_unit(connection, "密镇", shapely.MultiPolygon([EAST]).wkt, published=False)
        for key, wkt in LINES.items():
            story = {
                "meaning": "纪念茶圣陆羽",
                "origin": "因陆羽得名",
                "units_stated": "甲镇、乙镇",
                "remark": "内部备注",
            }
            given: Json = story if key == "road" else {}
            name = "陆羽大道" if key == "road" else f"{key}路"
            ids[key] = make_place(connection, name, None, class_code="23", geom=geometry(wkt), **given)
        connection.execute(text("update place_name set valid_from = :day where name = '陆羽大道'"), {"day": RENAMED})
        make_name(connection, ids["road"], "城北路", valid_from=date(1980, 5, 1), valid_to=RENAMED)
        make_name(connection, ids["road"], "重兴路", kind="alias", reading="chóng xīng lù", reading_source="approved")
        ids["village"] = make_place(connection, "曾家重村", 113.0, 30.6, class_code="21610")
        connection.execute(text("update place_name set reading_source = 'dictionary' where reading_source is null"))
        ids["lake"] = make_place(
            connection, "东湖", None, class_code="12", geom=geometry(shapely.MultiPolygon([LAKE]).wkt)
        )
        ids["nowhere"] = make_place(connection, "无图村", None, class_code="21610")
    app = create_app(settings, catalog=catalog, database=database)
    yield TestClient(app, base_url="http://127.0.0.1:8000"), ids
    database.dispose()


def told(registry: tuple[TestClient, dict[str, int]], key: str, **params: Any) -> Json:
    web, ids = registry
    answer = web.get(f"/api/places/{ids[key]}", params=params)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_the_story_is_told_and_the_remark_of_the_office_is_not(registry: tuple[TestClient, dict[str, int]]) -> None:
    place = told(registry, "road")
    assert (place["meaning"], place["origin"], place["units_stated"]) == ("纪念茶圣陆羽", "因陆羽得名", "甲镇、乙镇")
    assert place["history"] is None
    assert "内部备注" not in str(place)


@pytest.mark.parametrize(
    ("on", "standard", "unit"),
    [("1979-12-31", None, "旧乙乡"), ("1996-01-01", "城北路", "旧乙乡"), ("2001-05-01", "陆羽大道", "乙镇"), (None, "陆羽大道", "乙镇")],
)  # fmt: skip
def test_names_and_townships_of_any_day(
    registry: tuple[TestClient, dict[str, int]], on: str | None, standard: str | None, unit: str
) -> None:
    place = told(registry, "road", **({"on": on} if on else {}))
    assert place["standard_name"] == standard
    assert {one["name"] for one in place["units"]} == {unit, "甲镇"}
    assert [(one["name"], one["valid_from"], one["valid_to"]) for one in place["names"] if one["kind"] == "standard"] == [
        ("陆羽大道", "2001-05-01", None), ("城北路", "1980-05-01", "2001-05-01")
    ]  # fmt: skip
    web, ids = registry
    found = web.get("/api/place-names", params={"q": "城北路", **({"on": on} if on else {})}).json()["items"]
    assert [one["place_id"] for one in found] == ([] if on in ("1979-12-31", "2001-05-01") else [ids["road"]])


def test_the_parts_of_a_road_are_those_of_the_ellipsoid(registry: tuple[TestClient, dict[str, int]]) -> None:
    line = shapely.from_wkt(ROAD)
    expected = {name: round(GRS80.geometry_length(line & area)) for name, area in (("甲镇", WEST), ("乙镇", EAST))}
    units = told(registry, "road")["units"]
    assert {one["name"]: one["length_m"] for one in units} == pytest.approx(expected, abs=1)
    assert [one["length_m"] for one in units] == sorted((one["length_m"] for one in units), reverse=True)
    assert all(one["area_m2"] is None for one in units)


def test_borders(registry: tuple[TestClient, dict[str, int]]) -> None:
    # Along the border it is in both; what only ends there is in one.
    assert {one["name"] for one in told(registry, "edge")["units"]} == {"甲镇", "乙镇"}
    assert [one["name"] for one in told(registry, "touch")["units"]] == ["甲镇"]
    lake = told(registry, "lake")["units"]
    for one in lake:
        area = abs(GRS80.geometry_area_perimeter(LAKE & (WEST if one["name"] == "甲镇" else EAST))[0])
        assert one["area_m2"] == pytest.approx(area, rel=1e-4)
    assert len(lake) == 2
    assert told(registry, "nowhere")["units"] == []
    (point,) = told(registry, "village")["units"]
    assert (point["name"], point["length_m"], point["area_m2"]) == ("甲镇", None, None)


def test_each_syllable_says_whose_word_it_is(registry: tuple[TestClient, dict[str, int]]) -> None:
    names = {one["name"]: one for one in told(registry, "road")["names"]}
    assert names["重兴路"]["reading_source"] == "approved"
    assert [(one["syllable"], one["source"], one["confirmed"]) for one in names["重兴路"]["syllables"]] == [
        (syllable, "approved", True) for syllable in ("chóng", "xīng", "lù")
    ]
    assert names["重兴路"]["syllables"][0]["source_title"]["zh"] == "审定"
    (village,) = told(registry, "village")["names"]
    assert village["reading_source"] == "dictionary"
    sources = {one["character"]: (one["syllable"], one["source"], one["confirmed"]) for one in village["syllables"]}
    assert sources["曾"] == ("zēng", "surname", True)
    assert sources["重"][2] is False
    assert all(one["source_title"]["zh"] and one["source_title"]["en"] for one in village["syllables"])
    web, _ = registry
    (hit,) = web.get("/api/place-names", params={"q": "重兴路"}).json()["items"]
    assert hit["reading_source"] == "approved"
