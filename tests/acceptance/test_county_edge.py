"""The edge of the county on a real country: Liechtenstein's two electoral districts stand for counties, roads cross the
border, and who is covered only from the other side is found again by closing that side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import RunOutcome, run_coverage
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, silent

pytestmark = pytest.mark.slow
DAY = date(2026, 1, 1)
TYPE = "cemetery"


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], Database], catalog: Catalog, settings: Settings, shared_data: Path) -> Desk:
    made = Desk(new_database(), catalog, settings)
    made.load("osm", shared_data / "osm" / "liechtenstein.osm.pbf")
    return made


def run(desk: Desk) -> RunOutcome:
    request = RunRequest(on=DAY, services=("life_circle",), types=(TYPE,), mode="walk", minutes=120, circles=False)
    return run_coverage(desk.database, desk.catalog, desk.settings, request, silent)


def reach(desk: Desk, run_id: int) -> dict[int, tuple[bool, bool]]:
    rows = desk.rows("select community_id, covered, by_neighbour from coverage_reach where run_id = :run", run=run_id)
    return {row[0]: (row[1], row[2]) for row in rows}


def test_roads_beyond_the_border_are_measured(desk: Desk) -> None:
    told_km = run(desk).network_outside_km["walk"]
    beyond_m = desk.one("""
        with home as (select st_union(geom) as geom from unit_version where level = 'county')
        select sum(st_length(st_difference(r.geom, home.geom)::geography)) from road r, home
        where 'walk' = any(r.modes) and r.class not in ('motorway', 'ferry')""")
    assert told_km > 1
    assert told_km == pytest.approx(beyond_m / 1000, rel=0.01)


def test_who_is_covered_only_from_the_other_side(desk: Desk) -> None:
    # One is left in each district, so that the other's may be the nearer.
    desk.rows("""
        update facility set type = 'columbarium' where type = 'cemetery' and id not in (
          select min(f.id) from facility f join unit_version v using (unit_id) where f.type = 'cemetery'
          group by v.parent_id) returning id""")  # fmt: skip
    outcome = run(desk)
    first = reach(desk, outcome.run_id)
    county = dict(desk.rows("""
        select m.id, v.parent_id from community m join unit_version v using (unit_id)"""))  # fmt: skip
    # A facility that lies in no township belongs to the county whose outline holds it, else to none.
    of_facility = dict(desk.rows("""
        select f.id, coalesce((select v.parent_id from unit_version v where v.unit_id = f.unit_id),
          (select v.unit_id from unit_version v where v.level = 'county' and st_intersects(v.geom, f.geom)), -1)
        from facility f where f.type = 'cemetery'"""))  # fmt: skip
    assert len(set(county.values())) == 2
    for own in set(county.values()):
        others = [id_ for id_, other in of_facility.items() if other != own]
        desk.rows("update facility set closed_on = '2020-01-01' where id = any(:ids) returning id", ids=others)
        alone = reach(desk, run(desk).run_id)
        desk.rows("update facility set closed_on = null returning id")
        for id_ in (id_ for id_, other in county.items() if other == own):
            covered, only_from_there = first[id_]
            assert only_from_there == (covered and not alone[id_][0])
    total = outcome.headline.coverage.total
    assert total.communities_by_neighbour
    assert total.communities_by_neighbour == sum(flag for _, flag in first.values())
    assert total.facilities_outside == sum(other == -1 for other in of_facility.values())
