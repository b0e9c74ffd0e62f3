"""The resources of the service on a small county."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import LineString

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.load import load
from geoservice.settings import Settings
from tests import builders_api as make
from tests.builders import OPTIONS, record_set


@dataclass(frozen=True)
class Served:
    client: TestClient
    database: Database
    ids: dict[str, int]

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.client.get(path.format_map(self.ids), params=parameters or None)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, path: str, status: int, **parameters: Any) -> dict[str, Any]:
        response = self.client.get(path.format_map(self.ids), params=parameters or None)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        body: dict[str, Any] = response.json()
        assert body["status"] == status
        assert body["detail"]
        return body


@pytest.fixture(scope="module")
def served(new_database: Callable[[], Database], settings: Settings, catalog: Catalog) -> Iterator[Served]:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make.a_county(connection)
    yield Served(TestClient(create_app(settings, catalog=catalog, database=database)), database, ids)
    database.dispose()


def named(items: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items]


def test_units_by_level_and_code(served: Served) -> None:
    found = served.get("/api/units")
    assert named(found["items"]) == ["天门市", "竟陵街道", "干驿镇"]
    assert found["next"] is None
    county, town, _ = found["items"]
    assert county["bbox"] == [112.7, 30.3, 113.3, 30.9]
    assert town["centre"] == pytest.approx([113.0, 30.6])
    assert (town["code"], town["parent_name"]) == ("429006001", "天门市")


def test_units_are_filtered(served: Served) -> None:
    assert named(served.get("/api/units", level="township")["items"]) == ["竟陵街道", "干驿镇"]
    assert named(served.get("/api/units", parent=served.ids["county"], q="干")["items"]) == ["干驿镇"]
    assert named(served.get("/api/units", q="429006103")["items"]) == ["干驿镇"]
    assert named(served.get("/api/units", q="%")["items"]) == []


def test_units_of_a_day(served: Served) -> None:
    assert named(served.get("/api/units", on="1999-12-31", level="township")["items"]) == ["竟陵镇", "干驿镇"]
    assert served.get("/api/units/{town}", on="2000-01-01")["name"] == "竟陵镇"
    today = served.get("/api/units/{town}")
    assert today["name"] == "竟陵街道"
    assert named(today["versions"]) == ["竟陵镇", "竟陵街道"]
    assert today["codes"][0]["code"] == "429006001"


def test_units_are_paged(served: Served) -> None:
    first = served.get("/api/units", limit=2)
    second = served.get("/api/units", limit=2, after=first["next"])
    assert named(first["items"] + second["items"]) == ["天门市", "竟陵街道", "干驿镇"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "path",
    [
        "/api/units/{secret}",
        "/api/facilities/{hidden}",
        "/api/communities/{unseen}",
        "/api/units/999999",
        "/api/places/999999",
        "/api/runs/999999",
        "/api/runs/999999/circles?service=a&type=b",
        "/api/runs/2",
        "/api/nothing",
        "/nothing",
        "/static/nothing.js",
        "/static/../pyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
    ],
)
def test_what_is_not_published_is_not_there(served: Served, path: str) -> None:
    served.refused(path, 404)


def test_facilities(served: Served) -> None:
    assert named(served.get("/api/facilities")["items"]) == ["竟陵福利院", "干驿公墓"]
    assert named(served.get("/api/facilities", type="cemetery")["items"]) == ["干驿公墓"]
    assert named(served.get("/api/facilities", unit=served.ids["town"])["items"]) == ["竟陵福利院"]
    assert named(served.get("/api/facilities", unit=served.ids["east"])["items"]) == ["干驿公墓"]
    assert named(served.get("/api/facilities", unit=served.ids["county"])["items"]) == ["竟陵福利院", "干驿公墓"]
    assert named(served.get("/api/facilities", bbox="113.1,30.6,113.2,30.7")["items"]) == ["干驿公墓"]
    assert named(served.get("/api/facilities", q="福利")["items"]) == ["竟陵福利院"]
    assert "旧院" in named(served.get("/api/facilities", on="2019-12-31")["items"])
    one = served.get("/api/facilities/{home}")
    assert (one["unit_name"], one["beds"], one["area_m2"], one["lon"]) == ("竟陵街道", 120, 900.5, 113.0)
    assert served.get("/api/facilities/{closed}")["closed_on"] == "2020-01-01"


def test_communities(served: Served) -> None:
    assert named(served.get("/api/communities")["items"]) == ["新堰村", "远村"]
    assert named(served.get("/api/communities", **{"class": "rural"})["items"]) == ["新堰村"]
    assert named(served.get("/api/communities", **{"class": "none"})["items"]) == ["远村"]
    assert named(served.get("/api/communities", q="429006001")["items"]) == ["新堰村"]
    one = served.get("/api/communities/{village}")
    assert one["code"] == "429006001201"
    assert one["class"] == "rural"
    (reach,) = one["reach"]
    assert (reach["time_s"], reach["limit_s"], reach["covered"], reach["facility_name"]) == (
        300,
        900,
        True,
        "竟陵福利院",
    )
    assert served.get("/api/communities/{far}")["reach"][0]["reason"] == "no_path"


def test_place_names(served: Served) -> None:
    (item,) = served.get("/api/place-names", q="tianmen")["items"]
    assert (item["name"], item["standard_name"], item["match"]) == ("天门市", "天门市", "pinyin")
    assert item["unit_name"] == "竟陵街道"
    place = served.get("/api/places/{place}")
    assert named(place["names"]) == ["天门市"]
    assert place["lon"] == 113.0
    assert len(served.get("/api/place-names")["items"]) == 1


def test_runs_and_their_results(served: Served) -> None:
    choice = {"service": "life_circle", "type": "nursing_home"}
    (run,) = served.get("/api/runs")["items"]
    assert served.get("/api/runs?service=life_circle&type=nursing_home")["items"] == [run]
    assert served.get("/api/runs?service=funeral")["items"] == []
    assert run["id"] == served.ids["run"]
    assert run["stale"] is False
    units = served.get("/api/runs/{run}/units", **choice)
    assert units["total"]["communities"] == 2
    assert named(units["items"]) == ["竟陵街道"]
    reach = served.get("/api/runs/{run}/communities", **choice)
    assert [(item["name"], item["covered"]) for item in reach["items"]] == [("新堰村", True), ("远村", False)]
    assert reach["truncated"] is False
    circles = served.get("/api/runs/{run}/circles", **choice)
    assert [feature["properties"]["minutes"] for feature in circles["features"]] == [15, 10]
    assert circles["features"][0]["geometry"].keys() == {"type", "coordinates"}
    assert circles["features"][0]["geometry"]["type"] == "MultiPolygon"
    nothing = {"total": None, "items": [], "counties": []}
    assert served.get("/api/runs/{run}/units", service="life_circle", type="cemetery") == nothing


def test_a_run_is_sent_once_and_is_stale_after_a_change(
    new_database: Callable[[], Database], settings: Settings, catalog: Catalog
) -> None:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make.a_county(connection)
    client = TestClient(create_app(settings, catalog=catalog, database=database))
    path = f"/api/runs/{ids['run']}/communities?service=life_circle&type=nursing_home"
    tag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    with database.connect("owner") as connection:
        make.change_layer(connection, "roads")
    assert client.get(f"/api/runs/{ids['run']}").json()["stale"] is True
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
    database.dispose()


def test_start_of_the_page(served: Served) -> None:
    start = served.get("/api/map")
    assert start["county"] == "天门市"
    assert start["bounds"] == pytest.approx([112.7, 30.3, 113.3, 30.9])
    assert start["latest_run"] == served.ids["run"]
    assert start["schematic"] is False
    layers = {layer["id"]: layer for layer in start["layers"]}
    assert layers["facilities"]["count"] == 2
    assert layers["facilities"]["tiles"]["url"] == "/tiles/facilities/{z}/{x}/{y}.mvt"
    counts = {kind["code"]: kind["count"] for kind in start["facility_types"]}
    assert counts["nursing_home"] == 1
    assert any(service["headline"] for service in start["services"])
    assert {mode["id"] for mode in start["modes"]} >= {"walk", "ebike", "car"}


def test_start_of_the_page_follows_a_change(
    new_database: Callable[[], Database], settings: Settings, catalog: Catalog
) -> None:
    database = new_database()
    client = TestClient(create_app(settings, catalog=catalog, database=database))
    empty = client.get("/api/map")
    assert empty.json()["bounds"] is None
    with database.connect("owner") as connection:
        make.make_facility(connection, "新院", schematic=True)
        make.change_layer(connection, "facilities")
    after = client.get("/api/map", headers={"If-None-Match": empty.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["schematic"] is True
    assert after.json()["notice"] == "示意数据，非测绘成果"
    assert client.get("/api/map", headers={"If-None-Match": after.headers["etag"]}).status_code == 304
    assert client.get("/api/map", headers={"Accept-Language": "en"}).json()["notice"].startswith("Schematic")
    database.dispose()


def test_ready(served: Served) -> None:
    assert served.get("/healthz") == {"status": "ok"}
    ready = served.get("/readyz")
    assert ready["status"] == "ready"
    assert ready["migrations"]["equal"] is True
    assert ready["policies"] == {"form": "marked", "indexed": True}
    assert ready["layers"]["facilities"]["count"] == 2


def test_language_of_a_problem(served: Served) -> None:
    answers = [
        served.client.get("/api/units/999999", headers={"Accept-Language": language}) for language in ("zh-CN", "en-GB")
    ]
    assert [answer.json()["title"] for answer in answers] == ["没有找到", "Not found"]


def test_page_and_texts(served: Served) -> None:
    page = served.client.get("/", params={"lang": "en", "from": "elsewhere"})
    assert page.status_code == 200
    assert '<html lang="en"' in page.text
    assert '<html lang="zh"' in served.client.get("/").text
    assert served.get("/api/texts/en")["app.name"] == "Place names and facilities"
    served.refused("/api/texts/fr", 400)
    script = served.client.get("/static/js/main.js")
    assert script.status_code == 200
    assert script.headers["cache-control"] == "no-cache"
    again = served.client.get("/static/js/main.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304


def test_headers_and_head(served: Served) -> None:
    answer = served.client.get("/", headers={"X-Request-ID": "abc-1"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == "abc-1"
    assert served.client.get("/", headers={"X-Request-ID": "a\tb"}).headers["x-request-id"] != "a\tb"
    head = served.client.head("/api/units")
    assert (head.status_code, head.content) == (200, b"")
    refused = served.client.post("/api/units")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"
    assert refused.json()["code"] == "api.method-not-allowed"


def test_document(served: Served) -> None:
    document = served.get("/openapi.json")
    text = served.client.get("/openapi.json").text
    assert "/api/runs/{run_id}/circles" in document["paths"]
    assert "HTTPValidationError" not in text
    served.refused("/docs", 404)
    served.refused("/redoc", 404)


def test_large_answers_are_compressed(served: Served) -> None:
    assert served.client.get("/api/map").headers["content-encoding"] == "br"
    assert "content-encoding" not in served.client.get("/healthz").headers


def test_the_map_names_whom_a_licence_asks_to_name(database: Database, catalog: Catalog, settings: Settings) -> None:
    road = {"key": "osm:way/1", "class": "path", "modes": ["walk"], "node_ids": [1, 2]}
    records = record_set("roads", [road | {"geom": LineString([(113.0, 30.5), (113.1, 30.5)])}])
    records.report["attribution"] = "© OpenStreetMap contributors"
    with database.connect("owner") as connection:
        load(connection, catalog, records, OPTIONS)
    with TestClient(create_app(settings, catalog=catalog, database=database)) as opened:
        assert opened.get("/api/map").json()["attributions"] == ["© OpenStreetMap contributors"]
