"""Why no choice keeps all conditions: each is lifted by itself, and those without which a choice is found are named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.first import first_choice

_EACH_S = 1.0


def reasons_of(problem: Problem, seed: int) -> tuple[str, ...]:
    """Keys of conditions each of which alone stands in the way; ``together`` where no single one does, as far as is found."""
    found = []
    for name, lifted in _lifted(problem):
        if first_choice(lifted, seed=seed, deadline=time.monotonic() + _EACH_S) is not None:
            found.append(name)
    return tuple(found) or ("together",)


def _lifted(problem: Problem) -> Iterator[tuple[str, Problem]]:
    if problem.p is not None:
        free = None if problem.model is Model.LSCP or problem.budget is not None else problem.sites
        yield "p", replace(problem, p=free)
    if problem.keep:
        yield "keep", replace(problem, keep=0)
    if problem.shut.any():
        yield "shut", replace(problem, shut=np.zeros_like(problem.shut))
    if problem.budget is not None:
        yield "budget", replace(problem, budget=None, p=problem.sites if problem.p is None else problem.p)
    if problem.conflicting().size:
        yield "spacing", replace(problem, conflicts=np.empty((0, 2), dtype=np.int32))
    if problem.needs().any():
        yield "floor", replace(problem, group=None, floor=None)
