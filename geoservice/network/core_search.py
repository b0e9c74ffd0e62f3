"""The nearest search through the core of a graph (`geoservice.network.core`), exact as the plain one.

From a source that was taken out of the graph labels rise to the core, the core is searched, and labels come down to
what was taken out of the blocks that the search has come to. On the way labels are not turned round: a *key* is
``time << 32 | source``, the smaller one the better.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoservice.network.ahead import ask
from geoservice.network.arrays import Int32s, UInt8s
from geoservice.network.compiled import kernel
from geoservice.network.core import MORE, MOST_DS, WEIGHT_BITS, Core, UInt16s
from geoservice.network.labels import NO_ROW, SOURCE_BITS, Nearest, UInt32s, UInt64s
from geoservice.network.queue import NONE, entries_lent, put
from geoservice.network.scratch import Shelf

# More than any key, and no less with the weight of an arc.
_NO_KEY = 2**63
_NONE = np.uint64(_NO_KEY)
_ONE, _ONE_32 = np.uint64(1), np.uint32(1)
_WEIGHT = np.uint64(WEIGHT_BITS)
_WEIGHT_MASK, _POSITION_MASK = np.uint64(MOST_DS), np.uint64(MORE - 1)
# A batch of sources that settles fewer core nodes is followed by a larger one: what belongs to them fills the cache.
_BATCH_NODES = 2048
_FIRST_BATCH = 16
# A smaller core lies in the cache as a whole: one batch, no node settled twice.
_SMALL_CORE = 32_000

_MORE_BIT = np.uint64(31)

_KEYS = Shelf(np.uint64, _NO_KEY)

T = TypeVar("T")
Columns = tuple[UInt32s, UInt32s, UInt32s]
Work = Callable[[Callable[[int], T], range, int], list[T]]
_Order = tuple[Int32s, UInt16s, UInt16s, UInt32s, UInt16s]
_Arcs = tuple[UInt32s, UInt32s]
_Upward = tuple[_Order, _Arcs]


def search_core(core: Core, seeds: Columns, limit: int, parts: int, shared_out: Work[int]) -> Nearest:
    """Time of every node from its nearest source.

    Parameters
    ----------
    seeds
        Node, time and source, in the order of the nodes.
    limit
        In ds; nodes at exactly the limit are reached.
    parts
        Into so many parts the seeds may be shared out; a small core is searched in one.
    shared_out
        Calls a function with each number of a range, in as many threads as are told.
    """
    small = core.home.size <= _SMALL_CORE
    parts, blocks = 1 if small else parts, core.first.size - 1
    bounds = [seeds[0].size * part // parts for part in range(parts + 1)]
    upward = (core.sizes, core.at, core.place, core.first, core.starts), (core.up_offset, core.up)
    down = core.down_offset, core.down
    batch = max(1, seeds[0].size) if small else _FIRST_BATCH
    with ExitStack() as lent:
        keys = [lent.enter_context(_KEYS.lend(core.home.size)) for _ in range(parts)]
        come_to = np.zeros((parts, blocks), dtype=np.uint8)

        def search(part: int) -> int:
            own = slice(bounds[part], bounds[part + 1])
            columns = seeds[0][own], seeds[1][own], seeds[2][own]
            with entries_lent(core.arcs.shape[0] + core.home.size, limit) as queue:
                rows = core.indptr, core.arcs, core.home
                return _search(upward, rows, columns, (np.uint64(limit), batch), (keys[part], come_to[part]), queue)

        shared_out(search, range(parts), parts)
        for part in range(1, parts):
            _merge(core.first, come_to[0], keys[0], come_to[part], keys[part])
        reached = np.flatnonzero(come_to[0])
        pages = 1 << int(core.sizes[0] - core.sizes[1])
        rows = np.empty((reached.size * pages, 1 << int(core.sizes[1])), dtype=np.uint64)
        page = np.full(blocks * pages, NO_ROW, dtype=np.uint32)
        used = _come_down(upward, down, seeds, np.uint64(limit), (keys[0], reached), (rows, page))
    whole = used == (core.nodes + rows.shape[1] - 1) // rows.shape[1]
    return Nearest(rows[:used], None if whole else page, core.nodes)


@kernel
def _merge(first: UInt32s, come_to: UInt8s, key: UInt64s, other: UInt8s, part: UInt64s) -> None:
    """Take over what is better, and empty the part."""
    for b in range(other.size):
        if other[b]:
            come_to[b] = 1
            for c in range(first[b], first[b + 1]):
                key[c] = min(key[c], part[c])
                part[c] = _NONE


@kernel
def _search(
    upward: _Upward,
    rows: tuple[UInt32s, UInt32s, UInt32s],
    seeds: Columns,
    bounds: tuple[np.uint64, int],
    found: tuple[UInt64s, UInt8s],
    queue: tuple[UInt32s, UInt32s],
) -> int:
    """Improve the keys of the core, batch by batch, and mark the blocks come to; how many core nodes were settled.

    `bounds` holds the limit and the number of seeds in the first batch.
    """
    order, node, (limit, size) = upward[0], seeds[0], bounds
    block_bits = np.uint32(order[0][0])
    local = np.empty(1 << order[0][0], dtype=np.uint64)
    hit = np.empty(1 << (order[0][0] - order[0][1]), dtype=np.uint8)
    total, i = 0, 0
    while i < node.size:
        end = min(i + size, node.size)
        used, live = np.uint32(0), 0
        while i < end:
            b = node[i] >> block_bits
            found[1][b] = 1
            i = _risen(upward, b, seeds, (i, end), limit, (local, hit))
            used, live = _entered(order, b, (local, found[0]), limit, queue, (used, live))
        settled = _settled(rows, limit, found, queue, used, live)
        total += settled
        if settled < _BATCH_NODES:
            size *= 2
        elif settled > 2 * _BATCH_NODES:
            size = max(1, size // 2)
    return total


@kernel
def _risen(
    upward: _Upward, b: np.uint32, seeds: Columns, own: tuple[int, int], limit: np.uint64, found: tuple[UInt64s, UInt8s]
) -> int:
    """Keys of the positions of a block from its seeds, as far as ways upwards lead; the first seed of the next block.

    `hit` tells on which pages there are seeds. Keys are those of these pages, of the rest and of the core; others are
    left as they were.
    """
    sizes, _, place, first, starts = upward[0]
    (node, seed_ds, source), (key, hit) = seeds, found
    i, end = own
    block_bits, page_bits = np.uint64(sizes[0]), np.uint64(sizes[1])
    base = np.uint64(b) << block_bits
    key[np.uint64(starts[b, hit.size]) :] = _NONE
    hit[:] = 0
    while i < end and node[i] >> np.uint32(block_bits) == b:
        if seed_ds[i] <= limit:
            p, own_page = np.uint64(place[node[i]]), (np.uint64(node[i]) - base) >> page_bits
            if not hit[own_page]:
                key[np.uint64(starts[b, own_page]) : np.uint64(starts[b, own_page + _ONE])] = _NONE
                hit[own_page] = 1
            key[p] = min(key[p], np.uint64(seed_ds[i]) << SOURCE_BITS | np.uint64(source[i]))
        i += 1
    start = base - np.uint64(first[b])
    for s in range(hit.size + 1):
        if s == hit.size or hit[s]:
            _lifted(upward[1], start, (np.uint64(starts[b, s]), np.uint64(starts[b, s + 1])), key)
    return i


@kernel
def _lifted(up: _Arcs, start: np.uint64, part: tuple[np.uint64, np.uint64], key: UInt64s) -> None:
    """Keys of the positions above a part of a block's positions from those of the part, the first first."""
    offset, arcs = up
    for p in range(part[0], part[1]):
        own = key[p]
        if own != _NONE:
            for k in range(offset[start + p], offset[start + p + _ONE]):
                arc = np.uint64(arcs[k])
                key[arc >> _WEIGHT] = min(key[arc >> _WEIGHT], own + ((arc & _WEIGHT_MASK) << SOURCE_BITS))


@kernel
def _entered(
    order: _Order,
    b: np.uint32,
    keys: tuple[UInt64s, UInt64s],
    limit: np.uint64,
    queue: tuple[UInt32s, UInt32s],
    waiting: tuple[np.uint32, int],
) -> tuple[np.uint32, int]:
    """Queue the core nodes of a block that its seeds improve; entries used and waiting."""
    (local, key), (head, entries), (used, live) = keys, queue, waiting
    first, inner = order[3], np.uint64(order[4][b, order[4].shape[1] - 1])
    for j in range(np.uint64(first[b + _ONE_32] - first[b])):
        own, c = local[inner + j], np.uint32(first[b] + np.uint32(j))
        if own < key[c] and own >> SOURCE_BITS <= limit:
            key[c] = own
            used, _ = put(head, entries, used, NONE, own >> SOURCE_BITS, c)
            live += 1
    return used, live


@kernel
def _settled(
    rows: tuple[UInt32s, UInt32s, UInt32s],
    limit: np.uint64,
    found: tuple[UInt64s, UInt8s],
    queue: tuple[UInt32s, UInt32s],
    used: np.uint32,
    live: int,
) -> int:
    """Search the core from what is queued; how many nodes were settled."""
    (indptr, arcs, home), (key, come_to), (head, entries) = rows, found, queue
    spare, settled = NONE, 0
    bucket = np.uint64(0)
    while live > 0:
        while head[bucket] == NONE:
            bucket += _ONE
        entry = head[bucket]
        v = entries[entry, 0]
        head[bucket], entries[entry, 1] = entries[entry, 1], spare
        spare = entry
        live -= 1
        own = key[v]
        if own >> SOURCE_BITS != bucket:
            continue
        settled += 1
        come_to[home[v]] = 1
        for k in range(indptr[v], indptr[v + _ONE_32]):
            w = arcs[k, 0]
            new = own + (np.uint64(arcs[k, 1]) << SOURCE_BITS)
            t = new >> SOURCE_BITS
            if t <= limit and new < key[w]:
                key[w] = new
                ask(home, w)
                ask(arcs, np.uint64(indptr[w]) << _ONE)
                used, spare = put(head, entries, used, spare, t, w)
                live += 1
    return settled


@kernel
def _come_down(
    upward: _Upward,
    down: _Arcs,
    seeds: Columns,
    limit: np.uint64,
    found: tuple[UInt64s, NDArray[np.int64]],
    answer: tuple[UInt64s, UInt32s],
) -> int:
    """Labels of the pages on which something is reached, from the keys of the core, which are emptied; how many pages."""
    sizes, at, place, first, starts = upward[0]
    (core_key, reached), (rows, page) = found, answer
    node, page_bits = seeds[0], np.uint64(sizes[1])
    pages = 1 << (sizes[0] - sizes[1])
    beyond = (limit + _ONE) << SOURCE_BITS
    key, hit = np.empty(1 << sizes[0], dtype=np.uint64), np.empty(pages, dtype=np.uint8)
    used, i = 0, 0
    for b in reached:
        base = np.uint64(b) << np.uint64(sizes[0])
        count = min(np.uint64(key.size), np.uint64(at.size) - base)
        while i < node.size and node[i] < base:
            i += 1
        i = _risen(upward, np.uint32(b), seeds, (i, node.size), limit, (key, hit))
        rest, inner = np.uint64(starts[b, pages]), np.uint64(starts[b, pages + 1])
        for j in range(np.uint64(first[b + 1] - first[b])):
            c = np.uint64(first[b]) + j
            key[inner + j] = core_key[c]
            core_key[c] = _NONE
        _lowered(down, b, pages, inner, key)
        for p in range(rest, count):
            if key[p] < beyond:
                hit[np.uint64(at[base + p]) >> page_bits] |= 2
        for s in range(pages):
            if hit[s]:
                begin, end = np.uint64(starts[b, s]), np.uint64(starts[b, s + 1])
                if hit[s] == 2:
                    key[begin:end] = _NONE
                _lowered(down, b, s, end, key)
                page[b * pages + s] = used
                _written(place, base + (np.uint64(s) << page_bits), key, beyond, rows[used])
                used += 1
    return used


@kernel
def _lowered(down: _Arcs, b: int, part: int, end: np.uint64, key: UInt64s) -> None:
    """Keys of a part of a block's positions from those above them, the last first."""
    offset, lines = down
    p, first, last = end - _ONE, np.uint64(offset[b, part]), np.uint64(offset[b, part + 1])
    for k in range(last - first):
        line = last - k - _ONE
        zero = np.uint64(lines[line, 0])
        one, two = np.uint64(lines[line, 1]), np.uint64(lines[line, 2])
        best = min(_along(key, one), _along(key, two))
        also = min(_along(key, zero & _POSITION_MASK), key[p])
        key[p] = min(best, also)
        # A row of the same node as the one before it leaves p as it is.
        p -= _ONE - (zero >> _MORE_BIT)


@kernel
def _along(key: UInt64s, arc: np.uint64) -> np.uint64:
    return np.uint64(key[arc >> _WEIGHT] + ((arc & _WEIGHT_MASK) << SOURCE_BITS))


@kernel
def _written(place: UInt16s, base: np.uint64, key: UInt64s, beyond: np.uint64, row: UInt64s) -> None:
    """The labels of a page."""
    for v in range(min(np.uint64(row.size), np.uint64(place.size) - base)):
        own = key[place[base + v]]
        row[v] = ~own if own < beyond else np.uint64(0)
