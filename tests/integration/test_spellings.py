"""One place under several spellings, across sources and within one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import names, registry
from geoservice.database.engine import Database
from geoservice.names.clashes.spellings import spellings
from tests.builders import given_database, record_set
from tests.integration.test_load import run
from tests.people import signed_in

DAY = date(2026, 1, 1)
PAIRS = [("李家塆", "李家湾"), ("陈家垸", "陈家院"), ("杨家咀", "杨家嘴"), ("周家坮", "周家台"), ("侯口", "候口")]


def found(database: Database) -> dict[tuple[str, ...], str]:
    with database.connect("owner") as connection:
        return {one.spellings: one.how for one in spellings(connection, DAY)[0]}


def hamlet(name: str, lon: float, key: str) -> dict[str, object]:
    return {"key": key, "name": name, "class_code": "22200", "geom": Point(lon, 30.65)}


@pytest.fixture
def two_lists(database: Database, catalog: Catalog) -> Database:
    """侯口街道 of the ministry against 候口街道 of the statistics bureau."""
    for system, edition, name in (("mca", "2025", "侯口街道"), ("nbs", "2023", "候口街道")):
        row = {"code": "429006002", "name": name, "level": "township", "code_system": system, "code_edition": edition}
        run(database, catalog, record_set("units", [row], f"{system}.csv"))
    return database


def test_a_unit_under_two_spellings_is_told_with_both_sources(two_lists: Database) -> None:
    with two_lists.connect("owner") as connection:
        (one,), cut = spellings(connection, DAY)
    assert not cut
    assert set(one.spellings) == {"侯口街道", "候口街道"}
    assert one.how == "variant"
    sources = "".join(each.source or "" for each in one.records)
    assert all(word in sources for word in ("mca 2025", "nbs 2023"))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_variants_near_each_other_are_one_place(one: str, other: str, database: Database, catalog: Catalog) -> None:
    run(database, catalog, record_set("places", [hamlet(one, 113.0, "a")], "普查.csv"))
    run(database, catalog, record_set("places", [hamlet(other, 113.001, "b")], "地图.csv"))
    assert {frozenset(spelt) for spelt in found(database)} == {frozenset((one, other))}


def test_far_apart_or_written_the_same_is_nothing(database: Database, catalog: Catalog) -> None:
    rows = [hamlet("李家塆", 113.0, "a"), hamlet("李家湾", 113.2, "b"), hamlet("李家湾", 113.2001, "c")]
    run(database, catalog, record_set("places", rows))
    assert found(database) == {}


def test_a_committee_is_no_other_spelling_of_its_village_but_its_characters_count(
    database: Database, catalog: Catalog
) -> None:
    def of(name: str, class_code: str, lon: float, key: str) -> dict[str, object]:
        return hamlet(name, lon, key) | {"class_code": class_code}

    rows = [of("王场村", "21610", 113.0, "a"), of("王场村民委员会", "27610", 113.0, "b")]
    rows += [of("李塆村", "21610", 113.1, "c"), of("李湾村委会", "27610", 113.1, "d")]
    run(database, catalog, record_set("places", rows))
    assert {frozenset(spelt) for spelt in found(database)} == {frozenset(("李塆村", "李湾村委会"))}


def test_over_http_and_at_the_shell(
    two_lists: Database, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with TestClient(create_app(two_lists.settings, database=two_lists, catalog=catalog)) as web:
        assert web.get("/api/names/spellings").status_code == 401
        signed_in(web, two_lists, "viewer")
        answer = web.get("/api/names/spellings").json()
        assert (answer["places_in_all"], answer["items"][0]["how"]) == (1, "variant")
        assert web.get("/api/names/spellings?unit=x").status_code == 400
    given_database(monkeypatch, registry, two_lists, tmp_path / "heads", catalog)
    said = CliRunner().invoke(names.app, ["spellings"])
    assert said.exit_code == 0
    assert "侯口街道" in said.stdout
    assert "候口街道" in said.stdout
