"""The checker: what a choice of sites is worth, recomputed from the sites alone.

It shares no code with heuristics and solvers: plain sums over the pairs of the problem. Every value that is shown comes
from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Int64s
from geoservice.siting.flow import most_placed
from geoservice.siting.problem import Model, Problem

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Worth:
    """What a choice is worth.

    Attributes
    ----------
    value
        In the unit of the model: weight (``mclp``, ``backup``, ``capacity``), sites beside the fixed ones or their cost
        (``lscp``),
        weight times time (``pmedian``), time (``pcentre``). None where a point that could be served is not
        (``lscp``, ``pmedian``, ``pcentre``).
    covered
        Weight within the limit of a chosen site; without limits, weight that reaches one.
    time_sum, worst
        Weight times time to the nearest chosen site, and the longest such time, over the covered points.
    new, kept, cost
        New sites, sites that exist and stay though they might be given up, and what both cost.
    broken
        Conditions that the choice does not keep: ``p``, ``shut``, ``keep``, ``budget``, ``conflict``, ``floor``, ``unserved``.
    """

    value: int | None
    covered: int
    time_sum: int
    worst: int
    new: int
    kept: int
    cost: int
    broken: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return not self.broken


def evaluate(problem: Problem, sites: Sequence[int]) -> Worth:
    """What a choice is worth; sites that exist belong to it whether named or not.

    Parameters
    ----------
    sites
        Numbers of candidates from 0.
    """
    chosen = problem.fixed.copy()
    chosen[np.asarray(sites, dtype=np.int64)] = True
    nearest, seconds = _two_nearest(problem, chosen)
    reached = nearest < NEVER
    could = _could(problem)
    unserved = bool((could & ~reached).any())
    free = np.flatnonzero(chosen & ~problem.fixed)
    kept = int(problem.old[free].sum())
    cost = int(problem.cost[free].sum()) if problem.cost is not None else 0
    time_sum = int((nearest[reached] * problem.weight[reached]).sum())
    with_people = reached & (problem.weight > 0)
    worst = int(nearest[with_people].max(initial=0))
    covered = int(problem.weight[reached].sum())
    value: int | None
    match problem.model:
        case Model.MCLP:
            value = covered
        case Model.LSCP:
            value = cost if problem.cost is not None else free.size
        case Model.PMEDIAN:
            value = time_sum
        case Model.PCENTRE:
            value = worst
        case Model.BACKUP:
            first, second = problem.levels
            value = first * covered + second * int(problem.weight[seconds < NEVER].sum())
        case Model.CAPACITY:
            value = most_placed(problem, chosen)
    whole = problem.model in (Model.LSCP, Model.PMEDIAN, Model.PCENTRE)
    broken = _broken(problem, chosen, reached, free.size, cost) + (("unserved",) if whole and unserved else ())
    new = int(free.size) - kept
    return Worth(None if whole and unserved else value, covered, time_sum, worst, new, kept, cost, broken)


def _could(problem: Problem) -> Bools:
    """Points with people whom some candidate serves."""
    could = np.zeros(problem.points, dtype=np.bool_)
    could[problem.covering().point()] = True
    return could & (problem.weight > 0)


def _two_nearest(problem: Problem, chosen: Bools) -> tuple[Int64s, Int64s]:
    """Times of each point to its nearest and its second nearest chosen site, `NEVER` where there is none."""
    nearest = np.full(problem.points, NEVER, dtype=np.int64)
    second = nearest.copy()
    times = problem.times
    for site in np.flatnonzero(chosen):
        pairs = np.flatnonzero(times.site == site)
        points = np.searchsorted(times.start, pairs, side="right") - 1
        time = times.time[pairs].astype(np.int64)
        if problem.limit is not None:
            within = time <= problem.limit[points]
            points, time = points[within], time[within]
        second[points] = np.minimum(second[points], np.maximum(nearest[points], time))
        nearest[points] = np.minimum(nearest[points], time)
    return nearest, second


def _broken(problem: Problem, chosen: Bools, reached: Bools, free: int, cost: int) -> tuple[str, ...]:
    found = []
    if problem.p is not None and free > problem.p:
        found.append("p")
    if (chosen & problem.shut & ~problem.fixed).any():
        found.append("shut")
    if int((chosen & problem.old).sum()) < problem.keep:
        found.append("keep")
    if problem.budget is not None and cost > problem.budget:
        found.append("budget")
    first, second = problem.conflicting().T
    if (chosen[first] & chosen[second]).any():
        found.append("conflict")
    if problem.group is not None:
        got = [int(problem.weight[reached & (problem.group == number)].sum()) for number in range(problem.needs().size)]
        if any(have < need for have, need in zip(got, problem.needs(), strict=True)):
            found.append("floor")
    return tuple(found)
