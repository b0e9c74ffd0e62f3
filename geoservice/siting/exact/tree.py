"""Maximal cover proven by branch and bound over its linear relaxation, site by site.

At each part of all choices: sites that the reduced costs settle are opened or shut; then the site to branch on is the one
that lifts both halves most, by short runs of both until enough is known of it (reliability branching, Achterberg, Koch and
Martin 2005). HiGHS' own search spends a minute on cuts here that lift the bound by a tenth of the gap. Parts are taken
lowest bound first, as many at a time as there are threads, so that the same parts are met at every run.
"""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.exact.highs import Settings
from geoservice.siting.exact.relaxed import Bounded, Relaxed
from geoservice.siting.exact.written import Written

# Steps of a whole run and of one that tries a site.
_ALL, _TRIED = 1_000_000, 100
# Sites tried at the root and elsewhere, how many in a row may be no better, and after how many trials a site is known.
_ROOT_TRIES, _TRIES, _PATIENCE, _KNOWN = 30, 8, 4, 4
_TORN = 1e-6


@dataclass(frozen=True)
class Part:
    """Part of all choices: ranges of the sites' columns, a bound, and where the solver may go on from."""

    lower: Floats
    upper: Floats
    low: float = -np.inf
    basis: Any = None
    depth: int = 0

    def shut(self, site: int) -> Part:
        """Without a site."""
        upper = self.upper.copy()
        upper[site] = 0.0
        return replace(self, upper=upper)

    def opened(self, site: int) -> Part:
        """With a site."""
        lower = self.lower.copy()
        lower[site] = 1.0
        return replace(self, lower=lower)


@dataclass(frozen=True)
class Trial:
    """By how much the bound rose for each unit that a site was moved, down and up."""

    site: int
    down: float
    up: float


@dataclass(frozen=True)
class Looked:
    """What came of a part: what is left of it, what was learned, and choices worth a look."""

    parts: tuple[Part, ...]
    trials: tuple[Trial, ...]
    choices: tuple[Bools, ...]


class Tree:
    """A search that proves a best choice of a program in which nothing but the sites has to be whole.

    Parameters
    ----------
    best
        Value of the best choice known.
    near
        Takes the relaxation's sites, shape (kept,), and gives good choices of all sites near it, shape (sites,); more of
        them at the root, where it is told so.
    better
        Takes a choice of all sites and gives the best value then known. Both are called in several threads.
    bound
        Takes falling bounds.
    """

    def __init__(
        self,
        written: Written,
        best: int,
        near: Callable[[Floats, bool], list[Bools]],
        better: Callable[[Bools], int],
        bound: Callable[[int], None],
    ) -> None:
        program = written.program
        assert program.maximise
        self._written, self._near, self._better, self._bound = written, near, better, bound
        self.best = best
        # Every value is the offset and a sum of some of the costs.
        self._step = int(np.gcd.reduce(program.cost.astype(np.int64))) or 1
        self._offset = round(program.offset)
        sites = written.kept.size
        self._risen, self._trials = np.zeros((2, sites)), np.zeros(sites, dtype=np.int64)

    def proven(self, settings: Settings) -> bool:
        """Branches until the best choice is proven; False where time ran out."""
        threads = settings.threads or min(8, os.cpu_count() or 1)
        program, columns = self._written.program, self._written.column
        solvers = [Relaxed(program, columns.astype(np.int32)) for _ in range(threads)]
        self._slack = solvers[0].slack
        number = 0
        heap = [(-np.inf, 0, number, Part(program.lower[columns], program.upper[columns]))]
        with ThreadPoolExecutor(threads) as pool:
            while heap and not self._beaten(heap[0][0]):
                if time.monotonic() >= settings.deadline:
                    return False
                taken = [heapq.heappop(heap)[-1] for _ in range(min(threads, len(heap)))]
                for looked in list(pool.map(self._looked, solvers, taken)):
                    self._learn(looked)
                    for part in looked.parts:
                        number += 1
                        heapq.heappush(heap, (part.low, -part.depth, number, part))
                self._tell(heap[0][0] if heap else np.inf)
        return True

    def _looked(self, solver: Relaxed, part: Part) -> Looked:
        trials: list[Trial] = []
        choices: list[Bools] = []
        basis = part.basis
        while True:
            found = solver.run(part.lower, part.upper, basis, _ALL, self._enough)
            if found is None or self._beaten(found.low):
                return Looked((), tuple(trials), tuple(choices))
            basis = found.basis
            part = self._settled(replace(part, low=max(part.low, found.low), basis=basis), found)
            if part.depth == 0:
                self._tell(part.low)
            values = np.clip(found.values, part.lower, part.upper)
            free = part.lower < part.upper
            torn = np.flatnonzero(free & (values > _TORN) & (values < 1 - _TORN))
            choices += self._near(values, part.depth == 0)
            if not torn.size:
                return Looked(self._whole(part, values, free), tuple(trials), tuple(choices))
            left = self._branched(solver, part, found, torn, trials)
            if len(left) != 1:
                return Looked(left, tuple(trials), tuple(choices))
            part = left[0]

    def _whole(self, part: Part, values: Floats, free: Bools) -> tuple[Part, ...]:
        """What is left where all sites are whole: nothing, but for the solver's rounding."""
        value = self._better(self._written.chosen(values))
        rest = np.flatnonzero(free)
        if not rest.size or part.low >= -value - self._slack:
            return ()
        site = int(rest[0])
        return self._deeper(part.shut(site), part.opened(site))

    def _branched(
        self, solver: Relaxed, part: Part, found: Bounded, torn: Int64s, trials: list[Trial]
    ) -> tuple[Part, ...]:
        """The halves by the best site to branch on; one part where a trial settles a site, none where it beats both."""
        best, halves, waited = -1.0, (part, part), 0
        most = _TRIES if part.depth else _ROOT_TRIES
        for site in torn[np.argsort(-self._promise(found.values)[torn], kind="stable")][:most].tolist():
            value = found.values[site]
            shut, opened = part.shut(site), part.opened(site)
            if self._trials[site] < _KNOWN:
                shut, opened = (self._tried(solver, one) for one in (shut, opened))
                left = tuple(one for one in (shut, opened) if not self._beaten(one.low))
                if len(left) < 2:
                    return left
                down, up = shut.low - part.low, opened.low - part.low
                trials.append(Trial(site, down / value, up / (1 - value)))
            else:
                down, up = self._risen[:, site] / self._trials[site] * (value, 1 - value)
            lifted = max(down, 1e-3) * max(up, 1e-3)
            if lifted > best:
                best, halves, waited = lifted, (shut, opened), 0
            elif (waited := waited + 1) >= _PATIENCE:
                break
        return self._deeper(*halves)

    def _tried(self, solver: Relaxed, part: Part) -> Part:
        found = solver.run(part.lower, part.upper, part.basis, _TRIED, self._enough)
        return replace(part, low=np.inf if found is None else max(part.low, found.low))

    @staticmethod
    def _deeper(*halves: Part) -> tuple[Part, ...]:
        return tuple(replace(half, depth=half.depth + 1) for half in halves)

    def _settled(self, part: Part, found: Bounded) -> Part:
        """Opens or shuts what any better choice must have or cannot have."""
        free = part.lower < part.upper
        far = found.low + np.abs(found.reduced) > self._enough
        return replace(
            part,
            lower=np.where(free & far & (found.reduced < 0), 1.0, part.lower),
            upper=np.where(free & far & (found.reduced > 0), 0.0, part.upper),
        )

    def _promise(self, values: Floats) -> Floats:
        """How much each site is likely to lift both halves, by what was learned of it or of all."""
        known = max(1, int(self._trials.sum()))
        usual = self._risen.sum(axis=1, keepdims=True) / known
        rise = np.where(self._trials > 0, self._risen / np.maximum(self._trials, 1), np.where(usual > 0, usual, 1.0))
        promise: Floats = np.maximum(rise[0] * values, 1e-3) * np.maximum(rise[1] * (1 - values), 1e-3)
        return promise

    def _learn(self, looked: Looked) -> None:
        for trial in looked.trials:
            self._risen[:, trial.site] += trial.down, trial.up
            self._trials[trial.site] += 1
        for chosen in looked.choices:
            self.best = max(self.best, self._better(chosen))

    @property
    def _enough(self) -> float:
        """A part whose bound is beyond this holds nothing better."""
        return -self.best - self._step + self._slack

    def _beaten(self, low: float) -> bool:
        return low > self._enough

    def _tell(self, low: float) -> None:
        """The bound as the greatest value that it allows."""
        if np.isfinite(low):
            most = self._offset + self._step * int((-low - self._offset + self._slack) // self._step)
            self._bound(max(self.best, most))
        elif low > 0:
            self._bound(self.best)
