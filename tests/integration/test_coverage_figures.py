"""Figures on a street that can be reckoned by hand: backup, the edge of the county, losses, households."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyproj import Geod
from shapely.geometry import LineString, MultiPolygon, Point, box
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.loss import losses
from geoservice.coverage.shortage import rule_of, shortage
from geoservice.coverage.uncertainty.query import case_of
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import BadInput
from geoservice.settings import Settings
from geoservice.siting.county.question import Existing, Question
from geoservice.siting.county.reading import read_county
from tests.builders import square
from tests.integration.test_coverage_run import DAY, LAT, compute, put
from tests.people import signed_in

TYPE = "community_service_centre"
CASE = {"service": "life_circle", "type": TYPE}
# The county ends at 113.02: one centre lies inside, one outside. On foot in 15 minutes one comes 0.0093 degrees far.
VILLAGES = {"甲": 113.0, "乙": 113.018, "丙": 113.014}


@pytest.fixture
def edge(database: Database, catalog: Catalog) -> Database:
    """甲 is covered by the county's own centre, 乙 only by the neighbour's, 丙 by both."""
    county = {"code": "429006", "name": "天门市", "level": "county", "geom": square(113.0, LAT, 0.02)}
    put(database, catalog, "units", [county])
    road = {"key": "r", "class": "residential", "modes": ["walk", "bicycle"], "node_ids": [1, 2, 3]}
    put(database, catalog, "roads", [road | {"geom": LineString([(x, LAT) for x in (113.0, 113.01, 113.05)])}])
    centres = {"自己": 113.006, "邻县": 113.022}
    rows = [{"key": name, "type": TYPE, "name": name, "geom": Point(lon, LAT)} for name, lon in centres.items()]
    put(database, catalog, "facilities", rows)
    village = {"class": "urban", "population": 100, "population_60": 20, "population_80": 5, "households": 40}
    rows = [
        village | {"code": str(n), "name": name, "geom": Point(lon, LAT)}
        for n, (name, lon) in enumerate(VILLAGES.items())
    ]
    put(database, catalog, "communities", rows)
    return database


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.connect("reader") as connection:
        return [dict(row) for row in connection.execute(text(statement)).mappings()]


def test_backup_and_the_edge_of_the_county(edge: Database, catalog: Catalog, settings: Settings) -> None:
    outcome = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,))
    total = outcome.headline.coverage.total
    assert (total.communities_covered, total.communities_backed_up, total.communities_by_neighbour) == (3, 1, 1)
    assert (total.population_backed_up, total.population_by_neighbour, total.facilities_outside) == (100, 100, 1)
    assert (total.households, total.households_covered) == (120, 120)
    found = {row.pop("name"): row for row in rows(edge, """
        select m.name, f.name as second, facilities_within, by_neighbour, second_time_ds from coverage_reach r
        join community m on m.id = community_id left join facility f on f.id = second_facility_id""")}  # fmt: skip
    assert {name: (row["facilities_within"], row["by_neighbour"]) for name, row in found.items()} == {
        "甲": (1, False), "乙": (1, True), "丙": (2, False),
    }  # fmt: skip
    assert (found["甲"]["second"], found["乙"]["second"]) == ("邻县", "自己")
    length_m = Geod(ellps="GRS80").line_length([113.006, 113.018], [LAT, LAT])
    assert found["乙"]["second_time_ds"] == pytest.approx(length_m * 10, abs=2)
    outside_m = Geod(ellps="GRS80").line_length([113.02, 113.05], [LAT, LAT])
    assert outcome.network_outside_km["walk"] == pytest.approx(outside_m / 1000, rel=1e-4)
    (county,) = outcome.as_dict()["by_county"]
    assert (county["name"], county["population"], county["facilities"]) == ("天门市", 300, 1)


def test_a_facility_that_a_run_names_is_kept(edge: Database, catalog: Catalog, settings: Settings) -> None:
    compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False)
    stray = """
        select r.id from coverage_reach r cross join lateral unnest(array[facility_id, second_facility_id]) named
        where named is not null and not exists (
            select from coverage_facility f
            where (f.run_id, f.standard_id, f.type, f.facility_id) = (r.run_id, r.standard_id, r.type, named))"""
    assert rows(edge, "select id from coverage_reach where second_facility_id is not null")
    assert rows(edge, stray) == []
    with pytest.raises(IntegrityError, match="coverage_facility"), edge.connect("owner") as connection:
        connection.execute(text("delete from facility"))


def test_without_an_outline_nothing_is_told_of_neighbours(edge: Database, catalog: Catalog, settings: Settings) -> None:
    with edge.connect("owner") as connection:
        connection.execute(text("update unit_version set geom = null"))
    outcome = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False)
    total = outcome.headline.coverage.total
    assert total.communities_covered == 3
    assert (total.communities_by_neighbour, total.population_by_neighbour, total.facilities_outside) == (None,) * 3
    assert outcome.network_outside_km == {}


def test_losses_of_the_run_equal_those_of_the_moment(edge: Database, catalog: Catalog, settings: Settings) -> None:
    run = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id
    with edge.connect("reader") as connection:
        report = losses(connection, catalog, settings, edge.name, service="life_circle", type_=TYPE, on=DAY)
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    told = client.get(f"/api/runs/{run}/losses", params=CASE).json()
    assert told["truncated"] is False
    by_id = {one["facility_id"]: one for one in told["items"]}
    assert {one["name"]: one["outside"] for one in told["items"]} == {"自己": False, "邻县": True}
    for loss in report.losses:
        one = by_id[loss.facility_id]
        for kind, people in (("lost", loss.lost), ("single", loss.single)):
            assert [one[f"{kind}_{name}"] for name in ("communities", "population", "population_60", "population_80")] == [
                people.communities, people.population, people.population_60, people.population_80,
            ]  # fmt: skip
        assert (one["lost_communities"], one["single_communities"]) == (1, 1)
        assert (one["communities_within"], one["population_within"]) == (2, 200)


def test_a_plan_may_give_up_what_stands_inside_alone(edge: Database, catalog: Catalog, settings: Settings) -> None:
    client = signed_in(TestClient(create_app(settings, catalog=catalog, database=edge)), edge, "planner", name="li")
    told = client.post("/api/scenarios/standing", json=CASE | {"on": DAY.isoformat(), "changes": []}).json()
    assert {one["name"]: one["inside"] for one in told["facilities"]} == {"自己": True, "邻县": False}
    case = case_of(catalog, "life_circle", TYPE, DAY)
    for one in told["facilities"]:
        question = Question.parse(case, p=0, existing=Existing(close=1, only=(one["facility"],)))
        refused = nullcontext() if one["inside"] else pytest.raises(BadInput, match="不是本县当日开放的该类设施")
        with edge.connect("reader") as connection, refused:
            read_county(connection, catalog, settings, edge.name, question)


def test_the_service_tells_units_and_counties(edge: Database, catalog: Catalog, settings: Settings) -> None:
    with edge.connect("owner") as connection:
        connection.execute(text("update unit_version set published = true, classification = 'public'"))
    run = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    told = client.get(f"/api/runs/{run}/units", params=CASE).json()
    (county,) = told["counties"]
    assert (county["name"], county["population"], county["households"]) == ("天门市", 300, 120)
    assert sum(item["population"] for item in told["items"]) == told["total"]["population"] == 300
    assert client.get(f"/api/runs/{run}").json()["network_outside_km"].keys() == {"walk", "ebike"}
    reach = client.get(f"/api/runs/{run}/communities", params=CASE).json()["items"]
    assert {item["name"]: item["by_neighbour"] for item in reach} == {"甲": False, "乙": True, "丙": False}


@pytest.mark.parametrize(
    ("what", "case", "status"),
    [
        ("units", {"service": "life-circle", "type": TYPE}, 400),
        ("communities", {"service": "life_circle", "type": "食堂"}, 400),
        ("losses", {"service": "life_circle", "type": "canteen"}, 400),
        ("losses", {"service": "funeral", "type": "cemetery"}, 404),
    ],
)
def test_unknown_names_are_refused(
    edge: Database, catalog: Catalog, settings: Settings, what: str, case: dict[str, str], status: int
) -> None:
    run = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    answer = client.get(f"/api/runs/{run}/{what}", params=case, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_townships_of_the_sample_add_up(sample_database: Database) -> None:
    figures = ("population", "population_covered", "population_60_covered", "population_80_covered", "households_covered",
               "population_backed_up", "communities", "communities_covered", "facilities")  # fmt: skip
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in figures)
    query = "select standard_id, type, {} from coverage_unit where {} group by 1, 2 order by 1, 2"
    units = rows(sample_database, query.format(sums, "unit_id is not null and not is_county and not is_total"))
    assert len(units) == 14
    assert units == rows(sample_database, query.format(sums, "is_county"))
    assert units == rows(sample_database, query.format(sums, "is_total"))
    assert {row["population"] for row in units} == {1_158_640}


@pytest.fixture
def homes(edge: Database, catalog: Catalog) -> Database:
    """Two nursing homes where the centres are: one with a single bed, one with many."""
    rows = [
        {"key": name, "type": "nursing_home", "name": name, "geom": Point(lon, LAT), "beds": beds}
        for name, lon, beds in (("小院", 113.006, 1), ("大院", 113.022, 50))
    ]
    put(edge, catalog, "facilities", rows)
    return edge


def test_capacity_of_a_run(homes: Database, catalog: Catalog, settings: Settings) -> None:
    """20 elders a village ask for 0.7 beds each village: 丙 stands 768 m from both homes, 甲 576 m from the small one."""
    case = {"service": "elder_circle", "type": "nursing_home"}
    run = compute(homes, catalog, settings, services=("elder_circle",), types=("nursing_home",), circles=False).run_id
    client = TestClient(create_app(settings, catalog=catalog, database=homes))
    told = client.get(f"/api/runs/{run}/capacity", params=case).json()
    sums, by_name = told["places"], {one["name"]: one for one in told["items"]}
    assert sums["asked_milli"] == sums["given_at_best_milli"] == sums["given_nearest_first_milli"] == 2100
    assert (sums["short_at_best_milli"], sums["asked_out_of_reach_milli"], sums["facilities_full"]) == (0, 0, 1)
    assert (by_name["小院"]["taken_milli"], by_name["小院"]["full"]) == (1000, True)
    assert (by_name["大院"]["taken_milli"], by_name["大院"]["full"]) == (1100, False)
    assert told["limits_s"] == {"urban": 900, "rural": 900}
    reach = {one["name"]: one for one in client.get(f"/api/runs/{run}/communities", params=case).json()["items"]}
    # Two steps: the small home is shared by 甲 and 丙 (40 elders), the big one by 乙 and 丙.
    assert reach["甲"]["places_per_thousand"] == pytest.approx(1000 * 1 / 40)
    assert reach["丙"]["places_per_thousand"] == pytest.approx(1000 * (1 / 40 + 50 / 40))
    assert sum(20 * one["places_shared"] / 1000 for one in reach.values()) == pytest.approx(51)
    # Balanced: 丙 counts half at each home, so each has 30 elders, and each level is shared by two villages.
    assert reach["甲"]["places_balanced"] == pytest.approx(1000 * (1 / 30) / 2)
    with homes.connect("reader") as connection:
        now = shortage(
            connection, catalog, settings, homes.name, service=None, rule=rule_of("nursing_home"), on=DAY
        )  # fmt: skip
    assert now.sums == sums
    assert [one.taken_milli for one in now.facilities] == [1000, 1100]


def test_inequality_of_a_run(homes: Database, catalog: Catalog, settings: Settings) -> None:
    away = {"code": "9", "name": "远村", "class": "rural", "population": 7, "geom": Point(113.04, LAT + 0.1)}
    put(homes, catalog, "communities", [away])
    run = compute(homes, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id
    client = TestClient(create_app(settings, catalog=catalog, database=homes))
    told = client.get(f"/api/runs/{run}/inequality", params=CASE).json()
    assert [one["name"] for one in told["worst"]] == ["远村", "丙", "甲", "乙"]
    assert (told["worst"][0]["time_s"], told["worst"][0]["reason"]) == (None, "off_network")
    assert (told["people_with_time"], told["people_without_time"]) == (300, 7)
    times = [one["time_s"] for one in told["worst"][1:]]
    double = sum(abs(a - b) for a in times for b in times)
    assert told["gini_time"] == pytest.approx(double / (2 * 3 * sum(times)))
    assert told["gini_two_step"] is None
    units = client.get(f"/api/runs/{run}/units", params=CASE).json()
    assert units["total"]["gini_time"] == told["gini_time"]


def test_built_up_land_inside_the_circle(edge: Database, catalog: Catalog, settings: Settings) -> None:
    """A strip of land on both sides of the road from end to end of the county, and one that nobody reaches."""
    strip, away = box(112.99, LAT - 0.001, 113.06, LAT + 0.001), box(113.0, LAT + 0.1, 113.01, LAT + 0.11)
    rows = [{"key": str(n), "name": "区", "geom": MultiPolygon([shape])} for n, shape in enumerate((strip, away))]
    put(edge, catalog, "built_up", [*rows, rows[0] | {"key": "twice"}])
    outcome = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,))
    geod = Geod(ellps="GRS80")
    whole_km2 = sum(abs(geod.geometry_area_perimeter(shape)[0]) for shape in (strip, away)) / 1e6
    land = outcome.headline.whole["built_up"]
    assert land["whole_km2"] == pytest.approx(whole_km2, rel=1e-3)
    # On foot one comes 900 m from 113.006 west to the road's end and 300 m on, and from 113.022 east.
    reached_m = geod.line_length([113.0, 113.022], [LAT, LAT]) + 900
    deep_km = geod.line_length([113.0, 113.0], [LAT - 0.001, LAT + 0.001]) / 1000
    assert reached_m / 1000 * deep_km * 0.9 < land["inside_km2"] < (reached_m + 300) / 1000 * deep_km
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    units = client.get(f"/api/runs/{outcome.run_id}/units", params=CASE).json()
    assert units["total"]["built_up_covered_km2"] == land["inside_km2"]
    assert sum(item["built_up_km2"] for item in units["items"]) == pytest.approx(land["whole_km2"])
    without = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False)
    assert without.headline.whole["built_up"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update facility set beds = null", "figures.no-places"),
        ("update community set population = null, population_60 = null, population_80 = null", "figures.no-people"),
        ("update facility set closed_on = '2025-01-01'", "coverage.no-facilities"),
        ("delete from road", "network.no-roads"),
    ],
)
def test_what_capacity_cannot_tell_is_said(
    homes: Database, catalog: Catalog, settings: Settings, change: str, code: str
) -> None:
    with homes.connect("owner") as connection:
        connection.execute(text(change))
        bump_revision(connection, "roads")
    with homes.connect("reader") as connection, pytest.raises(BadInput) as caught:
        shortage(connection, catalog, settings, homes.name, service=None, rule=rule_of("nursing_home"), on=DAY)
    assert caught.value.code == code
