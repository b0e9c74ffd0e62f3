"""Siting questions as jobs over HTTP: to the end, cancelled, with the proof killed, refused, and kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.worker import Worker
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
DAY = "2026-01-01"
CASE = {"service": "elder_circle", "type": "day_care_centre", "on": DAY}


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def clients(county: Database, settings: Settings, catalog: Catalog) -> dict[str, TestClient]:
    app = create_app(settings, catalog=catalog, database=county)

    def made() -> TestClient:
        return TestClient(app, base_url=BASE)

    found = {"public": made()}
    for name, role in (("li", "planner"), ("wang", "planner"), ("viewer", "viewer"), ("chief", "administrator")):
        found[name] = signed_in(made(), county, role, name=name)
    return found


@pytest.fixture(scope="module")
def web(clients: dict[str, TestClient]) -> TestClient:
    return clients["li"]


@pytest.fixture(scope="module")
def _worker(county: Database, settings: Settings, catalog: Catalog) -> Iterator[None]:
    worker = Worker(settings, catalog, county).start()
    yield
    worker.stop()


def asked(web: TestClient, name: str | None = None, **question: Any) -> dict[str, Any]:
    told = {**CASE, **question}
    answer = web.post("/api/siting", json={"question": told} | ({"name": name} if name else {}))
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def looked(web: TestClient, number: int) -> dict[str, Any]:
    answer = web.get(f"/api/siting/{number}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def until(web: TestClient, number: int, wanted: Callable[[dict[str, Any]], bool], seconds: float = 90) -> dict[str, Any]:
    deadline = monotonic() + seconds
    while not wanted(found := looked(web, number)):
        assert monotonic() < deadline, found
        sleep(0.05)
    return found


def ended(one: dict[str, Any]) -> bool:
    return one["state"] not in ("queued", "running")


def known(one: dict[str, Any]) -> bool:
    return one["progress"] is not None and one["progress"]["value"] is not None


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def version(one: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"v{one["version"]}"'}


@pytest.mark.usefixtures("_worker")
def test_a_question_is_solved_explained_checked_and_made_a_scenario(web: TestClient) -> None:
    new = asked(web, "四处日间照料", group="60+", p=4)
    assert (new["state"], new["answer"], new["question"]["p"]) == ("queued", None, 4)
    one = until(web, new["id"], ended)
    assert (one["state"], one["status"], one["gap"]) == ("succeeded", "optimal", 0)
    assert (one["error"], one["stale"], one["mine"]) == (None, [], True)
    answer = one["answer"]
    assert answer["value"] == answer["bound"] == answer["value_by_what_if"] == one["value"]
    assert (len(answer["sites"]), answer["seed"], answer["status_text"]) == (4, 1, "已证明最优")
    assert answer["solver"].startswith("HiGHS")
    trail = one["progress"]["trail"]
    assert trail[0]["value"] is not None
    assert trail[0]["seconds"] < 3
    assert trail[-1]["value"] == trail[-1]["bound"] == one["value"]
    check = web.post(f"/api/siting/{one['id']}/check", json={}).json()
    assert (check["agrees"], check["value"], check["changed_layers"]) == (True, one["value"], [])
    told = web.get(f"/api/siting/{one['id']}/explain").json()
    assert [len(site["runners_up"]) > 0 for site in told["sites"]] == [True] * 4
    assert all(other["change"] <= 0 for site in told["sites"] for other in site["runners_up"])
    assert all(left["lon"] is not None for left in told["left"])
    made = web.post(f"/api/siting/{one['id']}/scenario", json={})
    assert (made.status_code, made.json()["name"], made.json()["changes"]) == (201, "四处日间照料", 4)
    scenario = web.get(f"/api/scenarios/{made.json()['id']}").json()
    total = scenario["trial"]["total"]["after"]
    assert total["population_60_covered"] == one["value"] == answer["people_covered"]["after"]
