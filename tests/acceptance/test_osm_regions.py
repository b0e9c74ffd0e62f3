"""Andorra and Liechtenstein end to end: from the extract to the coverage of every settlement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from pyproj import Transformer

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.inputs import read_barriers, read_communities, read_facilities
from geoservice.coverage.run import RunOutcome, run_coverage
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportOutcome
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from geoservice.network.join import join
from geoservice.network.networks import build_networks
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, counts, silent
from tests.acceptance.oracle import cut, reach_times

DAY = date(2026, 1, 1)
TYPES = ("cemetery", "hospital")
FIGURES = (
    "facilities",
    "communities",
    "communities_covered",
    "communities_unjoined",
    "population",
    "population_covered",
    "population_60",
    "population_60_covered",
    "population_80",
    "population_80_covered",
)


@dataclass(frozen=True)
class Region:
    """What is known of a country from elsewhere."""

    file: str
    townships: frozenset[str]
    counties: int
    cemeteries: int
    area_km2: float


REGIONS = {
    "andorra": Region(
        "andorra_2018.osm.pbf",
        frozenset(
            {
                "Andorra la Vella",
                "Canillo",
                "Encamp",
                "Escaldes-Engordany",
                "La Massana",
                "Ordino",
                "Sant Julià de Lòria",
            }
        ),
        0,
        7,
        468,
    ),
    "liechtenstein": Region(
        "liechtenstein.osm.pbf",
        frozenset(
            {
                "Balzers",
                "Eschen",
                "Gamprin",
                "Mauren",
                "Planken",
                "Ruggell",
                "Schaan",
                "Schellenberg",
                "Triesen",
                "Triesenberg",
                "Vaduz",
            }
        ),
        2,
        9,
        160,
    ),
}


@dataclass(frozen=True)
class Country:
    """A region and its database."""

    region: Region
    path: Path
    desk: Desk
    outcome: ImportOutcome


@pytest.fixture(scope="module", params=list(REGIONS))
def country(
    request: pytest.FixtureRequest,
    shared_data: Path,
    new_database: Callable[[], Database],
    catalog: Catalog,
    settings: Settings,
) -> Country:
    region = REGIONS[request.param]
    path = shared_data / "osm" / region.file
    desk = Desk(new_database(), catalog, settings)
    return Country(region, path, desk, desk.load("osm", path))


@pytest.fixture(scope="module")
def run(country: Country, catalog: Catalog, settings: Settings) -> RunOutcome:
    request = RunRequest(on=DAY, types=TYPES, mode="walk")
    return run_coverage(country.desk.database, catalog, settings, request, silent)


def test_everything_is_loaded(country):
    found = counts(country.outcome)
    assert found["loaded"] == found["read"] > 3000
    assert found["refused"] == 0
    loaded = {report.layer: report.loaded for report in country.outcome.reports}
    assert all(loaded[layer] for layer in ("units", "places", "communities", "facilities", "roads", "water"))


def test_a_second_import_changes_nothing(country):
    before = country.desk.contents()
    again = counts(country.desk.load("osm", country.path))
    assert again == {"read": again["read"], "loaded": 0, "changed": 0, "unchanged": again["read"], "refused": 0}
    after = country.desk.contents()
    assert {name for name in before if before[name] != after[name]} == {"import_batch", "audit_entry", "audit_head"}


def test_units_are_those_of_the_country(country):
    units = country.desk.rows(
        "select v.name, v.level, st_area(v.geom::geography) / 1e6, p.name from unit_version v"
        " left join unit_version p on p.unit_id = v.parent_id"
    )
    townships = {name: area for name, level, area, _ in units if level == "township"}
    assert set(townships) == country.region.townships
    assert sum(level == "county" for _, level, _, _ in units) == country.region.counties
    assert sum(townships.values()) == pytest.approx(country.region.area_km2, rel=0.01)
    if country.region.counties:
        assert {parent for _, level, _, parent in units if level == "township"} == {
            "Wahlkreis Oberland",
            "Wahlkreis Unterland",
        }


def test_places_are_those_of_the_file(country):
    found: Counter[str] = Counter()
    for thing in osmium.FileProcessor(country.path, osmium.osm.NODE):
        kind, name = thing.tags.get("place"), thing.tags.get("name")
        if name and kind in ("town", "village", "hamlet", "isolated_dwelling", "neighbourhood"):
            found[kind] += 1
    loaded = country.desk.one(
        "select count(*) from place where class_code in ('22100', '22200') and key like 'osm:node/%'"
    )
    assert loaded == found.total() > 20
    assert country.desk.one("select count(*) from community where geom is null or unit_id is null") == 0


def test_every_settlement_is_found_by_its_name(country):
    names = [name for (name,) in country.desk.rows("select distinct name from community order by name")]
    with country.desk.database.connect("reader") as connection:
        for name in names:
            hits = search_places(connection, NameQuery.parse(name), today=DAY, limit=20).items
            assert name in {hit["name"] for hit in hits}


def test_cemeteries(country):
    found = country.desk.rows("select f.name, f.unit_id from facility f where f.type = 'cemetery'")
    assert len(found) == country.region.cemeteries
    drawn = sum(
        thing.tags.get("landuse") == "cemetery" or thing.tags.get("amenity") == "grave_yard"
        for thing in osmium.FileProcessor(country.path)
    )
    assert drawn == country.region.cemeteries
    assert country.desk.one("select count(*) from facility where type = 'hospital'") > 0


@pytest.mark.parametrize("mode", ["walk", "ebike", "car"])
def test_the_network_is_what_the_node_ids_say(country, catalog, settings, mode):
    (built,) = build_networks(country.desk.database, catalog, settings, [mode], silent)
    graph = country.desk.graph(mode)
    expected = cut(country.desk.lines(mode))
    assert (built["nodes"], built["edges"], built["components"]) == expected[:3]
    assert built["main_share"] == pytest.approx(expected.main_share)
    # Where turns are banned, parts of the network stand in it more than once.
    once = slice(None) if graph.copy is None else ~graph.copy
    assert sorted(graph.edge_weight[once].tolist()) == expected.weights_ds
    assert built["revision"] == graph.revision


def test_results_do_not_contradict_each_other(country, run):
    communities = country.desk.one("select count(*) from community")
    assert [result.case.type for result in run.results] == list(TYPES)
    for result in run.results:
        total = result.coverage.total
        for name in FIGURES:
            parts = [getattr(figures, name) for figures in result.coverage.units.values()]
            assert sum(parts) == getattr(total, name), name
        assert total.communities == communities == run.communities
        assert total.communities_covered == int(result.covered.sum())
        assert total.facilities == country.desk.one(
            "select count(*) from facility where type = :type", type=result.case.type
        )
        assert np.array_equal(result.time_ds < 0, result.reason.astype(str) != "None")
        assert (result.facility_id[result.time_ds >= 0] > 0).all()


def test_results_are_stored_as_they_were_told(country, run):
    for result in run.results:
        stored = country.desk.rows(
            "select r.community_id, r.time_ds, r.covered, r.reason, f.type from coverage_reach r"
            " left join facility f on f.id = r.facility_id where r.run_id = :run and r.type = :type"
            " order by r.community_id",
            run=run.run_id,
            type=result.case.type,
        )
        assert [row[1] if row[1] is not None else -1 for row in stored] == result.time_ds.tolist()
        assert [row[2] for row in stored] == result.covered.tolist()
        assert {row[4] for row in stored if row[1] is not None} <= {result.case.type}
        columns = ", ".join(
            f"sum({name}) filter (where is_total) = sum({name}) filter (where not is_total and not is_county)"
            for name in FIGURES
        )
        ((*agree,),) = country.desk.rows(
            f"select {columns} from coverage_unit where run_id = :run and type = :type",
            run=run.run_id,
            type=result.case.type,
        )
        assert all(agree)
    ((network, inputs, parameters, schematic),) = country.desk.rows(
        "select network_revision, input_revisions, parameters, schematic from coverage_run where id = :run",
        run=run.run_id,
    )
    assert country.desk.graph("walk").revision[:16] in network
    assert inputs["roads"] == country.desk.one("select revision from layer_revision where layer = 'roads'")
    assert parameters["modes"]["walk"]["off_network_m"] == 300
    assert not schematic


def test_a_second_run_finds_the_same(country, run, catalog, settings):
    again = run_coverage(
        country.desk.database, catalog, settings, RunRequest(on=DAY, types=TYPES, mode="walk", circles=False), silent
    )
    for one, other in zip(run.results, again.results, strict=True):
        assert np.array_equal(one.time_ds, other.time_ds)
        assert np.array_equal(one.facility_id, other.facility_id)
    country.desk.rows("delete from coverage_run where id = :run returning id", run=again.run_id)


def test_circles_lie_round_their_facilities(country, run):
    circles = country.desk.rows(
        "select c.type, c.area_km2, st_isvalid(c.geom), st_area(c.geom::geography) / 1e6, (select bool_and(st_dwithin("
        "f.geom::geography, c.geom::geography, 300)) from facility f where f.type = c.type)"
        " from coverage_circle c where c.run_id = :run",
        run=run.run_id,
    )
    assert {row[0] for row in circles} == set(TYPES)
    for _, told_km2, valid, area_km2, around in circles:
        assert valid
        assert told_km2 == pytest.approx(area_km2, rel=0.01)
        assert around


def test_reach_times_are_those_of_scipy(country, run, catalog):
    """Every demand point, exactly: virtual vertices for every foot, Dijkstra of scipy."""
    mode, graph = catalog.modes["walk"], country.desk.graph("walk")
    with country.desk.database.connect("reader") as connection:
        barriers = read_barriers(connection, mode.barriers)
        communities, facilities = read_communities(connection, DAY), read_facilities(connection, DAY)
    places = join(graph, communities.lon, communities.lat, mode, barriers)
    for result in run.results:
        mine = facilities.type == result.case.type
        goals = join(graph, facilities.lon[mine], facilities.lat[mine], mode, barriers)
        expected = reach_times(graph, goals, places)
        # Beyond the horizon of a run nothing is told.
        expected[expected > 3 * 3600 * 10] = -1
        assert result.time_ds.tolist() == expected.tolist()
        assert (result.time_ds >= 0).mean() > 0.6


def test_feet_are_the_nearest_points_of_all_segments_in_reach(country, catalog):
    """The legs of every settlement, measured again in a plane of its own."""
    mode, graph = catalog.modes["walk"], country.desk.graph("walk")
    with country.desk.database.connect("reader") as connection:
        communities = read_communities(connection, DAY)
    found = join(graph, communities.lon, communities.lat, mode)
    ends = np.delete(np.arange(graph.vertex_lon.size), graph.vertex_offset[1:] - 1)
    for place, (lon, lat) in enumerate(zip(communities.lon, communities.lat, strict=True)):
        near = ends[np.abs(graph.vertex_lat[ends] - lat) < 0.03]
        plane = Transformer.from_crs(4490, f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=GRS80", always_xy=True)
        pairs = np.stack([near, near + 1], axis=1)
        x, y = plane.transform(graph.vertex_lon[pairs], graph.vertex_lat[pairs])
        away = shapely.distance(shapely.linestrings(np.stack([x, y], axis=2)), shapely.Point(0, 0))
        legs = np.sort(found.leg_m[found.offset[place] : found.offset[place + 1]])
        expected = np.sort(away[away <= mode.off_network_m])
        assert len(legs) == len(expected)
        assert np.allclose(legs, expected, atol=0.002)
