"""The proof of each model."""

from __future__ import annotations

from dataclasses import replace

from geoservice import __version__
from geoservice.siting.exact import highs
from geoservice.siting.exact.capacity import capacity_program
from geoservice.siting.exact.centre import prove_centre
from geoservice.siting.exact.cover import cover_program
from geoservice.siting.exact.median import prove_median
from geoservice.siting.exact.plain import is_plain, prove_plain
from geoservice.siting.exact.tell import Tell
from geoservice.siting.exact.ties import Kept, prove_ties
from geoservice.siting.problem import Model, Problem


def method_of(problem: Problem, start: list[int] | None) -> str:
    """What proves a problem, with its version."""
    own = problem.model is Model.PMEDIAN and start is not None and is_plain(problem)
    return f"geoservice {__version__} branch and bound" if own else highs.version()


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
            written = cover_program(problem)
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
