"""The proof of each model."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from geoservice import __version__
from geoservice.siting.evaluate import evaluate
from geoservice.siting.exact import highs
from geoservice.siting.exact.capacity import capacity_program
from geoservice.siting.exact.centre import prove_centre
from geoservice.siting.exact.cover import cover_program
from geoservice.siting.exact.maximal import is_maximal, prove_maximal
from geoservice.siting.exact.median import prove_median
from geoservice.siting.exact.plain import is_plain, prove_plain
from geoservice.siting.exact.tell import Tell
from geoservice.siting.exact.ties import Kept, prove_ties
from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.first import shaken

# Shakes before a program of cover of so many pairs, and the most that they may take.
_LARGE = 20_000
_SHAKES, _SEARCH_S, _SEARCH_SHARE = 600, 1.0, 0.1


def method_of(problem: Problem, start: list[int] | None) -> str:
    """What proves a problem, with its version."""
    own = f"geoservice {__version__} branch and bound"
    if start is None:
        return highs.version()
    match problem.model:
        case Model.PMEDIAN if is_plain(problem):
            return own
        case Model.MCLP:
            return f"{own} on {highs.version()}"
        case Model.BACKUP if problem.levels[0] >= problem.levels[1]:
            return f"{own} on {highs.version()}"
    return highs.version()


def _better_start(problem: Problem, start: list[int] | None, settings: highs.Settings) -> list[int] | None:
    """A longer search before the program: the better the start, the smaller the tree."""
    if start is None or problem.model is Model.LSCP or problem.times.site.size < _LARGE:
        return start
    now = time.monotonic()
    deadline = now + min(_SEARCH_S, _SEARCH_SHARE * (settings.deadline - now))
    chosen = np.zeros(problem.sites, dtype=np.bool_)
    chosen[start] = True
    better: list[int] = np.flatnonzero(
        shaken(CoverSearch(problem), settings.seed + 1, deadline, _SHAKES, chosen)
    ).tolist()
    return better if evaluate(problem, better).allowed else start


def prove(problem: Problem, start: list[int] | None, settings: highs.Settings, tell: Tell) -> str:
    """Looks for the best choice and proves that none is better.

    Parameters
    ----------
    start
        A choice that keeps all conditions, or None.
    tell
        Takes every better choice and every better bound.

    Returns
    -------
    str
        ``optimal``, ``infeasible`` or ``stopped``.
    """
    if problem.ties:
        kept = Kept(problem, start, tell)
        word = prove(replace(problem, ties=False), start, settings, kept)
        return prove_ties(problem, kept.best, settings, tell, prove) if word == "optimal" else word
    match problem.model:
        case Model.PMEDIAN:
            if start is not None and is_plain(problem):
                return prove_plain(problem, start, settings, tell)
            return prove_median(problem, start, settings, tell)
        case Model.PCENTRE:
            return prove_centre(problem, start, settings, tell)
        case Model.CAPACITY:
            written = capacity_program(problem)
        case _:
            start = _better_start(problem, start, settings)
            if start is not None:
                tell.sites(start)
            written = cover_program(problem)
            if start is not None and is_maximal(written):
                return prove_maximal(written, start, settings, tell)
    ran = highs.run(
        written.program,
        settings,
        start=written.write(start),
        better=lambda values: tell.sites(written.read(values)),
        bound=tell.bound,
    )
    if ran.values is not None:
        tell.sites(written.read(ran.values))
    return ran.status
