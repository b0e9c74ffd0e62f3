"""Better choices by swaps: one new site out, the best one in."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.problem import Problem


class Swapping(Protocol):
    """What a search tells of swaps; a change of no more than `least` is no difference."""

    problem: Problem
    least: float

    def changes(self, chosen: Bools, new: Int64s) -> Floats: ...


def swaps(search: Swapping, chosen: Bools, deadline: float) -> Bools:
    """Takes one new site out and the best in, as long as that helps and there is time."""
    chosen = chosen.copy()
    while time.monotonic() < deadline:
        new = np.flatnonzero(chosen & ~search.problem.fixed)
        if not new.size:
            return chosen
        change = search.changes(chosen, new)
        out, into = np.unravel_index(int(change.argmax()), change.shape)
        if change[out, into] <= search.least:
            return chosen
        chosen[new[out]], chosen[into] = False, True
    return chosen
