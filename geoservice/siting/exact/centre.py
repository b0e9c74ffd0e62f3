"""The p-centre proven: bisection over the times, each step a set cover (Minieka 1970)."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from geoservice.siting.evaluate import evaluate
from geoservice.siting.exact import highs
from geoservice.siting.exact.cover import cover_program
from geoservice.siting.exact.tell import Tell
from geoservice.siting.problem import Model, Problem


def prove_centre(problem: Problem, start: list[int] | None, settings: highs.Settings, tell: Tell) -> str:
    """Proves a p-centre; gives ``optimal``, ``infeasible`` or ``stopped``."""
    could = np.zeros(problem.points, dtype=np.bool_)
    could[problem.times.point()] = True
    asked = np.flatnonzero(could & (problem.weight > 0))
    times = np.unique(problem.times.time)
    if not asked.size or not times.size:
        tell.sites(np.flatnonzero(problem.fixed).tolist())
        tell.bound(0)
        return "optimal"
    there = problem.times.only(~problem.shut[problem.times.site] | problem.fixed[problem.times.site])
    if (np.diff(there.start)[asked] == 0).any():
        return "infeasible"
    # Nobody is nearer than the nearest candidate.
    low = int(np.searchsorted(times, there.time[there.start[asked]].max()))
    high = times.size - 1 if start is None else int(np.searchsorted(times, evaluate(problem, start).worst))
    proven = start is not None
    tell.bound(int(times[low]))
    while low < high or not proven:
        if time.monotonic() >= settings.deadline:
            return "stopped"
        # The greatest time comes first where nothing is known: it tells whether there is an answer at all.
        middle = (low + high) // 2 if proven else high
        status, sites = _within(problem, int(times[middle]), settings)
        if status == "stopped":
            return "stopped"
        if sites is None:
            if not proven:
                return "infeasible"
            low = middle + 1
            tell.bound(int(times[low]))
        else:
            tell.sites(sites)
            proven, high = True, int(np.searchsorted(times, evaluate(problem, sites).worst))
    return "optimal"


def _within(problem: Problem, radius: int, settings: highs.Settings) -> tuple[str, list[int] | None]:
    """Sites that serve everybody within a time, if there are."""
    limit = np.full(problem.points, radius, dtype=np.int32)
    # Any cover will do: without a cost of its own the solver stops at the first.
    written = cover_program(replace(problem, model=Model.LSCP, limit=limit))
    program = replace(written.program, cost=np.zeros_like(written.program.cost))
    ran = highs.run(program, settings, better=lambda _: None, bound=lambda _: None)
    return ran.status, None if ran.values is None else written.read(ran.values)
