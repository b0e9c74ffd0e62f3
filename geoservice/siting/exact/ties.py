"""Choices of the same value told apart: the one whose people travel least, with the value held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geoservice.siting.evaluate import evaluate
from geoservice.siting.exact import highs
from geoservice.siting.exact.conditions import add_sites
from geoservice.siting.exact.cover import add_floors
from geoservice.siting.exact.levels import add_levels
from geoservice.siting.exact.program import Builder
from geoservice.siting.exact.tell import Tell
from geoservice.siting.exact.written import Written
from geoservice.siting.problem import Model, Problem

Prove = Callable[[Problem, list[int] | None, highs.Settings, Tell], str]


class Kept:
    """Passes on what is told and keeps the best choice."""

    def __init__(self, problem: Problem, start: list[int] | None, tell: Tell) -> None:
        self._problem, self._tell = problem, tell
        self.best: list[int] = []
        self._value: int | None = None
        if start is not None:
            self._keep(start)

    def sites(self, sites: list[int]) -> None:
        self._keep(sites)
        self._tell.sites(sites)

    def bound(self, bound: int) -> None:
        self._tell.bound(bound)

    def time_bound(self, bound: int) -> None:
        self._tell.time_bound(bound)

    def _keep(self, sites: list[int]) -> None:
        worth = evaluate(self._problem, sites)
        sign = -1 if self._problem.model.maximises else 1
        if worth.allowed and worth.value is not None and (self._value is None or sign * worth.value < self._value):
            self.best, self._value = sites, sign * worth.value


class _Second:
    """Tells bounds of the second stage as what they are."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.sites = tell.sites

    def bound(self, bound: int) -> None:
        self._tell.time_bound(bound)

    def time_bound(self, bound: int) -> None:
        self._tell.time_bound(bound)


def prove_ties(problem: Problem, best: list[int], settings: highs.Settings, tell: Tell, prove: Prove) -> str:
    """Looks for the least sum of times among choices of the value of `best`, which is proven."""
    worth = evaluate(problem, best)
    assert worth.value is not None
    if problem.model is not Model.MCLP:
        return prove(_as_median(problem, worth.value), best, settings, _Second(tell))
    written = ties_program(problem, worth.value)
    ran = highs.run(
        written.program,
        settings,
        start=written.write(best),
        better=lambda values: tell.sites(written.read(values)),
        bound=tell.time_bound,
    )
    if ran.values is not None:
        tell.sites(written.read(ran.values))
    return ran.status


def _as_median(problem: Problem, value: int) -> Problem:
    """Set cover and p-centre with their value held are p-medians over the times that it allows."""
    if problem.model is Model.PCENTRE:
        return replace(problem, model=Model.PMEDIAN, times=problem.times.only(problem.times.time <= value), ties=False)
    held = replace(problem, p=value) if problem.cost is None else replace(problem, budget=value)
    return replace(
        held,
        model=Model.PMEDIAN,
        times=problem.covering(),
        limit=None,
        group=None,
        floor=None,
        ties=False,
    )


def ties_program(problem: Problem, value: int) -> Written:
    """Least time of those covered, where so many are covered.

    A point that is not covered counts a time longer than any limit: at the same value that is the same for every choice.
    """
    times = problem.covering()
    beyond = int(times.time.max(initial=0)) + 1
    builder = Builder(maximise=False)
    column = add_sites(builder, problem, np.flatnonzero(~problem.fixed))
    left_out: list[int] = []
    left_weight: list[int] = []
    reachable = 0
    for point in np.flatnonzero((problem.weight > 0) & (np.diff(times.start) > 0)):
        mine = slice(times.start[point], times.start[point + 1])
        weight = int(problem.weight[point])
        sites, cost = times.site[mine], times.time[mine].astype(np.float64) * weight
        stays = problem.fixed[sites]
        most = float(cost[stays].min(initial=beyond * weight))
        last = add_levels(builder, column[sites[~stays]], cost[~stays], most)
        reachable += weight
        if not stays.any():
            left_out.append(last)
            left_weight.append(weight)
    uncovered = reachable - value
    builder.row(left_out, left_weight, upper=uncovered)
    builder.offset -= beyond * uncovered
    add_floors(builder, problem, column)
    return Written.of(problem, builder, column)
