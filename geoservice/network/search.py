"""Exact bounded searches in whole deciseconds: a bucket queue (Dial) over compressed sparse rows.

Every weight is at least 1, so a bucket is final when it is reached, and with it the smallest source among those that
reach a node at the same time: the winner does not depend on any order of work. A search stops at ``time <= limit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr

MAX_LIMIT_DS = 24 * 3600 * 10
NEVER = 2**31 - 1


@dataclass(frozen=True)
class Seeds:
    """Where searches begin.

    Attributes
    ----------
    node
        int32, shape (k,).
    time_ds
        int32 >= 0: what it costs to be there.
    source
        int32 >= 0: number of the source that the seed belongs to.
    """

    node: Int32s
    time_ds: Int32s
    source: Int32s

    @classmethod
    def of(cls, node: Sequence[int], time_ds: Sequence[int], source: Sequence[int]) -> Seeds:
        """Seeds from plain sequences."""
        return cls(*(np.asarray(part, dtype=np.int32) for part in (node, time_ds, source)))


@dataclass(frozen=True)
class Nearest:
    """Least time and the source that gives it, a node; both -1 where no source is within the limit."""

    time_ds: Int32s
    source: Int32s


@dataclass(frozen=True)
class Rows:
    """Nodes that each source reaches: those of source s at ``offset[s]`` to ``offset[s + 1]``, nearest first."""

    offset: Int64s
    node: Int32s
    time_ds: Int32s


def checked_limit(limit_ds: int) -> int:
    """A limit that a search can take.

    Raises
    ------
    BadInput
        ``network.bad-limit`` if it is negative or more than 24 hours.
    """
    if not 0 <= limit_ds <= MAX_LIMIT_DS:
        raise BadInput("network.bad-limit", value=limit_ds, maximum=MAX_LIMIT_DS)
    return int(limit_ds)


def nearest(rows: Csr, seeds: Seeds, limit_ds: int) -> Nearest:
    """Time of every node from its nearest source.

    Parameters
    ----------
    rows
        ``graph.reverse`` for the time towards the sources, ``graph.forward`` for the time from them.
    seeds
        In any order; of equal times the smallest source wins.
    limit_ds
        Nodes at exactly the limit are reached.

    Examples
    --------
    >>> line = Csr(np.array([0, 1, 2, 2], dtype=np.int32), np.array([[1, 5], [2, 5]], dtype=np.int32))
    >>> nearest(line, Seeds.of([0], [1], [0]), 6).time_ds.tolist()
    [1, 6, -1]
    >>> nearest(line, Seeds.of([], [], []), 6).source.tolist()
    [-1, -1, -1]
    """
    _check(rows, seeds)
    time, source = _nearest(rows.indptr, rows.arcs, seeds.node, seeds.time_ds, seeds.source, checked_limit(limit_ds))
    return Nearest(time, source)


def reached(rows: Csr, seeds: Seeds, sources: int, limit_ds: int, *, threads: int = 1) -> Rows:
    """The nodes that each source reaches on its own.

    Parameters
    ----------
    rows, limit_ds
        As for `nearest`.
    seeds
        Of all sources; each is less than `sources`.
    sources
        Number of sources; one without seeds has an empty row.
    threads
        Sources are shared out among as many threads.
    """
    _check(rows, seeds)
    limit = checked_limit(limit_ds)
    order = np.argsort(seeds.source, kind="stable")
    node, time = seeds.node[order], seeds.time_ds[order]
    start = np.searchsorted(seeds.source[order], np.arange(sources + 1)).astype(np.int64)
    bounds = np.linspace(0, sources, max(1, min(threads, sources)) + 1).astype(np.int64)

    def work(part: int) -> tuple[Int64s, Int32s, Int32s]:
        own = start[bounds[part] : bounds[part + 1] + 1]
        return _reached(rows.indptr, rows.arcs, node, time, own, limit)

    parts = range(bounds.size - 1)
    if len(parts) == 1:
        done = [work(0)]
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            done = list(pool.map(work, parts))
    counts = np.concatenate([part[0] for part in done])
    return Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([part[1] for part in done]),
        np.concatenate([part[2] for part in done]),
    )


def _check(rows: Csr, seeds: Seeds) -> None:
    if not seeds.node.size == seeds.time_ds.size == seeds.source.size:
        raise ValueError("seeds: node, time_ds and source differ in length")
    if seeds.node.size and (seeds.node.min() < 0 or seeds.node.max() >= rows.nodes):
        raise ValueError("seeds: no such node")
    if seeds.node.size and (seeds.time_ds.min() < 0 or seeds.source.min() < 0):
        raise ValueError("seeds: negative time or source")


# The queue: `head` holds the first entry of each bucket, an entry is (node, next entry). Spent entries are used again,
# so that few pages are ever touched. Counters are plain numbers, which stay in registers. Nodes index unsigned: an
# index that may be negative costs a test.


@kernel
def _put(head: Int32s, entries: Int32s, used: int, spare: int, bucket: int, node: int | np.uint32) -> tuple[int, int]:
    """Put a node into a bucket; the number of entries ever used and the first spare one afterwards."""
    entry = spare if spare >= 0 else used
    if spare >= 0:
        spare = entries[entry, 1]
    else:
        used += 1
    entries[entry, 0] = node
    entries[entry, 1] = head[bucket]
    head[bucket] = entry
    return used, spare


# Time and source of a node in one number, time first: the lesser label is the earlier time or, of equal ones, the
# smaller source, and both lie in one cache line.
_SOURCE_BITS = 32
_SOURCE_MASK = 2**32 - 1


@kernel
def _plant(node: Int32s, seed_ds: Int32s, source: Int32s, limit: int, label: Int64s) -> None:
    """Least time and, of equal ones, the smallest source at each seeded node."""
    for i in range(node.size):
        if seed_ds[i] <= limit:
            own = (np.int64(seed_ds[i]) << _SOURCE_BITS) | np.int64(source[i])
            label[node[i]] = min(label[node[i]], own)


@kernel
def _nearest(
    indptr: Int32s, arcs: Int32s, node: Int32s, seed_ds: Int32s, source: Int32s, limit: int
) -> tuple[Int32s, Int32s]:
    label = np.full(indptr.size - 1, np.int64(NEVER) << _SOURCE_BITS, dtype=np.int64)
    head = np.full(limit + 1, -1, dtype=np.int32)
    entries = np.empty((arcs.shape[0] + node.size + 1, 2), dtype=np.int32)
    used, spare, live = 0, -1, 0
    _plant(node, seed_ds, source, limit, label)
    for i in range(node.size):
        if label[node[i]] == (np.int64(seed_ds[i]) << _SOURCE_BITS) | np.int64(source[i]):
            used, spare = _put(head, entries, used, spare, seed_ds[i], node[i])
            live += 1
    bucket = 0
    while live > 0:
        while head[bucket] < 0:
            bucket += 1
        entry = head[bucket]
        v = np.uint32(entries[entry, 0])
        head[bucket], entries[entry, 1] = entries[entry, 1], spare
        spare = entry
        live -= 1
        own = label[v]
        if own >> _SOURCE_BITS != bucket:
            continue
        for k in range(np.uint32(indptr[v]), np.uint32(indptr[v + np.uint32(1)])):
            t = bucket + arcs[k, 1]
            if t > limit:
                continue
            w = np.uint32(arcs[k, 0])
            new, old = (np.int64(t) << _SOURCE_BITS) | (own & _SOURCE_MASK), label[w]
            if new < old:
                label[w] = new
                if old >> _SOURCE_BITS != t:
                    used, spare = _put(head, entries, used, spare, t, w)
                    live += 1
    return _unpacked(label)


@kernel
def _unpacked(label: Int64s) -> tuple[Int32s, Int32s]:
    time = np.full(label.size, -1, dtype=np.int32)
    winner = np.full(label.size, -1, dtype=np.int32)
    for v in range(label.size):
        if label[v] >> _SOURCE_BITS != NEVER:
            time[v], winner[v] = label[v] >> _SOURCE_BITS, label[v] & _SOURCE_MASK
    return time, winner


@kernel
def _reached(
    indptr: Int32s, arcs: Int32s, node: Int32s, seed_ds: Int32s, start: Int64s, limit: int
) -> tuple[Int64s, Int32s, Int32s]:
    time = np.full(indptr.size - 1, NEVER, dtype=np.int32)
    head = np.full(limit + 1, -1, dtype=np.int32)
    entries = np.empty((arcs.shape[0] + node.size + 1, 2), dtype=np.int32)
    used, spare, live = 0, -1, 0
    counts = np.zeros(start.size - 1, dtype=np.int64)
    rows = np.empty((1024, 2), dtype=np.int32)
    total = 0
    for s in range(start.size - 1):
        begin = total
        for i in range(start[s], start[s + 1]):
            if seed_ds[i] <= limit and seed_ds[i] < time[node[i]]:
                time[node[i]] = seed_ds[i]
                used, spare = _put(head, entries, used, spare, seed_ds[i], node[i])
                live += 1
        bucket = 0
        while live > 0:
            while head[bucket] < 0:
                bucket += 1
            entry = head[bucket]
            v = np.uint32(entries[entry, 0])
            head[bucket], entries[entry, 1] = entries[entry, 1], spare
            spare = entry
            live -= 1
            if time[v] != bucket:
                continue
            if total == rows.shape[0]:
                rows = _doubled(rows)
            rows[total, 0], rows[total, 1] = v, bucket
            total += 1
            for k in range(np.uint32(indptr[v]), np.uint32(indptr[v + np.uint32(1)])):
                t = bucket + arcs[k, 1]
                w = np.uint32(arcs[k, 0])
                if t <= limit and t < time[w]:
                    time[w] = t
                    used, spare = _put(head, entries, used, spare, t, w)
                    live += 1
        for i in range(begin, total):
            time[rows[i, 0]] = NEVER
        counts[s] = total - begin
    return counts, rows[:total, 0].copy(), rows[:total, 1].copy()


@kernel
def _doubled(rows: Int32s) -> Int32s:
    larger = np.empty((2 * rows.shape[0], 2), dtype=np.int32)
    larger[: rows.shape[0]] = rows
    return larger
