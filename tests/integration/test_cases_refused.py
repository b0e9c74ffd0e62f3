"""What a case refuses: every illegal transition, every role without the right, another unit, bad input, the second of two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.roles import Role, actor_of
from geoservice.access.tokens import reading
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import EVERYWHERE, Actor, Extent, shell_actor
from geoservice.database.engine import Database
from geoservice.errors import Forbidden
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.moving import Order, take
from geoservice.names.cases.steps import Action, moves
from geoservice.settings import Settings
from tests.case_builders import (
    FAR_AWAY,
    IN_TOWN,
    STAFF,
    Desk,
    days_ago,
    hold_staff,
    make_county,
    open_desk,
    tag,
    told,
)

Json = dict[str, Any]
STATES = ("draft", *(step.id for step in case_rules().steps), "refused", "withdrawn")
TARGETS = (*STATES, "nonsense", "")
STREETS = ("".join(pair) for pair in product("梧银玉海紫丁芙石", "桐杏兰棠薇香蓉榴"))


@pytest.fixture(scope="module")
def app_and_desk(
    new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> Iterator[tuple[FastAPI, Desk]]:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make_county(connection)
    app = create_app(settings, catalog=catalog, database=database)
    yield app, open_desk(app, database, ids, hold_staff(database, ids))
    database.dispose()


@pytest.fixture(scope="module")
def desk(app_and_desk: tuple[FastAPI, Desk]) -> Desk:
    return app_and_desk[1]


@pytest.fixture(scope="module")
def cases(desk: Desk) -> dict[str, Json]:
    """A street's case in each state."""
    return {state: desk.bring_to(street(desk), state) for state in STATES}


def street(desk: Desk, **more: Any) -> Json:
    return desk.new(names=[{"name": f"{next(STREETS)}路", "geometry": IN_TOWN}], **more)


# Every state and every target, but for the legal ones.


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("state", STATES)
def test_every_illegal_transition_is_refused_over_http(desk: Desk, cases: dict[str, Json], state: str, to: str) -> None:
    case = cases[state]
    if to in {move.to for move in moves("street", state)}:
        return
    order = {"to": to, "reason": "试", "passed_over": {}}
    for who in ("clerk", "reviewer", "approver"):
        problem = desk.move(case, who=who, status=409, **order)
        assert problem["code"] == "cases.no-step"
    assert desk.read(case)["version"] == case["version"]


@pytest.mark.parametrize("state", STATES)
def test_every_legal_transition_wants_its_right(desk: Desk, cases: dict[str, Json], state: str) -> None:
    case = cases[state]
    holders = {"edit": {"clerk", "administrator"}, "review": {"reviewer"}, "publish": {"approver", "second approver"}}
    for move in moves("street", state):
        allowed = holders["edit"] if move.right is None else holders[move.right]
        for who in {*STAFF, "second approver"} - allowed:
            refused = desk.move(case, move.to, who=who, status=403, reason="试")
            assert refused["code"] in ("cases.not-yours", "access.not-allowed")
        for who in STAFF:
            if who != "administrator":
                desk.move(case, move.to, who=f"{who} elsewhere", status=404)
        desk.move(case, move.to, who="public", status=401)
    assert desk.read(case)["version"] == case["version"]


@pytest.mark.parametrize("state", STATES)
def test_the_moves_that_are_told_are_those_that_go(desk: Desk, cases: dict[str, Json], state: str) -> None:
    case = cases[state]
    for who in ("clerk", "reviewer", "approver", "viewer"):
        for move in desk.read(case, who=who)["moves"]:
            right = next(one.right for one in moves("street", state) if one.to == move["to"])
            mine = {"edit": "clerk", "review": "reviewer", "publish": "approver", None: "clerk"}[right] == who
            assert mine == all(one["code"] != "cases.not-yours" for one in move["hindrances"])
            assert move["open"] == (move["hindrances"] == [])
            assert all(one["detail"] for one in move["hindrances"])


@pytest.mark.parametrize("kind", ["estate", "facility", "township", "village", "water"])
def test_each_kind_of_name_has_its_own_steps(desk: Desk, kind: str) -> None:
    endings = {"estate": "花园", "facility": "大桥", "township": "镇", "village": "村", "water": "湖"}
    case = desk.new(name_kind=kind, names=[{"name": f"{next(STREETS)}{endings[kind]}", "geometry": IN_TOWN}])
    needed = set(case_rules().authority(kind).needs)
    assert {one["id"] for one in case["steps"] if not one["optional"]} >= needed
    assert not {one["id"] for one in case["steps"]} & set(case_rules().authority(kind).skips)
    desk.bring_to(case, "entered")


def test_a_step_that_is_passed_over_wants_its_reason_and_no_other(desk: Desk) -> None:
    case = desk.bring_to(street(desk), "checked")
    for over in ({}, {"visited": " "}, {"visited": "略", "nothing": "略"}, {"visited": "略", "checked": "略"}):
        refused = desk.move(case, "reviewed", who="reviewer", status=422, passed_over=over)
        assert refused["code"] in ("cases.passed-over", "cases.not-passed-over")
    desk.move(case, "reviewed", who="reviewer", passed_over={"visited": "图纸清楚"})


def test_days_follow_each_other_and_lie_in_the_past(desk: Desk) -> None:
    case = street(desk)
    desk.papers(case, "application")
    assert desk.move(case, "registered", status=422, on=days_ago(-1))["code"] == "cases.day-ahead"
    desk.move(case, "registered", on=days_ago(5))
    assert desk.move(case, "checked", status=422, on=days_ago(6))["code"] == "cases.day-order"
    desk.move(case, "checked", on=days_ago(5))


def test_materials_are_wanted_for_their_step(desk: Desk) -> None:
    case = street(desk)
    desk.papers(case, "application")
    desk.move(case, "registered")
    desk.move(case, "checked")
    refused = desk.move(case, "reviewed", who="reviewer", status=409, passed_over={"visited": "略"})
    assert (refused["code"], "专家论证报告" in refused["detail"]) == ("cases.no-material", True)
    desk.part("PUT", case, "materials/experts", {"present": False, "note": "待补"})
    desk.move(case, "reviewed", who="reviewer", status=409, passed_over={"visited": "略"})
    desk.part("PUT", case, "materials/experts", {"file_name": "论证.pdf"})
    desk.move(case, "reviewed", who="reviewer", passed_over={"visited": "略"})


def test_what_is_applied_for_changes_until_it_is_checked(desk: Desk, cases: dict[str, Json]) -> None:
    for state, case in cases.items():
        status = 200 if state in ("draft", "registered") else 409
        name = case["names"][0]["id"]
        if status == 409:
            assert (
                desk.part("POST", case, "names", {"names": [{"name": "路"}]}, status=409)["code"]
                == "cases.closed-to-change"
            )
            desk.part("PATCH", case, f"names/{name}", {"meaning": "新"}, status=409)
            desk.part("DELETE", case, f"names/{name}", status=409)
        answer = desk.as_("clerk").patch(
            f"/api/cases/{case['id']}", json={"contact": "王"}, headers={"If-Match": tag(desk.read(case))}
        )
        assert answer.status_code == status, state


@pytest.mark.parametrize("who", ["reviewer", "approver", "viewer", "planner"])
def test_who_does_not_edit_makes_and_changes_nothing(desk: Desk, cases: dict[str, Json], who: str) -> None:
    case = cases["registered"]
    body = {"kind": "naming", "name_kind": "street", "title": "案", "unit_id": desk.ids["town"]}
    told(desk.as_(who).post("/api/cases", json=body), 403)
    desk.part("POST", case, "opinions", {"asked": "居委会"}, who=who, status=403)
    desk.part("PUT", case, "materials/application", {}, who=who, status=403)
    desk.part("PATCH", case, f"names/{case['names'][0]['id']}", {"meaning": "x"}, who=who, status=403)
    decided = desk.part(
        "PATCH",
        case,
        f"names/{case['names'][0]['id']}/decision",
        {},
        who=who,
        status=403 if who in ("viewer", "planner") else 200,
    )
    cases["registered"] = desk.read(case)
    assert decided


def test_another_unit_sees_and_does_nothing(desk: Desk, cases: dict[str, Json]) -> None:
    case = cases["registered"]
    away = desk.as_("clerk elsewhere")
    told(away.get(f"/api/cases/{case['id']}"), 404)
    assert told(away.get("/api/cases"))["items"] == []
    told(away.post(f"/api/cases/{case['id']}/check", json={}), 404)
    told(away.put(f"/api/cases/{case['id']}/materials/application", json={}), 404)
    mine = {"kind": "naming", "name_kind": "street", "title": "案", "unit_id": desk.ids["town"]}
    assert told(away.post("/api/cases", json=mine), 403)["code"] == "cases.not-here"
    own = told(away.post("/api/cases", json={**mine, "unit_id": desk.ids["other"]}), 201)
    moved = away.patch(f"/api/cases/{own['id']}", json={"unit_id": desk.ids["town"]}, headers={"If-Match": tag(own)})
    told(moved, 403)
    told(desk.as_("public").get("/api/cases"), 401)
    told(desk.as_("public").get("/api/cases/rules"), 401)
    names = [{"place_id": desk.ids["far"]}]
    elsewhere = {**mine, "kind": "retirement", "names": names}
    assert told(desk.as_("clerk").post("/api/cases", json=elsewhere), 422)["code"] in (
        "cases.place-elsewhere",
        "cases.no-place",
    )


def test_the_second_of_two_officers_is_told_the_truth(app_and_desk: tuple[FastAPI, Desk]) -> None:
    app, desk = app_and_desk
    case = desk.bring_to(street(desk), "consulted")
    case = desk.read(case)
    both = Barrier(2)

    def act(who: str, order: Json) -> tuple[int, Json]:
        web = TestClient(app, base_url="http://127.0.0.1:8000", headers=dict(desk.as_(who).headers))
        both.wait()
        answer = web.post(f"/api/cases/{case['id']}/moves", json=order, headers={"If-Match": tag(case)})
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(act, "approver", {"to": "approved"})
        second = pool.submit(act, "second approver", {"to": "refused", "reason": "不宜"})
        found = sorted([first.result(), second.result()], key=lambda one: one[0])
    assert [status for status, _ in found] == [200, 412]
    won, lost = found[0][1], found[1][1]
    assert lost["code"] == "cases.changed"
    assert won["state_title"]["zh"] in lost["detail"]
    assert won["transitions"][-1]["actor"] in lost["detail"]
    assert desk.read(case)["state"] == won["state"]
    assert len(desk.read(case)["transitions"]) == len(case["transitions"]) + 1


def test_a_change_names_its_version(desk: Desk, cases: dict[str, Json]) -> None:
    case = cases["draft"]
    path = f"/api/cases/{case['id']}"
    web = desk.as_("clerk")
    for given, status in (
        (None, 428),
        ('"v999999"', 412),
        ("nonsense", 412),
        ("*", 412),
        ('W/"v1"', 412),
        ("x" * 5000, 412),
    ):
        headers = {} if given is None else {"If-Match": given}
        assert web.patch(path, json={"contact": "王"}, headers=headers).status_code == status
        assert web.post(f"{path}/moves", json={"to": "withdrawn"}, headers=headers).status_code == status
        name = f"{path}/names/{case['names'][0]['id']}"
        assert web.patch(name, json={"meaning": "王"}, headers=headers).status_code == status
        assert web.patch(f"{name}/decision", json={"argument": "王"}, headers=headers).status_code == status


GOOD = {"name": "清风路", "geometry": IN_TOWN}
BAD_NAMES: list[tuple[Json, int]] = [
    ({}, 422),
    ({"name": ""}, 422),
    ({"name": "   "}, 422),
    ({"name": "长" * 10_000}, 422),
    ({"name": "长" * 20_001}, 400),
    ({"name": "清\u0000路"}, 422),
    ({"name": "清\u200b路"}, 422),
    ({"name": "清风路", "meaning": "a\u0000b"}, 400),
    ({"name": "清风路", "meaning": "长" * 10_000}, 400),
    ({"name": "清风路", "reading": "qing feng"}, 422),
    ({"name": "清风路", "reading": "qīng fēng lù qīng"}, 422),
    ({"name": "清风路", "class_code": "99"}, 422),
    ({"name": "清风路", "length_m": -1}, 400),
    ({"name": "清风路", "length_m": 1e300}, 400),
    ({"name": "清风路", "geometry": {}}, 400),
    ({"name": "清风路", "geometry": {"type": "Point", "coordinates": [500, 1]}}, 400),
    ({"name": "清风路", "geometry": {"type": "GeometryCollection", "geometries": [IN_TOWN]}}, 400),
    ({"name": "清风路", "geometry": {"type": "Point", "coordinates": ["a", None]}}, 400),
    ({"name": "清风路", "geometry": FAR_AWAY}, 422),
    ({"name": "清风路", "place_id": 1}, 422),
    ({"name": "清风路", "unknown": 1}, 400),
    ({"name": 5}, 400),
    ({"name": "<script>alert(1)</script>"}, 200),
    ({"name": "🏙️路".replace("\ufe0f", "")}, 200),
    ({"name": "𡐓路"}, 200),
    ({"name": "'; drop table place; --"}, 200),
    ({"name": "Main Street"}, 200),
]


@pytest.mark.parametrize(("name", "status"), BAD_NAMES)
def test_bad_names_are_told_and_odd_ones_are_checked(desk: Desk, name: Json, status: int) -> None:
    case = desk.new(names=[])
    answer = desk.as_("clerk").post(f"/api/cases/{case['id']}/names", json={"names": [name]})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["detail"]
        assert desk.read(case)["names"] == []
        return
    given = answer.json()["names"][0]
    desk.part("PATCH", case, f"names/{given['id']}", {"geometry": IN_TOWN})
    desk.papers(case, "application")
    desk.move(case, "registered")
    checked = desk.move(case, "checked")["names"][0]
    assert checked["name"] == name["name"]
    assert checked["verdict"] in ("violates", "argue", "hint", "passes")
    desk.move(case, "withdrawn")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "selling"}, 400),
        ({"name_kind": "castle"}, 400),
        ({"name_kind": "province"}, 400),
        ({"title": ""}, 400),
        ({"title": " "}, 400),
        ({"title": "长" * 10_000}, 400),
        ({"title": "a\u0000"}, 400),
        ({"unit_id": 10**18}, 422),
        ({"unit_id": 10**30}, 400),
        ({"unit_id": -1}, 400),
        ({"applicant": "长" * 201}, 400),
        ({"names": [GOOD, GOOD]}, 422),
        ({"names": [GOOD] * 501}, 400),
        ({"names": 7}, 400),
        ({"kind": "renaming", "names": [{"name": "甲路", "place_id": 10**17}]}, 422),
        ({"kind": "renaming", "names": [{"name": "甲路"}]}, 422),
        ({"brands": ["x"] * 21}, 400),
        ({"nothing": 1}, 400),
        ({"title": "<b>案</b> 🏙"}, 201),
    ],
)
def test_bad_applications_are_told(desk: Desk, change: Json, status: int) -> None:
    body = {"kind": "naming", "name_kind": "street", "title": "案", "unit_id": desk.ids["town"], **change}
    answer = desk.as_("clerk").post("/api/cases", json=body)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "moves", {}, 400),
        ("POST", "moves", {"to": 5}, 400),
        ("POST", "moves", {"to": "x" * 10_000}, 400),
        ("POST", "moves", {"to": "checked", "on": "yesterday"}, 400),
        ("POST", "moves", {"to": "checked", "on": "0000-00-00"}, 400),
        ("POST", "moves", {"to": "checked", "note": "长" * 10_000}, 400),
        ("POST", "moves", {"to": "checked", "note": "\u0000"}, 400),
        ("POST", "moves", {"to": "checked", "passed_over": {"\u0000": "x"}}, 422),
        ("POST", "opinions", {"asked": ""}, 400),
        ("POST", "opinions", {"asked": "甲", "asked_on": "2999-01-01"}, 422),
        ("PATCH", "opinions/999999999", {"stance": "agrees"}, 404),
        ("DELETE", "opinions/0", None, 400),
        ("PUT", "materials/nothing", {}, 404),
        ("PUT", "materials/application", {"present": "perhaps"}, 400),
        ("PATCH", "names/999999999", {"name": "甲路"}, 404),
        ("PATCH", "names/999999999/decision", {"argument": "x"}, 404),
        ("GET", "names", None, 405),
    ],
)
def test_bad_changes_are_told(
    desk: Desk, cases: dict[str, Json], method: str, path: str, body: Json | None, status: int
) -> None:
    assert desk.part(method, cases["registered"], path, body, status=status)["detail"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"state": "nonsense"}, 400),
        ({"kind": "x"}, 400),
        ({"unit": "x"}, 400),
        ({"limit": "0"}, 400),
        ({"limit": "501"}, 400),
        ({"after": "nonsense"}, 400),
        ({"mine": "perhaps"}, 400),
        ({"q": "长" * 200}, 400),
        ({"q": "%_\\"}, 200),
        ({"q": "🏙"}, 200),
        ({"more": "1"}, 400),
    ],
)
def test_bad_questions_of_the_list_are_told(desk: Desk, given: dict[str, str], status: int) -> None:
    assert desk.as_("clerk").get("/api/cases", params=given).status_code == status


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "999999999"])
def test_cases_that_there_are_not(desk: Desk, number: str) -> None:
    assert desk.as_("clerk").get(f"/api/cases/{number}").status_code in (400, 404)


def test_an_answer_has_its_day_and_stance(desk: Desk, cases: dict[str, Json]) -> None:
    case = cases["checked"]
    found = desk.part("POST", case, "opinions", {"asked": "居委会", "asked_on": days_ago(3)})
    path = f"opinions/{found['opinions'][-1]['id']}"
    for body in ({"stance": "agrees"}, {"answered_on": days_ago(1)}, {"answered_on": days_ago(4), "stance": "agrees"}):
        desk.part("PATCH", case, path, body, status=422)
    desk.part("PATCH", case, path, {"answered_on": days_ago(1), "stance": "silent"})
    assert desk.part("DELETE", case, path, status=409)["code"] == "cases.answered"
    found = desk.part("PATCH", case, path, {"answered_on": None, "stance": None})
    assert (found["opinions"][-1]["open"], found["opinions"][-1]["asked_on"]) == (True, days_ago(3))
    desk.part("DELETE", case, path)


def test_what_was_complete_is_complete_still_when_it_is_checked(desk: Desk) -> None:
    longer = desk.new("extent", names=[{"place_id": desk.ids["road"], "geometry": IN_TOWN}])
    desk.bring_to(longer, "registered")
    desk.part("PATCH", longer, f"names/{longer['names'][0]['id']}", {"geometry": None})
    assert desk.move(longer, "checked", status=409)["code"] == "cases.no-position"
    desk.part("DELETE", longer, f"names/{longer['names'][0]['id']}")
    assert desk.move(longer, "checked", status=409)["code"] == "cases.no-names"
    desk.move(longer, "withdrawn")


def test_a_case_moves_to_a_unit_that_its_places_lie_in(desk: Desk) -> None:
    names = [{"name": f"{next(STREETS)}路", "place_id": desk.ids["road"]}]
    case = desk.new("renaming", names=names, who="administrator")
    path = f"/api/cases/{case['id']}"

    def moved(unit: str) -> int:
        headers = {"If-Match": tag(desk.read(case, who="administrator"))}
        return desk.as_("administrator").patch(path, json={"unit_id": desk.ids[unit]}, headers=headers).status_code

    assert [moved(unit) for unit in ("other", "county", "town")] == [422, 200, 200]


def test_one_case_at_a_time_about_a_place(desk: Desk) -> None:
    names = [{"name": f"{next(STREETS)}路", "place_id": desk.ids["old"]}]
    first, second = desk.new("renaming", names=names), desk.new("retirement", names=[{"place_id": desk.ids["old"]}])
    desk.papers(first, "application")
    desk.papers(second, "application")
    desk.move(first, "registered")
    assert desk.move(second, "registered", status=409)["code"] == "cases.place-busy"
    desk.move(first, "withdrawn")
    desk.move(second, "registered")
    desk.move(second, "withdrawn")


def test_what_changed_in_the_registry_is_not_overwritten(desk: Desk) -> None:
    case = desk.new("renaming", names=[{"name": f"{next(STREETS)}路", "place_id": desk.ids["road"]}])
    desk.bring_to(case, "announced")
    with desk.database.connect("owner") as connection:
        connection.execute(
            text("update place_name set name = '茶圣大道' where place_id = :id and kind = 'standard'"),
            {"id": desk.ids["road"]},
        )
    assert desk.move(case, "entered", status=409)["code"] == "cases.registry-changed"
    assert desk.read(case)["state"] == "announced"
    with desk.database.connect("owner") as connection:
        connection.execute(
            text("update place_name set name = '陆羽大道' where place_id = :id and kind = 'standard'"),
            {"id": desk.ids["road"]},
        )


def test_who_has_applied_withdraws_though_no_clerk_any_longer(desk: Desk, catalog: Catalog) -> None:
    case = street(desk)
    here = Extent(units=frozenset({desk.ids["town"]}))
    order = Order("withdrawn", date.today())  # noqa: DTZ011 - as the service counts days
    for name, refused in (("somebody", True), ("clerk", False)):
        actor = actor_of(name, 1, [(Role.VIEWER, here)])
        try:
            with desk.database.connect(actor=actor) as connection:
                take(connection, catalog, actor, case["id"], {case["version"]}, order, today=order.on)
            assert not refused
        except Forbidden:
            assert refused
    assert desk.read(case)["state"] == "withdrawn"


def test_a_token_that_reads_moves_nothing() -> None:
    actor = reading(shell_actor("root"))
    rights = [getattr(actor, one.name) for one in fields(actor) if one.name not in ("name", "account_id", "roles")]
    assert [bool(one) for one in rights].count(True) == 1
    assert actor.reads


# The database itself, past the program.


def changed(database: Database, actor: Actor, statement: str, **given: Any) -> int:
    """How many rows a statement changes, undone in the end; -1 where the database refuses."""
    try:
        with database.connect(actor=actor) as connection:
            done = connection.execute(text(statement), given).rowcount
            connection.rollback()
            return done
    except Forbidden:
        return -1


def test_the_database_keeps_the_rights_by_itself(desk: Desk, cases: dict[str, Json]) -> None:
    here, there = (Extent(units=frozenset({desk.ids[one]})) for one in ("town", "other"))
    number = cases["registered"]["id"]
    decide = "update naming_case set state = 'approved' where id = :id"
    step = "update naming_case set state = 'checked' where id = :id"
    for role in Role:
        for extent, local in ((here, True), (there, False), (EVERYWHERE, True)):
            actor = actor_of("somebody", 1, [(role, extent)])
            seen = changed(desk.database, actor, "select id from naming_case where id = :id", id=number)
            assert seen == int(local)
            works = local and role in (Role.CLERK, Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
            assert changed(desk.database, actor, step, id=number) == int(works)
            decided = 1 if local and role == Role.APPROVER else -1 if works else 0
            assert changed(desk.database, actor, decide, id=number) == decided
            assert changed(desk.database, actor, "delete from naming_case", id=number) == -1
            assert changed(desk.database, actor, "update case_move set actor = 'x'", id=number) == -1
            assert (
                changed(desk.database, actor, "update case_name set meaning = 'x' where case_id = :id", id=number) > 0
            ) == works
    forged = (
        "insert into case_move (case_id, action, to_state, actor, on_day)"
        " values (:id, 'advance', 'approved', 'approver', current_date)"
    )
    assert changed(desk.database, actor_of("somebody", 1, [(Role.APPROVER, here)]), forged, id=number) == -1
    publish = "select geoservice.publish_entered(:id)"
    assert changed(desk.database, actor_of("somebody", 1, [(Role.CLERK, here)]), publish, id=number) == -1


def test_the_index_of_reserved_names_answers_under_the_policies(desk: Desk) -> None:
    with desk.database.connect(actor=actor_of("li", 1, [(Role.REVIEWER, EVERYWHERE)])) as connection:
        connection.execute(text("set local enable_seqscan = off"))
        plan = connection.execute(
            text("explain select id from case_name where alike_keys @> cast('{s:luyi}' as text[])")
        ).scalars()
        assert "ix_case_name_alike_keys" in "\n".join(plan)


def test_every_action_is_met() -> None:
    assert {move.action for state in STATES for move in moves("street", state)} == set(Action)
