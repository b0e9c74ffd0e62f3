"""Siting questions as jobs over HTTP: to the end, cancelled, with the proof killed, refused, and kept."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.roles import Role, actor_of
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import EVERYWHERE, PUBLIC
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.siting.exclusion.declared import siting_rules
from geoservice.worker import Worker
from tests.acceptance.helpers import run_command
from tests.builders import square
from tests.integration.test_coverage_run import put
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
DAY = "2026-01-01"
CASE = {"service": "elder_circle", "type": "day_care_centre", "on": DAY}


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


def until(
    web: TestClient, number: int, wanted: Callable[[dict[str, Any]], bool], seconds: float = 90
) -> dict[str, Any]:
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


def thrown(web: TestClient, path: str, headers: dict[str, str] | None = None) -> Any:
    return web.request("DELETE", path, json={}, headers=headers)


def version(one: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"v{one["version"]}"'}


@pytest.mark.usefixtures("_worker")
def test_a_question_is_solved_explained_checked_and_made_a_scenario(
    web: TestClient, county: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = asked(web, "四处日间照料", group="60+", p=4)
    assert (new["state"], new["answer"], new["question"]["p"]) == ("queued", None, 4)
    one = until(web, new["id"], ended)
    assert (one["state"], one["status"], one["gap"]) == ("succeeded", "optimal", 0)
    assert (one["error"], one["stale"], one["mine"]) == (None, [], True)
    answer = one["answer"]
    assert answer["value"] == answer["bound"] == answer["value_by_what_if"] == one["value"]
    assert (len(answer["sites"]), answer["seed"], answer["status_text"]) == (4, 1, "已证明最优")
    assert "HiGHS" in answer["solver"]
    trail = one["progress"]["trail"]
    assert trail[0]["value"] is not None
    assert trail[0]["seconds"] <= answer["seconds"]
    assert trail[-1]["value"] == trail[-1]["bound"] == one["value"]
    check = web.post(f"/api/siting/{one['id']}/check", json={}).json()
    assert (check["agrees"], check["value"], check["changed_layers"]) == (True, one["value"], [])
    told = web.get(f"/api/siting/{one['id']}/explain").json()
    assert [len(site["runners_up"]) > 0 for site in told["sites"]] == [True] * 4
    assert all(other["change"] <= 0 for site in told["sites"] for other in site["runners_up"])
    assert all(left["lon"] is not None for left in told["left"])
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", county.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path))
    listed = run_command("siting list")
    assert (listed.exit_code, "四处日间照料" in listed.output, "已证明最优" in listed.output) == (0, True, True)
    shown = run_command(f"siting show {one['id']} --json")
    assert json.loads(shown.stdout)["answer"]["sites"] == answer["sites"]
    assert "推演复核" in run_command(f"siting show {one['id']}").output
    assert run_command("siting show 987654321").exit_code == 2
    made = web.post(f"/api/siting/{one['id']}/scenario", json={})
    assert (made.status_code, made.json()["name"], made.json()["changes"]) == (201, "四处日间照料", 4)
    scenario = web.get(f"/api/scenarios/{made.json()['id']}").json()
    total = scenario["trial"]["total"]["after"]
    assert total["population_60_covered"] == one["value"] == answer["people_covered"]["after"]


POINTS = [
    {"name": f"点{number}", "lon": lon, "lat": lat, "places": places, "cost": cost}
    for number, (lon, lat, places, cost) in enumerate(
        [(113.1448, 30.4446, 40, 7), (112.7043, 30.7374, 90, 3), (113.1602, 30.6656, 60, 9), (113.1478, 30.6546, 30, 5)]
    )
]
GIVEN = {"from": "points", "points": POINTS}


@pytest.mark.usefixtures("_worker")
def test_budget_spacing_floors_weights_and_points(web: TestClient) -> None:
    """Every condition binds here: each answer differs from the one without it."""
    free = until(web, asked(web, candidates=GIVEN, p=4)["id"], ended)["answer"]
    cheap = until(web, asked(web, candidates=GIVEN, budget=8)["id"], ended)["answer"]
    costs = {one["name"]: one["cost"] for one in POINTS}
    assert sum(costs[one["name"]] for one in cheap["sites"]) <= 8
    assert cheap["status"] == "optimal"
    # The two in the town are 1.7 km apart.
    apart = until(web, asked(web, candidates=GIVEN, p=4, spacing_m=2000)["id"], ended)["answer"]
    assert not {"点2", "点3"} <= {one["name"] for one in apart["sites"]}
    assert apart["value"] <= free["value"]
    weighted = until(web, asked(web, p=2, weights={"60+": 1, "80+": 0.5})["id"], ended)["answer"]
    assert weighted["status"] == "optimal"
    assert weighted["value"] == weighted["value_by_what_if"]
    assert weighted["weights"] == {"60+": 1, "80+": 0.5}
    floored = until(web, asked(web, p=6, floor=0.05)["id"], ended)["answer"]
    assert floored["status"] in ("optimal", "infeasible")
    impossible = until(web, asked(web, p=1, floor=1)["id"], ended)
    assert (impossible["state"], impossible["status"]) == ("succeeded", "infeasible")
    assert impossible["answer"]["reasons"]
    for path in ("explain", "check", "scenario"):
        method = web.get if path == "explain" else web.post
        refused = method(f"/api/siting/{impossible['id']}/{path}", **({} if path == "explain" else {"json": {}}))
        assert code(refused) == (409, "siting.unanswered")


@pytest.mark.usefixtures("_worker")
def test_a_grid_less_what_rules_refuse_in_the_language_of_whoever_reads(web: TestClient) -> None:
    funeral = {"service": "funeral", "type": "cemetery", "candidates": {"from": "grid", "spacing_m": 5000}}
    one = until(web, asked(web, **funeral, p=1, prices=True, time_limit_s=20)["id"], ended)
    assert one["state"] == "succeeded", one["error"]
    answer = one["answer"]
    assert answer["candidates_from"] == "grid:5000"
    refused = {place["name"] for place in answer["rejected"]}
    assert answer["rejected_count"] == len(refused) > 0
    assert all(place["breaks"] for place in answer["rejected"])
    assert not refused & {site["name"] for site in answer["sites"]}
    hard = {rule["rule"] for rule in answer["exclusions"]["rules"] if rule["force"] == "hard" and rule["broken_by"]}
    assert {price["rule"] for price in answer["prices"]} == hard
    assert all(price["price"] >= 0 for price in answer["prices"])
    english = web.get(f"/api/siting/{one['id']}", headers={"Accept-Language": "en"}).json()["answer"]
    here, there = (told["rejected"][0]["breaks"][0]["message"] for told in (answer, english))
    assert here != there
    assert english["rejected_count"] == answer["rejected_count"]
    free = until(web, asked(web, **funeral, p=1, rules="off")["id"], ended)["answer"]
    assert (free["rejected_count"], free["value"] >= answer["value"]) == (0, True)


@pytest.mark.usefixtures("_worker")
def test_a_plan_in_phases(web: TestClient) -> None:
    one = until(web, asked(web, phases=[1, 3], time_limit_s=30, prices=True)["id"], ended)
    years = one["answer"]["phases"]
    assert all(price["price"] is None or price["price"] >= 0 for price in one["answer"]["prices"])
    assert [year["p"] for year in years] == [1, 3]
    assert set(years[0]["sites"]) <= set(years[1]["sites"])
    assert years[0]["value"] < years[1]["value"] == one["value"]


@pytest.mark.usefixtures("_worker")
@pytest.mark.parametrize("order", ["first", "last"])
def test_a_plan_in_phases_closes_and_moves_in_its_year(web: TestClient, order: str) -> None:
    existing = {"close": 1, "move": 1, "year": 2}
    one = until(web, asked(web, phases=[1, 2, 3], order=order, existing=existing, time_limit_s=60)["id"], ended)
    answer = one["answer"]
    first, second, third = answer["phases"]
    assert (answer["order"], answer["existing_year"]) == (order, 2)
    assert [len(first["closes"]), len(third["closes"])] == [0, 0]
    assert 1 <= len(second["closes"]) <= 2
    assert second["closes"] == answer["closed"]
    assert second["moved"] == len(second["closes"]) - 1
    # As many as before and those asked for, less the one that is closed.
    opened = [len(year["opens"]) for year in answer["phases"]]
    assert (opened[0], sum(opened) - len(second["closes"])) == (1, 3 - 1)
    assert [*first["opens"], *second["opens"], *third["opens"]] != []
    assert {place["name"] for year in answer["phases"] for place in year["opens"]} == set(third["sites"])
    assert answer["value"] == answer["value_by_what_if"] == third["value"]
    if order == "last":
        assert third["price"] == 0
    held = web.post(f"/api/siting/{one['id']}/check", json={}).json()
    assert (held["agrees"], [year["agrees"] for year in held["years"]]) == (True, [True] * 3)


def children() -> list[int]:
    """Processes of proofs that this process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"geoservice.siting.child" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.usefixtures("_worker")
def test_cancelling_keeps_the_best(web: TestClient) -> None:
    new = asked(web, model="pmedian", p=9, time_limit_s=300)
    until(web, new["id"], known)
    assert web.post(f"/api/jobs/{new['job']}/cancel", json={}).status_code == 200
    one = until(web, new["id"], ended)
    assert (one["state"], one["ended"], one["answer"]["ended_text"]) == (
        "cancelled", "cancelled", "已取消，保留当前最好的方案",
    )  # fmt: skip
    assert len(one["answer"]["sites"]) == 9
    assert one["value"] > 0
    assert not children()
    assert web.post(f"/api/siting/{new['id']}/check", json={}).json()["agrees"] is True


@pytest.mark.usefixtures("_worker")
def test_a_proof_that_is_killed_keeps_the_best(web: TestClient) -> None:
    new = asked(web, model="pmedian", p=8, time_limit_s=300)
    until(web, new["id"], lambda one: bool(children()))
    os.kill(children()[0], signal.SIGKILL)
    one = until(web, new["id"], ended)
    assert (one["state"], one["status"], one["ended"]) == ("succeeded", "feasible", "crashed")
    assert (one["answer"]["detail"], len(one["answer"]["sites"])) == ("SIGKILL", 8)
    assert one["value"] == one["progress"]["value"] > 0


def test_what_waits_is_cancelled_at_once_and_thrown_away(web: TestClient, county: Database) -> None:
    """No worker is needed: nothing is searched. Only then can it be thrown away."""
    new = asked(web, p=2)
    path = f"/api/siting/{new['id']}"
    if looked(web, new["id"])["state"] in ("queued", "running"):
        assert code(thrown(web, path, headers=version(new))) == (409, "siting.busy")
        web.post(f"/api/jobs/{new['job']}/cancel", json={})
    until(web, new["id"], ended)
    last = looked(web, new["id"])
    assert code(thrown(web, path)) == (428, "api.no-version")
    assert code(thrown(web, path, headers={"If-Match": '"v99"'})) == (412, "api.changed")
    assert thrown(web, path, headers=version(last)).status_code == 200
    assert code(web.get(path)) == (404, "siting.none")
    with county.connect("owner") as connection:
        left = connection.execute(text("select count(*) from siting_progress where answer_id = :id"), {"id": new["id"]})
        assert left.scalar_one() == 0


@pytest.mark.usefixtures("_worker")
def test_who_may_see_and_change(clients: dict[str, TestClient], county: Database) -> None:
    li, wang = clients["li"], clients["wang"]
    one = until(li, asked(li, candidates=GIVEN, p=1)["id"], ended)
    path = f"/api/siting/{one['id']}"
    for name, status in (("public", 401), ("viewer", 403)):
        for answer in (clients[name].get("/api/siting"), clients[name].get(path)):
            assert answer.status_code == status
        assert clients[name].post("/api/siting", json={"question": CASE}).status_code == status
    assert code(wang.get(path)) == (404, "siting.none")
    shared = li.patch(path, json={"shared": True, "name": "一处"}, headers=version(one)).json()
    assert (shared["shared"], shared["name"], shared["version"]) == (True, "一处", one["version"] + 1)
    seen = wang.get(path).json()
    assert (seen["mine"], seen["value"], seen["progress"]["value"]) == (False, one["value"], one["value"])
    assert code(wang.patch(path, json={"name": "x"}, headers=version(seen))) == (403, "siting.of-another")
    assert code(thrown(wang, path, headers=version(seen))) == (403, "siting.of-another")
    assert wang.post(f"{path}/scenario", json={"name": "照做"}).status_code == 201
    assert one["id"] in [item["id"] for item in wang.get("/api/siting").json()["items"]]
    with county.connect("reader") as connection:
        assert connection.execute(text("select count(*) from siting_answer")).scalar_one() > 0
    # Neither question nor value stands where others may look.
    assert wang.get(f"/api/jobs/{one['job']}").json()["request"] == {"answer": one["id"]}


def test_policies_decide_whatever_the_program_asks(county: Database) -> None:
    with county.connect("owner") as connection:
        connection.execute(text("delete from siting_answer"))
        for owner, shared in (("li", False), ("li", True), ("wang", False), ("wang", True)):
            connection.execute(
                text(
                    "with made as (insert into siting_answer (owner, name, service, type, on_date, model, question, shared)"
                    " values (:o, 'x', 's', 't', '2026-01-01', 'mclp', '{}', :s) returning id)"
                    " insert into siting_progress select id, '{}' from made"
                ),
                {"o": owner, "s": shared},
            )
    li = {role: actor_of("li", 1, [(role, EVERYWHERE)]) for role in Role}
    expected = {Role.PLANNER: 3, Role.ADMINISTRATOR: 4}
    for role, actor in [*li.items(), ("public", PUBLIC)]:
        with county.connect(actor=actor) as connection:
            for table in ("siting_answer", "siting_progress"):
                seen = connection.execute(text(f"select count(*) from geoservice.{table}")).scalar_one()
                assert seen == expected.get(role, 0), (role, table)  # type: ignore[arg-type]
    with county.connect(actor=li[Role.PLANNER]) as connection:
        assert connection.execute(text("update siting_answer set name = 'y'")).rowcount == 2
        assert connection.execute(text("update siting_progress set told = '{}'")).rowcount == 2
        assert connection.execute(text("delete from siting_answer where owner = 'wang'")).rowcount == 0


@pytest.mark.usefixtures("_worker")
def test_changed_data_are_told(web: TestClient, county: Database) -> None:
    one = until(web, asked(web, candidates=GIVEN, p=2)["id"], ended)
    assert one["stale"] == []
    with county.connect("owner") as connection:
        connection.execute(
            text("update community set population_60 = population_60 + 1 where population_60 is not null")
        )
        connection.execute(text("update layer_revision set revision = revision + 1 where layer = 'communities'"))
    again = looked(web, one["id"])
    assert (again["stale"], again["value"]) == (["communities"], one["value"])
    assert web.post(f"/api/siting/{one['id']}/check", json={}).json()["changed_layers"] == ["communities"]


@pytest.mark.usefixtures("_worker")
def test_a_layer_that_a_rule_alone_looked_at_is_told_when_it_changes(
    web: TestClient, county: Database, catalog: Catalog
) -> None:
    """No figure comes from protected areas: without rules that look at them an answer is still that of now."""
    graves = {"service": "funeral", "type": "cemetery", "on": "2026-11-01", "candidates": GIVEN, "p": 1}
    rule = "tianmen_2019_areas"
    assert {one.layer for known in siting_rules().rules if known.id == rule for one in known.looks_at} == {"controls"}
    looked_at, not_looked = (
        until(web, asked(web, **graves, rules=wanted)["id"], ended)["id"] for wanted in (rule, "off")
    )
    assert looked(web, looked_at)["stale"] == []
    area = {"key": "保护区", "class": "nature_reserve", "name": "远处的保护区", "geom": square(112.6, 30.9, 0.01)}
    put(county, catalog, "controls", [area])
    told = looked(web, looked_at)
    assert (told["stale"], told["stale_titles"]) == (["controls"], [{"zh": "管控要素", "en": "Controlled land"}])
    assert looked(web, not_looked)["stale"] == []
    assert web.post(f"/api/siting/{looked_at}/check", json={}).json()["changed_layers"] == ["controls"]
    assert web.post(f"/api/siting/{not_looked}/check", json={}).json()["changed_layers"] == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"p": 2, "type": "no_such"}, (400, "coverage.unknown-type")),
        ({}, (422, "siting.needs")),
        ({"budget": 5}, (422, "siting.needs")),
        ({"p": 0}, (422, "siting.nothing-to-do")),
        ({"existing": {"move": 1}}, (422, "siting.needs")),
        ({"p": 0, "existing": {"facilities": [1]}}, (422, "siting.needs")),
        ({"phases": [1, 2], "existing": {"move": 1, "year": 3}}, (422, "siting.no-year")),
        ({"p": 2, "existing": {"move": 1, "year": 2}}, (422, "siting.no-year")),
        ({"phases": [1, 2], "existing": {"year": 2}}, (422, "siting.needs")),
        ({"p": 2, "model": "capacity"}, (422, "siting.no-rule")),
        ({"p": 2, "places": 9}, (422, "siting.not-with")),
        ({"p": 2, "model": "pmedian", "floor": 0.5}, (422, "siting.not-with")),
        ({"p": 2, "model": "pmedian", "ties": True}, (422, "siting.not-with")),
        ({"p": 2, "group": "60+", "weights": {"80+": 1}}, (422, "siting.not-with")),
        ({"p": 2, "weights": {}}, (422, "siting.no-weight")),
        ({"phases": [3, 2]}, (422, "siting.phases")),
        ({"p": 2, "rules": "no_such_rule"}, (422, "siting.unknown-rule")),
        ({"model": "lscp", "phases": [1, 2]}, (422, "siting.not-with")),
    ],
)
def test_what_cannot_be_asked_is_refused(web: TestClient, question: dict[str, Any], expected: tuple[int, str]) -> None:
    before = web.get("/api/siting").json()["items"]
    assert code(web.post("/api/siting", json={"question": {**CASE, **question}})) == expected
    assert web.get("/api/siting").json()["items"] == before


@pytest.mark.parametrize(
    "question",
    [
        {"p": -1}, {"p": 2, "existing": {"close": -1}}, {"p": 2, "existing": {"facilities": [0]}}, {"p": 2, "model": "best"}, {"p": 2, "candidates": {"from": "moon"}},
        {"p": 2, "candidates": {"from": "points", "points": []}}, {"p": 2, "spacing_m": -1}, {"p": 2, "on": "yesterday"},
        {"p": 2, "seed": 2**31}, {"p": 2, "time_limit_s": 1e9}, {"p": 2, "unknown": 1}, {"p": 2, "floor": 2},
        {"p": 2, "floors": [{"unit_id": 0, "share": 0.5}]},
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(web: TestClient, question: dict[str, Any]) -> None:
    answer = web.post("/api/siting", json={"question": {**CASE, **question}})
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.usefixtures("_worker")
def test_what_the_data_refuse_is_told_by_the_job(web: TestClient) -> None:
    far = {"from": "points", "points": [{"name": "海上", "lon": 120.0, "lat": 30.0}]}
    one = until(web, asked(web, p=1, candidates=far)["id"], ended)
    assert (one["state"], one["answer"], one["error"]["code"]) == ("failed", None, "siting.no-candidates")
