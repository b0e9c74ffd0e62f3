"""Sums by unit and by county."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoservice.coverage.figures import Demand, Figures, count

PEOPLE = ("population", "population_60", "population_80", "households")
people = st.one_of(st.just(-1), st.integers(0, 10**9))
villages = st.fixed_dictionaries(
    {"unit": st.sampled_from([-1, 1, 2, 3, 4, 5]), "county": st.sampled_from([-1, 0, 7, 8])}
    | {name: st.booleans() for name in ("joined", "covered", "backed_up", "by_neighbour")}
    | dict.fromkeys(PEOPLE, people)
)


def demand(rows: list[dict[str, Any]], *, outline: bool = True) -> Demand:
    def column(name: str, kind: Any) -> Any:
        return np.array([row.get(name, -1) for row in rows], dtype=kind)

    flags = {name: column(name, bool) for name in ("joined", "covered", "backed_up")}
    neighbour = column("by_neighbour", bool) if outline else None
    return Demand(column("unit", np.int64), **flags, by_neighbour=neighbour, **{p: column(p, np.int64) for p in PEOPLE})


@given(st.lists(villages, max_size=30), st.lists(st.sampled_from([-1, 1, 2]), max_size=9), st.booleans())
def test_units_add_up_to_the_total(rows: list[dict[str, Any]], facility_unit: list[int], outline: bool) -> None:
    units = np.array(facility_unit, dtype=np.int64)
    county = np.array([row["county"] for row in rows], dtype=np.int64)
    outside = units < 0 if outline else None
    coverage = count(
        demand(rows, outline=outline), units, [1, 9], outside=outside, county=county, facility_county=units
    )
    total = coverage.total
    for one in fields(Figures):
        parts = [getattr(unit, one.name) for unit in coverage.units.values()]
        if getattr(total, one.name) is None:
            assert set(parts) == {None}
        else:
            assert sum(parts) == getattr(total, one.name)
    assert (total.communities_by_neighbour is None) is not outline
    assert total.communities == len(rows)
    assert total.facilities == len(facility_unit)
    assert {1, 9} <= set(coverage.units)
    for name in PEOPLE:
        known = [row for row in rows if row[name] >= 0]
        assert getattr(total, name) == sum(row[name] for row in known)
        assert getattr(total, f"{name}_covered") == sum(row[name] for row in known if row["covered"])
        assert getattr(total, f"communities_without_{name}") == len(rows) - len(known)
    assert total.population_backed_up == sum(max(row["population"], 0) for row in rows if row["backed_up"])
    assert total.people_left_out + total.population_covered == total.population
    for id_, figures in coverage.counties.items():
        assert figures.population == sum(max(row["population"], 0) for row in rows if row["county"] == id_)
    assert {7, 8} & set(county.tolist()) == {7, 8} & set(coverage.counties)


def test_figures_of_a_small_county() -> None:
    rows = [
        {
            "unit": 2,
            "joined": 1,
            "covered": 1,
            "backed_up": 1,
            "population": 100,
            "population_60": 20,
            "households": 30,
        },
        {"unit": 2, "joined": 1, "covered": 0, "backed_up": 0, "population": 300, "population_60": 60},
        {"unit": 1, "joined": 0, "covered": 0, "backed_up": 0},
        {"unit": -1, "joined": 1, "covered": 1, "backed_up": 0, "population": 50, "population_60": 10},
    ]
    coverage = count(demand(rows, outline=False), np.array([2, 2, -1]))
    assert list(coverage.units) == [1, 2, None]
    two = coverage.units[2]
    assert (two.facilities, two.communities, two.communities_covered, two.population_covered) == (2, 2, 1, 100)
    assert (two.population_60_covered, two.communities_without_population_80) == (20, 2)
    assert (two.households, two.households_covered, two.communities_without_households) == (30, 30, 1)
    assert two.population_share == two.backup_share == 0.25
    assert two.communities_share == 0.5
    assert coverage.units[1].communities_unjoined == 1
    assert coverage.units[1].population_share is None
    assert coverage.units[1].communities_left_out == 1
    assert coverage.total.communities_share == 0.5
    assert coverage.total.facilities_outside is None


def test_nothing_gives_no_share() -> None:
    assert count(demand([]), np.empty(0, dtype=np.int64)).total.population_share is None
    assert Figures().communities_share is None
    assert Figures().backup_share is None
