"""Small networks and sources to search, and what a search that shares no code with ours finds on them."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoservice.network.build import csr
from geoservice.network.graph import Csr
from geoservice.network.search import Seeds

Arc = tuple[int, int, int]
Problem = tuple[int, list[Arc], list[tuple[int, int, int]], int]


def rows_of(nodes: int, arcs: list[Arc]) -> Csr:
    u, v, weight = (np.array([arc[i] for arc in arcs], dtype=np.int32) for i in range(3))
    yes = np.ones(len(arcs), dtype=bool)
    return csr(nodes, u, v, weight, yes, ~yes)


def oracle(nodes: int, arcs: list[Arc], seeds: list[tuple[int, int, int]]) -> NDArray[np.float64]:
    """Time of every node (columns) from every source (rows), infinite where there is no path."""
    least: dict[tuple[int, int], int] = {}
    for u, v, weight in arcs:
        if u != v:
            least[u, v] = min(weight, least.get((u, v), weight))
    matrix = csr_array((list(least.values()), tuple(zip(*least, strict=True)) or ([], [])), shape=(nodes, nodes))
    between = dijkstra(matrix)
    count = 1 + max((source for _, _, source in seeds), default=-1)
    times = np.full((count, nodes), np.inf)
    for node, time, source in seeds:
        times[source] = np.minimum(times[source], time + between[node])
    return times


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    nodes = draw(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(node, node, st.integers(1, 9)), max_size=40))
    seeds = draw(st.lists(st.tuples(node, st.integers(0, 12), st.integers(0, 4)), max_size=8))
    return nodes, arcs, seeds, draw(st.integers(0, 40))


@st.composite
def streets(draw: st.DrawFn) -> Problem:
    """Mostly chains, rings and dead ends, one-way or not, with parallel arcs and loops; some nodes stand alone."""
    nodes = draw(st.integers(1, 24))
    node, weight = st.integers(0, nodes - 1), st.integers(1, 5)
    arcs = []
    for first, length, way in draw(st.lists(st.tuples(node, st.integers(1, 9), st.sampled_from("<>=")), max_size=5)):
        for u in range(first, first + length):
            ends = u % nodes, (u + 1) % nodes
            arcs += [(*ends, draw(weight))] if way != "<" else []
            arcs += [(*ends[::-1], draw(weight))] if way != ">" else []
    arcs += draw(st.lists(st.tuples(node, node, weight), max_size=4))
    seeds = draw(st.lists(st.tuples(node, st.integers(0, 9), st.integers(0, 4)), max_size=6))
    return nodes, arcs, seeds, draw(st.integers(0, 40))


def as_they_are(nodes: int, arcs: list[Arc]) -> Csr:
    """Rows that keep parallel arcs and loops, in any order."""
    ordered = sorted(arcs, key=lambda arc: arc[0])
    indptr = np.searchsorted([arc[0] for arc in ordered], np.arange(nodes + 1)).astype(np.int32)
    return Csr(indptr, np.array([arc[1:] for arc in ordered], dtype=np.int32).reshape(-1, 2))


def plain(rows: Csr, seeds: list[tuple[int, int, int]], limit: int) -> list[tuple[int, int]]:
    """Time and source of each node, by a heap of (time, source, node)."""
    found = [(-1, -1)] * rows.nodes
    waiting = sorted((time, source, node) for node, time, source in seeds)
    while waiting:
        time, source, node = heappop(waiting)
        if time <= limit and found[node] == (-1, -1):
            found[node] = time, source
            for target, weight in rows.arcs[rows.indptr[node] : rows.indptr[node + 1]].tolist():
                heappush(waiting, (time + weight, source, target))
    return found


def seeds_of(seeds: list[tuple[int, int, int]]) -> Seeds:
    return Seeds.of(*([seed[i] for seed in seeds] for i in range(3)))
