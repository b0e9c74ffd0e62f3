"""What a coverage run cannot tell is said, in the shell and over HTTP; nothing is silently zero."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import BadRequest
from geoservice.settings import Settings
from tests.integration.test_coverage_areas import Shell, shell
from tests.integration.test_coverage_figures import CASE, TYPE, edge
from tests.integration.test_coverage_run import DAY, LAT, compute, put

__all__ = ["edge", "shell"]
RUN = ("run", "--no-circles", "--on", DAY.isoformat())
ONE = (*RUN, "--service", "life_circle", "--type", TYPE)


@pytest.fixture
def client(edge: Database, catalog: Catalog, settings: Settings) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=edge), raise_server_exceptions=False)


def change(database: Database, statement: str) -> None:
    with database.connect("owner") as connection:
        connection.execute(text(statement))
        for layer in ("roads", "facilities", "communities"):
            bump_revision(connection, layer)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("delete from road", "network.no-roads"),
        ("update road set modes = '{car}'", "network.no-roads"),
        ("delete from facility", "coverage.no-facilities"),
        ("update facility set opened_on = '2030-01-01'", "coverage.no-facilities"),
        ("update community set geom = null", "coverage.no-communities"),
        ("update community set valid_to = '2020-01-01'", "coverage.no-communities"),
    ],
)
def test_what_is_missing_is_named_in_both_languages(edge: Database, shell: Shell, statement: str, code: str) -> None:
    change(edge, statement)
    commands: list[tuple[str, ...]] = [ONE, ("loss",)]
    if code != "coverage.no-facilities":  # then evidence tells it by community
        commands.append(("explain", "--all"))
    for command in commands:
        texts = set()
        for language in ("zh", "en"):
            exit_code, out, err = shell(*command, "--json", language=language)
            assert exit_code == 2, (command, err)
            error = json.loads(out)["error"]
            assert error["code"] == code, command
            assert error["remedy"]
            texts.add(error["message"])
        assert len(texts) == 2


def test_evidence_without_a_facility_gives_the_reason(edge: Database, shell: Shell) -> None:
    change(edge, "delete from facility")
    code, out, _ = shell("explain", "--all", "--json")
    assert code == 0
    assert {one["properties"]["reason"] for one in json.loads(out)["features"]} == {"no_facility"}


def test_limits_that_are_none(edge: Database, shell: Shell) -> None:
    for minutes in ("0", "-5", "601", "100000", "NaN", "1.5", "1e9", ""):
        code, _, err = shell(*ONE, f"--minutes={minutes}")
        assert code == 2, minutes
        assert err
    with edge.connect("reader") as connection:
        assert connection.execute(text("select count(*) from coverage_run")).scalar_one() == 0


@pytest.mark.parametrize("minutes", [0, -1, 601, 10**9])
def test_limits_that_are_none_are_refused_by_the_engine(catalog: Catalog, minutes: int) -> None:
    with pytest.raises(BadRequest) as caught:
        cases_of(catalog, RunRequest(on=DAY, minutes=minutes))
    assert caught.value.code == "figures.bad-minutes"


def test_the_least_and_the_greatest_limit(edge: Database, catalog: Catalog, settings: Settings) -> None:
    """Ten hours are searched to their end: a village seven hours off on foot is covered by them, and not by six."""
    far = 113.05 + 25_200 / 95_960
    road = {"key": "long", "class": "residential", "modes": ["walk"], "node_ids": [3, 4]}
    put(edge, catalog, "roads", [road | {"geom": LineString([(113.05, LAT), (far, LAT)])}])
    village = {"code": "7", "name": "远村", "class": "urban", "population": 9, "geom": Point(far, LAT)}
    put(edge, catalog, "communities", [village])
    request = {"services": ("life_circle",), "types": (TYPE,), "mode": "walk"}
    covered = {}
    for minutes in (1, 360, 600):
        outcome = compute(edge, catalog, settings, **request, minutes=minutes)
        covered[minutes] = outcome.headline.coverage.total.communities_covered
        assert outcome.headline.limit_ds.tolist() == [minutes * 600] * 4
    assert covered == {1: 0, 360: 3, 600: 4}


def test_a_type_without_facilities_is_said(edge: Database, shell: Shell, client: TestClient) -> None:
    code, out, _ = shell(*RUN, "--service", "life_circle", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["types_without_facilities"] == ["volunteer_station"]
    for language, words in (("zh", "没有在用设施的类型"), ("en", "No facility of these types")):
        _, _, err = shell(*RUN, "--service", "life_circle", language=language)
        assert words in err
    items = client.get(
        f"/api/runs/{told['run']}/communities", params={"service": "life_circle", "type": "volunteer_station"}
    ).json()["items"]
    assert {one["reason"] for one in items} == {"no_facility"}


def test_without_people_no_share_is_told(edge: Database, shell: Shell, client: TestClient) -> None:
    change(edge, "update community set population = null, population_60 = null, population_80 = null")
    code, out, _ = shell(*ONE, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["covered_population_share"] is None
    assert told["covered_communities_share"] == 1.0
    assert told["communities_without_population"] == 3
    _, out, err = shell(*ONE)
    assert "covered_population_share=none" in out
    assert "3" in err
    total = client.get(f"/api/runs/{told['run']}/units", params=CASE).json()["total"]
    assert (total["population"], total["communities_without_population"], total["gini_time"]) == (0, 3, None)


def test_a_facility_on_an_island_of_the_network(
    edge: Database, catalog: Catalog, shell: Shell, client: TestClient
) -> None:
    lane = {"key": "lane", "class": "residential", "modes": ["walk", "bicycle"], "node_ids": [90, 91]}
    put(edge, catalog, "roads", [lane | {"geom": LineString([(113.0, LAT + 0.1), (113.002, LAT + 0.1)])}])
    change(edge, f"update facility set geom = st_setsrid(st_makepoint(113.001, {LAT + 0.1}), 4490) where name = '自己'")
    code, out, _ = shell(*ONE, "--json")
    assert code == 0
    told = json.loads(out)
    assert {(one["kind"], one["name"], one["reason"]) for one in told["islands"]} == {("facility", "自己", "island")}
    for language, words in (("zh", "不相连"), ("en", "fragment of the network")):
        _, _, err = shell(*ONE, language=language)
        assert words in err
    losses = {one["name"]: one for one in client.get(f"/api/runs/{told['run']}/losses", params=CASE).json()["items"]}
    assert losses["自己"]["off_main"] == {"walk": "island", "ebike": "island"}
    assert (losses["自己"]["communities_within"], losses["邻县"]["off_main"]) == (0, {})


def test_a_network_that_changed_after_the_run(
    edge: Database, catalog: Catalog, shell: Shell, client: TestClient, tmp_path: Path
) -> None:
    _, out, _ = shell(*ONE, "--json")
    run = json.loads(out)["run"]
    assert client.get(f"/api/runs/{run}").json()["stale"] is False
    lane = {"key": "lane", "class": "residential", "modes": ["walk"], "node_ids": [90, 91]}
    put(edge, catalog, "roads", [lane | {"geom": LineString([(113.0, LAT + 0.1), (113.002, LAT + 0.1)])}])
    told = client.get(f"/api/runs/{run}").json()
    assert (told["stale"], told["changed"]) == (True, ["roads"])
    answer = client.get(f"/api/runs/{run}/evidence", params=CASE)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence.stale")
    code, _, err = shell("show", run)
    assert (code, "roads" in err) == (1, True)
