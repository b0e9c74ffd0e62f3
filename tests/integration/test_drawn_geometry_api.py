"""Questions about drawn geometries over HTTP: against pyproj and shapely themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
import shapely.geometry
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pyproj import Geod, Transformer
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

Json = dict[str, Any]
SQUARE = shapely.geometry.mapping(shapely.box(113.0, 30.5, 113.02, 30.52))


@pytest.fixture(scope="module")
def app(
    sample_database: Database, new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> FastAPI:
    return create_app(settings, catalog=catalog, database=new_database(sample_database))


@pytest.fixture(scope="module")
def web(app: FastAPI) -> TestClient:
    return signed_in(client(app), app.state.services.database, "clerk", name="drawer")


def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=True)


def ask(web: TestClient, what: str, **question: Any) -> Json:
    answer = web.post(f"/api/geometry/{what}", json=question)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].endswith("no-store")
    found: Json = answer.json()
    return found


def refusal(web: TestClient, what: str, **question: Any) -> str:
    answer = web.post(f"/api/geometry/{what}", json=question)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]
    code: str = answer.json()["code"]
    return code


@given(lon=some.floats(112.0, 114.0), lat=some.floats(29.0, 32.0))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_place_in_survey_metres_is_what_proj_says_and_comes_back(web: TestClient, lon: float, lat: float) -> None:
    degrees, zone, prefixed = ask(web, "project", positions=[[lon, lat]])["items"]
    assert degrees["positions"] == [[lon, lat]]
    number = round(lon / 3)
    meridian = f"+proj=tmerc +lat_0=0 +lon_0={3 * number} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
    x, y = Transformer.from_crs("EPSG:4490", meridian, always_xy=True).transform(lon, lat)
    assert zone["crs"] == f"EPSG:{4509 + number}"
    assert prefixed["crs"] == f"EPSG:{4488 + number}"
    assert [zone["prefixed"], prefixed["prefixed"]] == [False, True]
    assert zone["positions"][0] == pytest.approx([x, y], abs=1e-3)
    assert prefixed["positions"][0] == pytest.approx([x + number * 1e6, y], abs=1e-3)
    for written in (zone, prefixed):
        back = ask(web, "project", positions=written["positions"], source=written["crs"], targets=["CRS84"])
        assert back["items"][0]["positions"][0] == pytest.approx([lon, lat], abs=1e-10)


def test_length_and_area_are_those_on_the_ellipsoid(web: TestClient) -> None:
    shape = shapely.box(113.0, 30.5, 113.02, 30.52).difference(shapely.box(113.005, 30.505, 113.01, 30.51))
    found = ask(web, "check", geometry=shapely.geometry.mapping(shape))
    geod = Geod(a=6378137, rf=298.257222101)
    area, _ = geod.geometry_area_perimeter(shapely.geometry.polygon.orient(shape))
    length = sum(geod.line_length(*ring.xy) for ring in (shape.exterior, *shape.interiors))
    assert found == {"items": [], "area_m2": pytest.approx(area), "length_m": pytest.approx(length)}


def test_faults_come_in_words_with_their_place(web: TestClient) -> None:
    bow = {"type": "Polygon", "coordinates": [[[113, 30], [113.02, 30.02], [113.02, 30], [113, 30.02], [113, 30]]]}
    (fault,) = ask(web, "check", geometry=bow)["items"]
    assert fault["code"] == "geometry.invalid"
    assert fault["at"] == pytest.approx([113.01, 30.01])
    beside = shapely.geometry.mapping(shapely.box(113.01, 30.51, 113.03, 30.53))
    (fault,) = ask(web, "check", geometry=SQUARE, neighbours=[beside])["items"]
    assert (fault["code"], fault["neighbour"]) == ("geometry.overlap", 0)
    (fault,) = ask(web, "check", geometry=SQUARE, within=[113.01, 30, 114, 31])["items"]
    assert fault["code"] == "geometry.outside"


def test_a_polygon_is_cut_and_made_one_again(web: TestClient) -> None:
    blade = {"type": "LineString", "coordinates": [[113.0123, 30.4], [113.0077, 30.6]]}
    one, other = ask(web, "split", geometry=SQUARE, line=blade)["items"]
    merged = shapely.geometry.shape(ask(web, "merge", geometry=one, other=other)["geometry"])
    assert merged.equals_exact(shapely.geometry.shape(SQUARE), 0) or merged.area == pytest.approx(0.0004)
    inner = [{tuple(pair) for pair in ring["coordinates"][0]} for ring in (one, other)]
    assert len(inner[0] & inner[1]) == 2


def test_what_cannot_be_done_is_refused_in_words(web: TestClient) -> None:
    point = {"type": "Point", "coordinates": [113, 30]}
    line = {"type": "LineString", "coordinates": [[100, 10], [100, 11]]}
    assert refusal(web, "split", geometry=SQUARE, line=line) == "geometry.split-misses"
    assert refusal(web, "split", geometry=point, line=line) == "geometry.split-kind"
    assert refusal(web, "split", geometry=SQUARE, line=point) == "geometry.blade"
    assert refusal(web, "merge", geometry=SQUARE, other=line) == "geometry.merge-kinds"
    assert refusal(web, "check", geometry={"type": "Polygon", "coordinates": [[1]]}) == "geometry.unreadable"
    assert refusal(web, "project", positions=[[3393580, 419491]], source="EPSG:4547") == "geometry.not-in-system"
    assert refusal(web, "project", positions=[[113, 30]], source="仙桃") == "crs.unknown"
    assert refusal(web, "project", positions=[[113, 30]], targets=["EPSG:4214"]) == "crs.no-transformation"
    assert refusal(web, "project", positions=[]) == "api.bad-parameter"
    assert refusal(web, "check", geometry=SQUARE, nonsense=1) == "api.unknown-parameter"


def test_only_those_who_may_edit_ask(app: FastAPI) -> None:
    viewer = signed_in(client(app), app.state.services.database, "viewer", name="looker")
    question = {"geometry": SQUARE}
    assert viewer.post("/api/geometry/check", json=question).status_code == 403
    assert client(app).post("/api/geometry/check", json=question).status_code == 401


nonsense = some.recursive(
    some.none() | some.booleans() | some.floats(allow_nan=False, allow_infinity=False) | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=4),
    max_leaves=12,
)


@given(
    what=some.sampled_from(["split", "merge", "check"]),
    kind=some.sampled_from(["Polygon", "MultiLineString"]),
    inner=nonsense,
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_nonsense_makes_it_fail(web: TestClient, what: str, kind: str, inner: Any) -> None:
    geometry = {"type": kind, "coordinates": inner}
    question = {"split": {"line": geometry}, "merge": {"other": geometry}, "check": {}}[what]
    assert web.post(f"/api/geometry/{what}", json={"geometry": geometry, **question}).status_code in (200, 400)
