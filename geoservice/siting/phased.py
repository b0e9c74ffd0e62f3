"""Plans in phases: sites of an earlier year stay, and what that costs against each year planned by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from geoservice.errors import BadInput
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
    """

    p: int
    answer: Answer
    alone: Answer


def solve_phased(
    problem: Problem,
    counts: Sequence[int],
    order: Order,
    effort: Effort,
    *,
    watch: Watch = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Phase]:
    """Plans years one after the other; floors hold for the last year, a budget for all together.

    Parameters
    ----------
    counts
        New sites up to the end of each year, rising.

    Raises
    ------
    BadInput
        ``siting.phases``, and ``siting.not-with`` for ``lscp`` and where existing sites may be given up.
    """
    if problem.model is Model.LSCP:
        raise BadInput("siting.not-with", model=problem.model.value, name="phase")
    if problem.old.any():
        raise BadInput("siting.not-with", model=problem.model.value, name="phase, close, move")
    if not counts or list(counts) != sorted(set(counts)) or counts[0] < 1:
        raise BadInput("siting.phases")
    share = replace(effort, seconds=effort.seconds / (2 * len(counts)))

    def best(asked: Problem) -> Answer:
        return solve(asked, share, watch=watch, cancelled=cancelled)

    alone = [best(_of_year(problem, count, count == counts[-1])) for count in counts]
    candidates = _only_sites(problem, alone[-1].sites) if order is Order.LAST else problem
    phases: list[Phase] = []
    kept: tuple[int, ...] = ()
    for count, free in zip(counts, alone, strict=True):
        last = count == counts[-1]
        if (order is Order.LAST and last) or (not phases and order is Order.FIRST):
            answer = free
        else:
            answer = best(_of_year(candidates, count, last, kept))
        kept = answer.sites
        phases.append(Phase(count, answer, free))
    return phases


def free_answer(answer: Answer, phases: Sequence[Phase]) -> Answer:
    """The best of the last year with nothing to keep; `answer` where there are no phases.

    What a rule costs is told against this one: a plan built year by year may end better with a rule than without it, so that
    differences of such plans price nothing.
    """
    return phases[-1].alone if phases else answer


def _of_year(problem: Problem, count: int, last: bool, kept: tuple[int, ...] = ()) -> Problem:  # noqa: FBT001 - a fact
    """The problem of a year in which some sites stand already."""
    standing = problem.fixed.copy()
    standing[list(kept)] = True
    new = standing & ~problem.fixed
    spent = 0 if problem.cost is None else int(problem.cost[new].sum())
    return replace(
        problem,
        p=count - int(new.sum()),
        fixed=standing,
        budget=None if problem.budget is None else problem.budget - spent,
        group=problem.group if last else None,
        floor=problem.floor if last else None,
    )


def _only_sites(problem: Problem, sites: tuple[int, ...]) -> Problem:
    """The problem with these candidates alone; the others reach nobody."""
    return replace(problem, times=problem.times.only(np.isin(problem.times.site, sites)))
