"""The whole life of cases over HTTP: a street, an estate, a renaming, a retirement, another extent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.sampling import remove_sample
from geoservice.settings import Settings
from tests.acceptance.helpers import commands_of, run_command
from tests.case_builders import AREA, IN_TOWN, Desk, days_ago, hold_staff, make_county, open_desk, tag, told


@pytest.fixture(scope="module")
def county(new_database: Callable[..., Database]) -> tuple[Database, dict[str, int], dict[str, dict[str, str]]]:
    """The county with its staff: cloned for each test."""
    database = new_database()
    with database.connect("owner") as connection:
        ids = make_county(connection)
    return database, ids, hold_staff(database, ids)


@pytest.fixture
def desk(county: Any, new_database: Callable[..., Database], settings: Settings, catalog: Catalog) -> Iterator[Desk]:
    source, ids, held = county
    database = new_database(source)
    yield open_desk(create_app(settings, catalog=catalog, database=database), database, ids, held)
    database.dispose()


def test_a_street_from_the_application_to_the_registry(desk: Desk) -> None:
    case = desk.new(applicant="东城镇人民政府", contact="李 1380000")
    assert (case["state"], case["version"] > 0) == ("draft", True)
    assert (case["names"][0]["spelling"], case["names"][0]["announcement_lacks"]) == ("Qīngquán Lù", ["location"])
    assert case["authority"]["approves"] == "天门市人民政府"
    assert {move["to"]: move["open"] for move in case["moves"]} == {"registered": False, "withdrawn": True}
    missing = next(move for move in case["moves"] if move["to"] == "registered")["hindrances"]
    assert [one["code"] for one in missing] == ["cases.no-material"]
    assert desk.move(case, "registered", status=409)["code"] == "cases.no-material"
    desk.papers(case, "application")

    found = desk.move(case, "registered", on=days_ago(40))
    assert found["due"][0]["step"] == "consulted"
    assert found["due"][0]["setting"] is True
    assert found["due"][0]["days_left"] < 0
    found = desk.move(case, "checked", on=days_ago(39))
    (name,) = found["names"]
    assert (name["verdict"], name["checked_on"] is not None) == ("passes", True)
    assert "repeat" in name["check"]["passed"]
    found = desk.move(case, "visited", on=days_ago(35), note="路已建成，长 1.2 公里")
    desk.papers(case, "assessment")
    refused = desk.move(case, "approved", who="approver", status=422)
    assert refused["code"] == "cases.passed-over"
    over = {"reviewed": "普通道路，不涉及历史文化", "consulted": "已在规划公示中征求意见"}
    found = desk.move(case, "approved", who="approver", on=days_ago(20), document="天政函〔2026〕1号", passed_over=over)
    assert {one["step"]: one["days_left"] for one in found["due"]} == {"filed": -5, "announced": -5}
    assert "第十三条" in found["due"][0]["article"]
    assert found["due"][0]["setting"] is False
    states = {step["id"]: step["state"] for step in found["steps"]}
    assert states["reviewed"] == states["consulted"] == "passed_over"
    assert (found["names"][0]["decision"], found["names"][0]["approved_name"]) == ("approved", "清泉路")

    found = desk.move(case, "filed", on=days_ago(10), document="备案表")
    found = desk.move(case, "announced", who="approver", on=days_ago(8), note="天门市人民政府网站")
    assert found["due"] == []
    found = desk.move(case, "entered")
    assert (found["state"], found["moves"]) == ("entered", [])
    assert [one["to_state"] for one in found["transitions"]] == [
        "draft", "registered", "checked", "visited", "approved", "filed", "announced", "entered",
    ]  # fmt: skip
    assert [one["actor"] for one in found["transitions"]][4:7] == ["approver", "clerk", "approver"]
    assert found["transitions"][4]["passed_over"] == over

    # It is in the registry, published, found by its name, and a repeat of it is one.
    place = found["names"][0]["place_id"]
    shown = told(desk.as_("public").get(f"/api/places/{place}"))
    (standard,) = shown["names"]
    assert (standard["name"], standard["reading"], standard["romanisation"]) == (
        "清泉路",
        "qīng quán lù",
        "Qīngquán Lù",
    )
    assert standard["valid_from"] == days_ago(20)
    assert shown["unit_name"] == "东城镇"
    hits = told(desk.as_("public").get("/api/place-names", params={"q": "qingquan"}))["items"]
    assert [one["place_id"] for one in hits] == [place]
    again = told(
        desk.as_("clerk").post("/api/names/check", json={"name": "清泉路", "kind": "street", "geometry": IN_TOWN})
    )
    assert [(one["state"], one["tier"], one["place_id"]) for one in again["clashes"]] == [("in_force", "same", place)]
    with desk.database.connect("owner") as connection:
        kept = connection.execute(
            text("select reading_source, alike_keys, specific, generic from place_name where place_id = :id"),
            {"id": place},
        ).one()
    assert (kept.reading_source, kept.specific, kept.generic) == ("approved", "清泉", "路")
    assert kept.alike_keys


def test_an_estate_asks_the_bureau_first_and_each_opinion_has_an_answer(desk: Desk) -> None:
    names = [{"name": "云锦花园", "reading": "yún jǐn huā yuán", "geometry": AREA}]
    case = desk.new(name_kind="estate", names=names)
    assert "住房和城乡建设局" in case["authority"]["approves"]
    desk.papers(case, "application", "assessment", "opinions")
    desk.move(case, "registered")
    desk.move(case, "checked")
    assert "approved" not in {move["to"] for move in desk.read(case)["moves"]}
    over = {"visited": "图纸已核", "reviewed": "一般住宅区"}
    assert desk.move(case, "consulted", status=409, passed_over=over)["code"] == "cases.nobody-asked"
    found = desk.part("POST", case, "opinions", {"asked": "天门市民政局"})
    opinion = found["opinions"][0]
    assert opinion["open"] is True
    desk.move(case, "consulted", passed_over=over)
    assert desk.move(case, "approved", who="approver", status=409)["code"] == "cases.unanswered"
    answered = {"answered_on": days_ago(0), "stance": "objects", "opinion": "与云景花园近音"}
    found = desk.part("PATCH", case, f"opinions/{opinion['id']}", answered)
    assert found["opinions"][0]["open"] is True
    found = desk.part("PATCH", case, f"opinions/{opinion['id']}", {"outcome": "declined", "answer": "不在同一建成区"})
    assert found["opinions"][0]["open"] is False
    desk.move(case, "approved", who="approver")
    desk.move(case, "filed")
    found = desk.read(case)
    assert [(one["step"], one["days_left"]) for one in found["due"]] == [("announced", 15)]
    desk.move(case, "announced", who="approver")
    found = desk.move(case, "entered")
    assert told(desk.as_("public").get(f"/api/places/{found['names'][0]['place_id']}"))["standard_name"] == "云锦花园"


def test_a_renaming_closes_the_old_name_and_keeps_it_as_former(desk: Desk) -> None:
    names = [{"name": "桃园路", "reading": "táo yuán lù", "place_id": desk.ids["old"]}]
    case = desk.new("renaming", names=names)
    assert (case["names"][0]["old_name"], case["names"][0]["drawn"]) == ("红山路", False)
    assert case["names"][0]["geometry"]["type"] == "Point"
    desk.bring_to(case, "entered")
    place = told(desk.as_("public").get(f"/api/places/{desk.ids['old']}"))
    assert place["standard_name"] == "桃园路"
    held = {(one["name"], one["kind"], one["valid_from"], one["valid_to"]) for one in place["names"]}
    assert held == {
        ("桃园路", "standard", days_ago(0), None),
        ("红山路", "standard", None, days_ago(0)),
        ("红山路", "former", None, days_ago(0)),
    }
    before = told(desk.as_("public").get(f"/api/places/{desk.ids['old']}", params={"on": days_ago(3)}))
    assert before["standard_name"] == "红山路"
    body = {"name": "红山路", "kind": "street", "geometry": IN_TOWN}
    (clash,) = told(desk.as_("clerk").post("/api/names/check", json=body))["clashes"]
    assert clash["state"] in ("retired", "former")


def test_a_retirement_and_another_extent(desk: Desk) -> None:
    gone = desk.new("retirement", names=[{"place_id": desk.ids["old"]}])
    assert gone["names"][0]["name"] == "红山路"
    assert gone["held_to_rules"] is False
    desk.bring_to(gone, "entered")
    place = told(desk.as_("public").get(f"/api/places/{desk.ids['old']}"))
    assert (place["standard_name"], place["names"][0]["valid_to"]) == (None, days_ago(0))

    longer = desk.new("extent", names=[{"place_id": desk.ids["road"], "geometry": IN_TOWN}])
    desk.bring_to(longer, "entered")
    with desk.database.connect("owner") as connection:
        drawn = connection.execute(
            text("select st_astext(geom) from place where id = :id"), {"id": desk.ids["road"]}
        ).scalar_one()
    assert drawn == "LINESTRING(113.49 30.01,113.51 30.01)"
    assert told(desk.as_("public").get(f"/api/places/{desk.ids['road']}"))["standard_name"] == "陆羽大道"


def test_rules_stop_the_approval_and_people_argue(desk: Desk) -> None:
    hard = desk.new(names=[{"name": "陆羽大道", "reading": "lù yǔ dà dào", "geometry": IN_TOWN}])
    desk.papers(hard, "application", "assessment", "experts", "opinions")
    desk.move(hard, "registered")
    name = desk.move(hard, "checked")["names"][0]
    assert (name["verdict"], name["standing"]) == ("violates", "violates")
    assert name["check"]["clashes"][0]["name"] == "陆羽大道"
    over = {"visited": "略", "reviewed": "略", "consulted": "略"}
    assert desk.move(hard, "approved", who="approver", status=409, passed_over=over)["code"] == "cases.violates"
    path = f"names/{name['id']}/decision"
    finding = {"findings": [{"rule": "repeat", "finding": "exempt", "reason": "无"}]}
    assert desk.part("PATCH", hard, path, finding, who="reviewer", status=422)["code"] == "cases.no-exemption"

    # Another name than applied for is decided, and argued where a soft rule asks.
    found = desk.part(
        "PATCH", hard, path, {"approved_name": "洪山路", "approved_reading": "hóng shān lù"}, who="reviewer"
    )
    assert (found["names"][0]["verdict"], found["names"][0]["name"]) == (None, "陆羽大道")
    assert desk.move(hard, "approved", who="approver", status=409, passed_over=over)["code"] == "cases.unchecked"
    told(desk.as_("reviewer").post(f"/api/cases/{hard['id']}/check", json={}))
    assert desk.move(hard, "approved", who="approver", status=409, passed_over=over)["code"] == "cases.unargued"
    found = desk.part("PATCH", hard, path, {"argument": "两路相距远，群众已习惯"}, who="reviewer")
    found = desk.move(hard, "approved", who="approver", passed_over=over)
    assert found["names"][0]["approved_name"] == "洪山路"
    assert found["names"][0]["standing"] == "argue"


def test_a_person_finds_that_a_rule_does_not_hold(desk: Desk) -> None:
    case = desk.new(brands=["清泉"], names=[{"name": "清泉路", "reading": "qīng quán lù", "geometry": IN_TOWN}])
    desk.bring_to(case, "checked")
    name = desk.read(case)["names"][0]
    assert name["standing"] == "violates"
    found = {"findings": [{"rule": "brand", "finding": "exempt", "reason": "因清泉水而得名，与企业没有特定联系"}]}
    name = desk.part("PATCH", case, f"names/{name['id']}/decision", found, who="approver")["names"][0]
    assert (name["verdict"], name["standing"]) == ("violates", "hint")
    assert (name["findings"][0]["by"], name["findings"][0]["rule"]) == ("approver", "brand")
    over = {"visited": "略", "reviewed": "略", "consulted": "略"}
    assert desk.move(case, "approved", who="approver", passed_over=over)["state"] == "approved"


def test_a_dropped_name_of_a_batch_is_not_entered(desk: Desk) -> None:
    names = [
        {"name": "清泉路", "reading": "qīng quán lù", "geometry": IN_TOWN},
        {"name": "陆羽大道", "reading": "lù yǔ dà dào", "geometry": IN_TOWN},
    ]
    case = desk.new(names=names)
    desk.bring_to(case, "consulted")
    second = desk.read(case)["names"][1]
    assert desk.move(case, "approved", who="approver", status=409)["code"] == "cases.violates"
    desk.part("PATCH", case, f"names/{second['id']}/decision", {"decision": "dropped"}, who="approver")
    desk.move(case, "approved", who="approver")
    desk.move(case, "filed")
    desk.move(case, "announced", who="approver")
    found = desk.move(case, "entered")
    assert [one["entered_name_id"] is not None for one in found["names"]] == [True, False]


def test_names_of_one_case_that_sound_alike_are_told(desk: Desk) -> None:
    names = [{"name": name, "reading": "qīng quán lù", "geometry": IN_TOWN} for name in ("清泉路", "青泉路")]
    case = desk.new(names=names)
    told(desk.as_("clerk").post(f"/api/cases/{case['id']}/check", json={}))
    for found, other in zip(desk.read(case)["names"], ("青泉路", "清泉路"), strict=True):
        assert (found["verdict"], [one["name"] for one in found["check"]["clashes"]]) == ("argue", [other])
        assert found["check"]["clashes"][0]["case_id"] == case["id"]
    body = {"name": "清泉路", "kind": "street", "geometry": IN_TOWN, "case_id": case["id"]}
    assert told(desk.as_("clerk").post("/api/names/check", json=body))["clashes"] == []
    body["case_name_id"] = case["names"][0]["id"]
    assert len(told(desk.as_("clerk").post("/api/names/check", json=body))["clashes"]) == 1


def test_a_returned_case_begins_again(desk: Desk) -> None:
    case = desk.new()
    desk.bring_to(case, "visited")
    assert desk.move(case, "draft", status=422)["code"] == "cases.no-reason"
    found = desk.move(case, "draft", reason="位置不清")
    assert (found["state"], found["due"], {step["state"] for step in found["steps"]}) == ("draft", [], {"ahead"})
    name = found["names"][0]
    told_where = {"name": "甘泉路", "reading": None, "location": "东起人民路，西至汉北路"}
    found = desk.part("PATCH", case, f"names/{name['id']}", told_where)
    assert found["names"][0]["announcement_lacks"] == ["spelling"]
    assert (found["names"][0]["name"], found["names"][0]["verdict"]) == ("甘泉路", None)
    assert desk.move(case, "registered")["transitions"][-1]["from_state"] == "draft"


def test_names_of_open_cases_are_reserved(desk: Desk) -> None:
    asked = {"name": "青泉路", "kind": "street", "geometry": IN_TOWN}

    def states(**more: object) -> list[tuple[str, int]]:
        found = told(desk.as_("clerk").post("/api/names/check", json={**asked, **more}))
        return [(one["state"], one["case_id"]) for one in found["clashes"]]

    case = desk.new()
    assert states() == []
    desk.bring_to(case, "registered")
    assert states() == [("pending", case["id"])]
    assert states(case_id=case["id"]) == []
    assert states(geometry={"type": "Point", "coordinates": [113.65, 30.1]}) == [("pending", case["id"])]
    clash = told(desk.as_("clerk").post("/api/names/check", json=asked))["clashes"][0]
    assert (clash["name_id"], clash["place_id"], clash["unit_name"]) == (None, None, "东城镇")
    assert f"案件 {case['id']}" in clash["why"]
    # Whoever sees nothing of the unit is not told of its cases.
    found = told(desk.as_("clerk elsewhere").post("/api/names/check", json=asked))
    assert found["clashes"] == []
    # Another case for the same name is told too.
    second = desk.new(title="重复申请")
    desk.papers(second, "application")
    desk.move(second, "registered")
    name = desk.move(second, "checked")["names"][0]
    assert (name["verdict"], name["check"]["clashes"][0]["case_id"]) == ("violates", case["id"])
    desk.move(case, "withdrawn")
    assert states() == [("pending", second["id"])]
    over = {"visited": "略", "reviewed": "略", "consulted": "略"}
    desk.papers(second, "assessment")
    assert desk.move(second, "approved", who="approver", status=409, passed_over=over)["code"] == "cases.violates"
    told(desk.as_("approver").post(f"/api/cases/{second['id']}/check", json={}))
    desk.move(second, "approved", who="approver", passed_over=over)
    assert states() == [("reserved", second["id"])]


def test_the_worklist(desk: Desk) -> None:
    first = desk.new(title="甲案")
    second = desk.new(name_kind="estate", title="乙案", names=[{"name": "云锦花园", "geometry": AREA}])
    other = desk.new(title="丙案", names=[{"name": "白云路", "geometry": IN_TOWN}], who="administrator")
    desk.papers(first, "application", "assessment", "opinions", "experts")
    desk.move(first, "registered", on=days_ago(60))
    desk.move(first, "checked", on=days_ago(60))

    def listed(who: str = "clerk", **given: object) -> list[int]:
        return [one["id"] for one in told(desk.as_(who).get("/api/cases", params=given))["items"]]

    assert listed() == [other["id"], second["id"], first["id"]]
    assert listed(state="checked") == [first["id"]]
    assert listed(state="open", name_kind="estate") == [second["id"]]
    assert listed(kind="renaming") == []
    assert listed(unit=desk.ids["county"]) == listed()
    assert listed(unit=desk.ids["other"]) == []
    assert listed(mine="true") == [second["id"], first["id"]]
    assert listed(q="花园") == [second["id"]]
    assert listed(q="甲") == [first["id"]]
    assert listed(overdue="true") == [first["id"]]
    assert listed("reviewer", waiting="true") == [first["id"]]
    assert listed("approver", waiting="true") == [first["id"]]
    assert listed("viewer", waiting="true") == []
    assert set(listed(waiting="true")) == {first["id"], second["id"], other["id"]}
    page = told(desk.as_("clerk").get("/api/cases", params={"limit": 2}))
    rest = told(desk.as_("clerk").get("/api/cases", params={"limit": 2, "after": page["next"]}))
    assert [one["id"] for one in page["items"] + rest["items"]] == listed()
    line = rest["items"][0]
    assert (line["due"]["step"], line["due"]["days_left"], line["names"], line["first_names"]) == (
        "consulted", -53, 1, ["清泉路"],
    )  # fmt: skip
    desk.move(
        first,
        "approved",
        who="approver",
        on=days_ago(3),
        passed_over=dict.fromkeys(("visited", "reviewed", "consulted"), "略"),
    )
    assert listed(overdue="true") == []


def test_the_rules_are_told_with_their_articles(desk: Desk) -> None:
    rules = told(desk.as_("viewer").get("/api/cases/rules"))
    assert [one["id"] for one in rules["kinds"]] == ["naming", "renaming", "retirement", "extent"]
    assert {one["step"]: one["setting"] for one in rules["terms"]} == {
        "filed": False,
        "announced": False,
        "consulted": True,
    }
    assert all(one["article"] for one in (*rules["authorities"], *rules["materials"], *rules["terms"]))


def test_everything_stands_in_the_trail(desk: Desk) -> None:
    case = desk.new()
    desk.bring_to(case, "entered")
    with desk.database.connect("owner") as connection:
        rows = connection.execute(
            text("select table_name, action, count(*) as n from audit_entry where actor <> 'system' group by 1, 2")
        ).all()
        written = {(row.table_name, row.action): row.n for row in rows}
        by = connection.execute(
            text(
                "select actor from audit_entry where table_name = 'naming_case' and after ->> 'state' = 'approved' order by id"
            )
        ).scalars()
        assert next(iter(by)) == "approver"
    for table in ("naming_case", "case_name", "case_move", "case_opinion", "case_material", "place", "place_name"):
        assert written[table, "insert"] >= 1, table
    assert written["case_move", "insert"] == 10


def test_the_version_goes_up_with_every_part(desk: Desk) -> None:
    case = desk.new()
    seen = [case["version"]]
    desk.papers(case, "application")
    seen.append(desk.read(case)["version"])
    seen.append(desk.move(case, "registered")["version"])
    seen.append(desk.part("POST", case, "opinions", {"asked": "居委会"})["version"])
    assert seen == sorted(set(seen))
    assert tag(desk.read(case)) == desk.as_("clerk").get(f"/api/cases/{case['id']}").headers["etag"]


def test_what_a_case_is_about_is_not_taken_out_beneath_it(desk: Desk) -> None:
    case = desk.new("renaming", names=[{"name": "桃园路", "place_id": desk.ids["old"]}])
    clerk = desk.as_("clerk")
    record = clerk.get(f"/api/records/places/{desk.ids['old']}")
    headers = {"If-Match": record.headers["etag"], "Content-Type": "application/json"}
    gone = clerk.delete(f"/api/records/places/{desk.ids['old']}", headers=headers)
    assert (gone.status_code, gone.json()["code"], "案件" in gone.json()["detail"]) == (409, "records.in-use", True)
    assert desk.read(case)["names"][0]["old_name"] == "红山路"


def test_cases_of_the_sample_go_with_it(desk: Desk) -> None:
    desk.new()
    real = desk.new(title="真案", names=[])
    with desk.database.connect("owner") as connection:
        connection.execute(text("update place set schematic = true where id = :id"), {"id": desk.ids["old"]})
        connection.execute(text("update place_name set schematic = true where place_id = :id"), {"id": desk.ids["old"]})
    about = desk.new("renaming", names=[{"name": "桃园路", "place_id": desk.ids["old"]}])
    remove_sample(desk.database)
    left = {one["id"] for one in told(desk.as_("clerk").get("/api/cases"))["items"]}
    assert real["id"] in left
    assert about["id"] not in left


def test_the_commands_of_the_page(
    desk: Desk, settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
        yield settings, catalog, desk.database

    monkeypatch.setattr("geoservice.cli.cases.ready", ready)
    case = desk.new(title="一号案")
    desk.papers(case, "application")
    desk.move(case, "registered", on=days_ago(60))
    commands = commands_of("cases.md")
    assert len(commands) == 4
    for command in commands:
        done = run_command(command.replace("show 1", f"show {case['id']}"))
        assert done.exit_code == int("list" in command), done.output
        assert "一号案" in done.output
    listed = json.loads(run_command("geoservice names case list --overdue --json").stdout)["items"]
    assert [(one["id"], one["due"]["days_left"]) for one in listed] == [(case["id"], -53)]
    shown = json.loads(run_command(f"geoservice names case show {case['id']} --json").stdout)
    assert shown["state"] == "registered"
    assert run_command("geoservice names case show 999999").exit_code == 2
    file = tmp_path / "application.docx"
    assert run_command(f"geoservice names case document {case['id']} application --output {file}").exit_code == 0
    assert file.read_bytes().startswith(b"PK")
    for wrong, code in (
        ("application --output a.pdf", 2),
        (f"nothing --output {file}", 2),
        (f"reply --output {file}", 1),
    ):
        assert run_command(f"geoservice names case document {case['id']} {wrong}").exit_code == code, wrong
    assert run_command("geoservice names case list --state nonsense").exit_code == 2


# As it was written on the first day: what is kept outlives the program that kept it.
KEPT_ONCE = {
    "name": "陆羽大道",
    "verdict": "violates",
    "verdicts": [
        {
            "rule": "repeat",
            "title": "范围内不重名",
            "verdict": "violates",
            "force": "hard",
            "source": "《地名管理条例》 第九条第七项、第八项：不应重名",
            "setting": False,
            "reason": "与“陆羽大道”重名",
            "exemption": "无",
        }
    ],
    "passed": ["script"],
    "clashes": [
        {
            "name_id": 1,
            "place_id": 1,
            "name": "陆羽大道",
            "reading": "lù yǔ dà dào",
            "kind": "standard",
            "state": "in_force",
            "class_code": "23",
            "unit_id": 3,
            "unit_name": "东城镇",
            "case_id": None,
            "valid_from": "2001-01-01",
            "valid_to": None,
            "lon": 113.5,
            "lat": 30.0,
            "tier": "same",
            "whole": True,
            "unlikely": False,
            "why": "全名同字",
        }
    ],
    "clashes_in_all": 1,
    "scope": {
        "scope": "built_up",
        "applied": "built_up",
        "title": "街路巷",
        "article": "《地名管理条例》第九条第八项",
        "names": ["东城"],
        "words": "在建成区东城内比较",
        "cut": False,
    },
}


def test_a_check_that_was_kept_is_read_for_ever(desk: Desk) -> None:
    case = desk.new()
    with desk.database.connect("owner") as connection:
        kept = json.dumps({"zh": KEPT_ONCE, "en": KEPT_ONCE})
        connection.execute(
            text("update case_name set checked = cast(:kept as jsonb), verdict = 'violates', checked_on = now()"),
            {"kept": kept},
        )
    name = desk.read(case)["names"][0]
    assert (name["standing"], name["check"]["clashes"][0]["unit_name"]) == ("violates", "东城镇")
