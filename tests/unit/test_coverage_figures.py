"""Sums by unit."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from geoservice.coverage.figures import Demand, Figures, count

units = st.one_of(st.none(), st.integers(1, 5))
people = st.one_of(st.none(), st.integers(0, 10**9))
demands = st.builds(Demand, units, st.booleans(), st.booleans(), people, people, people)


@given(st.lists(demands, max_size=30), st.lists(units, max_size=9))
def test_units_add_up_to_the_total(given_demands: list[Demand], facility_units: list[int | None]) -> None:
    coverage = count(given_demands, facility_units, units=[1, 9])
    for one in fields(Figures):
        assert sum(getattr(unit, one.name) for unit in coverage.units.values()) == getattr(coverage.total, one.name)
    assert coverage.total.communities == len(given_demands)
    assert coverage.total.facilities == len(facility_units)
    assert {1, 9} <= set(coverage.units)
    known = [demand for demand in given_demands if demand.population is not None]
    assert coverage.total.population == sum(demand.population or 0 for demand in known)
    assert coverage.total.population_covered == sum(demand.population or 0 for demand in known if demand.covered)
    assert coverage.total.communities_without_population == len(given_demands) - len(known)
    assert coverage.total.people_left_out + coverage.total.population_covered == coverage.total.population


def test_figures_of_a_small_county() -> None:
    coverage = count(
        [
            Demand(2, joined=True, covered=True, population=100, population_60=20, population_80=3),
            Demand(2, joined=True, covered=False, population=300, population_60=60),
            Demand(1, joined=False, covered=False, population=None),
            Demand(None, joined=True, covered=True, population=50, population_60=10, population_80=1),
        ],
        [2, 2, None],
    )
    assert list(coverage.units) == [1, 2, None]
    two = coverage.units[2]
    assert (two.facilities, two.communities, two.communities_covered, two.population_covered) == (2, 2, 1, 100)
    assert (two.population_60_covered, two.population_80, two.communities_without_population_80) == (20, 3, 1)
    assert two.population_share == 0.25
    assert two.communities_share == 0.5
    assert coverage.units[1].communities_unjoined == 1
    assert coverage.units[1].population_share is None
    assert coverage.units[1].communities_left_out == 1
    assert coverage.total.communities_share == 0.5


def test_nothing_gives_no_share() -> None:
    assert count([], []).total == Figures()
    assert Figures().communities_share is None
