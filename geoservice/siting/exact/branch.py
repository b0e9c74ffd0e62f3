"""Branch and bound by Lagrange multipliers, for problems whose only condition on sites is their number.

Nodes are taken lowest bound first, of equal ones the deepest, as many at a time as there are threads, so that the same nodes are met at every run.
"""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int8s, Int32s, Int64s
from geoservice.siting.exact.highs import Settings
from geoservice.siting.exact.multipliers import FRACTION, FREE, OPEN, climb

_ROOT_ROUNDS, _ROOT_STEPS, _ROOT_PATIENCE = 30, 100, 25
_STEPS, _PATIENCE, _STEP = 60, 8, 0.5
# Choices of the multipliers up to so many times the best value are mended by swaps.
_PROMISING = 1.02


@dataclass(frozen=True)
class Service:
    """What serving costs: whole numbers.

    Attributes
    ----------
    start, site, cost
        Sites of each point, cheapest first; int64, int32 and float64.
    most
        float64, shape (points,): what a point costs that is not served.
    places
        How many sites may be open in all.
    plain
        Whether every choice of so many sites is allowed.
    """

    start: Int64s
    site: Int32s
    cost: Floats
    most: Floats
    places: int
    plain: bool

    @property
    def slack(self) -> float:
        """How far sums may be off."""
        total = float(self.most.sum())
        return 0.0 if total * FRACTION < 2**53 else total * 1e-12


@dataclass(frozen=True)
class Node:
    """Part of all choices: some sites open, some shut."""

    state: Int8s
    u: Floats
    low: float
    branch: int


Climbed = tuple[Node, float, Bools, float]


class Branching:
    """A search that proves a best choice.

    Parameters
    ----------
    state
        int8, shape (sites,): sites that are open or shut from the start.
    best
        Value of the best choice known, infinite where there is none.
    better
        Takes sites and gives the best value then known; it may mend them first.
    bound
        Takes a rising bound, at most the best value.
    """

    def __init__(
        self,
        service: Service,
        state: Int8s,
        best: float,
        better: Callable[[Bools], float],
        bound: Callable[[int], None],
    ) -> None:
        self._service = service
        self._better = better
        self._bound = bound
        self.best = best
        costs = np.full(service.most.size, 0.0)
        there = np.flatnonzero(np.diff(service.start) > 1)
        costs[there] = service.cost[service.start[there] + 1]
        self.root = Node(state, np.minimum(np.where(costs > 0, costs, service.most / 2), service.most), -np.inf, -1)

    def bounded(self, deadline: float) -> bool:
        """Lets the bound of the root rise and settles sites; whether that was proof."""
        step, waited = 1.5, 0
        for _ in range(_ROOT_ROUNDS):
            before, settled = self.root.low, int((self.root.state != FREE).sum())
            found = self._climbed(self.root, _ROOT_STEPS, _ROOT_PATIENCE, step)
            self.root, step = self._taken(*found), found[-1]
            self._tell(self.root.low)
            if self._beaten(self.root.low) or self.root.branch < 0 or time.monotonic() >= deadline:
                break
            stuck = self.root.low < before + 1e-5 * abs(before) and int((self.root.state != FREE).sum()) == settled
            waited = waited + 1 if stuck else 0
            if step < 1e-3 or waited > 2:
                break
        return self._done(self.root) if self._service.plain else self._beaten(self.root.low)

    def proven(self, settings: Settings) -> bool:
        """Branches from the root until the best choice is proven; False where time ran out."""
        threads = settings.threads or min(8, os.cpu_count() or 1)
        heap = [] if self._done(self.root) else [(*self._rank(self.root), 0, self.root)]
        number = 0
        with ThreadPoolExecutor(threads) as pool:
            while heap and not self._beaten(heap[0][-1].low):
                if time.monotonic() >= settings.deadline:
                    return False
                taken = [heapq.heappop(heap)[-1] for _ in range(min(threads, len(heap)))]
                children = [child for node in taken for child in _halves(node)]
                for found in list(pool.map(self._climbed, children)):
                    node = self._taken(*found)
                    if not self._done(node):
                        number += 1
                        heapq.heappush(heap, (*self._rank(node), number, node))
                self._tell(heap[0][-1].low if heap else self.best)
        self._tell(self.best)
        return True

    def _climbed(self, node: Node, steps: int = _STEPS, patience: int = _PATIENCE, step: float = _STEP) -> Climbed:
        """A node with a better bound and more of its sites settled, the best choice met, and the last step."""
        one = self._service
        state, u = node.state.copy(), node.u.copy()
        low, value, chosen, branch, step = climb(
            one.start,
            one.site,
            one.cost,
            one.most,
            state,
            u,
            one.places,
            self.best,
            steps,
            patience,
            step,
            one.slack,
            one.plain,
        )
        return Node(state, u, max(low, node.low), branch), value, chosen, step

    def _taken(self, node: Node, value: float, chosen: Bools, _step: float) -> Node:
        if value < self.best * _PROMISING:
            self.best = min(self.best, self._better(chosen))
        return node

    def _rank(self, node: Node) -> tuple[int, int]:
        """Values are whole: of bounds that promise the same value the node with most sites settled goes first."""
        return int(np.ceil(node.low - self._service.slack)), -int((node.state != FREE).sum())

    def _beaten(self, low: float) -> bool:
        """Whether values are whole and none from here is below the best."""
        return low - self._service.slack > self.best - 1

    def _done(self, node: Node) -> bool:
        """Whether no choice of a node is better than the best."""
        if self._beaten(node.low):
            return True
        if node.branch >= 0:
            return False
        self.best = min(self.best, self._better(node.state == OPEN))
        return True

    def _tell(self, low: float) -> None:
        self._bound(int(min(np.ceil(low - self._service.slack), self.best)))


def _halves(node: Node) -> tuple[Node, Node]:
    """A node with one of its sites open, and shut."""
    opened, shut = node.state.copy(), node.state.copy()
    opened[node.branch], shut[node.branch] = 1, 2
    return Node(opened, node.u, node.low, -1), Node(shut, node.u, node.low, -1)
