"""What may be added to a choice: number, budget, spacing."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Int64s
from geoservice.siting.problem import Problem


class Rules:
    """The conditions of a problem on sites alone, for searches."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._conflicts = problem.conflicting()
        self.plain = problem.budget is None and not self._conflicts.size
        self.most = most_new(problem)

    def addable(self, chosen: Bools) -> Bools:
        """Candidates that may join a choice, shape (sites,)."""
        problem = self._problem
        if int((chosen & ~problem.fixed).sum()) >= self.most:
            return np.zeros_like(chosen)
        free = ~chosen
        if problem.budget is not None:
            assert problem.cost is not None
            free &= problem.cost <= problem.budget - int(problem.cost[chosen & ~problem.fixed].sum())
        first, second = self._conflicts.T
        free[second[chosen[first]]] = False
        free[first[chosen[second]]] = False
        return free


def most_new(problem: Problem) -> int:
    """How many new sites there may be at most, by p and by what the cheapest cost."""
    free = np.flatnonzero(~problem.fixed)
    most = free.size if problem.p is None else min(problem.p, free.size)
    if problem.budget is not None:
        assert problem.cost is not None
        cheapest: Int64s = np.cumsum(np.sort(problem.cost[free]))
        most = min(most, int(np.searchsorted(cheapest, problem.budget, side="right")))
    return most
