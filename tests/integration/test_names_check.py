"""Proposed names against the names of a database: scopes of the law, states, roles, bad input."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import app as app_of_the_shell
from geoservice.database.engine import Database
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.characters import is_han, outside_table
from geoservice.names.keeping import rekey
from geoservice.settings import Settings
from tests.builders_api import make_community, make_facility, make_name, make_place, make_road, make_unit, square
from tests.people import signed_in

Json = dict[str, Any]


@pytest.fixture(scope="module")
def registry(new_database: Callable[..., Database]) -> Iterator[tuple[Database, dict[str, int]]]:
    """Two counties of a province, one with a town's built-up area and its streets."""
    database = new_database()
    with database.connect("owner") as connection:
        ids = {"province": make_unit(connection, "甲省", square(113, 30, 2), level="province")}
        for name, lon in (("east", 113.5), ("west", 112.5)):
            ids[name] = make_unit(
                connection, f"{name}县", square(lon, 30, 0.5), level="county", parent_id=ids["province"]
            )
            ids[f"{name} town"] = make_unit(connection, f"{name}镇", square(lon, 30, 0.4), parent_id=ids[name])
        connection.execute(
            text(
                "insert into built_up_area (key, name, class, geom, classification, published)"
                " values ('town', '东城', 'built_up', cast(:geom as geometry), 'public', true)"
            ),
            {"geom": f"SRID=4490;{square(113.5, 30, 0.1)}"},
        )
        town = {"unit_id": ids["east town"]}
        ids["road"] = make_place(connection, "陆羽大道", 113.5, 30.0, class_code="23", **town)
        make_place(connection, "红山路", 113.52, 30.0, class_code="23", **town)
        make_place(connection, "义河路", 113.8, 30.0, class_code="23", **town)  # outside of the built-up area
        make_place(connection, "李家湾", 113.5, 30.1, class_code="22200", **town)
        make_place(connection, "王家湾", 112.5, 30.1, class_code="22200", unit_id=ids["west town"])
        old = make_place(connection, "新建路", 113.5, 30.02, class_code="23", **town)
        today = date.today()  # noqa: DTZ011 - as the service counts days
        make_name(connection, old, "老城路", valid_to=today - timedelta(days=100))
        make_name(connection, old, "古城路", valid_to=today - timedelta(days=4000))
        make_name(connection, old, "曾用路", kind="former")
        for unit, lon, names in (("east", 113.5, ("新华村", "马安村")), ("west", 112.5, ("建国村",))):
            for name in names:
                make_community(connection, name, lon, 30.05, unit_id=ids[f"{unit} town"])
        make_place(connection, "east镇", 113.5, 30.0, class_code="21", unit_id=ids["east town"])
        rekey(connection, lambda _: None)
    yield database, ids
    database.dispose()


@pytest.fixture(scope="module")
def officer(registry: tuple[Database, dict[str, int]], settings: Settings, catalog: Catalog) -> TestClient:
    app = create_app(settings, catalog=catalog, database=registry[0])
    return signed_in(TestClient(app, base_url="http://127.0.0.1:8000"), registry[0], "reviewer", name="officer")


def ask(web: TestClient, name: str, kind: str, **more: Any) -> Json:
    answer = web.post("/api/names/check", json={"name": name, "kind": kind, **more})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


IN_TOWN = {"geometry": {"type": "LineString", "coordinates": [[113.49, 30.01], [113.51, 30.01]]}}
OUT_OF_TOWN = {"geometry": {"type": "Point", "coordinates": [113.8, 30.2]}}


@pytest.mark.parametrize(
    ("name", "kind", "clashes"),
    [
        ("新华村", "village", [("新华村", "same", "east镇")]),
        ("马鞍村", "village", [("马安村", "same_sound", "east镇")]),
        ("建国村", "village", []),  # in the other county
        ("west镇", "township", [("west镇", "same", "west县")]),
        ("east镇", "township", [("east镇", "same", "east镇")]),  # its place and its unit are one
        ("west县", "county", [("west县", "same", "甲省")]),
    ],
)
def test_units_and_communities_bear_names_too(
    officer: TestClient, name: str, kind: str, clashes: list[tuple[str, str, str]]
) -> None:
    told = ask(officer, name, kind, **IN_TOWN)
    assert [(one["name"], one["tier"], one["unit_name"]) for one in told["clashes"]] == clashes
    assert all(one["lon"] is not None and one["state"] == "in_force" for one in told["clashes"])


@pytest.mark.parametrize(
    ("name", "place", "verdict", "clashes"),
    [
        ("陆羽大道", IN_TOWN, "violates", {"陆羽大道": "same"}),
        ("陆羽路", IN_TOWN, "argue", {"陆羽大道": "same"}),
        ("露雨大道", IN_TOWN, "argue", {"陆羽大道": "same_sound"}),
        ("路渔大道", IN_TOWN, "hint", {"陆羽大道": "other_tone"}),
        ("洪山路", IN_TOWN, "argue", {"红山路": "same_sound"}),
        ("义河路", IN_TOWN, "passes", {}),
        ("老城路", IN_TOWN, "violates", {"老城路": "same"}),
        ("古城路", IN_TOWN, "passes", {}),
        ("曾用路", IN_TOWN, "violates", {"曾用路": "same"}),
        ("东湖路", IN_TOWN, "passes", {}),
    ],
)
def test_streets_within_the_built_up_area(
    officer: TestClient, name: str, place: Json, verdict: str, clashes: dict[str, str]
) -> None:
    told = ask(officer, name, "street", reading=None, **place)
    assert {one["name"]: one["tier"] for one in told["clashes"]} == clashes
    graver = {one["rule"]: one["verdict"] for one in told["verdicts"] if one["verdict"] != "passes"}
    graver.pop("polyphone", None)
    assert min(graver.values(), key=["violates", "argue", "hint"].index, default="passes") == verdict
    assert told["scope"]["applied"] == "built_up"
    assert told["scope"]["names"] == ["东城"]
    assert "第八项" in told["scope"]["article"]
    for one in told["verdicts"]:
        assert one["source"]
        assert (one["reason"] is None) == (one["verdict"] == "passes")
    assert all(one["why"] for one in told["clashes"])


@pytest.mark.slow
def test_damaged_village_names_are_answered_and_their_characters_named(officer: TestClient, shared_data: Path) -> None:
    with (shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, delimiter="\t"))
    assert len(listed) == 748
    named = 0
    for name in dict.fromkeys(row[key] for row in listed for key in ("village_published", "village_corrected")):
        if not name.strip():
            continue
        told = ask(officer, name, "village", **IN_TOWN)
        reasons = {one["rule"]: one["reason"] for one in told["verdicts"]}
        rare = [one for one in outside_table(name) if is_han(one)]
        assert all(f"{one} (U+{ord(one):04X})" in reasons["outside_table"] for one in rare), name
        named += bool(rare)
    assert named > 400


def test_a_street_outside_of_any_built_up_area_is_compared_in_its_county(officer: TestClient) -> None:
    told = ask(officer, "义河路", "street", **OUT_OF_TOWN)
    assert told["scope"]["applied"] == "county"
    assert told["scope"]["scope"] == "built_up"
    assert [one["name"] for one in told["clashes"]] == ["义河路"]


def test_villages_within_the_county_and_townships_within_the_province(
    officer: TestClient, registry: tuple[Database, dict[str, int]]
) -> None:
    ids = registry[1]
    assert ask(officer, "李家塆", "village", unit_id=ids["east town"])["clashes"][0]["name"] == "李家湾"
    assert ask(officer, "李家湾", "village", unit_id=ids["west town"])["clashes"] == []
    assert ask(officer, "李家湾", "village")["scope"]["applied"] == "all"
    assert ask(officer, "新镇", "township", unit_id=ids["west"])["scope"]["names"] == ["甲省"]


def test_a_place_is_no_clash_with_itself(officer: TestClient, registry: tuple[Database, dict[str, int]]) -> None:
    told = ask(officer, "陆羽大道", "street", place_id=registry[1]["road"], **IN_TOWN)
    assert told["clashes"] == []


def test_both_languages(officer: TestClient) -> None:
    body = {"name": "洪山路", "kind": "street", **IN_TOWN}
    texts = [
        officer.post("/api/names/check", json=body, headers={"Accept-Language": language}).text
        for language in ("zh", "en")
    ]
    assert "同音" in texts[0]
    assert "sounds like" in texts[1]
    assert not any(mark in told for told in texts for mark in ("names.tier", "error.", "names.scope"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "", "kind": "street"}, 422),
        ({"name": " ", "kind": "street"}, 422),
        ({"name": "长" * 10_000, "kind": "street"}, 422),
        ({"name": "长" * 20_001, "kind": "street"}, 400),
        ({"name": "路\u200b", "kind": "street"}, 422),
        ({"name": "路", "kind": "castle"}, 400),
        ({"name": "路"}, 400),
        ({"name": "东路", "kind": "street", "geometry": {"type": "Point"}}, 400),
        ({"name": "东路", "kind": "street", "geometry": {"type": "Point", "coordinates": [500, 1]}}, 400),
        ({"name": "东路", "kind": "street", "packs": ["nothing"]}, 400),
        ({"name": "东路", "kind": "street", "unit_id": 10**18}, 200),
        ({"name": "🏙路", "kind": "street"}, 200),
        ({"name": "𡐓路", "kind": "street"}, 200),
    ],
)
def test_bad_questions_are_told(officer: TestClient, body: Json, status: int) -> None:
    answer = officer.post("/api/names/check", json=body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["detail"]


def test_only_staff_ask(registry: tuple[Database, dict[str, int]], settings: Settings, catalog: Catalog) -> None:
    app = create_app(settings, catalog=catalog, database=registry[0])
    public = TestClient(app, base_url="http://127.0.0.1:8000")
    assert public.post("/api/names/check", json={"name": "东路", "kind": "street"}).status_code == 401
    assert public.get("/api/names/rules").status_code == 401


def test_rules_are_shown_with_their_examples(officer: TestClient) -> None:
    items = officer.get("/api/names/rules").json()["items"]
    assert {"script", "repeat", "alike"} <= {one["id"] for one in items}
    assert all(one["source"] for one in items)


def test_keys_of_a_loaded_name_are_those_of_its_class(registry: tuple[Database, dict[str, int]]) -> None:
    with registry[0].connect("reader") as connection:
        rows = connection.execute(
            text(
                "select n.name, n.alike_keys, n.specific, p.class_code from place_name n join place p on p.id = n.place_id"
            )
        ).all()
    assert rows
    for row in rows:
        assert tuple(row.alike_keys) == alike_keys(row.name, row.class_code)
        assert row.name.startswith(row.specific)


def test_the_index_of_keys_answers_under_the_policies(registry: tuple[Database, dict[str, int]]) -> None:
    from geoservice.access.roles import Role, actor_of
    from geoservice.database.actor import EVERYWHERE

    with registry[0].connect(actor=actor_of("li", 1, [(Role.REVIEWER, EVERYWHERE)])) as connection:
        connection.execute(text("set local enable_seqscan = off"))
        plan = connection.execute(
            text("explain select id from place_name where alike_keys @> cast('{s:luyi}' as text[])")
        ).scalars()
        assert "ix_place_name_alike_keys_areas" in "\n".join(plan)


@pytest.fixture
def shell(
    registry: tuple[Database, dict[str, int]],
    settings: Settings,
    catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, Json]]:
    """The command over the registry; gives its exit code and its JSON."""

    @contextmanager
    def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
        yield settings, catalog, registry[0]

    monkeypatch.setattr("geoservice.cli.names.ready", ready)

    def run(*words: str) -> tuple[int, Json]:
        result = CliRunner().invoke(app_of_the_shell, ["names", *words, "--json"])
        return result.exit_code, json.loads(result.stdout or "{}")

    return run


def test_the_shell_checks_lists_and_counts(shell: Callable[..., tuple[int, Json]]) -> None:
    code, told = shell("check", "陆羽大道", "--class", "street", "--lon", "113.5", "--lat", "30")
    assert code == 1
    assert told["verdict"] == "violates"
    assert told["verdicts"]
    assert told["clashes"][0]["name"] == "陆羽大道"
    assert shell("check", "东湖路", "--class", "street", "--unit", "east镇")[0] == 0
    code, told = shell("clashes", "洪山路", "--class", "street")
    assert (code, [one["tier"] for one in told["clashes"]]) == (1, ["same_sound"])
    code, told = shell("clashes", "--class", "street")
    assert code == 0
    assert told["read"] == 4
    assert shell("rekey")[1]["names"] > 0
    assert shell("check", "路", "--class", "castle")[0] == 2
    assert shell("check", "东路", "--class", "street", "--lon", "113")[0] == 2
    assert shell("check", "东路", "--class", "street", "--unit", "无此镇")[0] == 2


def test_the_inventory_counts_communities_and_tells_where(officer: TestClient) -> None:
    found = officer.get("/api/names/inventory", params={"kind": "village"}).json()
    assert found["read"] == 5
    assert found["groups"] == []
    streets = officer.get("/api/names/inventory", params={"kind": "street"}).json()
    assert streets["read"] == 4
    assert officer.get("/api/names/inventory", params={"kind": "x"}).status_code == 400
    assert officer.get("/api/names/inventory", params={"unit": 999}).json() == {
        "read": 0,
        "groups": [],
        "groups_in_all": 0,
    }


def test_what_bears_a_name_is_told(officer: TestClient, registry: tuple[Database, dict[str, int]]) -> None:
    database, ids = registry
    with database.connect("owner") as connection:
        for key, name, lon in (("r1", "陆羽大道", 113.49), ("r2", "陆羽大道", 113.51), ("r3", "陆羽大道", 114.5)):
            make_road(connection, key, (lon, 30.0), (lon + 0.01, 30.0), name=name)
        make_facility(connection, "东城养老院", 113.5, 30.01, address="陆羽大道50%号")
        make_community(connection, "陆羽社区", 113.5, 30.002, unit_id=ids["east town"], population=1200)
        make_community(connection, "陆羽远村", 113.8, 30.002, unit_id=ids["east town"], population=900)
    told = officer.get(f"/api/names/bearers/{ids['road']}").json()
    assert (told["name"], told["specific"], told["near_m"]) == ("陆羽大道", "陆羽", 3000)
    assert told["roads"]["count"] == 2
    assert told["roads"]["total"] == pytest.approx(2 * 964.9, abs=2)  # a hundredth of a degree at 30 north
    assert [one["name"] for one in told["facilities"]["items"]] == ["东城养老院"]
    assert [one["name"] for one in told["communities"]["items"]] == ["陆羽社区"]
    assert told["communities"]["total"] == 1200
    assert told["places"] == {"count": 0, "total": None, "items": []}
    assert officer.get("/api/names/bearers/999999").status_code == 404
