"""Exact bounded searches in whole deciseconds: a bucket queue (Dial) over compressed sparse rows.

Every weight is at least 1, so a bucket is final when it is reached, and with it the smallest source among those that
reach a node at the same time: the winner does not depend on any order of work. A search stops at ``time <= limit``.

Sources are taken in batches of neighbours (nodes lie in Hilbert order), which work on what the processor's cache holds;
a later batch goes on only where it improves on the earlier ones. The arcs of a node are asked for when it is queued.

Where rows have a core, the nearest search goes through it (`geoservice.network.core`); else, and where a field changes,
dead ends and the nodes along a street without a turning are labelled at once, ahead of their time, and never queue: a
way that comes from the other end later goes on as far as it improves on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoservice.errors import BadInput
from geoservice.network.ahead import ask
from geoservice.network.arrays import Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.core_search import search_core
from geoservice.network.graph import Csr
from geoservice.network.labels import NO_LABEL, SOURCE_BITS, Nearest, UInt32s, UInt64s, label_of, label_time
from geoservice.network.queue import NONE, entries_lent, put
from geoservice.network.scratch import Shelf

MAX_LIMIT_DS = 24 * 3600 * 10
NEVER = 2**31 - 1
_NEVER = 2**32 - 1

# A batch that settles fewer nodes is followed by a larger one: their labels and arcs fill the second cache.
_BATCH_NODES = 16384
# A smaller network lies in the cache as a whole: one batch, no node settled twice.
_SMALL_NODES = 250_000
# Sources that one thread searches before it takes the next ones.
_SHARE = 32
# A thread is worth its while from so many seeds on.
_LEAST_SEEDS = 64

_TIMES = Shelf(np.uint32, _NEVER)
_LABELS = Shelf(np.uint64, 0)
_FOUND = Shelf(np.uint64)

# Room for so many reached nodes is kept; more is got when it is needed.
_FOUND_ROWS = 2**18

T = TypeVar("T")


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


def nearest(rows: Csr, seeds: Seeds, limit_ds: int, *, threads: int = 1) -> Nearest:
    """Time of every node from its nearest source.

    Parameters
    ----------
    rows
        ``graph.reverse`` for the time towards the sources, ``graph.forward`` for the time from them.
    seeds
        In any order; of equal times the smallest source wins.
    limit_ds
        Nodes at exactly the limit are reached.
    threads
        Seeds are shared out among at most as many threads, by where they lie.

    Examples
    --------
    >>> line = Csr(np.array([0, 1, 2, 2], dtype=np.int32), np.array([[1, 5], [2, 5]], dtype=np.int32))
    >>> nearest(line, Seeds.of([0], [1], [0]), 6).time_ds.tolist()
    [1, 6, -1]
    >>> nearest(line, Seeds.of([], [], []), 6).source.tolist()
    [-1, -1, -1]
    """
    checked(rows, seeds)
    limit = checked_limit(limit_ds)
    ordered = _Ordered.of(seeds, np.argsort(seeds.node, kind="stable"))
    parts = max(1, min(threads, seeds.node.size // _LEAST_SEEDS))
    if rows.core is not None:
        return search_core(rows.core, ordered.columns, limit, parts, _shared_out)
    bounds = [seeds.node.size * part // parts for part in range(parts + 1)]
    label = np.zeros(rows.nodes, dtype=np.uint64)
    with ExitStack() as lent:
        labels = [label, *(lent.enter_context(_LABELS.lend(rows.nodes)) for _ in range(parts - 1))]
        touched = [np.empty(rows.nodes if part else 0, dtype=np.uint32) for part in range(parts)]

        def work(part: int) -> int:
            own = ordered.part(slice(bounds[part], bounds[part + 1]))
            with _queue(rows, own.node.size, limit) as queue:
                return _nearest(_unsigned(rows), own.columns, np.uint64(limit), labels[part], touched[part], queue)

        counts = _shared_out(work, range(parts), parts)
        for part in range(1, parts):
            _merge(labels[0], labels[part], touched[part][: counts[part]])
    return Nearest.of(label)


def reached(rows: Csr, seeds: Seeds, sources: int, limit_ds: int, *, threads: int = 1) -> Rows:
    """The nodes that each source reaches on its own; work and memory grow with what is reached, not with the network.

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
    checked(rows, seeds)
    limit = checked_limit(limit_ds)
    order = np.argsort(seeds.source, kind="stable")
    start = np.searchsorted(seeds.source[order], np.arange(sources + 1)).astype(np.int64)
    ordered = _Ordered.of(seeds, order)

    def work(first: int) -> tuple[Int64s, Int32s, Int32s]:
        own = start[first : min(first + _SHARE, sources) + 1]
        with (
            _TIMES.lend(rows.nodes) as time,
            _FOUND.lend(_FOUND_ROWS) as buffer,
            _queue(rows, int(own[-1] - own[0]), limit) as queue,
        ):
            found = buffer.view(np.int32).reshape(-1, 2)
            columns = ordered.node, ordered.time_ds, own
            counts, found = _reached(_unsigned(rows), columns, np.uint64(limit), time, found, queue)
            return counts, found[:, 0].copy(), found[:, 1].copy()

    done = _shared_out(work, range(0, sources, _SHARE), threads)
    counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part[0] for part in done)])
    node, time = (np.concatenate([np.empty(0, dtype=np.int32), *(part[at] for part in done)]) for at in (1, 2))
    return Rows(np.cumsum(counts), node, time)


def _shared_out(work: Callable[[int], T], parts: range, threads: int) -> list[T]:
    """What each part gives, in order; threads take the next part when they are free."""
    if min(threads, len(parts)) <= 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        return list(pool.map(work, parts))


@dataclass(frozen=True)
class _Ordered:
    """Seeds in the order in which they are searched, unsigned."""

    node: UInt32s
    time_ds: UInt32s
    source: UInt32s

    @classmethod
    def of(cls, seeds: Seeds, order: NDArray[np.intp]) -> _Ordered:
        columns = (seeds.node, seeds.time_ds, seeds.source)
        return cls(*(column[order].astype(np.uint32) for column in columns))

    @property
    def columns(self) -> tuple[UInt32s, UInt32s, UInt32s]:
        return self.node, self.time_ds, self.source

    def part(self, own: slice) -> _Ordered:
        return _Ordered(*(column[own] for column in self.columns))


def _queue(rows: Csr, seeds: int, limit: int) -> AbstractContextManager[tuple[UInt32s, UInt32s]]:
    return entries_lent(rows.arcs.shape[0] + seeds, limit)


def _unsigned(rows: Csr) -> tuple[UInt32s, UInt32s]:
    return rows.indptr.view(np.uint32), rows.arcs.view(np.uint32)


def checked(rows: Csr, seeds: Seeds) -> None:
    """Refuse seeds that do not belong to a graph."""
    if not seeds.node.size == seeds.time_ds.size == seeds.source.size:
        raise ValueError("seeds: node, time_ds and source differ in length")
    if seeds.node.size and (seeds.node.min() < 0 or seeds.node.max() >= rows.nodes):
        raise ValueError("seeds: no such node")
    if seeds.node.size and (seeds.time_ds.min() < 0 or seeds.source.min() < 0):
        raise ValueError("seeds: negative time or source")


_ONE = np.uint64(1)

# Where a way goes on from a node: by one arc, by several, by none.
_FORK = np.uint32(_NEVER)
_END = np.uint32(_NEVER - 1)


@kernel
def _noted(touched: UInt32s, listed: int, old: np.uint64, node: np.uint32) -> int:
    """List a node that had no label, if there is room for a list; how many are listed."""
    if old == NO_LABEL and touched.size > 0:
        touched[listed] = node
        listed += 1
    return listed


@kernel
def _nearest(
    rows: tuple[UInt32s, UInt32s],
    seeds: tuple[UInt32s, UInt32s, UInt32s],
    limit: np.uint64,
    label: UInt64s,
    touched: UInt32s,
    queue: tuple[UInt32s, UInt32s],
) -> int:
    """Improve the labels, batch by batch; how many of the nodes that had none are listed."""
    node, seed_ds, source = seeds
    listed, begin, size = 0, 0, 64 if rows[0].size > _SMALL_NODES else node.size
    while begin < node.size:
        own = node[begin : begin + size], seed_ds[begin : begin + size], source[begin : begin + size]
        begin += size
        settled, listed = _batch(rows, own, limit, label, (touched, listed), queue)
        if settled < _BATCH_NODES:
            size *= 2
        elif settled > 2 * _BATCH_NODES:
            size = max(1, size // 2)
    return listed


@kernel
def _batch(
    rows: tuple[UInt32s, UInt32s],
    seeds: tuple[UInt32s, UInt32s, UInt32s],
    limit: np.uint64,
    label: UInt64s,
    noted: tuple[UInt32s, int],
    queue: tuple[UInt32s, UInt32s],
) -> tuple[int, int]:
    """One search; how many nodes it settled, and how many are listed."""
    (indptr, arcs), (node, seed_ds, source), (head, entries) = rows, seeds, queue
    touched, listed = noted
    used, spare, live, settled = np.uint32(0), NONE, 0, 0
    for i in range(node.size):
        v, t = node[i], np.uint64(seed_ds[i])
        new = label_of(t, np.uint64(source[i]))
        if t <= limit and new > label[v]:
            listed = _noted(touched, listed, label[v], v)
            label[v] = new
            used, spare = put(head, entries, used, spare, t, v)
            live += 1
    bucket = np.uint64(0)
    while live > 0:
        while head[bucket] == NONE:
            bucket += _ONE
        entry = head[bucket]
        v = entries[entry, 0]
        head[bucket], entries[entry, 1] = entries[entry, 1], spare
        spare = entry
        live -= 1
        own = label[v]
        if label_time(own) != bucket:
            continue
        settled += 1
        for first in range(indptr[v], indptr[v + np.uint32(1)]):
            k, before, t, new = np.uint32(first), v, bucket, own
            while k < _END:
                w = arcs[k, 0]
                t += arcs[k, 1]
                new -= np.uint64(arcs[k, 1]) << SOURCE_BITS
                if t > limit or new <= label[w]:
                    break
                listed = _noted(touched, listed, label[w], w)
                label[w] = new
                k, before = _way_on(rows, before, w), w
                settled += k != _FORK
            if k == _FORK:
                ask(arcs, np.uint64(indptr[before]) << _ONE)
                used, spare = put(head, entries, used, spare, t, before)
                live += 1
    return settled, listed


@kernel
def _way_on(rows: tuple[UInt32s, UInt32s], before: np.uint32, node: np.uint32) -> np.uint32:
    """The one arc that leads on from a node, come from the one before; `_FORK` if there are several, or `_END`."""
    indptr, arcs = rows
    first, end = indptr[node], indptr[node + np.uint32(1)]
    if end - first > np.uint32(2):
        return _FORK
    on = _END
    for k in range(first, end):
        if arcs[k, 0] != before:
            if on != _END:
                return _FORK
            on = np.uint32(k)
    return on


@kernel
def _merge(label: UInt64s, part: UInt64s, touched: UInt32s) -> None:
    """Take over what is better, and empty the part."""
    for v in touched:
        label[v] = max(label[v], part[v])
        part[v] = NO_LABEL


@kernel
def _reached(
    rows: tuple[UInt32s, UInt32s],
    seeds: tuple[UInt32s, UInt32s, Int64s],
    limit: np.uint64,
    time: UInt32s,
    found: Int32s,
    queue: tuple[UInt32s, UInt32s],
) -> tuple[Int64s, Int32s]:
    """Number of nodes of each source, and nodes and times in a row; `time` is left as it was.

    Source s has the seeds ``start[s]`` to ``start[s + 1]``, `start` being the third column.
    """
    (indptr, arcs), (node, seed_ds, start), (head, entries) = rows, seeds, queue
    used, spare, live = np.uint32(0), NONE, 0
    counts = np.zeros(start.size - 1, dtype=np.int64)
    total = 0
    for s in range(start.size - 1):
        begin = total
        for i in range(start[s], start[s + 1]):
            v, t = node[i], np.uint64(seed_ds[i])
            if t <= limit and t < time[v]:
                time[v] = t
                used, spare = put(head, entries, used, spare, t, v)
                live += 1
        bucket = np.uint64(0)
        while live > 0:
            while head[bucket] == NONE:
                bucket += _ONE
            entry = head[bucket]
            v = entries[entry, 0]
            head[bucket], entries[entry, 1] = entries[entry, 1], spare
            spare = entry
            live -= 1
            if time[v] != bucket:
                continue
            if total == found.shape[0]:
                found = _doubled(found)
            found[total, 0], found[total, 1] = v, bucket
            total += 1
            for k in range(indptr[v], indptr[v + np.uint32(1)]):
                t = bucket + arcs[k, 1]
                w = arcs[k, 0]
                if t < time[w] and t <= limit:
                    time[w] = t
                    ask(arcs, np.uint64(indptr[w]) << _ONE)
                    used, spare = put(head, entries, used, spare, t, w)
                    live += 1
        for i in range(begin, total):
            time[found[i, 0]] = NONE
        counts[s] = total - begin
    return counts, found[:total]


@kernel
def _doubled(rows: Int32s) -> Int32s:
    larger = np.empty((2 * rows.shape[0], 2), dtype=np.int32)
    larger[: rows.shape[0]] = rows
    return larger
