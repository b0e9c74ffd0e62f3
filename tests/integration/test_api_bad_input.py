"""No input makes the service fail: every route, every parameter, every odd value; and the database gone or slow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.paging import encode
from geoservice.errors import Deadline
from geoservice.publish.queries import facilities, units
from geoservice.settings import DatabaseSettings, Settings
from tests import builders_api as make

# As they stand in an address: some are no UTF-8.
ODD = [
    "",
    "%20",
    "0",
    "-1",
    "1.5",
    "1e9",
    "NaN",
    "Infinity",
    "-inf",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999999999",
    "%00",
    "a%00b",
    "%FF%FE",
    "%ED%A0%80",
    "%F0%A0%80%80",
    quote("𣲗源口"),
    quote("天门"),
    quote("' or 1=1; drop table geoservice.place; --"),
    quote("\\"),
    quote("%_%"),
    quote("<script>alert(1)</script>"),
    quote("../../etc/passwd"),
    quote("{name}{0}"),
    quote("(((("),
    quote("\u202e\u200b\ufeff"),
    "a" * 101,
    "a" * 5000,
    quote("天") * 101,
    "1,2,3",
    "1,2,3,4,5",
    "NaN,0,1,1",
    "0,0,inf,1",
    "10,0,5,1",
    "0,10,1,5",
    "-181,0,0,1",
    "0,0,0,91",
    "1_0,0,20,1",
    "112,30,113,31",
    "2026-02-30",
    "0000-01-01",
    "9999-12-31",
    "0001-01-01",
    "20260101",
    "2026-01-01T00:00:00",
    "1767225600",
    "null",
    "[]",
    encode([1]),
    encode(["x"]),
    encode([1, 1, 1, 1, 1]),
    encode([0, "", 2**63 - 1]),
    encode([2**70]),
    encode([-1]),
    "W10",
    "e30",
    "bnVsbA",
    "W1tbW1tbW1tb",
]


@pytest.fixture(scope="module")
def ids() -> dict[str, int]:
    return {}


@pytest.fixture(scope="module")
def client(
    new_database: Callable[[], Database], settings: Settings, catalog: Catalog, ids: dict[str, int]
) -> Iterator[TestClient]:
    database = new_database()
    with database.connect("owner") as connection:
        ids.update(make.a_county(connection))
    yield TestClient(create_app(settings, catalog=catalog, database=database))
    with database.connect("owner") as connection:
        assert connection.execute(text("select count(*) from geoservice.place")).scalar_one() == 1
    database.dispose()


def routes(client: TestClient) -> list[tuple[str, list[str]]]:
    """Every path of the document with the names of its query parameters."""
    document = client.get("/openapi.json").json()
    return [
        (path, [item["name"] for item in methods["get"].get("parameters", []) if item["in"] == "query"])
        for path, methods in document["paths"].items()
        if "get" in methods
    ]


def check(client: TestClient, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code < 500, f"{address}: {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", address
        body = answer.json()
        assert body["detail"], address
        assert body["code"], address
        assert body["detail"] != f"error.{body['code']}", address
        assert "{" not in body["detail"].replace("{name}{0}", ""), address
        for leak in ("psycopg", "sqlalchemy", "SELECT", "Traceback"):
            assert leak not in answer.text, address
    return int(answer.status_code)


KNOWN = {"lang": "zh", "layer": "roads", "z": 1, "x": 1, "y": 0, "table": "facility", "name": "li"} | {
    "matrix": 1,
    "row": 0,
    "column": 1,
}


def filled(path: str) -> str:
    """The path with what is known in its places, and 1 for every id."""
    for name, value in KNOWN.items():
        path = path.replace("{" + name + "}", str(value))
    return re.sub(r"\{(\w+_id|document)\}", "1", path)


def test_every_query_parameter_bears_every_value(client: TestClient) -> None:
    for path, names in routes(client):
        required = "service=life_circle&type=nursing_home" if "service" in names else ""
        for name in names:
            for value in ODD:
                kept = "&".join(part for part in required.split("&") if part and not part.startswith(f"{name}="))
                check(client, f"{filled(path)}?{name}={value}&{kept}".rstrip("&"))


def test_every_part_of_a_path_bears_every_value(client: TestClient) -> None:
    for path, _ in routes(client):
        parts = path.split("/")
        for index, part in enumerate(parts):
            if "{" not in part:
                continue
            for value in ODD:
                tried = [*parts[:index], value, *parts[index + 1 :]]
                check(client, filled("/".join(tried)))


@pytest.mark.parametrize("value", ODD)
def test_the_page_and_its_files_bear_every_value(client: TestClient, value: str) -> None:
    check(client, f"/?lang={value}")
    check(client, f"/static/{value}")
    check(client, f"/{value}")
    check(client, f"/api/units?{value}=1")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/api/units?colour=red", "api.unknown-parameter"),
        ("/healthz?x", "api.unknown-parameter"),
        ("/api/units?q=a&q=b", "api.repeated-parameter"),
        ("/api/units?q=%00", "api.not-text"),
        ("/api/units?q=%ff", "api.not-text"),
        ("/api/units?level=village", "api.bad-parameter"),
        ("/api/units?limit=0", "api.bad-parameter"),
        ("/api/units?limit=1001", "api.limit-too-large"),
        ("/api/place-names?limit=51", "api.limit-too-large"),
        ("/api/facilities?limit=10001", "api.limit-too-large"),
        ("/api/units?on=01/02/2026", "api.bad-parameter"),
        ("/api/units?on=1767225600", "api.bad-parameter"),
        ("/api/facilities?bbox=NaN,0,1,1", "api.bad-bbox"),
        ("/api/facilities?bbox=10,0,5,1", "api.bad-bbox"),
        ("/api/facilities?bbox=1,2,3", "api.bad-bbox"),
        ("/api/facilities?after=xyz", "api.bad-token"),
        ("/api/place-names?q=" + "a" * 101, "api.bad-parameter"),
        ("/api/units/abc", "api.bad-parameter"),
        ("/api/runs/1/units?service=life_circle", "api.missing-parameter"),
    ],
)
def test_the_reason_is_named(client: TestClient, address: str, code: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer.json()["code"] == code


def test_an_unknown_parameter_is_told_the_known_ones(client: TestClient) -> None:
    detail = client.get("/api/facilities?colour=red").json()["detail"]
    assert "colour" in detail
    assert "after, bbox, limit, on, q, type, unit" in detail


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    for path in ("/", "/api/units", "/tiles/roads/1/1/0.mvt", "/static/js/main.js"):
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert answer.json()["code"] == "api.method-not-allowed"


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"' * 5000},
        {"If-None-Match": ',,W/,"x'},
        {"Accept-Language": "zh;q=9,;;;,*;q=0.x"},
        {"Accept-Language": "z" * 10_000},
        {"Cookie": "lang=\x7f; ;;=;lang"},
        {"X-Request-ID": "x" * 1000},
        {"Accept-Encoding": "gzip;q=0, *"},
        {"Range": "bytes=5-1"},
    ],
)
def test_odd_headers(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/", "/api/map", "/api/runs/1", "/static/js/main.js", "/tiles/roads/1/1/0.mvt"):
        assert client.get(path, headers=headers).status_code < 500


def test_a_database_that_is_down(catalog: Catalog) -> None:
    down = Settings(database=DatabaseSettings(database_url="postgresql://nobody:secret@127.0.0.1:1/nothing"))
    client = TestClient(create_app(down, catalog=catalog))
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["database"] == {"reachable": False, "reason": "database.down"}
    for path in ("/api/units", "/api/map", "/tiles/roads/1/1/0.mvt", "/api/runs/1", "/api/place-names?q=a"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.json()["code"] == "database.down"
        assert "secret" not in answer.text
        assert "127.0.0.1" not in answer.text
        assert answer.headers["retry-after"]


def test_a_database_that_is_not_migrated(template: Database, catalog: Catalog) -> None:
    bare = Database(template.settings, name="postgres")
    client = TestClient(create_app(template.settings, catalog=catalog, database=bare))
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["reason"] == "api.not-migrated"
    for path in ("/api/facilities", "/api/map", "/api/runs"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "api.not-migrated")
    bare.dispose()


def test_a_query_that_takes_too_long(
    template: Database, settings: Settings, catalog: Catalog, monkeypatch: Any
) -> None:
    def sleep(connection: Any, **_: Any) -> None:
        connection.execute(text("select pg_sleep(5)"))

    monkeypatch.setattr(facilities, "facilities", sleep)
    quick = Settings(state=settings.state, database=DatabaseSettings(statement_timeout_s=0.1), audit=settings.audit)
    client = TestClient(create_app(quick, catalog=catalog, database=template))
    answer = client.get("/api/facilities")
    assert (answer.status_code, answer.json()["code"]) == (503, "database.deadline")
    template.dispose()


def test_what_nobody_foresaw_says_nothing_of_itself(settings: Settings, catalog: Catalog, monkeypatch: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=secret")

    monkeypatch.setattr(units, "units", fail)
    monkeypatch.setattr("geoservice.api.services.Services.read", lambda _: _nothing())
    client = TestClient(create_app(settings, catalog=catalog))
    answer = client.get("/api/units")
    assert answer.status_code == 500
    body = answer.json()
    assert body["code"] == "api.internal"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


def _nothing() -> Any:
    return nullcontext()


def test_a_deadline_is_told_as_such() -> None:
    assert Deadline("database.deadline").status == 503
