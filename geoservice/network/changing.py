"""The nearest source of every node while sources come and go: only what a change touches is searched again.

A source that comes improves labels by a search that goes on only where it improves. The nodes of one that goes hang
together from its seeds, because the node before one of its nodes on the way is its own too; they are emptied and
searched again from the labels around them and from the seeds of others among them. All other labels stand.
"""

from __future__ import annotations

import numpy as np

from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr
from geoservice.network.labels import NO_LABEL, Nearest, UInt32s, UInt64s, label_of, label_source, label_time
from geoservice.network.search import Seeds, _nearest, _queue, _unsigned, checked, checked_limit

Columns = tuple[UInt32s, UInt32s, UInt32s]


class Changing:
    """A field that equals, after every change, what `nearest` gives from the sources that are there.

    Parameters
    ----------
    rows, opposite
        ``graph.reverse`` and ``graph.forward`` for the time towards the sources, the other way round for the time from
        them.
    limit_ds
        Nodes at exactly the limit are reached.

    Examples
    --------
    >>> ends, weight, yes = np.array([[0, 1], [1, 2]], dtype=np.int32), np.full(2, 5, dtype=np.int32), np.ones(2, bool)
    >>> from geoservice.network.build import csr
    >>> line = csr(3, ends[0], ends[1], weight, yes, yes)
    >>> field = Changing(line, line, 20)
    >>> field.add(Seeds.of([0], [1], [0]))
    >>> field.add(Seeds.of([2], [0], [1]))
    >>> field.nearest.time_ds.tolist(), field.nearest.source.tolist()
    ([1, 5, 0], [0, 1, 1])
    >>> field.remove(1)
    >>> field.nearest.time_ds.tolist()
    [1, 6, 11]
    """

    def __init__(self, rows: Csr, opposite: Csr, limit_ds: int) -> None:
        if rows.nodes != opposite.nodes or rows.arcs.shape != opposite.arcs.shape:
            raise ValueError("rows and opposite are not of one graph")
        self._rows, self._opposite, self._limit = rows, opposite, checked_limit(limit_ds)
        self._label = np.zeros(rows.nodes, dtype=np.uint64)
        self._seeds: Columns = (np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0, np.uint32))

    @property
    def nearest(self) -> Nearest:
        """The field as it is now: a view, which later changes change."""
        return Nearest.of(self._label)

    def add(self, seeds: Seeds) -> None:
        """Sources come.

        Raises
        ------
        ValueError
            If a source is there already.
        """
        checked(self._rows, seeds)
        columns = tuple(part.astype(np.uint32) for part in (seeds.node, seeds.time_ds, seeds.source))
        if np.isin(columns[2], self._seeds[2]).any():
            raise ValueError("seeds: a source that is there already")
        node, time, source = (np.concatenate(pair) for pair in zip(self._seeds, columns, strict=True))
        self._seeds = node, time, source
        self._search((columns[0], columns[1], columns[2]))

    def remove(self, source: int) -> None:
        """A source goes; one that has no seeds changes nothing."""
        mine = self._seeds[2] == source
        starts = self._seeds[0][mine]
        node, time, owner = (part[~mine] for part in self._seeds)
        self._seeds = node, time, owner
        region = _emptied(_unsigned(self._rows), self._label, starts, np.uint64(source))
        around = _around(_unsigned(self._opposite), self._label, region, np.uint64(self._limit))
        among = self._label[node] == NO_LABEL
        inner = (node[among], time[among], owner[among])
        first, second, third = (np.concatenate(pair) for pair in zip(around, inner, strict=True))
        self._search((first, second, third))

    def _search(self, seeds: Columns) -> None:
        touched = np.empty(0, dtype=np.uint32)
        with _queue(self._rows, seeds[0].size, self._limit) as queue:
            _nearest(_unsigned(self._rows), seeds, np.uint64(self._limit), self._label, touched, queue)


@kernel
def _emptied(rows: tuple[UInt32s, UInt32s], label: UInt64s, starts: UInt32s, source: np.uint64) -> UInt32s:
    """Take away the labels of a source, outwards from its seeds; the nodes that had them."""
    indptr, arcs = rows
    found = np.empty(1024, dtype=np.uint32)
    total = 0
    for v in starts:
        total, found = _emptied_one(label, v, source, found, total)
    at = 0
    while at < total:
        v = found[at]
        at += 1
        for k in range(indptr[v], indptr[v + np.uint32(1)]):
            total, found = _emptied_one(label, arcs[k, 0], source, found, total)
    return found[:total].copy()


@kernel
def _emptied_one(label: UInt64s, node: np.uint32, source: np.uint64, found: UInt32s, total: int) -> tuple[int, UInt32s]:
    if label[node] == NO_LABEL or label_source(label[node]) != source:
        return total, found
    label[node] = NO_LABEL
    if total == found.size:
        larger = np.empty(2 * total, dtype=np.uint32)
        larger[:total] = found
        found = larger
    found[total] = node
    return total + 1, found


@kernel
def _around(opposite: tuple[UInt32s, UInt32s], label: UInt64s, region: UInt32s, limit: np.uint64) -> Columns:
    """The best labels that nodes of an emptied region get from the nodes before them, outside it."""
    indptr, arcs = opposite
    node, time, source = np.empty_like(region), np.empty_like(region), np.empty_like(region)
    total = 0
    for v in region:
        best = NO_LABEL
        for k in range(indptr[v], indptr[v + np.uint32(1)]):
            before = label[arcs[k, 0]]
            if before == NO_LABEL:
                continue
            t = label_time(before) + arcs[k, 1]
            if t <= limit:
                best = max(best, label_of(t, label_source(before)))
        if best != NO_LABEL:
            node[total], time[total], source[total] = v, label_time(best), label_source(best)
            total += 1
    return node[:total].copy(), time[:total].copy(), source[:total].copy()
