"""Proofs in the process of the test, kept as `solve` keeps them."""

from __future__ import annotations

import time

from geoservice.siting.exact import highs
from geoservice.siting.exact.prove import prove
from geoservice.siting.problem import Problem
from geoservice.siting.search.first import first_choice
from geoservice.siting.solve import State


class Listener:
    """Keeps what a proof tells, by the checker, as `solve` does."""

    def __init__(self, problem: Problem) -> None:
        self.state = State(problem)

    def sites(self, sites: list[int]) -> None:
        self.state.offer(sites)

    def bound(self, bound: int) -> None:
        self.state.limit(bound)

    def time_bound(self, bound: int) -> None:
        self.state.limit_time(bound)


def proven(problem: Problem, *, seed: int = 1, start: bool = True) -> tuple[str, State]:
    """The word of the proof, and what it leaves."""
    now = time.monotonic()
    first = first_choice(problem, seed=seed, deadline=now + 1) if start else None
    listener = Listener(problem)
    if first is not None:
        listener.sites(first)
    word = prove(problem, first, highs.Settings(seed, 1, now + 60), listener)
    return word, listener.state
