"""What a situation tells against a run from the beginning with the same facilities."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoservice.catalog import load_catalog
from geoservice.coverage.cases import Case, RunRequest
from geoservice.coverage.counties import NOWHERE, Counties
from geoservice.coverage.inputs import Communities, Facilities, UnitRow
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.run import _compute
from geoservice.coverage.whatif import Site, Situation, situation
from geoservice.errors import BadInput, BadRequest
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow
from tests.unit.network_builders import WALK, Place, anywhere, at, road, table
from tests.unit.turn_builders import DRIVE, streets

SLOW = replace(DRIVE, speed_kmh=2.0)
ON_FOOT = replace(WALK, speeds={})
STANDARD = load_catalog().headline
UNITS = {1: UnitRow("one", "county", None), 2: UnitRow("two", "county", None), 11: UnitRow("a", "township", 1)}
UNITS |= {12: UnitRow("b", "township", 1), 21: UnitRow("c", "township", 2)}
unit = st.sampled_from([-1, 11, 12, 21])


def counties() -> Counties:
    west, middle, east = at(-200, -200), at(250, 700), at(500, 700)
    outline = [shapely.box(*west, *middle), shapely.box(middle[0], west[1], *east)]
    return Counties(np.array([1, 2]), np.array(outline, dtype=object), {1: 1, 2: 2, 11: 1, 12: 1, 21: 2})


def degrees(places: list[Place]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lonlat = np.array([at(*place) for place in places]).reshape(-1, 2)
    return lonlat[:, 0], lonlat[:, 1]


def inputs_of(
    graphs: dict[str, Graph], homes: list[tuple[Place, int, int]], sites: dict[int, Site], outlines: Counties
) -> Prepared:
    lon, lat = degrees([home[0] for home in homes])
    number = np.arange(len(homes))
    people = np.array([home[2] for home in homes], dtype=np.int64)
    if len(homes) > 2:
        lon[2] = lat[2] = np.nan
    ids = np.array(list(sites), dtype=np.int64)
    return Prepared(
        communities=Communities(
            id=number + 500,
            urban=number % 2 == 0,
            unclassified=number < 0,
            unit_id=np.array([home[1] for home in homes], dtype=np.int64),
            population=people,
            population_60=people // 3,
            population_80=people // 9,
            lon=lon,
            lat=lat,
            name=number.astype(object),
            households=people // 2,
        ),
        facilities=Facilities(
            id=ids,
            type=np.full(ids.size, "kind", dtype=object),
            unit_id=np.array([site.unit for site in sites.values()], dtype=np.int64),
            lon=np.array([site.lon for site in sites.values()], dtype=np.float64),
            lat=np.array([site.lat for site in sites.values()], dtype=np.float64),
            name=ids.astype(object),
            beds=np.full(ids.size, -1),
            nursing_beds=np.full(ids.size, -1),
        ),
        units=dict(UNITS),
        modes={"walk": ON_FOOT, "car": SLOW},  # type: ignore[dict-item]
        graphs=graphs,
        barriers={(): Barriers.of([])},
        counties=outlines,
        pairs_ds={"walk": 36_000, "car": 36_000},
    )


def limits(urban: tuple[str, int], rural: tuple[str, int]):
    both = STANDARD.limits
    return tuple(
        one.model_copy(update={"mode": mode, "minutes": minutes})
        for one, (mode, minutes) in ((both.urban, urban), (both.rural, rural))
    )


def same(now: Situation, fresh: Prepared, judged) -> None:
    standard = STANDARD.model_copy(
        update={"limits": STANDARD.limits.model_copy(update=dict(zip(("urban", "rural"), judged, strict=True)))}
    )
    found = _compute(fresh, Case(standard, "kind"), RunRequest(on=date(2025, 1, 1)))
    assert now.coverage == found.coverage
    assert now.within.tolist() == found.served.within.tolist()
    time, number = now.nearest()
    assert time.tolist() == np.where(found.covered, found.time_ds, -1).tolist()
    assert number.tolist() == np.where(found.covered, found.facility_id, -1).tolist()
    second, other = now.nearest(1)
    backed = found.served.within >= 2
    assert second.tolist() == np.where(backed, found.served.second_ds, -1).tolist()
    assert other.tolist() == np.where(backed, found.served.second_id, -1).tolist()


@settings(max_examples=150, deadline=None)
@given(
    streets,
    st.lists(st.tuples(anywhere, unit, st.integers(-1, 900)), min_size=1, max_size=7),
    st.lists(st.tuples(anywhere, unit), max_size=4),
    st.tuples(st.sampled_from(["walk", "car"]), st.integers(1, 12)),
    st.tuples(st.sampled_from(["walk", "car"]), st.integers(1, 12)),
    st.sampled_from([NOWHERE, counties()]),
    st.data(),
)
def test_every_situation_is_that_of_a_fresh_run(drawn, homes, stations, urban, rural, outlines, data) -> None:
    rows, bans = drawn
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graphs = {"walk": build_graph(table(*rows), ON_FOOT), "car": build_graph(table(*rows), SLOW, bans)}
    sites = {number: Site(*at(*place), of) for number, (place, of) in enumerate(stations)}
    judged = limits(urban, rural)
    now = situation(inputs_of(graphs, homes, sites, outlines), "kind", judged)
    same(now, inputs_of(graphs, homes, sites, outlines), judged)
    for change in data.draw(st.lists(st.sampled_from(["add", "move", "close"]), max_size=4)):
        if change == "add":
            new = max(sites, default=-1) + 1
            sites[new] = Site(*at(*data.draw(anywhere)), data.draw(unit))
            now = now.add(sites[new])
        elif sites:
            which = data.draw(st.sampled_from(sorted(sites)))
            if change == "close":
                del sites[which]
                now = now.close(which)
            else:
                sites[which] = replace(sites[which], **dict(zip(("lon", "lat"), at(*data.draw(anywhere)), strict=True)))
                now = now.move(which, sites[which].lon, sites[which].lat)
        assert set(now.sites) == set(sites)
        sites = dict(sorted(sites.items()))
        same(now, inputs_of(graphs, homes, sites, outlines), judged)


@pytest.fixture
def street() -> Situation:
    rows: list[RoadRow] = [road(1, [1, 2, 3], [(0, 0), (300, 0), (600, 0)])]
    graphs = {"walk": build_graph(table(*rows), ON_FOOT), "car": build_graph(table(*rows), SLOW)}
    homes = [((0.0, 10.0), 11, 100), ((300.0, 10.0), 11, 200), ((0.0, 0.0), 12, 50), ((600.0, 10.0), 21, 400)]
    sites = {0: Site(*at(0, 0), 11), 1: Site(*at(600, 0), 21)}
    return situation(inputs_of(graphs, homes, sites, counties()), "kind", limits(("walk", 4), ("walk", 4)))


def test_who_comes_and_goes_leaves_nothing_behind(street: Situation) -> None:
    place = at(300, 0)
    back = street.add(Site(*place, 11)).close(2)
    assert back.coverage == street.coverage
    assert back.sites == street.sites
    assert all(
        np.array_equal(*pair) for pair in zip(vars(back.pairs).values(), vars(street.pairs).values(), strict=True)
    )
    there = street.move(1, *at(300, 0))
    assert there.coverage != street.coverage
    assert there.move(1, *at(600, 0)).coverage == street.coverage


def test_a_closing_costs_cover_and_a_new_one_brings_it(street: Situation) -> None:
    assert street.coverage.total.population_covered == 500
    assert street.close(1).coverage.total.population_covered == 100
    with_third = street.add(Site(*at(300, 0), 11))
    assert with_third.coverage.total.population_covered == 700
    assert with_third.coverage.counties[1].facilities == 2
    assert street.coverage.counties[1].facilities == 1


@pytest.mark.parametrize(("east_m", "covered"), [(228.0, 300), (228.2, 200)])
def test_a_time_equal_to_the_limit_covers(street: Situation, east_m: float, covered: int) -> None:
    """A leg of 10 m at 3 km/h and 228 m at 3.6 km/h make four minutes."""
    alone = street.close(0).close(1).add(Site(*at(east_m, 0)))
    assert alone.coverage.total.population_covered == covered


def test_a_place_off_the_network_says_why_and_changes_no_cover(street: Situation) -> None:
    far = street.add(Site(*at(0, 5000), 11))
    assert far.sites[2].reasons == {"walk": "off_network"}
    assert far.coverage.total.facilities == 3
    assert far.coverage.total.population_covered == street.coverage.total.population_covered


def test_bad_changes_are_refused(street: Situation) -> None:
    with pytest.raises(BadRequest, match="7"):
        street.close(7)
    with pytest.raises(BadRequest, match="7"):
        street.move(7, 113.0, 30.0)
    with pytest.raises(BadRequest, match="1"):
        street.add(Site(113.0, 30.0), 1)
    with pytest.raises(BadInput):
        street.add(Site(float("nan"), 30.0))
    with pytest.raises(BadInput):
        street.move(0, 113.0, 95.0)
