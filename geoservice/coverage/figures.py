"""Figures by unit: whole numbers summed from communities, so that units add up to the total to the person.

A community counts as covered by its own time, never by a polygon. Where a number of people is not known it adds
nothing, and the community is counted among those without it: a share is a share of the people who are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

Unit = int | None


@dataclass(frozen=True)
class Demand:
    """One community.

    Attributes
    ----------
    unit
        Id of its township; None where nobody has said.
    joined
        Whether it has a foot on the network.
    covered
        Whether its time is within the limit of its own class.
    population, population_60, population_80
        People, 60 and older, 80 and older; None where not known.
    """

    unit: Unit
    joined: bool
    covered: bool
    population: int | None
    population_60: int | None = None
    population_80: int | None = None


@dataclass(frozen=True)
class Figures:
    """Sums over the communities and facilities of one unit, or of all."""

    facilities: int = 0
    communities: int = 0
    communities_covered: int = 0
    communities_unjoined: int = 0
    communities_without_population: int = 0
    communities_without_population_60: int = 0
    communities_without_population_80: int = 0
    population: int = 0
    population_covered: int = 0
    population_60: int = 0
    population_60_covered: int = 0
    population_80: int = 0
    population_80_covered: int = 0

    def __add__(self, other: Figures) -> Figures:
        """Sum field by field.

        Examples
        --------
        >>> (Figures(communities=1) + Figures(communities=2, population=5)).communities
        3
        """
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Figures)))

    @property
    def population_share(self) -> float | None:
        """Share of the known people who are covered; None where there are none."""
        return self.population_covered / self.population if self.population else None

    @property
    def communities_share(self) -> float | None:
        """Share of communities that are covered; None where there are none."""
        return self.communities_covered / self.communities if self.communities else None

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
    """Figures of all units, in the order of their ids with None last, and their total."""

    total: Figures
    units: Mapping[Unit, Figures]


def count(demands: Iterable[Demand], facility_units: Sequence[Unit], units: Iterable[Unit] = ()) -> Coverage:
    """Add up communities and facilities by unit.

    Parameters
    ----------
    demands
        All communities.
    facility_units
        The unit of each facility; None where nobody has said.
    units
        Units to list even where nothing lies in them.

    Examples
    --------
    >>> village = Demand(7, joined=True, covered=True, population=120)
    >>> hamlet = Demand(8, joined=False, covered=False, population=None)
    >>> coverage = count([village, hamlet], [7])
    >>> coverage.total.population_covered, coverage.total.communities_unjoined, list(coverage.units)
    (120, 1, [7, 8])
    >>> count([], []).total.population_share is None
    True
    """
    sums: dict[Unit, Figures] = {unit: Figures() for unit in units}
    for unit in facility_units:
        sums[unit] = sums.get(unit, Figures()) + Figures(facilities=1)
    for demand in demands:
        sums[demand.unit] = sums.get(demand.unit, Figures()) + _one(demand)
    ordered = sorted(sums, key=lambda unit: (unit is None, unit or 0))
    return Coverage(sum(sums.values(), start=Figures()), {unit: sums[unit] for unit in ordered})


def _one(demand: Demand) -> Figures:
    people, old, oldest = (number or 0 for number in (demand.population, demand.population_60, demand.population_80))
    covered = int(demand.covered)
    return Figures(
        communities=1,
        communities_covered=covered,
        communities_unjoined=int(not demand.joined),
        communities_without_population=int(demand.population is None),
        communities_without_population_60=int(demand.population_60 is None),
        communities_without_population_80=int(demand.population_80 is None),
        population=people,
        population_covered=people * covered,
        population_60=old,
        population_60_covered=old * covered,
        population_80=oldest,
        population_80_covered=oldest * covered,
    )
