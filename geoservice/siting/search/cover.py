"""Greedy and swaps for the models that cover.

Townships below their floor come first, then the value. A candidate's gain is summed over the points that it would cover
for the first time (or, for backup, the second).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.interchange import add_swaps
from geoservice.siting.search.rules import Rules


class CoverSearch:
    """Choices for the models that cover; capacities are not looked at."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rules = Rules(problem)
        times = problem.covering()
        self._start = times.start
        self._point, self._site = times.point().astype(np.int64), times.site.astype(np.int64)
        self._matrix = csr_array(
            (np.ones(self._site.size), (self._point, self._site)), shape=(problem.points, problem.sites)
        )
        self._levels = problem.levels if problem.model is Model.BACKUP else (1, 0)
        self._needs = problem.needs()
        self._whole = max(1.0, float(problem.weight.sum()) * max(1, sum(self._levels)))
        # Without floors gains are whole numbers; with them they are shares of everything, beside people still short.
        self.least = 0.5 if not self._needs.size else 0.5 / self._whole

    def greedy(self, chosen: Bools | None = None) -> Bools:
        """The best next site until none helps or none is allowed."""
        chosen = self.problem.fixed.copy() if chosen is None else chosen.copy()
        while True:
            gain = np.where(self.rules.addable(chosen), self._gains(self._counts(chosen)), 0.0)
            if self.problem.cost is not None and self.problem.model is Model.LSCP:
                gain = gain / np.maximum(self.problem.cost, 1)
            best = int(gain.argmax())
            if gain[best] <= (0 if self.problem.model is Model.LSCP else self.least):
                return self.rules.filled(chosen)
            chosen[best] = True

    def needless(self, chosen: Bools) -> Bools:
        """The choice without new sites that cover nothing alone, dearest first."""
        chosen = chosen.copy()
        new = np.flatnonzero(chosen & ~self.problem.fixed)
        price = np.zeros(new.size) if self.problem.cost is None else -self.problem.cost[new].astype(np.float64)
        people = self.problem.weight > 0
        for site in new[np.lexsort((self._gains(np.zeros_like(self.problem.weight))[new], price))]:
            if self.problem.old[site] and not self.rules.spare(chosen):
                continue
            chosen[site] = False
            lost = (self._counts(chosen) == 0) & people
            chosen[site] = bool(lost[self._point[self._site == site]].any())
        return chosen

    def gains_of(self, chosen: Bools) -> Floats:
        """What each site would add, shape (sites,)."""
        return self._gains(self._counts(chosen))

    def score(self, chosen: Bools) -> float:
        """What swaps make greater: value, and before it what townships are short of."""
        return self._score(self._counts(chosen))

    def _score(self, count: Int64s) -> float:
        once, twice = self._levels
        weight = self.problem.weight
        value = float(once * weight[count > 0].sum() + twice * weight[count > 1].sum())
        return value if not self._needs.size else value / self._whole - float(self._short(count).sum())

    def changes(self, chosen: Bools, new: Int64s) -> Floats:
        """What each swap changes, shape (new sites, sites); minus infinity where it is not allowed."""
        if self.rules.plain and not self._needs.size:
            change = self._plain_changes(chosen, new)
            change[:, chosen | self.problem.shut] = -np.inf
            return change
        change = np.empty((new.size, self.problem.sites))
        now = self.score(chosen)
        for row, site in enumerate(new):
            rest = chosen.copy()
            rest[site] = False
            count = self._counts(rest)
            change[row] = np.where(self.rules.addable(rest), self._score(count) + self._gains(count) - now, -np.inf)
        return change

    def _plain_changes(self, chosen: Bools, new: Int64s) -> Floats:
        """All swaps at once: gain - loss, mended where both sites cover a point."""
        once, twice = self._levels
        weight, count = self.problem.weight, self._counts(chosen)
        step_up = np.where(count == 0, once, np.where(count == 1, twice, 0))
        step_down = np.where(count == 1, once, np.where(count == 2, twice, 0))
        mended = np.where(count > 0, weight * (step_down - step_up), 0)
        row = np.full(self.problem.sites, -1, dtype=np.int64)
        row[new] = np.arange(new.size)
        found = np.empty((new.size, self.problem.sites))
        found[:] = self._gains(count)
        add_swaps(self._start, self._site, row, weight * step_down, mended, found)
        return found

    def _counts(self, chosen: Bools) -> Int64s:
        return np.bincount(self._point[chosen[self._site]], minlength=self.problem.points)

    def _gains(self, count: Int64s) -> Floats:
        once, twice = self._levels
        weight = self.problem.weight
        worth = np.where(count == 0, once * weight, np.where(count == 1, twice * weight, 0)).astype(np.float64)
        if self.problem.model is Model.LSCP:
            # Points without people need no cover; every other counts the same.
            worth = ((count == 0) & (weight > 0)).astype(np.float64)
        gains: Floats = np.asarray(worth @ self._matrix)
        if not self._needs.size:
            return gains
        return gains / self._whole + self._towards_floors(count)

    def _short(self, count: Int64s) -> Floats:
        assert self.problem.group is not None
        group, number = self.problem.group, self._needs.size
        inside = (count > 0) & (group >= 0)
        have = np.bincount(group[inside], self.problem.weight[inside], minlength=number)
        short: Floats = np.maximum(self._needs - have, 0.0)
        return short

    def _towards_floors(self, count: Int64s) -> Floats:
        assert self.problem.group is not None
        group, number = self.problem.group, self._needs.size
        new = (count == 0)[self._point] & (group >= 0)[self._point]
        key = self._site[new] * number + group[self._point[new]]
        gained = np.bincount(key, self.problem.weight[self._point[new]], minlength=self.problem.sites * number)
        towards: Floats = np.minimum(gained.reshape(-1, number), self._short(count)).sum(axis=1)
        return towards
