"""Plans in phases: sites of an earlier year stay, and what that costs against each year planned by itself.

Existing sites that may be given up are given up in one year, the first from the asked one on that has an answer: before it all
of them are open, after it those that stayed are, and the others are shut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools
from geoservice.siting.answer import Answer
from geoservice.siting.problem import Model, Problem
from geoservice.siting.solve import Effort, Watch, solve


class Order(StrEnum):
    """``first``: each year the best that can be added. ``last``: the best plan of the last year, built in its best order."""

    FIRST = "first"
    LAST = "last"

    @classmethod
    def parse(cls, word: str) -> Order:
        """From a word.

        Raises
        ------
        BadInput
            ``siting.unknown-order``.
        """
        if word not in set(cls):
            raise BadInput("siting.unknown-order", value=word, known=", ".join(cls))
        return cls(word)


@dataclass(frozen=True)
class Years:
    """What is asked of the years.

    Attributes
    ----------
    counts
        New sites up to the end of each, rising, beside those in whose favour existing ones are moved.
    change
        Number of the year, from 1, in which existing sites may be given up.

    Raises
    ------
    BadInput
        ``siting.phases``, ``siting.no-year``.
    """

    counts: tuple[int, ...]
    order: Order = Order.FIRST
    change: int = 1

    def __post_init__(self) -> None:
        if not self.counts or list(self.counts) != sorted(set(self.counts)) or self.counts[0] < 1:
            raise BadInput("siting.phases")
        if not 1 <= self.change <= len(self.counts):
            raise BadInput("siting.no-year", year=self.change, years=len(self.counts))


def years_of(counts: Sequence[int], order: Order, change: int) -> Years | None:
    """The years of a plan in phases; None where there are none.

    Raises
    ------
    BadInput
        As `Years`; ``siting.no-year`` for a later year of a plan without phases.
    """
    if not counts and change != 1:
        raise BadInput("siting.no-year", year=change, years=1)
    return Years(tuple(counts), order, change) if counts else None


@dataclass(frozen=True)
class Phase:
    """One year.

    Attributes
    ----------
    p
        New sites up to its end.
    answer
        The best under what stays from before; its value is that of all sites up to then.
    alone
        The best with so many sites and nothing to keep: the price of phases is the difference.
    opens, closes
        Sites that it opens, and existing ones that it gives up.
    """

    p: int
    answer: Answer
    alone: Answer
    opens: tuple[int, ...] = ()
    closes: tuple[int, ...] = ()


def solve_phased(
    problem: Problem,
    years: Years,
    effort: Effort,
    *,
    watch: Watch = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Phase]:
    """Plans years one after the other; floors hold for the last year, a budget for all together.

    Parameters
    ----------
    problem
        That of the last year: its p counts the existing sites that may be given up and stay.

    Raises
    ------
    BadInput
        ``siting.not-with`` for ``lscp``.
    """
    if problem.model is Model.LSCP:
        raise BadInput("siting.not-with", model=problem.model.value, name="phase")
    share = replace(effort, seconds=effort.seconds / (2 * len(years.counts)))

    def best(asked: Problem) -> Answer:
        return solve(asked, share, watch=watch, cancelled=cancelled)

    begun, end = Standing.begin(problem, years), len(years.counts) - 1
    last = best(begun.asked(end, begun.most(end)))
    standing = begun.towards(last) if years.order is Order.LAST else begun
    phases: list[Phase] = []
    for number, count in enumerate(years.counts):
        most = standing.most(number)
        free = last if number == end else best(begun.asked(number, most))
        if standing is begun or (standing.last is not None and number == end):
            answer = free
        else:
            answer = best(standing.asked(number, most))
        before, standing = standing, standing.after(number, answer)
        phases.append(Phase(count, answer, free, *standing.since(before)))
    return phases


@dataclass(frozen=True)
class Standing:
    """What stands before a year.

    Attributes
    ----------
    built
        bool, shape (sites,): new sites.
    stays
        bool, shape (sites,): existing sites that might have been given up and were not; None before that is settled.
    last
        bool, shape (sites,): the sites of the plan of the last year, of which alone is chosen; None where all are free.
    """

    problem: Problem
    years: Years
    built: Bools
    stays: Bools | None = None
    last: Bools | None = None

    @classmethod
    def begin(cls, problem: Problem, years: Years) -> Standing:
        """Before the first year."""
        return cls(problem, years, np.zeros(problem.sites, dtype=np.bool_))

    def towards(self, plan: Answer) -> Standing:
        """The same where the last year is planned already; as it is where there is no such plan."""
        return self if plan.value is None else replace(self, last=self._chosen(plan))

    def most(self, number: int) -> int:
        """Sites up to the end of a year, counted from 0, beside the fixed ones: so many as stand already in any case."""
        count, problem = self.years.counts[number], self.problem
        old = int(problem.old.sum())
        if number + 1 >= self.years.change and old:
            old = (problem.p or 0) - self.years.counts[-1]
        return max(count + old, int(self._standing(number).sum()))

    def asked(self, number: int, most: int) -> Problem:
        """The problem of a year, counted from 0."""
        problem, last_year = self.problem, number == len(self.years.counts) - 1
        stays, nothing = self._staying(number), np.zeros_like(self.built)
        spent = 0 if problem.cost is None else int(problem.cost[self.built].sum())
        standing = self._standing(number)
        return replace(
            problem,
            p=most - int(standing.sum()),
            fixed=problem.fixed | standing,
            old=problem.old if stays is None else nothing,
            keep=problem.keep if stays is None else 0,
            shut=self._shut(stays),
            budget=None if problem.budget is None else problem.budget - spent,
            group=problem.group if last_year else None,
            floor=problem.floor if last_year else None,
        )

    def after(self, number: int, answer: Answer) -> Standing:
        """After a year, counted from 0; as before where it has no answer."""
        if answer.value is None:
            return self
        chosen, old = self._chosen(answer), self.problem.old
        settled = self.stays is not None or number + 1 < self.years.change
        return replace(self, built=chosen & ~old & ~self.problem.fixed, stays=self.stays if settled else chosen & old)

    def since(self, before: Standing) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Sites that were opened, and existing ones that were given up."""
        opens = np.flatnonzero(self.built & ~before.built)
        if self.stays is None or before.stays is not None:
            return tuple(opens.tolist()), ()
        return tuple(opens.tolist()), tuple(np.flatnonzero(self.problem.old & ~self.stays).tolist())

    def _staying(self, number: int) -> Bools | None:
        """Existing sites that stand in a year; None in the year that chooses them."""
        if number + 1 < self.years.change:
            return self.problem.old
        if self.stays is None and self.last is not None:
            return self.problem.old & self.last
        return self.stays

    def _standing(self, number: int) -> Bools:
        """What is built already and what of the existing stands in any case."""
        stays = self._staying(number)
        return self.built if stays is None else self.built | stays

    def _shut(self, stays: Bools | None) -> Bools:
        problem = self.problem
        shut = problem.shut if stays is None else problem.shut | (problem.old & ~stays)
        return shut if self.last is None else shut | ~(self.last | problem.old | problem.fixed)

    def _chosen(self, answer: Answer) -> Bools:
        chosen = np.zeros(self.problem.sites, dtype=np.bool_)
        chosen[list(answer.sites)] = True
        return chosen


def free_answer(answer: Answer, phases: Sequence[Phase]) -> Answer:
    """The best of the last year with nothing to keep; `answer` where there are no phases.

    What a rule costs is told against this one: a plan built year by year may end better with a rule than without it, so that
    differences of such plans price nothing.
    """
    return phases[-1].alone if phases else answer
