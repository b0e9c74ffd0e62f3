"""Labels: time and source of a node in one number; and the answer of a nearest search."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geoservice.network.arrays import Int32s
from geoservice.network.compiled import kernel

UInt32s = NDArray[np.uint32]
UInt64s = NDArray[np.uint64]

# Time first and all bits turned round: the greater label is the earlier time or, of equal ones, the smaller source;
# both lie in one cache line, and a node without a label is 0, which memory is without being written.
SOURCE_BITS = np.uint64(32)
NO_LABEL = np.uint64(0)
# A page of an answer on which no node has a label.
NO_ROW = np.uint32(2**32 - 1)

_LITTLE = sys.byteorder == "little"


@kernel
def label_of(time: np.uint64, source: np.uint64) -> np.uint64:
    """The label of a time and a source."""
    return ~((time << SOURCE_BITS) | source)


@kernel
def label_time(label: np.uint64) -> np.uint64:
    """Time of a label that is not 0."""
    return ~label >> SOURCE_BITS


@kernel
def label_source(label: np.uint64) -> np.uint64:
    """Source of a label that is not 0."""
    return np.uint64(np.uint32(~label))


@dataclass(frozen=True)
class Nearest:
    """Least time and the source that gives it, a node; both -1 where no source is within the limit.

    Attributes
    ----------
    rows
        uint64, shape (k, nodes a page): labels of the pages that are reached (`label_time`, `label_source`); a page is
        a range of nodes. The last one may have room for more nodes than there are.
    page
        uint32: the row of each page, `NO_ROW` where no node of it is reached; None where row i is page i.
    nodes
        Number of nodes.

    Examples
    --------
    >>> found = Nearest.of(np.array([0, ~np.uint64(7 << 32 | 3)], dtype=np.uint64))
    >>> found.time_ds.tolist(), found.source.tolist(), found.at(1)
    ([-1, 7], [-1, 3], (7, 3))
    >>> paged = Nearest(found.rows, np.array([NO_ROW, 0], dtype=np.uint32), 4)
    >>> paged.time_ds.tolist(), paged.at(3), paged.at(1)
    ([-1, -1, -1, 7], (7, 3), (-1, -1))
    """

    rows: UInt64s
    page: UInt32s | None
    nodes: int

    @classmethod
    def of(cls, label: UInt64s) -> Nearest:
        """The answer that consists of a label a node, as a view."""
        return cls(label.reshape(1, -1), None, label.size)

    @cached_property
    def label(self) -> UInt64s:
        """uint64, of all nodes; 0 where there is none."""
        if self.page is None:
            return self.rows.reshape(-1)[: self.nodes]
        label = np.zeros(self.nodes, dtype=np.uint64)
        _spread(self.page, self.rows, label)
        return label

    @property
    def time_ds(self) -> Int32s:
        """int32, of all nodes, worked out when it is asked for."""
        return self._half(1)

    @property
    def source(self) -> Int32s:
        """int32, of all nodes, worked out when it is asked for."""
        return self._half(0)

    def times_at(self, nodes: Int32s) -> Int32s:
        """int32, of some nodes."""
        times = np.empty(nodes.size, dtype=np.int32)
        _times_at(self.rows, self._pages, nodes, times)
        return times

    def at(self, node: int) -> tuple[int, int]:
        """Time and source of one node."""
        page, place = divmod(node, self.rows.shape[1])
        row = page if self.page is None else int(self.page[page])
        if row == NO_ROW or self.rows[row, place] == NO_LABEL:
            return -1, -1
        key = ~int(self.rows[row, place])
        return key >> 32 & 2**32 - 1, key & 2**32 - 1

    @property
    def _pages(self) -> UInt32s:
        return np.arange(self.rows.shape[0], dtype=np.uint32) if self.page is None else self.page

    def _half(self, half: int) -> Int32s:
        halves = self.rows.view(np.int32).reshape(*self.rows.shape, 2)[:, :, half if _LITTLE else 1 - half]
        if self.page is None:
            return np.invert(halves.reshape(-1)[: self.nodes])
        found = np.empty(self.nodes, dtype=np.int32)
        _spread_half(self.page, halves, found)
        return found


@kernel
def _spread(page: UInt32s, rows: UInt64s, label: UInt64s) -> None:
    size = rows.shape[1]
    for p in range(page.size):
        if page[p] != NO_ROW:
            begin = p * size
            end = min(begin + size, label.size)
            label[begin:end] = rows[page[p], : end - begin]


@kernel
def _spread_half(page: UInt32s, halves: Int32s, found: Int32s) -> None:
    size = halves.shape[1]
    for p in range(page.size):
        begin = p * size
        end = min(begin + size, found.size)
        if page[p] == NO_ROW:
            found[begin:end] = -1
        else:
            for i in range(end - begin):
                found[begin + i] = ~halves[page[p], i]


@kernel
def _times_at(rows: UInt64s, page: UInt32s, nodes: Int32s, times: Int32s) -> None:
    size = rows.shape[1]
    for i in range(nodes.size):
        row = page[nodes[i] // size]
        times[i] = -1 if row == NO_ROW else np.int64(np.uint32(~rows[row, nodes[i] % size] >> SOURCE_BITS))
