"""Methods and walkers on places that can be reckoned by hand: a river with one bridge, a fast road, a street."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import run_coverage
from geoservice.coverage.uncertainty.declared import load_uncertainty
from geoservice.coverage.uncertainty.methods import method_coverage
from geoservice.coverage.uncertainty.query import Ground, case_of
from geoservice.coverage.uncertainty.telling import print_methods, print_walkers
from geoservice.coverage.uncertainty.walkers import walker, walker_coverage
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import BadInput
from geoservice.settings import Settings
from tests.builders import square
from tests.integration.test_coverage_run import DAY, LAT, put, quiet, reach, street
from tests.integration.test_uncertainty import move

__all__ = ["street"]
TYPE = "community_service_centre"
VILLAGE = {"class": "urban", "population": 100, "population_60": 20, "population_80": 5, "unit": "429006112"}


def ground(database: Database, catalog: Catalog, settings: Settings, connection: Any) -> Ground:
    return Ground(connection, catalog, settings, database.name)


def bump(database: Database, layer: str) -> None:
    with database.connect("owner") as connection:
        bump_revision(connection, layer)


def methods(database: Database, catalog: Catalog, settings: Settings, *case: str | None) -> dict[str, Any]:
    service, type_ = case or (None, None)
    with database.connect("reader") as connection:
        found = method_coverage(ground(database, catalog, settings, connection), case_of(catalog, service, type_, DAY))
    return found.as_dict()


def named(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in told["communities"]}


@pytest.fixture
def river(database: Database, catalog: Catalog) -> Database:
    """A river along 30.501 degrees; a road on either bank, 110 m from it, and one bridge 3.8 km to the east."""
    put(database, catalog, "units", [{"code": "429006112", "name": "干驿镇", "geom": square(112.9, 30.4, 0.4)}])
    put(
        database,
        catalog,
        "water",
        [{"key": "w", "class": "river", "geom": LineString([(112.9, 30.501), (113.1, 30.501)])}],
    )
    west, east, south, north = 113.0, 113.04, 30.5, 30.502
    road = {"class": "residential", "modes": ["walk", "bicycle"]}
    rows = [
        road | {"key": "s", "node_ids": [1, 2], "geom": LineString([(west, south), (east, south)])},
        road | {"key": "n", "node_ids": [3, 4], "geom": LineString([(west, north), (east, north)])},
        road | {"key": "b", "node_ids": [2, 4], "geom": LineString([(east, south), (east, north)])},
    ]
    put(database, catalog, "roads", rows)
    put(database, catalog, "facilities", [{"key": "c", "type": TYPE, "name": "中心", "geom": Point(west, north)}])
    places = {"同岸": Point(113.005, north), "对岸": Point(west, south), "远处": Point(113.03, north)}
    put(
        database,
        catalog,
        "communities",
        [VILLAGE | {"code": str(n), "name": name, "geom": geom} for n, (name, geom) in enumerate(places.items())],
    )
    return database


def test_across_the_river_the_line_says_yes_and_the_network_no(
    river: Database, catalog: Catalog, settings: Settings
) -> None:
    told = methods(river, catalog, settings)
    found = named(told)
    assert {name: (one["network"], one["line"], one["disagreement"]) for name, one in found.items()} == {
        "同岸": (True, True, "area_lacks"),
        "对岸": (False, True, "line_only"),
        "远处": (False, False, None),
    }
    # 0.002 degrees of latitude; to the bridge and back 2 x 3.84 km on foot at a metre a second.
    assert found["对岸"]["line_m"] == pytest.approx(221.7, abs=0.5)
    assert found["对岸"]["time_s"] == pytest.approx(2 * 3840 + 222, abs=10)
    total = told["total"]
    assert (total["population_network"], total["population_line"]) == (100, 200)
    assert (total["population_line_only"], total["population_network_only"]) == (100, 0)
    assert total["communities_method_decides"] == 2
    # The circle is about 900 m of road with 250 m around it, the township 1,700 square kilometres.
    assert 0 < found["同岸"]["area_share"] < 0.002
    assert found["同岸"]["area_of"] == "land"
    assert total["population_by_area"] == 0


def test_by_built_up_land_all_of_a_township_counts_with_its_town(
    river: Database, catalog: Catalog, settings: Settings
) -> None:
    put(
        river,
        catalog,
        "built_up",
        [{"key": "t", "name": "镇区", "class": "built_up", "geom": square(113.001, 30.5018, 0.0004)}],
    )
    told = methods(river, catalog, settings)
    found = named(told)
    assert {one["area_share"] for one in found.values()} == {1.0}
    assert {name: one["disagreement"] for name, one in found.items()} == {
        "同岸": None,
        "对岸": "line_only",
        "远处": "area_only",
    }
    total = told["total"]
    assert (total["population_by_area"], total["population_area_only"]) == (300, 200)


def test_on_a_fast_road_the_network_says_yes_and_the_line_no(
    database: Database, catalog: Catalog, settings: Settings
) -> None:
    """By car half an hour reaches 15 km at 30 km/h as the crow flies, and more along a main road at 60."""
    ends = [(113.0, LAT), (113.22, LAT), (113.25, LAT)]
    road = {"key": "r", "class": "primary", "modes": ["car"], "node_ids": [1, 2, 3], "geom": LineString(ends)}
    put(database, catalog, "roads", [road])
    put(database, catalog, "facilities", [{"key": "c", "type": "cemetery", "name": "公墓", "geom": Point(113.0, LAT)}])
    village = {key: value for key, value in VILLAGE.items() if key != "unit"}
    put(database, catalog, "communities", [village | {"code": "1", "name": "大路边", "geom": Point(113.22, LAT)}])
    told = methods(database, catalog, settings, "funeral", "cemetery")
    (one,) = told["communities"]
    assert (one["network"], one["line"], one["disagreement"]) == (True, False, "network_only")
    assert one["time_s"] == pytest.approx(one["line_m"] / 1000 * 60, abs=2)
    # Nobody knows the township's land.
    assert (one["area"], one["area_share"], one["area_of"]) == (None, None, None)
    assert told["total"]["population_network_only"] == 100
    assert told["total"]["communities_area_unknown"] == 1


def test_the_circle_of_a_run_serves_until_something_changes(
    river: Database, catalog: Catalog, settings: Settings
) -> None:
    drawn = methods(river, catalog, settings)
    assert drawn["circles"] == {"urban": "drawn", "rural": None}
    request = RunRequest(on=date(2025, 6, 1), types=(TYPE,))
    run_coverage(river, catalog, settings, request, quiet)
    assert methods(river, catalog, settings) == drawn | {"circles": {"urban": "run", "rural": None}}
    put(river, catalog, "facilities", [{"key": "d", "type": TYPE, "name": "二中心", "geom": Point(113.0, 30.5)}])
    changed = methods(river, catalog, settings)
    assert changed["circles"]["urban"] == "drawn"
    assert named(changed)["对岸"]["area_share"] > named(drawn)["对岸"]["area_share"]


def test_the_circle_of_a_day_with_other_facilities_does_not_serve(
    river: Database, catalog: Catalog, settings: Settings
) -> None:
    late = {"key": "d", "type": TYPE, "name": "二中心", "geom": Point(113.0, 30.5), "opened_on": date(2025, 9, 1)}
    put(river, catalog, "facilities", [late])
    run_coverage(river, catalog, settings, RunRequest(on=date(2025, 6, 1), types=(TYPE,)), quiet)
    assert methods(river, catalog, settings)["circles"]["urban"] == "drawn"
    run_coverage(river, catalog, settings, RunRequest(on=date(2025, 9, 1), types=(TYPE,)), quiet)
    assert methods(river, catalog, settings)["circles"]["urban"] == "run"


def walkers(database: Database, catalog: Catalog, settings: Settings) -> dict[str, Any]:
    with database.connect("reader") as connection:
        case = case_of(catalog, None, None, DAY)
        return walker_coverage(ground(database, catalog, settings, connection), case).as_dict()


@pytest.fixture
def spaced(street: Database) -> Database:
    """Villages 480, 700 and 1,000 m from the centre: within 15 minutes at 0.6, 0.9 and 1.2 m/s."""
    move(street, "田中", 113 + 0.01 * 700 / 960)
    move(street, "远", 113 + 0.01 * 1000 / 960)
    return street


def test_slower_walkers_reach_less(spaced: Database, catalog: Catalog, settings: Settings) -> None:
    told = walkers(spaced, catalog, settings)
    assert [speed["speed_ms"] for speed in told["speeds"]] == [1.2, 0.9, 0.6]
    total = told["total"]
    assert [total[f"communities_walk_{n}"] for n in (120, 90, 60)] == [3, 2, 1]
    assert [total[f"population_walk_{n}"] for n in (120, 90, 60)] == [300, 200, 100]
    assert [total[f"population_80_walk_{n}"] for n in (120, 90, 60)] == [15, 10, 5]
    assert [speed["covered_population_60_share"] for speed in told["speeds"]] == [0.75, 0.5, 0.25]
    times = named(told)["近"]["walkers"]
    for name, speed in (("walk_120", 1.2), ("walk_90", 0.9), ("walk_60", 0.6)):
        assert times[name]["time_s"] == pytest.approx(479.8 / speed, abs=1)
    assert named(told)["无处"]["reason"] == "no_place"


def test_a_walker_has_the_times_of_a_run_by_such_a_mode(spaced: Database, catalog: Catalog, settings: Settings) -> None:
    told = named(walkers(spaced, catalog, settings))
    for speed in load_uncertainty(catalog).walkers.speeds:
        mode = walker(catalog.modes["walk"], speed)
        declared = replace(catalog, modes=dict(catalog.modes) | {mode.id: mode})
        request = RunRequest(on=DAY, types=(TYPE,), mode=mode.id, circles=False)
        stored = reach(spaced, run_coverage(spaced, declared, settings, request, quiet).run_id)
        for name, one in told.items():
            time_ds, covered, _ = stored[name]
            expected = None if time_ds is None else int(str(time_ds)) / 10
            assert (one["walkers"][mode.id]["time_s"], one["walkers"][mode.id]["covered"]) == (expected, covered)


def test_no_facility_is_said(street: Database, catalog: Catalog, settings: Settings) -> None:
    with pytest.raises(BadInput, match="nursing_home"):
        methods(street, catalog, settings, None, "nursing_home")


@pytest.mark.parametrize("what", ["methods", "speeds"])
def test_the_service(river: Database, catalog: Catalog, settings: Settings, what: str) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=river)) as client:
        address = f"/api/coverage/{what}"
        given = {"service": "life_circle", "type": TYPE, "on": DAY.isoformat()}
        first = client.get(address, params=given)
        assert first.status_code == 200
        assert {one["name"] for one in first.json()["communities"]} == {"同岸", "对岸", "远处"}
        assert client.get(address, params=given, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        for name, value, status in (("service", "x", 400), ("type", "cemetery", 422), ("draws", "3", 400)):
            refused = client.get(address, params=given | {name: value})
            assert refused.status_code == status, (name, value, refused.text)
        put(river, catalog, "facilities", [{"key": "d", "type": TYPE, "name": "二中心", "geom": Point(113.0, 30.5)}])
        again = client.get(address, params=given, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 200
        assert again.json() != first.json()


def test_the_service_draws_no_circle(river: Database, catalog: Catalog, settings: Settings) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=river)) as client:

        def asked() -> dict[str, Any]:
            found: dict[str, Any] = client.get("/api/coverage/methods", params={"on": DAY.isoformat()}).json()
            return found

        without = asked()
        assert without["circles"] == {"urban": None, "rural": None}
        assert {one["area_share"] for one in without["communities"]} == {None}
        run_coverage(river, catalog, settings, RunRequest(on=DAY, types=(TYPE,)), quiet)
        with_run = asked()
        assert with_run["circles"]["urban"] == "run"
        # The township is not published, and so is none of its land.
        assert {one["area_share"] for one in with_run["communities"]} == {None}
        with river.connect("owner") as connection:
            connection.execute(text("update unit_version set published = true, classification = 'public'"))
        bump(river, "units")
        assert all(one["area_share"] is not None for one in asked()["communities"])


def test_the_shell(river: Database, catalog: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    print_methods(methods(river, catalog, settings), catalog)
    told = capsys.readouterr().out
    assert "路网 100，直线 200" in told
    assert "直线算作覆盖，路网不到" in told
    print_walkers(walkers(river, catalog, settings), catalog)
    assert "0.6 米/秒" in capsys.readouterr().out
