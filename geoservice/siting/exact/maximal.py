"""Maximal and backup cover proven by a tree over sites, from a choice that is known."""

from __future__ import annotations

import threading
import time
import zlib

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.evaluate import evaluate
from geoservice.siting.exact.highs import Settings
from geoservice.siting.exact.tell import Tell
from geoservice.siting.exact.tree import Tree
from geoservice.siting.exact.written import Written
from geoservice.siting.problem import Problem
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.swapping import swaps

# Choices near the relaxation that are tried, at the root and elsewhere, and how long they may take.
_ROOT_DRAWN, _DRAWN, _NEAR_S = 30, 1, 4.0
_TORN = 1e-6


def is_maximal(written: Written) -> bool:
    """Whether a program asks for the most, and nothing but its sites has to be whole."""
    program = written.program
    return program.maximise and written.kept.size > 0 and int(program.whole.sum()) == written.kept.size


def prove_maximal(written: Written, start: list[int], settings: Settings, tell: Tell) -> str:
    """Proves a cover problem of which an allowed choice is known; gives ``optimal`` or ``stopped``."""
    best = _Best(written, start, tell, settings.deadline)
    tree = Tree(written, best.value, best.near, best.better, tell.bound)
    return "optimal" if tree.proven(settings) else "stopped"


class _Best:
    """The best choice so far; those that the relaxation suggests are filled up and mended by swaps."""

    def __init__(self, written: Written, start: list[int], tell: Tell, deadline: float) -> None:
        self._written, self._tell, self._deadline = written, tell, deadline
        self._problem: Problem = written.problem
        self._search = CoverSearch(self._problem)
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self.value = -1
        chosen = np.zeros(self._problem.sites, dtype=np.bool_)
        chosen[start] = True
        self.better(chosen)

    def near(self, values: Floats, root: bool) -> list[Bools]:  # noqa: FBT001 - a fact
        """Good choices near the columns of the relaxation, shape (kept,): its likely sites, and some drawn by chance."""
        drawn = np.random.default_rng(zlib.crc32(values.tobytes()))
        until = min(self._deadline, time.monotonic() + _NEAR_S)
        found = []
        for number in range(_ROOT_DRAWN if root else _DRAWN):
            share = np.maximum(values, 1e-9)
            rank = share if number == 0 else drawn.random(values.size) ** (1 / share)
            chosen = self._filled(np.argsort(-rank, kind="stable"), values)
            with self._lock:
                known = chosen.tobytes() in self._seen
                self._seen.add(chosen.tobytes())
            if not known and time.monotonic() < until:
                found.append(swaps(self._search, self._search.greedy(chosen), until))
        return found

    def _filled(self, order: Int64s, values: Floats) -> Bools:
        """As many sites of an order as may stand together, of those that the relaxation has."""
        chosen = self._problem.fixed.copy()
        for column in order[values[order] > _TORN]:
            site = self._written.kept[column]
            open_to = self._search.rules.addable(chosen)
            if not open_to.any():
                break
            chosen[site] = open_to[site]
        return chosen

    def better(self, chosen: Bools) -> int:
        """Takes a choice of all sites, shape (sites,); gives the best value known."""
        sites: list[int] = np.flatnonzero(chosen).tolist()
        worth = evaluate(self._problem, sites)
        with self._lock:
            if worth.allowed and worth.value is not None and worth.value > self.value:
                self.value = worth.value
                self._tell.sites(sites)
            return self.value
