"""Indicators and openings of a scenario: those of a fresh evaluation, and of a fresh run, over changed records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.indicators.query import indicators_on
from geoservice.coverage.run import run_coverage
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
ON = date(2026, 1, 1)
CASE = {"service": "elder_circle", "type": "nursing_home", "on": ON.isoformat()}
ADD = {"kind": "add", "lon": 113.166, "lat": 30.66, "name": "新院", "places": 80, "nursing_places": 60}


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    """With one home that closed before the day, and one that opens after it."""
    made = new_database(sample_database)
    with made.connect("owner") as connection:
        ids = homes(connection)
        set_dates(connection, ids[0], None, date(2024, 1, 1))
        set_dates(connection, ids[1], date(2027, 1, 1), None)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def web(county: Database, settings: Settings, catalog: Catalog) -> TestClient:
    app = create_app(settings, catalog=catalog, database=county)
    return signed_in(TestClient(app, base_url=BASE), county, "planner", name="li")


def homes(connection: Connection) -> list[int]:
    return list(connection.execute(text("select id from facility where type = 'nursing_home' order by id")).scalars())


def set_dates(connection: Connection, id_: int, opened: date | None, closed: date | None) -> None:
    connection.execute(
        text("update facility set opened_on = :opened, closed_on = :closed where id = :id"),
        {"opened": opened, "closed": closed, "id": id_},
    )


def tried(web: TestClient, *changes: dict[str, Any]) -> dict[str, Any]:
    answer = web.post("/api/scenarios/trial", json={**CASE, "changes": changes})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_they_are_those_of_changed_records(
    web: TestClient, county: Database, new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> None:
    with county.connect("owner") as connection:
        ids = homes(connection)
    changes = [
        ADD,
        {"kind": "move", "facility": ids[4], "lon": 113.4, "lat": 30.6},
        {"kind": "close", "facility": ids[5]},
        {"kind": "resize", "facility": ids[6], "places": 700, "nursing_places": 650},
        {"kind": "opening", "facility": ids[0]},
        {"kind": "opening", "facility": ids[1], "opened_on": "2025-06-01", "closed_on": "2030-01-01"},
        {"kind": "opening", "facility": ids[7], "opened_on": "2026-01-02"},
        {"kind": "opening", "facility": ids[8], "opened_on": "2020-01-01"},
    ]
    told = tried(web, *changes)
    units = {one["facility"] or "new": one["unit_id"] for one in told["sites"]}
    copy = new_database(county)
    at = "st_setsrid(st_makepoint(:lon, :lat), 4490)"
    with copy.connect("owner") as connection:
        connection.execute(
            text(
                "insert into facility (key, type, name, beds, nursing_beds, unit_id, geom)"
                f" values ('new', 'nursing_home', 'n', 80, 60, :unit, {at})"
            ),
            {**ADD, "unit": units["new"]},
        )
        connection.execute(
            text(f"update facility set unit_id = :unit, geom = {at} where id = :id"),
            {"id": ids[4], "unit": units[ids[4]], "lon": 113.4, "lat": 30.6},
        )
        set_dates(connection, ids[5], None, date(2025, 1, 1))
        connection.execute(text("update facility set beds = 700, nursing_beds = 650 where id = :id"), {"id": ids[6]})
        set_dates(connection, ids[0], None, None)
        set_dates(connection, ids[1], date(2025, 6, 1), date(2030, 1, 1))
        set_dates(connection, ids[7], date(2026, 1, 2), None)
        set_dates(connection, ids[8], date(2020, 1, 1), None)
    for database, side in ((county, "before"), (copy, "after")):
        with database.connect("owner") as connection:
            fresh = indicators_on(connection, catalog, [ON], public_only=False)
        for row, one in zip(fresh.rows, told["indicators"], strict=True):
            expected = {name: value for name, value in asdict(row.values[0]).items() if name != "on"}
            assert (one["id"], one[side]) == (row.indicator.id, expected)
    assert {one["id"] for one in told["indicators"] if not one["same"]} >= {"beds_per_1000_elders", "nursing_bed_share"}
    request = RunRequest(on=ON, services=("elder_circle",), types=("nursing_home",), circles=False)
    run = run_coverage(copy, catalog, settings, request, lambda *_: None)
    case = run.as_dict()["cases"][0]
    assert told["total"]["after"] == {name: case[name] for name in told["total"]["after"]}
    copy.dispose()


def test_what_is_not_open_is_listed_and_only_opened(web: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        ids = homes(connection)
    idle = web.post("/api/scenarios/standing", json=CASE).json()["idle"]
    assert [(one["facility"], one["status"], one["closed_on"]) for one in idle if one["facility"] in ids[:2]] == [
        (ids[0], "idle", "2024-01-01"),
        (ids[1], "idle", None),
    ]
    refused = web.post("/api/scenarios/trial", json={**CASE, "changes": [{"kind": "close", "facility": ids[0]}]})
    assert (refused.status_code, refused.json()["code"]) == (422, "scenario.unknown-facility")
    opened = {"kind": "opening", "facility": ids[0]}
    told = tried(web, opened)
    assert [one["status"] for one in told["sites"]] == ["opened"]
    assert told["total"]["after"]["facilities"] == told["total"]["before"]["facilities"] + 1
    shut = {"kind": "opening", "facility": ids[0], "closed_on": "2025-01-01"}
    back = tried(web, opened, shut)
    assert back["total"]["after"] == back["total"]["before"]
    assert tried(web, opened, shut, opened)["total"] == told["total"]
    # Closed in the scenario and opened again: as it was.
    again = tried(web, {"kind": "close", "facility": ids[4]}, {"kind": "opening", "facility": ids[4]})
    assert again["total"]["after"] == again["total"]["before"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "opening"},
        {"kind": "opening", "facility": 1, "opened_on": "2026-02-30"},
        {"kind": "opening", "facility": 1, "opened_on": "2026-02-01", "closed_on": "2026-02-01"},
        {"kind": "opening", "facility": 1, "lon": 113.0},
        {"kind": "add", "lon": 113.1, "lat": 30.6, "places": 5, "nursing_places": 6},
    ],
)
def test_what_cannot_be_is_refused(web: TestClient, change: dict[str, Any]) -> None:
    answer = web.post("/api/scenarios/trial", json={**CASE, "changes": [change]})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["detail"]
