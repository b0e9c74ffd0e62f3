"""Figures by unit: whole numbers summed from communities, so that units add up to the total to the person.

A community counts as covered by its own time, never by a polygon. Where a number of people is not known it adds
nothing, and the community is counted among those without it: a share is a share of the people who are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from geoservice.network.arrays import Bools, Int64s

Unit = int | None

PEOPLE = ("population", "population_60", "population_80", "households")


@dataclass(frozen=True)
class Demand:
    """Communities, one an index.

    Attributes
    ----------
    unit
        Id of the township; -1 where nobody has said.
    joined
        Whether it has a foot on the network.
    covered
        Whether its time is within the limit of its own class.
    backed_up
        Whether a second facility is within that limit too.
    by_neighbour
        Whether it is covered, but by no facility of its own county; None where no county has an outline.
    population, population_60, population_80, households
        People, 60 and older, 80 and older, households; -1 where not known.
    """

    unit: Int64s
    joined: Bools
    covered: Bools
    backed_up: Bools
    by_neighbour: Bools | None
    population: Int64s
    population_60: Int64s
    population_80: Int64s
    households: Int64s

    def __len__(self) -> int:
        return self.unit.size


@dataclass(frozen=True)
class Figures:
    """Sums over the communities and facilities of one unit, or of all.

    What is told of a neighbour's facilities is None where no county has an outline: unknown, not zero.
    """

    facilities: int = 0
    facilities_outside: int | None = None
    communities: int = 0
    communities_covered: int = 0
    communities_backed_up: int = 0
    communities_by_neighbour: int | None = None
    communities_unjoined: int = 0
    communities_without_population: int = 0
    communities_without_population_60: int = 0
    communities_without_population_80: int = 0
    communities_without_households: int = 0
    population: int = 0
    population_covered: int = 0
    population_backed_up: int = 0
    population_by_neighbour: int | None = None
    population_60: int = 0
    population_60_covered: int = 0
    population_80: int = 0
    population_80_covered: int = 0
    households: int = 0
    households_covered: int = 0

    def __add__(self, other: Figures) -> Figures:
        """Sum field by field; what neither knows stays unknown.

        Examples
        --------
        >>> (Figures(communities=1) + Figures(communities=2, population=5)).communities
        3
        >>> (Figures() + Figures()).communities_by_neighbour is None
        True
        """
        sums: dict[str, Any] = {
            one.name: _plus(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)
        }
        return Figures(**sums)

    @property
    def population_share(self) -> float | None:
        """Share of the known people who are covered; None where there are none."""
        return self.population_covered / self.population if self.population else None

    @property
    def communities_share(self) -> float | None:
        """Share of communities that are covered; None where there are none."""
        return self.communities_covered / self.communities if self.communities else None

    @property
    def backup_share(self) -> float | None:
        """Share of the known people within the limit of two facilities; None where there are none."""
        return self.population_backed_up / self.population if self.population else None

    @property
    def people_left_out(self) -> int:
        """Known people who are not covered."""
        return self.population - self.population_covered

    @property
    def communities_left_out(self) -> int:
        """Communities that are not covered, unjoined ones included."""
        return self.communities - self.communities_covered


@dataclass(frozen=True)
class Coverage:
    """Figures of all units, in the order of their ids with None last, their total, and the same by county."""

    total: Figures
    units: Mapping[Unit, Figures]
    counties: Mapping[int, Figures] = field(default_factory=dict)


def count(
    demand: Demand,
    facility_unit: Int64s,
    units: Iterable[int] = (),
    *,
    outside: Bools | None = None,
    county: Int64s | None = None,
    facility_county: Int64s | None = None,
) -> Coverage:
    """Add up communities and facilities by unit and by county.

    Parameters
    ----------
    demand
        All communities.
    facility_unit
        The unit of each facility; -1 where nobody has said.
    units
        Units to list even where nothing lies in them.
    outside
        Whether each facility lies outside the county; None where no county has an outline.
    county, facility_county
        County of each community and facility, 0 or less where it has none by name; None for no sums by county.

    Examples
    --------
    >>> yes, no = np.array([True, False]), np.array([False, False])
    >>> none = np.full(2, -1)
    >>> villages = Demand(np.array([7, 8]), yes, yes, no, None, np.array([120, -1]), none, none, none)
    >>> coverage = count(villages, np.array([7]))
    >>> coverage.total.population_covered, coverage.total.communities_unjoined, list(coverage.units)
    (120, 1, [7, 8])
    """
    facilities = {"facilities": np.ones(facility_unit.size, dtype=np.int64)}
    if outside is not None:
        facilities["facilities_outside"] = outside.astype(np.int64)
    communities = _columns(demand)
    start = Figures() if outside is None else _NONE_OUTSIDE
    sums = _by(demand.unit, communities, facility_unit, facilities, dict.fromkeys(units, start), start)
    counties: dict[int, Figures] = {}
    if county is not None and facility_county is not None:
        counties = _by(county, communities, facility_county, facilities, {}, start)
    ordered = sorted(sums, key=lambda unit: (unit < 0, unit))
    return Coverage(
        sum(sums.values(), start=Figures()),
        {unit if unit >= 0 else None: sums[unit] for unit in ordered},
        {one: counties[one] for one in sorted(counties) if one > 0},
    )


def _columns(demand: Demand) -> dict[str, Int64s]:
    """What each community adds to each figure."""
    people = {name: np.maximum(getattr(demand, name), 0) for name in PEOPLE}
    found: dict[str, Int64s] = {
        "communities": np.ones(len(demand), dtype=np.int64),
        "communities_covered": demand.covered.astype(np.int64),
        "communities_backed_up": demand.backed_up.astype(np.int64),
        "communities_unjoined": (~demand.joined).astype(np.int64),
        "population_backed_up": people["population"] * demand.backed_up,
    }
    for name, known in people.items():
        found[name] = known
        found[f"{name}_covered"] = known * demand.covered
        found[f"communities_without_{name}"] = (getattr(demand, name) < 0).astype(np.int64)
    if demand.by_neighbour is not None:
        found["communities_by_neighbour"] = demand.by_neighbour.astype(np.int64)
        found["population_by_neighbour"] = people["population"] * demand.by_neighbour
    return found


def _summed(unit: Int64s, columns: Mapping[str, Int64s]) -> dict[int, Figures]:
    """Whole-number sums of columns by unit."""
    ids, place = np.unique(unit, return_inverse=True)
    table = np.zeros((ids.size, len(columns)), dtype=np.int64)
    np.add.at(table, place, np.stack(list(columns.values()), axis=1))
    return {
        unit: Figures(**dict(zip(columns, row, strict=True)))
        for unit, row in zip(ids.tolist(), table.tolist(), strict=True)
    }


def _by(
    unit: Int64s,
    communities: Mapping[str, Int64s],
    facility_unit: Int64s,
    facilities: Mapping[str, Int64s],
    sums: dict[int, Figures],
    start: Figures,
) -> dict[int, Figures]:
    """`sums` with communities and facilities added."""
    for found in (_summed(facility_unit, facilities), _summed(unit, communities)):
        for one, figures in found.items():
            sums[one] = sums.get(one, start) + figures
    return sums


# Where the county has an outline, nothing is not unknown.
_NONE_OUTSIDE = Figures(facilities_outside=0, communities_by_neighbour=0, population_by_neighbour=0)


def _plus(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
