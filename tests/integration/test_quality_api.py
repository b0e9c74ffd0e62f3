"""The checks over HTTP and in the shell: who sees what, pages, ETags, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geoservice import cli
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import quality as quality_command
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.editing.quality.checks import CHECKS
from geoservice.settings import DatabaseSettings, Settings
from tests.builders import given_database
from tests.builders_api import make_facility
from tests.integration.quality_builders import TRIGGERS, run, sound
from tests.people import signed_in


@pytest.fixture
def county(database: Database) -> dict[str, int]:
    """A county with an overlap, and homes without beds: three in the west, one of them not published, two in the east."""
    with database.connect("owner") as connection:
        ids = sound(connection)
        TRIGGERS["units.overlap"](connection, ids)
        for number, town in enumerate(("west", "west", "west", "east", "east")):
            make_facility(
                connection, f"院{number}", 113.02 + number / 1000, 30.6505, unit_id=ids[town], published=number != 2
            )
    return ids


@pytest.fixture
def app(database: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=database)


@pytest.fixture
def open_web(app: FastAPI, database: Database) -> Callable[..., TestClient]:
    numbers = iter(range(100))

    def make(*roles: str, **given: Any) -> TestClient:
        web = TestClient(app, base_url="http://127.0.0.1:8000")
        return signed_in(web, database, *roles, name=f"p{next(numbers)}", **given) if roles else web

    return make


def counts(web: TestClient) -> dict[str, int | None]:
    answer = web.get("/api/quality")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["count"] for one in answer.json()["items"]}


def test_the_list_has_every_check_with_its_count(county: dict[str, int], open_web: Callable[..., TestClient]) -> None:
    web = open_web("viewer")
    answer = web.get("/api/quality", params={"on": "2026-01-01"})
    told = answer.json()
    assert told["on"] == "2026-01-01"
    assert [one["id"] for one in told["items"]] == [check.id for check in CHECKS]
    severities = [one["severity"] for one in told["items"]]
    assert severities == sorted(severities, key=["error", "warning", "hint"].index)
    found = {one["id"]: one for one in told["items"]}
    assert found["units.overlap"]["count"] == 1
    assert found["facilities.no-beds"]["count"] == 5
    assert found["units.overlap"]["title"] == {
        "zh": "行政区划：界线重叠",
        "en": "Administrative units: overlapping outlines",
    }
    plain = web.get("/api/quality", params={"counts": "false"})
    assert {(one["state"], one["count"]) for one in plain.json()["items"]} == {("not-asked", None)}
    assert plain.headers["cache-control"] == "private, no-store"


def test_findings_are_geojson_in_pages(county: dict[str, int], open_web: Callable[..., TestClient]) -> None:
    web = open_web("viewer")
    ids: list[int] = []
    after: str | None = None
    for _ in range(3):
        page = web.get(
            "/api/quality/facilities.no-beds", params={"limit": 2} | ({"after": after} if after else {})
        ).json()
        assert page["type"] == "FeatureCollection"
        assert page["check"]["count"] == page["told"] == 5
        ids += [one["properties"]["records"][0]["id"] for one in page["features"]]
        after = page["next"]
    assert after is None
    assert len(set(ids)) == 5
    (overlap,) = web.get("/api/quality/units.overlap").json()["features"]
    assert overlap["geometry"]["type"] == "MultiPolygon"
    west, south, east, north = overlap["bbox"]
    lon, lat = overlap["properties"]["point"]
    assert west <= lon <= east
    assert south <= lat <= north
    assert [one["name"] for one in overlap["properties"]["records"]] == ["竟陵街道", "干驿镇"]
    assert all(
        one["href"] == f"/data?layer=units&record={one['id']}&edit=geometry" for one in overlap["properties"]["records"]
    )
    assert "平方公里" in overlap["properties"]["what"]["zh"]
    assert "km²" in overlap["properties"]["what"]["en"]


def test_an_answer_is_kept_until_a_layer_changes(
    county: dict[str, int], open_web: Callable[..., TestClient], database: Database
) -> None:
    web = open_web("viewer")
    for address in ("/api/quality", "/api/quality/communities.no-people"):
        first = web.get(address)
        assert first.headers["cache-control"] == "private, no-cache"
        held = {"If-None-Match": first.headers["etag"]}
        assert web.get(address, headers=held).status_code == 304
        with database.connect("owner") as connection:
            run(connection, "update community set population = null, population_60 = null, population_80 = null")
            bump_revision(connection, "communities")
        again = web.get(address, headers=held)
        assert again.status_code == 200
        with database.connect("owner") as connection:
            run(connection, "update community set population = 900")
            bump_revision(connection, "communities")
    assert counts(web)["communities.no-people"] == 0


def test_each_audience_sees_its_own(county: dict[str, int], open_web: Callable[..., TestClient]) -> None:
    for address in ("/api/quality", "/api/quality/units.overlap"):
        assert open_web().get(address).status_code == 401
    assert counts(open_web("viewer"))["facilities.no-beds"] == 5
    east = counts(open_web("clerk", units=[county["east"]]))
    west = counts(open_web("clerk", units=[county["west"]]))
    # The one that is not published lies in the west.
    assert (west["facilities.no-beds"], east["facilities.no-beds"]) == (5, 4)
    assert (west["units.gap"], east["units.gap"]) == (None, None)
    answer = open_web("clerk", units=[county["east"]]).get("/api/quality/units.gap").json()
    assert (answer["check"]["state"], answer["features"]) == ("not-yours", [])


def test_two_audiences_never_share_an_answer(county: dict[str, int], open_web: Callable[..., TestClient]) -> None:
    everywhere, limited = open_web("viewer"), open_web("clerk", units=[county["east"]])
    tag = everywhere.get("/api/quality/facilities.no-beds").headers["etag"]
    assert limited.get("/api/quality/facilities.no-beds", headers={"If-None-Match": tag}).status_code == 200


def test_a_page_for_whom_it_may_concern(county: dict[str, int], open_web: Callable[..., TestClient]) -> None:
    away = open_web().get("/data/quality", follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/data/quality")
    assert "data-mends" in open_web("clerk").get("/data/quality").text
    viewer = open_web("viewer").get("/data/quality")
    assert viewer.status_code == 200
    assert "data-mends" not in viewer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/quality/nonsense", 404),
        ("/api/quality/units.overlap%27;--", 422),
        ("/api/quality/" + "x" * 61, 422),
        ("/api/quality?counts=perhaps", 422),
        ("/api/quality?on=yesterday", 422),
        ("/api/quality?limit=1", 400),
        ("/api/quality/units.overlap?limit=0", 422),
        ("/api/quality/units.overlap?limit=1001", 400),
        ("/api/quality/units.overlap?after=nonsense", 400),
        ("/api/quality/units.overlap?after=Wy0xXQ", 200),
        ("/api/quality/units.overlap?on=0001-01-01", 200),
    ],
)
def test_bad_input_is_refused(open_web: Callable[..., TestClient], address: str, status: int) -> None:
    answer = open_web("viewer").get(address)
    expected = {status, 400, 422} if status in (400, 422) else {status}
    assert answer.status_code in expected, answer.text


def test_what_takes_too_long_is_not_kept(
    county: dict[str, int], database: Database, settings: Settings, catalog: Catalog
) -> None:
    hurried = Settings(
        state=settings.state,
        database=DatabaseSettings(statement_timeout_s=0.3),
        server=settings.server,
        audit=settings.audit,
    )
    web = signed_in(
        TestClient(create_app(hurried, catalog=catalog, database=database), base_url="http://127.0.0.1:8000"),
        database,
        "viewer",
    )
    with database.connect("owner") as connection:
        run(
            connection,
            "insert into facility (key, type, name, geom, classification, published) select 'x' || n, 'cemetery', '公墓',"
            " st_setsrid(st_makepoint(113.01, 30.6), 4490), 'public', true from generate_series(1, 4000) n",
        )
    answer = web.get("/api/quality/facilities.twin")
    assert answer.status_code == 200
    assert answer.json()["check"]["state"] == "too-long"
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, database: Database, tmp_path: Path) -> Callable[..., Any]:
    given_database(monkeypatch, quality_command, database, tmp_path / "heads")
    monkeypatch.setattr(quality_command, "ready", _with_catalog(quality_command.ready))
    return lambda *words: CliRunner().invoke(cli.app, ["quality", *words])


def _with_catalog(ready: Callable[[], Any]) -> Callable[[], Any]:
    from contextlib import contextmanager

    from geoservice.catalog import load_catalog

    @contextmanager
    def made() -> Iterator[Any]:
        with ready() as (settings, _, database):
            yield settings, load_catalog(), database

    return made


def test_the_shell_tells_of_errors_by_its_exit_code(
    county: dict[str, int], shell: Callable[..., Any], database: Database
) -> None:
    every = shell("--json")
    assert every.exit_code == 1, every.output
    found = {one["id"]: one for one in json.loads(every.stdout)["items"]}
    assert len(found) == len(CHECKS)
    assert found["units.overlap"]["findings"][0]["mend"][0].startswith("/data?layer=units")
    assert shell("--check", "facilities.no-beds").exit_code == 0
    told = shell("--check", "units.overlap")
    assert told.exit_code == 1
    assert "竟陵街道" in told.stdout
    assert shell("--check", "nonsense").exit_code == 2
    assert shell("--on", "yesterday").exit_code == 2
    assert shell("--check", "units.overlap", "--on", "1900-01-01").exit_code == 1
