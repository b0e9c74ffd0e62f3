"""Greedy and swaps for the p-median (Teitz and Bart 1968; all swaps at once as in Resende and Werneck 2007)."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.problem import Problem
from geoservice.siting.search.rules import Rules


class Costs:
    """Weight times time of each candidate and point, whole numbers in float64.

    Attributes
    ----------
    cost
        Shape (sites, points): points without people and those that nobody serves are left out. `far` where there is
        no way, and of sites that are shut.
    far
        More than any sum of costs.
    """

    def __init__(self, problem: Problem) -> None:
        times = problem.times
        point = times.point()
        served = np.flatnonzero((np.diff(times.start) > 0) & (problem.weight > 0))
        row = np.full(problem.points, -1, dtype=np.int64)
        row[served] = np.arange(served.size)
        here = row[point] >= 0
        paid = times.time[here].astype(np.int64) * problem.weight[point[here]]
        self.points = served
        largest = np.zeros(max(served.size, 1), dtype=np.int64)
        np.maximum.at(largest, row[point[here]], paid)
        self.far = float(largest.sum() + 1)
        self.cost: Floats = np.full((problem.sites, served.size), self.far)
        self.cost[times.site[here], row[point[here]]] = paid
        self.cost[problem.shut & ~problem.fixed] = self.far


class MedianSearch:
    """Choices for ``pmedian``."""

    # Sums are whole: less is no difference.
    least = 0.5

    def __init__(self, problem: Problem, costs: Costs) -> None:
        self.problem = problem
        self.costs = costs
        self.rules = Rules(problem)

    def greedy(self, chosen: Bools | None = None) -> Bools:
        """The best next site until none helps or none is allowed."""
        chosen = self.problem.fixed.copy() if chosen is None else chosen.copy()
        cost = self.costs.cost
        nearest = cost[chosen].min(axis=0, initial=self.costs.far)
        while (free := np.flatnonzero(self.rules.addable(chosen))).size:
            gain = np.maximum(nearest - cost[free], 0.0).sum(axis=1)
            best = int(gain.argmax())
            if gain[best] <= 0:
                break
            chosen[free[best]] = True
            nearest = np.minimum(nearest, cost[free[best]])
        return self.rules.filled(chosen)

    def score(self, chosen: Bools) -> float:
        """The sum, negative; at most -`Costs.far` where a point is not served."""
        return -float(self.costs.cost[chosen].min(axis=0, initial=self.costs.far).sum())

    def gains_of(self, chosen: Bools) -> Floats:
        """What each site would save, shape (sites,)."""
        cost = self.costs.cost
        saved: Floats = np.maximum(cost[chosen].min(axis=0, initial=self.costs.far) - cost, 0.0).sum(axis=1)
        return saved

    def changes(self, chosen: Bools, new: Int64s) -> Floats:
        """What each swap saves, shape (new sites, sites); minus infinity where it is not allowed."""
        cost, far = self.costs.cost, self.costs.far
        held = np.flatnonzero(chosen)
        sorted_two = np.argpartition(cost[held], min(1, held.size - 1), axis=0)[:2]
        first = held[sorted_two[0]]
        points = np.arange(cost.shape[1])
        near = cost[first, points]
        second = cost[held[sorted_two[1]], points] if held.size > 1 else np.full(near.size, far)
        gain = np.maximum(near - cost, 0.0).sum(axis=1)
        mine = (first[:, None] == new[None, :]).astype(np.float64)
        loss = (second - near) @ mine
        mended = np.maximum(second - np.maximum(cost, near), 0.0) @ mine
        saved: Floats = (gain[:, None] + mended - loss).T
        saved[:, chosen | self.problem.shut] = -np.inf
        if not self.rules.plain:
            for row, site in enumerate(new):
                rest = chosen.copy()
                rest[site] = False
                saved[row, ~self.rules.addable(rest)] = -np.inf
        return saved
