"""What may be added to a choice: number, existing sites that stay, budget, spacing."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Int64s
from geoservice.siting.problem import Problem


class Rules:
    """The conditions of a problem on sites alone, for searches."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._conflicts = problem.conflicting()
        self.plain = problem.budget is None and not self._conflicts.size and not problem.keep
        self.most = most_new(problem)

    def addable(self, chosen: Bools) -> Bools:
        """Candidates that may join a choice, shape (sites,)."""
        problem = self._problem
        room = self.most - int((chosen & ~problem.fixed).sum())
        if room <= 0:
            return np.zeros_like(chosen)
        free = ~chosen & ~problem.shut
        if room <= self.owed(chosen):
            free &= problem.old
        if problem.budget is not None:
            assert problem.cost is not None
            free &= problem.cost <= problem.budget - int(problem.cost[chosen & ~problem.fixed].sum())
        first, second = self._conflicts.T
        free[second[chosen[first]]] = False
        free[first[chosen[second]]] = False
        return free

    def owed(self, chosen: Bools) -> int:
        """How many more of the existing sites have to stay."""
        return max(0, self._problem.keep - int((chosen & self._problem.old).sum()))

    def spare(self, chosen: Bools) -> bool:
        """Whether one of the existing sites may be given up."""
        return int((chosen & self._problem.old).sum()) > self._problem.keep

    def filled(self, chosen: Bools) -> Bools:
        """A choice with as many of the existing sites as have to stay, where they may be added."""
        while self.owed(chosen) and (there := np.flatnonzero(self.addable(chosen) & self._problem.old)).size:
            chosen[there[0]] = True
        return chosen


def most_new(problem: Problem) -> int:
    """How many sites there may be beside the fixed ones, by p and by what the cheapest cost."""
    free = np.flatnonzero(~problem.fixed & ~problem.shut)
    most = free.size if problem.p is None else min(problem.p, free.size)
    if problem.budget is not None:
        assert problem.cost is not None
        cheapest: Int64s = np.cumsum(np.sort(problem.cost[free]))
        most = min(most, int(np.searchsorted(cheapest, problem.budget, side="right")))
    return most
