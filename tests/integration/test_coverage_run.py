"""A coverage run on a street that can be reckoned by hand: figures, publication, staleness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import RunOutcome, run_coverage
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest
from geoservice.ingest.load import load
from geoservice.network.networks import networks_for
from geoservice.publish.queries.runs import run as published_run
from geoservice.settings import Settings
from tests.builders import OPTIONS, record_set, square

DAY = date(2026, 1, 1)
# One degree of longitude at 30.5 degrees north is 95.96 km on the ellipsoid: 0.01 degrees are about 960 m.
LAT = 30.5


def quiet(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def put(database: Database, catalog: Catalog, layer: str, rows: list[Mapping[str, Any]]) -> None:
    with database.connect("owner") as connection:
        report = load(connection, catalog, record_set(layer, rows), OPTIONS)
    assert not report.refused


@pytest.fixture
def street(database: Database, catalog: Catalog) -> Database:
    """A street of 4.8 km with a service centre at its west end, and villages along it."""
    put(database, catalog, "units", [{"code": "429006112", "name": "干驿镇", "geom": square(112.99, 30.45, 0.2)}])
    xs = [113.0 + 0.01 * step for step in range(6)]
    road = {"key": "r", "class": "residential", "modes": ["walk", "bicycle"], "node_ids": list(range(6))}
    put(database, catalog, "roads", [road | {"geom": LineString([(x, LAT) for x in xs])}])
    centre = {"key": "c", "type": "community_service_centre", "name": "服务中心", "geom": Point(113.0, LAT)}
    put(database, catalog, "facilities", [centre])
    village = {"class": "urban", "population": 100, "population_60": 20, "population_80": 5}
    places = {"近": Point(113.005, LAT), "远": Point(113.03, LAT), "田中": Point(113.03, LAT + 0.05), "无处": None}
    rows = [village | {"code": str(n), "name": name, "geom": geom} for n, (name, geom) in enumerate(places.items())]
    put(database, catalog, "communities", rows)
    return database


def compute(database: Database, catalog: Catalog, settings: Settings, **request: Any) -> RunOutcome:
    return run_coverage(database, catalog, settings, RunRequest(on=DAY, **request), quiet)


def reach(database: Database, run_id: int) -> dict[str, tuple[object, ...]]:
    statement = text(
        "select m.name, r.time_ds, r.covered, r.reason from coverage_reach r join community m on m.id = r.community_id"
        " where run_id = :run and type = 'community_service_centre'"
    )
    with database.connect("reader") as connection:
        return {
            row.name: (row.time_ds, row.covered, row.reason) for row in connection.execute(statement, {"run": run_id})
        }


def test_times_reasons_and_sums(street: Database, catalog: Catalog, settings: Settings) -> None:
    outcome = compute(street, catalog, settings, services=("life_circle",), types=("community_service_centre",))
    found = reach(street, outcome.run_id)
    time_ds, covered, _ = found["近"]
    # 0.005 degrees are 480 m; a metre on foot takes a second.
    assert isinstance(time_ds, int)
    assert 4790 <= time_ds <= 4810
    assert covered is True
    assert found["远"][1] is False
    assert found["田中"] == (None, False, "off_network")
    assert found["无处"] == (None, False, "no_place")
    total = outcome.headline.coverage.total
    assert (total.communities, total.communities_covered, total.communities_unjoined) == (4, 1, 2)
    assert (total.population, total.population_covered) == (400, 100)
    told = outcome.as_dict()
    assert told["covered_population_share"] == pytest.approx(0.25)
    assert sum(unit["population"] for unit in told["by_unit"]) == told["cases"][0]["population"]
    assert {(one["name"], one["reason"]) for one in told["unjoined"]} == {("无处", "no_place"), ("田中", "off_network")}


def test_the_limit_itself_is_covered(street: Database, catalog: Catalog, settings: Settings) -> None:
    with street.connect("owner") as connection:
        connection.execute(
            text("update community set geom = st_setsrid(st_makepoint(113.009375, 30.5), 4490) where name = '近'")
        )
    outcome = compute(street, catalog, settings, types=("community_service_centre",))
    time_ds, covered, _ = reach(street, outcome.run_id)["近"]
    assert isinstance(time_ds, int)
    assert covered is (time_ds <= 9000)
    assert abs(time_ds - 9000) < 30


def test_a_run_is_as_secret_as_its_most_secret_input(street: Database, catalog: Catalog, settings: Settings) -> None:
    public = compute(street, catalog, settings, types=("community_service_centre",))
    with street.connect("owner") as connection:
        connection.execute(text("update facility set published = false, classification = 'internal'"))
    internal = compute(street, catalog, settings, types=("community_service_centre",))
    with street.connect("reader") as connection:
        assert published_run(connection, public.run_id) is not None
        assert published_run(connection, internal.run_id) is None


def test_a_changed_input_makes_a_run_stale(street: Database, catalog: Catalog, settings: Settings) -> None:
    outcome = compute(street, catalog, settings, types=("community_service_centre",))

    def stale() -> bool:
        with street.connect("reader") as connection:
            found = published_run(connection, outcome.run_id)
        assert found is not None
        return bool(found["stale"])

    assert not stale()
    more = {"key": "d", "type": "community_service_centre", "name": "二中心", "geom": Point(113.03, LAT)}
    put(street, catalog, "facilities", [more])
    assert stale()


def test_a_closed_facility_serves_nobody(street: Database, catalog: Catalog, settings: Settings) -> None:
    with street.connect("owner") as connection:
        connection.execute(text("update facility set closed_on = '2025-12-31'"))
    with pytest.raises(BadInput, match="没有这些类型的在用设施"):
        compute(street, catalog, settings, types=("community_service_centre",))


def test_what_is_missing_is_named(database: Database, catalog: Catalog, settings: Settings) -> None:
    with pytest.raises(BadInput, match="没有带位置的村"):
        compute(database, catalog, settings)
    put(database, catalog, "communities", [{"code": "1", "name": "甲村", "geom": Point(113.0, LAT)}])
    with pytest.raises(BadInput, match="道路"):
        compute(database, catalog, settings)


@pytest.mark.parametrize(
    "request_", [{"services": ("x",)}, {"types": ("x",)}, {"mode": "x"}], ids=["service", "type", "mode"]
)
def test_an_unknown_word_is_refused_with_the_known_ones(
    street: Database, catalog: Catalog, settings: Settings, request_: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest) as caught:
        compute(street, catalog, settings, **request_)
    assert "可用" in str(caught.value)


def test_two_databases_with_one_state_directory_share_no_network(
    new_database: Callable[[], Database], catalog: Catalog, settings: Settings
) -> None:
    lengths = []
    for far in (113.01, 113.02):
        database = new_database()
        road = {"key": "r", "class": "residential", "modes": ["walk"], "node_ids": [1, 2]}
        put(database, catalog, "roads", [road | {"geom": LineString([(113.0, LAT), (far, LAT)])}])
        with database.connect("reader") as connection:
            graph = networks_for(connection, catalog, settings, ["walk"], "same-name")["walk"]
        lengths.append(float(graph.edge_length_m[0]))
    assert lengths[1] == pytest.approx(2 * lengths[0], rel=1e-6)
