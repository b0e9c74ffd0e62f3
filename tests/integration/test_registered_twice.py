"""Villages that are registered as a unit (216xx) and as its organisation (276xx) are one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import names, registry
from geoservice.database.actor import PUBLIC
from geoservice.database.engine import Database
from geoservice.names.clashes.keeping import names_of_kind
from geoservice.names.clashes.searching import Proposed, find_clashes
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from tests.builders import given_database, record_set, square
from tests.integration.test_load import run
from tests.people import signed_in

DAY = date(2026, 1, 1)


def village(name: str, lon: float, township: str = "100", class_code: str = "21610", number: int = 1) -> dict[str, Any]:
    code = f"429006{township}{class_code}{number:06d}"
    return {"key": code, "code": code, "name": name, "class_code": class_code, "geom": Point(lon, 30.65)}


def committee(name: str, lon: float, township: str = "100", number: int = 1) -> dict[str, Any]:
    return village(name, lon, township, "27620" if "居" in name else "27610", number)


@pytest.fixture
def towns(database: Database, catalog: Catalog) -> Database:
    rows = [
        {"code": "429006", "name": "天门市", "level": "county", "geom": square(113.0, 30.6, 0.3)},
        {
            "code": "429006100",
            "name": "岳口镇",
            "level": "township",
            "parent_code": "429006",
            "geom": square(113.0, 30.6),
        },
        {
            "code": "429006101",
            "name": "干驿镇",
            "level": "township",
            "parent_code": "429006",
            "geom": square(113.1, 30.6),
        },
    ]
    run(database, catalog, record_set("units", rows))
    return database


def linked(database: Database) -> dict[str, str | None]:
    asked = """
        select b.key, u.key from place b left join place u on u.id = b.same_as_id where b.class_code like '276%' order by 1
    """
    with database.connect("owner") as connection:
        return dict(connection.execute(text(asked)).all())


def search(database: Database, words: str) -> list[dict[str, Any]]:
    with database.connect(actor=PUBLIC) as connection:
        return list(search_places(connection, NameQuery.parse(words), today=DAY, limit=20).items)


def test_a_generated_set_of_pairs_is_linked_whole_and_nothing_else(towns: Database, catalog: Catalog) -> None:
    """Units and committees of 60 villages; every third name stands in both townships, some committees lie off their village."""
    units, bodies, expected = [], [], {}
    for number in range(60):
        township, west = ("100", 113.0) if number % 2 else ("101", 113.1)
        stem = (
            f"第{'甲乙丙丁戊己庚辛壬癸'[number % 6]}{'东西南北中'[number % 5]}"
            if number % 3
            else f"同{'一二三四五六七八九十'[number // 6]}"
        )
        lon = west + 0.001 + number * 0.0016
        units.append(village(f"{stem}村", lon, township, number=number + 1))
        # 0 to 400 metres away.
        bodies.append(committee(f"{stem}村民委员会", lon + (number % 5) * 0.001, township, number=number + 1))
        expected[bodies[-1]["key"]] = units[-1]["key"]
    lonely = [committee("无村村民委员会", 113.05, number=900), committee("第甲东村民委员会", 113.099, number=901)]
    run(towns, catalog, record_set("places", units))
    report = run(towns, catalog, record_set("places", bodies + lonely))
    found = linked(towns)
    wrong = {key for key, unit in expected.items() if found[key] is not None and found[key] != unit}
    # Villages of one name within 500 metres of each other cannot be told apart by name and place: the nearest is taken.
    assert len(wrong) == 0
    assert sum(found[key] == unit for key, unit in expected.items()) >= 58
    assert found[lonely[0]["key"]] is None
    (told,) = [one for one in report.notices if one.code == "import.registered-twice"]
    assert told.values["count"] == sum(unit is not None for unit in found.values())


def test_far_apart_or_in_another_county_is_not_the_same(towns: Database, catalog: Catalog) -> None:
    run(towns, catalog, record_set("places", [village("王场村", 113.02)]))
    run(towns, catalog, record_set("places", [committee("王场村民委员会", 113.08)]))
    assert set(linked(towns).values()) == {None}
    other = committee("王场村村民委员会", 113.0201) | {"code": "42900510027610000001", "key": "other"}
    run(towns, catalog, record_set("places", [other]))
    assert linked(towns)["other"] is None


def test_without_a_position_the_township_decides(towns: Database, catalog: Catalog) -> None:
    here, there = village("王场村", 113.02), village("王场村", 113.12, "101")
    body = committee("王场村委会", 113.0) | {"geom": None}
    run(towns, catalog, record_set("places", [here, there, body]))
    assert linked(towns) == {body["key"]: here["key"]}


def test_several_that_fit_are_for_a_person(towns: Database, catalog: Catalog) -> None:
    rows = [village("王场村", 113.02), village("王场村", 113.02, number=2), committee("王场村委会", 113.02)]
    report = run(towns, catalog, record_set("places", rows))
    assert set(linked(towns).values()) == {None}
    assert [one.values["count"] for one in report.notices if one.code == "import.registered-doubtful"] == [1]


def test_linked_ones_count_once_in_inventory_checks_and_searches(towns: Database, catalog: Catalog) -> None:
    rows = [
        village("王场村", 113.02),
        committee("王场村民委员会", 113.02),
        village("李塆社区", 113.04, class_code="21620"),
    ]
    rows.append(committee("李湾社区居民委员会", 113.041))
    run(towns, catalog, record_set("places", rows))
    assert all(linked(towns).values())
    with towns.connect("owner") as connection:
        kept, _ = names_of_kind(connection, catalog, "village", DAY)
        assert sorted(one.name for one in kept) == ["李塆社区", "王场村"]
        found = find_clashes(connection, catalog, Proposed("王场村", "village"), day=DAY)
        assert [one.name for one in found.clashes] == ["王场村"]
        unit, body = connection.execute(
            text("select u.id, b.id from place b join place u on u.id = b.same_as_id limit 1")
        ).one()
        for own in (unit, body):
            name = connection.execute(
                text("select name from place_name where place_id = :id"), {"id": own}
            ).scalar_one()
            assert not find_clashes(connection, catalog, Proposed(name, "village", place_id=own), day=DAY).clashes
    (hit,) = search(towns, "王场")
    assert hit["name"] == "王场村"
    assert [(one["class_code"], one["code"]) for one in hit["also"]] == [("27610", rows[1]["code"])]
    # Who asks for the committee finds it, with the code of the village.
    (hit,) = search(towns, "王场村民委员会")
    assert [one["code"] for one in hit["also"]] == [rows[0]["code"]]


def test_a_wrong_link_is_taken_back_and_stays_apart(
    towns: Database, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [village("王场村", 113.02), committee("王场村民委员会", 113.02)]
    run(towns, catalog, record_set("places", rows))
    with towns.connect("owner") as connection:
        body, unit = connection.execute(text("select id, same_as_id from place where same_as_id is not null")).one()
    given_database(monkeypatch, registry, towns, tmp_path / "heads", catalog)

    def say(*given: str) -> dict[str, Any]:
        said = CliRunner().invoke(names.app, ["doubles", *given, "--json"])
        assert said.exit_code == 0, said.output
        answer: dict[str, Any] = json.loads(said.stdout)
        return answer

    assert [one["state"] for one in say()["items"]] == ["linked"]
    assert say("--apart", str(body))["items"] == []
    assert say("--link")["linked_now"] == 0
    run(towns, catalog, record_set("places", [village("陈场村", 113.06, number=7)]))
    assert set(linked(towns).values()) == {None}
    assert [one["state"] for one in say("--same", str(body), "--unit", str(unit))["items"]] == ["linked"]


def test_over_http_pairs_are_listed_linked_and_parted(towns: Database, catalog: Catalog) -> None:
    rows = [village("王场村", 113.02), village("王场村", 113.02, number=2), committee("王场村委会", 113.02)]
    run(towns, catalog, record_set("places", rows))
    with TestClient(create_app(towns.settings, database=towns, catalog=catalog)) as web:
        assert web.get("/api/names/doubles").status_code == 401
        signed_in(web, towns, "clerk")
        (pair,) = web.get("/api/names/doubles").json()["items"]
        assert pair["state"] == "doubtful"
        body, unit = pair["body"]["place_id"], pair["unit"]["place_id"]
        address = f"/api/names/doubles/{body}"
        assert web.put(address, json={"unit_id": unit, "reason": "村里确认"}).status_code == 200
        listed = web.get("/api/names/doubles").json()
        assert (listed["linked"], listed["open"], listed["items"][0]["unit"]["place_id"]) == (1, 0, unit)
        also = web.get(f"/api/places/{unit}").json()["also"]
        assert [one["place_id"] for one in also] == [body]
        assert web.put(address, json={"unit_id": None}).status_code == 200
        assert unit not in [one["unit"]["place_id"] for one in web.get("/api/names/doubles").json()["items"]]
        refused = web.put(address, json={"unit_id": None})
        assert (refused.status_code, refused.json()["code"]) == (400, "names.not-linked")
        assert web.put(address, json={"unit_id": body}).json()["code"] == "names.not-a-double"
        assert web.put(address, json={"unit_id": 10**9}).status_code == 404
        assert web.put("/api/names/doubles/999999", json={"unit_id": unit}).status_code == 404
        assert web.put(address, json={}).status_code == 400
