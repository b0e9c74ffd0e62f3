"""The few nearest sources of every node, exact in whole deciseconds, in one search.

A node's list holds different sources in the order of (time, source). Every weight is at least 1, so the part of a list
at a bucket's time is final when the bucket is reached; what is not among the first of a node cannot be among the first
of a node behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Int32s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr
from geoservice.network.search import NEVER, Seeds, checked_limit


@dataclass(frozen=True)
class Ranked:
    """The nearest sources in order.

    Attributes
    ----------
    time_ds, source
        int32, shape (n, k), in each row by time, of equal times the smaller source first; -1 where there are fewer
        than k within the limit.
    """

    time_ds: Int32s
    source: Int32s


def ranked(rows: Csr, seeds: Seeds, limit_ds: int, k: int) -> Ranked:
    """The k nearest different sources of every node.

    Parameters
    ----------
    rows
        ``graph.reverse`` for the time towards the sources, ``graph.forward`` for the time from them.
    seeds
        In any order.
    limit_ds
        Nodes at exactly the limit are reached.
    k
        At least 1.

    Examples
    --------
    >>> line = Csr(np.array([0, 1, 2, 2], dtype=np.int32), np.array([[1, 5], [2, 5]], dtype=np.int32))
    >>> ranked(line, Seeds.of([0, 1], [1, 0], [0, 1]), 9, 2).time_ds.tolist()
    [[1, -1], [0, 6], [5, -1]]
    >>> ranked(line, Seeds.of([], [], []), 9, 1).source.tolist()
    [[-1], [-1], [-1]]
    """
    time, source = _ranked(
        rows.indptr, rows.arcs, (seeds.node, seeds.time_ds, seeds.source), checked_limit(limit_ds), k
    )
    return told(time, source)


def told(time: Int32s, source: Int32s) -> Ranked:
    """Lists as kernels keep them, with -1 where nothing is."""
    nothing = time == NEVER
    return Ranked(np.where(nothing, -1, time).astype(np.int32), np.where(nothing, -1, source).astype(np.int32))


@kernel
def offer(time: Int32s, source: Int32s, row: int, t: int, s: int) -> bool:
    """Put a source into a row's list; whether it was better than what stood there."""
    k = time.shape[1]
    at = k
    for i in range(k):
        if source[row, i] == s and time[row, i] != NEVER:
            if time[row, i] <= t:
                return False
            at = i
            break
    if at == k:
        at = k - 1
        if not (t < time[row, at] or (t == time[row, at] and s < source[row, at])):
            return False
    while at > 0 and (t < time[row, at - 1] or (t == time[row, at - 1] and s < source[row, at - 1])):
        time[row, at], source[row, at] = time[row, at - 1], source[row, at - 1]
        at -= 1
    time[row, at], source[row, at] = t, s
    return True


@kernel
def _ranked(
    indptr: Int32s, arcs: Int32s, seeds: tuple[Int32s, Int32s, Int32s], limit: int, k: int
) -> tuple[Int32s, Int32s]:
    node, seed_ds, seed_source = seeds
    time = np.full((indptr.size - 1, k), NEVER, dtype=np.int32)
    source = np.full((indptr.size - 1, k), NEVER, dtype=np.int32)
    head = np.full(limit + 1, -1, dtype=np.int64)
    # Each list entry is final when it is spread: no more are ever queued.
    entries = np.empty((k * arcs.shape[0] + node.size + 1, 2), dtype=np.int64)
    used = 0
    for i in range(node.size):
        if seed_ds[i] <= limit and offer(time, source, node[i], seed_ds[i], seed_source[i]):
            entries[used, 0], entries[used, 1] = node[i], head[seed_ds[i]]
            head[seed_ds[i]] = used
            used += 1
    for bucket in range(limit + 1):
        entry = head[bucket]
        while entry >= 0:
            v = entries[entry, 0]
            entry = entries[entry, 1]
            for i in range(k):
                if time[v, i] != bucket:
                    continue
                for a in range(indptr[v], indptr[v + 1]):
                    t = bucket + arcs[a, 1]
                    if t <= limit and offer(time, source, arcs[a, 0], t, source[v, i]):
                        entries[used, 0], entries[used, 1] = arcs[a, 0], head[t]
                        head[t] = used
                        used += 1
    return time, source
