"""People placed at sites with so many places, exactly: an integer maximum flow."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np

from geoservice.network.arrays import Bools
from geoservice.siting.problem import Problem


def most_placed(problem: Problem, chosen: Bools) -> int:
    """The greatest weight that finds a place within its limit.

    Points that reach the same chosen sites are one node. Augmenting along shortest paths (Edmonds and Karp 1972), in
    whole numbers of any size.
    """
    assert problem.capacity is not None
    times = problem.covering()
    wanted: dict[tuple[int, ...], int] = {}
    for point, weight in enumerate(problem.weight.tolist()):
        mine = times.site[times.start[point] : times.start[point + 1]]
        key = tuple(sorted(mine[chosen[mine]].tolist()))
        if key and weight:
            wanted[key] = wanted.get(key, 0) + weight
    left = dict(zip(np.flatnonzero(chosen).tolist(), problem.capacity[chosen].tolist(), strict=True))
    sent: dict[int, dict[tuple[int, ...], int]] = {site: {} for site in left}
    placed = 0
    for key, amount in wanted.items():
        rest = amount
        while rest and (way := _way(key, left, sent)):
            step = min(rest, _room(way, left, sent))
            _send(way, step, left, sent)
            rest -= step
        placed += amount - rest
    return placed


Way = list[tuple[tuple[int, ...], int]]


def _way(key: tuple[int, ...], left: dict[int, int], sent: dict[int, dict[tuple[int, ...], int]]) -> Way:
    """Steps (node of people, site that takes them): each but the first node gives up a place at the site before."""
    came: dict[int, tuple[tuple[int, ...], int | None]] = {}
    queue: deque[int] = deque()
    for site in key:
        came[site] = (key, None)
        queue.append(site)
    while queue:
        site = queue.popleft()
        if left[site]:
            way: Way = []
            at: int | None = site
            while at is not None:
                node, before = came[at]
                way.append((node, at))
                at = before
            return way[::-1]
        for node, amount in sent[site].items():
            if amount:
                for other in node:
                    if other not in came:
                        came[other] = (node, site)
                        queue.append(other)
    return []


def _room(way: Way, left: dict[int, int], sent: dict[int, dict[tuple[int, ...], int]]) -> int:
    given = [sent[site][node] for (_, site), (node, _) in pairwise(way)]
    return min([left[way[-1][1]], *given])


def _send(way: Way, step: int, left: dict[int, int], sent: dict[int, dict[tuple[int, ...], int]]) -> None:
    for number, (node, site) in enumerate(way):
        sent[site][node] = sent[site].get(node, 0) + step
        if number + 1 < len(way):
            sent[site][way[number + 1][0]] -= step
    left[way[-1][1]] -= step
