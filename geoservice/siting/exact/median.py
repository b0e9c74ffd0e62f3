"""The p-median under any conditions: sites settled by multipliers, then the radius formulation on what remains.

Radius formulation (Cornuejols, Nemhauser and Wolsey 1980; Elloumi 2010; Garcia, Labbe and Marin 2011): for each point and
each of its distances in ascending order one column tells that no site within that distance is open.
"""

from __future__ import annotations

import time

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.exact import highs
from geoservice.siting.exact.branch import Branching
from geoservice.siting.exact.conditions import add_sites
from geoservice.siting.exact.levels import add_levels
from geoservice.siting.exact.multipliers import OPEN, SHUT
from geoservice.siting.exact.plain import Best, first_state, is_plain, median_service
from geoservice.siting.exact.program import Builder
from geoservice.siting.exact.tell import Tell
from geoservice.siting.exact.written import Written
from geoservice.siting.problem import Problem
from geoservice.siting.search.median import Costs, MedianSearch

# Share of the time that the bound by multipliers may take.
_SHARE = 0.4


def prove_median(problem: Problem, start: list[int] | None, settings: highs.Settings, tell: Tell) -> str:
    """Proves a p-median under any conditions; gives ``optimal``, ``infeasible`` or ``stopped``."""
    costs = Costs(problem)
    best = Best(MedianSearch(problem, costs), start, tell, settings.deadline)
    bound = Branching(median_service(problem, costs), first_state(problem), best.value, best.tried, tell.bound)
    now = time.monotonic()
    if bound.bounded(now + _SHARE * (settings.deadline - now)):
        return "infeasible" if best.sites is None else "optimal"
    state = bound.root.state
    written = radius_program(problem, costs, state == OPEN, state == SHUT)
    ran = highs.run(
        written.program,
        settings,
        start=written.write(best.sites),
        better=lambda values: tell.sites(written.read(values)),
        # What was settled rests on the best value known: no choice is better than that or the bound.
        bound=lambda found: tell.bound(int(min(found, best.value))),
    )
    if ran.values is not None:
        tell.sites(written.read(ran.values))
    if ran.status == "infeasible" and best.sites is not None:
        tell.bound(int(best.value))
        return "optimal"
    return ran.status


def radius_program(problem: Problem, costs: Costs, open_: Bools, shut: Bools) -> Written:
    """The radius formulation with some sites open and some shut."""
    builder = Builder(maximise=False)
    kept = np.flatnonzero(~shut & ~problem.fixed)
    column = add_sites(builder, problem, kept, lower=np.where(open_[kept], 1.0, 0.0))
    free = np.flatnonzero(~shut & ~open_)
    served = costs.cost[open_].min(axis=0, initial=costs.far)
    if is_plain(problem):
        served = np.minimum(served, _farthest(problem, costs, open_, free))
    for point in range(costs.points.size):
        most = served[point] if served[point] < costs.far else np.inf
        ways = free[costs.cost[free, point] < costs.far]
        add_levels(builder, column[ways], costs.cost[ways, point], most)
    return Written.of(problem, builder, column)


def _farthest(problem: Problem, costs: Costs, open_: Bools, free: Int64s) -> Floats:
    """More sites never harm: with p of n open, each point is served by one of its n - p + 1 nearest."""
    places = (problem.p if problem.p is not None else free.size) - int((open_ & ~problem.fixed).sum())
    if not 0 < places <= free.size:
        return np.full(costs.points.size, costs.far)
    last: Floats = np.partition(costs.cost[free], free.size - places, axis=0)[free.size - places]
    return last
