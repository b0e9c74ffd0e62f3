"""A good choice within about a second, for every model."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

import numpy as np

from geoservice.network.arrays import Bools
from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.median import Costs, MedianSearch
from geoservice.siting.search.rules import Rules
from geoservice.siting.search.swapping import Swapping, swaps

# After the first swaps: how often a choice is shaken and mended, and how much worse a choice to go on from may be.
_SHAKES = 60
_WORSE = 0.0015


class Search(Swapping, Protocol):
    """What greedy and swaps need to be repeated."""

    rules: Rules

    def greedy(self, chosen: Bools | None = None) -> Bools: ...
    def score(self, chosen: Bools) -> float: ...


def first_choice(problem: Problem, *, seed: int, deadline: float) -> list[int] | None:
    """Sites of a choice that keeps all conditions, existing ones among them; None where none was found.

    Parameters
    ----------
    deadline
        Moment of `time.monotonic` after which no more is tried.
    """
    match problem.model:
        case Model.LSCP:
            search = CoverSearch(problem)
            chosen = search.needless(search.greedy())
        case Model.PMEDIAN:
            chosen = shaken(MedianSearch(problem, Costs(problem)), seed, deadline)
        case Model.PCENTRE:
            chosen = _centre(problem, deadline)
        case _:
            chosen = shaken(CoverSearch(problem), seed, deadline)
    sites: list[int] = np.flatnonzero(chosen).tolist()
    return sites if evaluate(problem, sites).allowed else None


def shaken(search: Search, seed: int, deadline: float, shakes: int = _SHAKES, start: Bools | None = None) -> Bools:
    """Greedy and swaps, then again from choices of which up to a quarter of the sites was taken out."""
    chance = np.random.default_rng(seed)
    best = swaps(search, search.greedy(), deadline) if start is None else start
    known = search.score(best)
    now, score = best, known
    for _ in range(shakes):
        new = np.flatnonzero(now & ~search.problem.fixed)
        if time.monotonic() >= deadline or new.size == 0:
            break
        tried = now.copy()
        out = min(new.size, int(chance.integers(2, max(4, new.size // 4))))
        tried[chance.choice(new, size=out, replace=False)] = False
        open_to = np.flatnonzero(search.rules.addable(tried))
        if open_to.size:
            tried[chance.choice(open_to)] = True
        tried = swaps(search, search.greedy(tried), deadline)
        found = search.score(tried)
        if found > known:
            best, known = tried, found
        if found >= score - _WORSE * abs(score):
            now, score = tried, found
    return best


def _centre(problem: Problem, deadline: float) -> Bools:
    """Greedy set cover at times found by bisection."""
    radii = np.unique(problem.times.time)
    low, high = 0, radii.size - 1
    best = problem.fixed.copy()
    while low <= high and time.monotonic() < deadline:
        middle = (low + high) // 2
        chosen = _within(problem, int(radii[middle]))
        if chosen is None:
            low = middle + 1
        else:
            best, high = chosen, middle - 1
    return best


def _within(problem: Problem, radius: int) -> Bools | None:
    """A greedy choice that serves everybody within a time; None where greedy finds none."""
    chosen = CoverSearch(
        replace(problem, model=Model.LSCP, limit=np.full(problem.points, radius, dtype=np.int32))
    ).greedy()
    worth = evaluate(problem, np.flatnonzero(chosen).tolist())
    return chosen if worth.allowed and worth.worst <= radius else None
