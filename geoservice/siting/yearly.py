"""The checker of plans in phases: every year recomputed from its sites alone, and held against the year before.

It uses nothing that plans: a year is a problem of one year whose sites are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoservice.network.arrays import Bools
from geoservice.siting.evaluate import evaluate
from geoservice.siting.phased import Order, Years
from geoservice.siting.problem import Problem
from geoservice.siting.told import in_units

_HAS_A_PLAN = ("optimal", "feasible")


@dataclass(frozen=True)
class YearTold:
    """What an answer says of a year.

    Attributes
    ----------
    sites
        Numbers in the problem, from 0, of all that stand at its end; empty where it has no plan.
    fault
        Whether what it says of itself does not fit together.
    """

    sites: tuple[int, ...]
    value: float | None
    status: str
    fault: bool = False

    @property
    def planned(self) -> bool:
        """Whether there is a plan."""
        return self.value is not None


@dataclass(frozen=True)
class YearChecked:
    """A year beside what its sites are worth.

    Attributes
    ----------
    number
        From 1.
    told, found
        The value in the answer and the value recomputed, in the unit of the answer.
    broken
        Conditions that it does not keep: as `Worth.broken`; ``left`` where a site of an earlier year is gone, ``early``
        where an existing one is given up before its year, ``late`` after it, ``reopened`` where one stands again,
        ``listed`` where the lists of the year do not fit together, ``no-plan`` where a plan is told of that is not there,
        ``last`` where the last year is not the answer as a whole.
    """

    number: int
    told: float | None
    found: float | None
    broken: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the value holds and all conditions are kept."""
        return self.told == self.found and not self.broken

    def as_dict(self) -> dict[str, Any]:
        """The check as plain values."""
        return {
            "year": self.number,
            "agrees": self.agrees,
            "value": self.found,
            "value_in_file": self.told,
            "broken": list(self.broken),
        }


def check_years(
    problem: Problem, years: Years, told: Sequence[YearTold], whole: tuple[Sequence[int], float | None]
) -> tuple[YearChecked, ...]:
    """Every year from its sites alone.

    Parameters
    ----------
    problem
        As for `solve_phased`.
    told
        As many as there are years.
    whole
        Sites, with the existing ones that stay, and value of the answer as a whole.
    """
    found: list[YearChecked] = []
    before: Bools | None = None
    settled = False
    for number, year in enumerate(told):
        changing = number + 1 >= years.change
        last = number + 1 == len(told)
        broken = ["listed"] if year.fault else []
        if last and not _is_whole(problem, year, whole):
            broken.append("last")
        if not year.planned:
            broken += ["no-plan"] if year.sites or year.status in _HAS_A_PLAN else []
            found.append(YearChecked(number + 1, None, None, tuple(broken)))
            continue
        chosen = problem.fixed.copy()
        chosen[list(year.sites)] = True
        broken += _stays(problem, before, chosen, changing=changing, settled=settled)
        rules = _rules(problem, years, number, before, chosen)
        worth = evaluate(rules, year.sites)
        found.append(YearChecked(number + 1, year.value, in_units(problem, worth.value), (*broken, *worth.broken)))
        before, settled = chosen, settled or changing
    return tuple(found)


def number_or_none(told: Any) -> float | None:
    """A value as a file has it.

    Raises
    ------
    TypeError
        Where it is neither a number nor null.
    """
    if told is not None and not isinstance(told, int | float):
        raise TypeError(told)
    return told


def _stays(problem: Problem, before: Bools | None, chosen: Bools, *, changing: bool, settled: bool) -> list[str]:
    """What does not stay from the year before."""
    old, found = problem.old, []
    if before is not None and (before & ~old & ~chosen).any():
        found.append("left")
    if not changing and (old & ~chosen).any():
        found.append("early")
    if settled and before is not None:
        found += ["late"] if (before & old & ~chosen).any() else []
        found += ["reopened"] if (chosen & old & ~before).any() else []
    return found


def _rules(problem: Problem, years: Years, number: int, before: Bools | None, chosen: Bools) -> Problem:
    """The problem of one year that a year has to keep."""
    count, last = years.counts[number], number + 1 == len(years.counts)
    free = replace(problem, group=problem.group if last else None, floor=problem.floor if last else None)
    if number + 1 < years.change:
        return replace(free, p=count, fixed=problem.fixed | problem.old, old=np.zeros_like(problem.old), keep=0)
    if not problem.old.any():
        return replace(free, p=count)
    most = count + (problem.p or 0) - years.counts[-1]
    if years.order is Order.LAST and not last:
        # Planned from the end: what that plan keeps, and what was built by then, stands even where there were to be fewer.
        built = chosen & problem.old if before is None else (chosen & problem.old) | (before & ~problem.old)
        most = max(most, int((built & ~problem.fixed).sum()))
    return replace(free, p=most)


def _is_whole(problem: Problem, year: YearTold, whole: tuple[Sequence[int], float | None]) -> bool:
    fixed = set(np.flatnonzero(problem.fixed).tolist())
    sites, value = whole
    same = not year.planned or fixed | set(year.sites) == fixed | set(sites)
    return same and year.value == value
