"""The p-median proven by branch and bound where the number of sites is the only condition."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int8s, Int64s
from geoservice.siting.exact.branch import Branching, Service
from geoservice.siting.exact.conditions import blocked_sites
from geoservice.siting.exact.highs import Settings
from geoservice.siting.exact.multipliers import OPEN, SHUT
from geoservice.siting.exact.tell import Tell
from geoservice.siting.problem import Problem
from geoservice.siting.search.median import Costs, MedianSearch
from geoservice.siting.search.rules import most_new
from geoservice.siting.search.swapping import swaps


def is_plain(problem: Problem) -> bool:
    """Whether nothing but the number of sites limits a choice."""
    free = problem.budget is None and not problem.keep and not problem.conflicting().size
    return free and not problem.needs().any()


def prove_plain(problem: Problem, start: list[int], settings: Settings, tell: Tell) -> str:
    """Proves a plain p-median of which a choice is known; gives ``optimal`` or ``stopped``."""
    costs = Costs(problem)
    best = Best(MedianSearch(problem, costs), start, tell, settings.deadline)
    branching = Branching(median_service(problem, costs), first_state(problem), best.value, best.tried, tell.bound)
    if branching.bounded(settings.deadline) or branching.proven(settings):
        return "optimal"
    return "stopped"


def first_state(problem: Problem) -> Int8s:
    """Existing sites open, those that are shut or too near to them shut."""
    state = np.zeros(problem.sites, dtype=np.int8)
    state[problem.fixed] = OPEN
    state[blocked_sites(problem)] = SHUT
    return state


def places_of(problem: Problem) -> int:
    """How many sites may be open in all."""
    return most_new(problem) + int(problem.fixed.sum())


def median_service(problem: Problem, costs: Costs) -> Service:
    """Weight times time; with p of n sites open each point is served by one of its n - p + 1 nearest, as more never harm."""
    order = np.argsort(costs.cost, axis=0, kind="stable")
    ranked = np.take_along_axis(costs.cost, order, axis=0)
    places = places_of(problem)
    last = ranked[problem.sites - places] if is_plain(problem) and 0 < places <= problem.sites else None
    most = np.full(costs.points.size, costs.far) if last is None else last
    most = np.minimum(most, costs.cost[problem.fixed].min(axis=0, initial=costs.far))
    ways = ranked < most
    start: Int64s = np.concatenate(([0], np.cumsum(ways.sum(axis=0)))).astype(np.int64)
    site = order.T[ways.T].astype(np.int32)
    cost: Floats = ranked.T[ways.T]
    return Service(start, site, cost, most, places, is_plain(problem))


class Best:
    """The best choice so far; those that the multipliers suggest are filled up and mended by swaps."""

    def __init__(self, search: MedianSearch, start: list[int] | None, tell: Tell, deadline: float) -> None:
        self._search, self._tell, self._deadline = search, tell, deadline
        self.sites: list[int] | None = None
        self.value = np.inf
        self._seen: set[bytes] = set()
        if start is not None:
            chosen = np.zeros(search.problem.sites, dtype=np.bool_)
            chosen[start] = True
            self._take(chosen)

    def tried(self, chosen: Bools) -> float:
        """Takes a choice of the multipliers; gives the best value."""
        search = self._search
        if search.rules.plain and chosen.tobytes() not in self._seen:
            self._seen.add(chosen.tobytes())
            self._take(swaps(search, search.greedy(chosen), self._deadline))
        return self.value

    def _take(self, chosen: Bools) -> None:
        value = -self._search.score(chosen)
        if value < min(self.value, self._search.costs.far):
            self.sites, self.value = np.flatnonzero(chosen).tolist(), value
            self._tell.sites(self.sites)
