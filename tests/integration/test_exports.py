"""Layers as files: who gets what, pages and whole collections, coordinates, bounds, what is left behind."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.crs import ELLIPSOID, Crs, metric_crs
from geoservice.database.actor import shell_actor
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.errors import Deadline, Forbidden
from geoservice.publish.formats import running
from geoservice.publish.formats.registry import FORMATS
from geoservice.publish.formats.running import Limits, Wanted, begin
from geoservice.publish.ogc.kept import Published
from geoservice.settings import ServerSettings, Settings
from tests.export_builders import RARE, SECRET, SHAPES, load_places
from tests.ogc_client import CRS84, Ogc, epsg, linked
from tests.people import add_person, hold_session

# Places may be points, which a drawing of lines cannot hold.
FORMS = sorted(set(FORMATS) - {"dxf"})
BESIDE = {one.id for one in FORMATS.values() if one.beside}


@pytest.fixture(scope="module")
def places(new_database: Callable[..., Database]) -> Database:
    database = new_database()
    load_places(database)
    return database


@pytest.fixture(scope="module")
def ogc(places: Database, settings: Settings, catalog: Catalog) -> Ogc:
    return Ogc(create_app(settings, catalog=catalog, database=places))


@pytest.fixture(scope="module")
def staff(places: Database, settings: Settings, catalog: Catalog) -> Ogc:
    held = hold_session(places, add_person(places, "reader", "viewer"))
    return Ogc(create_app(settings, catalog=catalog, database=places), headers=held.headers)


def taken(ogc: Ogc, form: str, *, status: int = 200, collection: str = "places", **given: Any) -> Any:
    params = {name.replace("_", "-"): value for name, value in given.items()}
    answer = ogc.web.get(f"/ogc/collections/{collection}/download", params={"f": form, **params})
    assert answer.status_code == status, answer.text[:400]
    return answer


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def left_behind(settings: Settings) -> list[Path]:
    return list((settings.home / "exports").glob("*"))


def at_the_shell(
    database: Database, settings: Settings, catalog: Catalog, form: str, level: str, **given: str
) -> bytes:
    published = Published(catalog)
    wanted = Wanted(published.collections["places"], FORMATS[form], given, today(), level)
    export = begin(database, settings, published, wanted, actor=shell_actor("li"), limits=Limits())
    return b"".join(export.chunks())


@pytest.mark.parametrize("form", FORMS)
def test_the_public_gets_what_is_public(ogc: Ogc, form: str) -> None:
    answer = taken(ogc, form)
    assert answer.headers["geoservice-classification"] == "public"
    assert SECRET.encode() not in answer.content
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="places{FORMATS[form].endings[0]}"')
    assert answer.headers["content-type"] == FORMATS[form].media_type
    assert "Geoservice-Classification" in answer.headers["access-control-expose-headers"]


def test_staff_get_what_they_may_see_and_the_file_says_so(staff: Ogc) -> None:
    answer = taken(staff, "geojson")
    assert SECRET in answer.text
    assert answer.headers["geoservice-classification"] == "internal"
    assert answer.headers["cache-control"].startswith("private")
    assert answer.json()["geoservice"]["classification"] == "internal"
    public = taken(staff, "geojson", access_level="public")
    assert SECRET not in public.text
    assert public.json()["geoservice"]["classification"] == "public"
    assert [row["name"] for row in rows(taken(staff, "csv")) if row["name"] == SECRET] == [SECRET]


def test_nothing_internal_leaves_by_a_public_way(
    places: Database, settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the policies ever let a row through, the export stops all the same."""
    true_facts = running.facts
    monkeypatch.setattr(running, "facts", lambda *given: replace(true_facts(*given), classification="internal"))
    with pytest.raises(Forbidden):
        at_the_shell(places, settings, catalog, "csv", "public")
    assert left_behind(settings) == []


@pytest.mark.parametrize("form", FORMS)
def test_the_shell_writes_the_same_bytes(
    ogc: Ogc, staff: Ogc, places: Database, settings: Settings, catalog: Catalog, form: str
) -> None:
    assert at_the_shell(places, settings, catalog, form, "public") == taken(ogc, form).content
    assert at_the_shell(places, settings, catalog, form, "internal") == taken(staff, form).content
    named = {"column-names": "zh", "datetime": "2005-01-01", "bbox": "113,30,114,31"}
    assert at_the_shell(places, settings, catalog, form, "public", **named) == taken(
        ogc, form, column_names="zh", datetime="2005-01-01", bbox="113,30,114,31"
    ).content  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_file_tells_of_itself(ogc: Ogc, form: str) -> None:
    answer = taken(ogc, form, about_file="true")
    told = answer.json()
    assert told["notice"] == "示意数据，非测绘成果"
    assert told["sources"] == ["普查成果.xlsx"]
    assert told["classification"] == "public"
    assert told["data_changed_at"].endswith("Z")
    assert told["number_of_features"] == len(SHAPES)
    assert told["fields"]["name"]["zh"] == "标准名称"
    whole = taken(ogc, form)
    assert whole.headers["geoservice-schematic"] == "true"
    assert ("describedby" in whole.headers["link"]) == (form in BESIDE)


def test_where_the_whole_collection_is(ogc: Ogc) -> None:
    document = ogc.json("/collections/places")
    links = linked(document, "enclosure")
    assert [link["type"] for link in links] == [one.media_type for one in FORMATS.values() if one.id in FORMS]
    for link in links:
        answer = ogc.web.get(link["href"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, link["type"])
    choice = ogc.json("/collections/places/download")
    assert [one["id"] for one in choice["formats"]] == [one for one in FORMATS if one in FORMS]
    page = ogc.ask("/collections/places/download", accept="text/html").text
    assert all(f"f={form}" in page for form in FORMS)
    assert "示意数据" in page


def test_pages_by_accept_and_by_f(ogc: Ogc) -> None:
    whole = [row["id"] for row in rows(taken(ogc, "csv"))]
    address, met = "/ogc/collections/places/items?limit=3", []
    while address:
        answer = ogc.web.get(address, headers={"Accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        met += [row["id"] for row in rows(answer)]
        following = [part for part in answer.headers["link"].split(", ") if 'rel="next"' in part]
        address = following[0].partition(">")[0].strip("<") if following else ""
    assert met == whole
    sequence = ogc.ask("/collections/places/items", f="geojsonseq", limit=2).text
    assert [json.loads(line)["type"] for line in sequence.split("\x1e")[1:]] == ["Feature", "Feature"]
    assert ogc.ask("/collections/places/items", f="geojson").json()["numberReturned"] == len(SHAPES)
    assert ogc.ask("/collections/places/items", f="gpkg", limit=1).content[:15] == b"SQLite format 3"


def test_head_and_conditions(ogc: Ogc) -> None:
    for path in ("download?f=csv", "items?f=csv"):
        answer = ogc.web.get(f"/ogc/collections/places/{path}")
        bare = ogc.web.head(f"/ogc/collections/places/{path}")
        assert (bare.status_code, bare.content) == (200, b"")
        assert bare.headers["etag"] == answer.headers["etag"]
        again = ogc.web.get(f"/ogc/collections/places/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("form", "given", "code"),
    [
        ("doc", {}, "ogc.unknown-format"),
        ("csv", {"crs": "EPSG:4547"}, "ogc.unknown-crs"),
        ("csv", {"crs": epsg(4490), "nonsense": "1"}, "api.unknown-parameter"),
        ("csv", {"column_names": "fr"}, "api.bad-parameter"),
        ("csv", {"access_level": "secret"}, "api.bad-parameter"),
        ("csv", {"about_file": "maybe"}, "api.bad-parameter"),
        ("csv", {"bbox": "1,2,3"}, "ogc.bad-bbox.count"),
        ("csv", {"datetime": "yesterday"}, "ogc.bad-datetime"),
        ("csv", {"limit": "5"}, "api.unknown-parameter"),
        ("geojson", {"crs": epsg(4547)}, "export.crs"),
        ("gpkg", {"crs": "gcj02"}, "export.crs"),
        ("kml", {"crs": epsg(4490)}, "export.crs"),
        ("dxf", {}, "export.not-this-layer"),
    ],
)
def test_what_is_refused(ogc: Ogc, form: str, given: dict[str, str], code: str) -> None:
    answer = taken(ogc, form, status=400, **given)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_a_collection_that_is_none_or_not_seen(ogc: Ogc) -> None:
    assert taken(ogc, "csv", status=404, collection="nowhere").json()["code"] == "ogc.no-collection"
    assert taken(ogc, "csv", status=404, collection="roads").json()["code"] == "ogc.no-collection"


@pytest.mark.parametrize(("shift", "name"), [("gcj02", "GCJ02"), ("bd09", "BD09")])
def test_shifted_there_and_back_within_a_centimetre(ogc: Ogc, shift: str, name: str) -> None:
    table = taken(ogc, "csv", crs=shift)
    assert table.headers["geoservice-crs"] == name
    assert "content-crs" not in table.headers
    features, local = taken(ogc, "geojson", crs=shift).json(), metric_crs(113.2, 30.5)
    assert features["geoservice"]["crs"] == name
    assert "偏移" in features["geoservice"]["crs_note"]
    for found, feature in zip(rows(table), features["features"], strict=True):
        assert feature["coordinates"] == name
        true = SHAPES[found["name"].removeprefix("'")]
        if true is None:
            assert (found[f"geometry_wkt_{shift}"], feature["geometry"]) == ("", None)
            continue
        for shifted in (shapely.from_wkt(found[f"geometry_wkt_{shift}"]), shapely.geometry.shape(feature["geometry"])):
            back = Crs.parse(name).to_lonlat(shifted)
            # Every vertex of one lies that near to one of the other, in metres.
            here, there = (
                shapely.MultiPoint(np.unique(shapely.get_coordinates(local.to_metres(one)), axis=0))
                for one in (true, back)
            )
            assert shapely.hausdorff_distance(here, there) < 0.01
            _, _, moved = ELLIPSOID.inv(*shapely.get_coordinates(true)[0], *shapely.get_coordinates(shifted)[0])
            assert moved > 100


def test_coordinates_of_a_zone_stand_east_first(ogc: Ogc) -> None:
    (found,) = [row for row in rows(taken(ogc, "csv", crs=epsg(4547))) if row["name"] == RARE]
    point, local = shapely.from_wkt(found["geometry_wkt"]), Crs.parse("EPSG:4547").from_lonlat(SHAPES[RARE])
    assert point.distance(local) < 0.001
    (kept,) = [row for row in rows(taken(ogc, "csv", crs=CRS84)) if row["name"] == RARE]
    assert kept["geometry_wkt"] == "POINT (113.165123 30.663451)"
    placed = [
        one for one in taken(ogc, "jsonfg", crs=epsg(4547)).json()["features"] if one["properties"]["name"] == RARE
    ]
    assert placed[0]["geometry"] is None
    assert placed[0]["place"]["coordinates"] == pytest.approx([local.y, local.x], abs=0.001)
    assert placed[0]["time"] == {"interval": ["2001-02-03", ".."]}


def test_in_force_on_a_day(ogc: Ogc) -> None:
    assert "失考" in [row["name"] for row in rows(taken(ogc, "csv", datetime="2005-01-01"))]
    assert "失考" not in [row["name"] for row in rows(taken(ogc, "csv", datetime="2015-01-01"))]
    assert taken(ogc, "geojson", datetime="2015-01-01").json()["geoservice"]["datetime"] == "2015-01-01"


def test_bounds(places: Database, settings: Settings, catalog: Catalog) -> None:
    bounded = Settings(state=settings.state, server=ServerSettings(export_max_rows=3, exports_at_once=1))
    app = create_app(bounded, catalog=catalog, database=places)
    ogc = Ogc(app)
    assert taken(ogc, "csv", status=400).json()["code"] == "export.too-many-rows"
    assert len(rows(taken(ogc, "csv", bbox="113.24,30.24,113.26,30.26"))) == 1
    release = app.state.services.exporting.enter()
    answer = taken(ogc, "csv", status=429, bbox="113.24,30.24,113.26,30.26")
    assert answer.json()["code"] == "export.too-many"
    assert int(answer.headers["retry-after"]) > 0
    release()
    assert len(rows(taken(ogc, "csv", bbox="113.24,30.24,113.26,30.26"))) == 1


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_left_behind(
    ogc: Ogc, places: Database, settings: Settings, catalog: Catalog, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(ogc, form)
    assert left_behind(settings) == []
    published = Published(catalog)
    wanted = Wanted(published.collections["places"], FORMATS[form], {}, date(2026, 1, 1))
    stopped = begin(places, settings, published, wanted, actor=shell_actor("li"), limits=Limits())
    stopped.stop()
    with pytest.raises(Deadline):
        list(stopped.chunks())
    late = begin(places, settings, published, wanted, actor=shell_actor("li"), limits=Limits(deadline_s=60.0))
    monkeypatch.setattr(running.time, "monotonic", lambda: 1e12)
    with pytest.raises(Deadline):
        list(late.chunks())
    assert left_behind(settings) == []
    assert places.engine("application").pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_layer_of_the_sample_in_every_format_that_takes_it(
    sample_database: Database, settings: Settings, catalog: Catalog, form: str
) -> None:
    ogc = Ogc(create_app(settings, catalog=catalog, database=sample_database))
    taken_by = 0
    for one in ogc.collections():
        offered = {entry["id"] for entry in ogc.json(f"/collections/{one['id']}/download")["formats"]}
        answer = ogc.web.get(f"/ogc/collections/{one['id']}/download", params={"f": form, "column-names": "en"})
        assert answer.status_code == (200 if form in offered else 400), answer.text[:300]
        taken_by += answer.status_code == 200
        page = ogc.web.get(f"/ogc/collections/{one['id']}/items", params={"f": form, "limit": 2})
        assert page.status_code == answer.status_code, page.text[:300]
    assert taken_by >= (4 if form == "dxf" else 8)
