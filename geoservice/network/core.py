"""The core of a graph: a smaller one on whose nodes all times are those of the whole, and how the other nodes hang on it.

Nodes are taken out one by one, those with the fewest neighbours first; where the shortest way between two neighbours
may have led through the node, an arc takes its place. Times between nodes that are left do not change. This is the
beginning of a contraction hierarchy (Geisberger, Sanders, Schultes, Delling, WEA 2008), and the labels of what was
taken out follow in one pass in the opposite order (PHAST: Delling, Goldberg, Nowatzyk, Werneck, IPDPS 2011).

So that a search on a large network stays where it is, nodes are taken out block by block and within a block page by
page, a block or page being a range of nodes, which lie in Hilbert order: a node with an arc out of its page is not
taken out with its page, and one with an arc out of its block not at all. See ``docs/decisions/core.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.network.arrays import Bools, Int32s, Int64s, frozen
from geoservice.network.compiled import kernel

UInt16s = NDArray[np.uint16]
UInt32s = NDArray[np.uint32]

BLOCK_BITS, PAGE_BITS = 11, 8
# The core of a larger network does not lie in the cache anyway: smaller blocks, so that less is touched around a source.
_LARGE_NODES, _LARGE_BLOCK_BITS = 250_000, 9
# Of the 32 bits of an arc to or from a node that was taken out: the weight; above it the position in the block.
WEIGHT_BITS = 20
# No time that is asked for is as long, so longer arcs lead nowhere.
MOST_DS = 2**WEIGHT_BITS - 1
# Set in a row of arcs down: the row before it is of the same node.
MORE = 2**31
WIDE = 3
_NEVER, _UNKNOWN = 2**29, 2**30
# A node with more neighbours stays: in its place there would be too many arcs.
_MOST_TAKEN = 8
# Room for the neighbours of a node.
_ROOM = 24


@dataclass(frozen=True)
class Core:
    """A graph with most nodes taken out.

    The nodes of a block stand in an order of their own, each at a *position*: first those that were taken out, in the
    order in which they were, a page after the other and then the rest of the block; last those of the core.

    Attributes
    ----------
    sizes
        int32: the binary logarithms of the number of nodes in a block and in a page.
    at, place
        uint16, shape (n,): the node at each position and the position of each node, both counted from the block's first.
    first
        uint32, shape (blocks + 1,): the first core node of each block.
    starts
        uint16, shape (blocks, pages a block + 2): the position of the first node that was taken out of each page, the
        first of the rest, and the first of the core.
    up_offset, up
        uint32: arcs from each node that was taken out to those that were then there, ``position << 20 | weight``.
    down_offset, down
        uint32, shape (blocks, pages a block + 2) and (k, 3): arcs from those that were then there to the node, in the
        same form, three a row. One arc stands there several times
        where there are fewer; a node without any has a loop; one with more than three has several rows, in all but the
        first of which the first number has its highest bit set. `down_offset` tells where the rows of each page, of the
        rest and of the next block begin.
    indptr, arcs
        uint32: the core as compressed sparse rows, see `Csr`; core nodes are numbered in the order of their positions.
    home
        uint32: the block of each core node.
    """

    sizes: Int32s
    at: UInt16s
    place: UInt16s
    first: UInt32s
    starts: UInt16s
    up_offset: UInt32s
    up: UInt32s
    down_offset: UInt32s
    down: UInt32s
    indptr: UInt32s
    arcs: UInt32s
    home: UInt32s

    def __post_init__(self) -> None:
        for one in fields(self):
            frozen(getattr(self, one.name))

    @property
    def nodes(self) -> int:
        """Of the whole graph."""
        return self.at.size


def core_of(indptr: Int32s, arcs: Int32s, *, block_bits: int | None = None, page_bits: int = PAGE_BITS) -> Core:
    """The core of compressed sparse rows.

    Parameters
    ----------
    indptr, arcs
        As in `Csr`, in any order, with parallel arcs and loops or without; weights of at least 1.
    block_bits, page_bits
        Binary logarithms of the number of nodes in a block and in a page; blocks are by default of 2,048 nodes, and of
        512 where there are more than 250,000.

    Examples
    --------
    A street is a block of its own, of which nothing is left:

    >>> street = np.array([0, 1, 2], dtype=np.int32), np.array([[1, 5], [0, 7]], dtype=np.int32)
    >>> core_of(*street).home.size, core_of(*street, block_bits=0, page_bits=0).arcs.tolist()
    (0, [[1, 5], [0, 7]])
    >>> core_of(np.zeros(1, dtype=np.int32), np.empty((0, 2), dtype=np.int32)).nodes
    0
    """
    if block_bits is None:
        block_bits = BLOCK_BITS if indptr.size <= _LARGE_NODES else _LARGE_BLOCK_BITS
    if not 0 <= page_bits <= block_bits <= BLOCK_BITS:
        raise ValueError("a page is a part of a block, and a block has at most 2,048 nodes")
    parts: tuple[Any, ...] = _core(indptr, arcs, 1 << block_bits, 1 << page_bits)
    # numpy asks the system for large pages of memory where the kernel that made the parts does not.
    return Core(np.array([block_bits, page_bits], dtype=np.int32), *(part.copy() for part in parts))


# A block while its nodes are taken out: the number of neighbours of each node, the neighbours, and the weights of the
# arcs to and from them; all counted from the block's first node.
_Block = tuple[Int32s, Int32s, Int32s, Int32s]
# The whole graph, and which of its arcs are those of the core as they are.
_Graph = tuple[Int32s, Int32s, Bools]


@kernel
def _core(indptr: Int32s, arcs: Int32s, size: int, page: int) -> tuple[Any, ...]:
    nodes = indptr.size - 1
    blocks, pages = (nodes + size - 1) // size, size // page
    stays, stays_in_page = _crossed(indptr, arcs, size), _crossed(indptr, arcs, page)
    at, place = np.empty(nodes, dtype=np.uint16), np.empty(nodes, dtype=np.uint16)
    first, starts = np.zeros(blocks + 1, dtype=np.uint32), np.zeros((blocks, pages + 2), dtype=np.uint16)
    up, down = np.empty(1024, dtype=np.uint32), np.empty((1024, WIDE), dtype=np.uint32)
    up_offset, down_offset = np.zeros(nodes + 1, dtype=np.uint32), np.zeros((blocks, pages + 2), dtype=np.uint32)
    rows, core_arcs = np.zeros(nodes + 1, dtype=np.uint32), np.empty((1024, 2), dtype=np.uint32)
    number, home = np.zeros(nodes, dtype=np.uint32), np.empty(nodes, dtype=np.uint32)
    block = (
        np.empty(size, dtype=np.int32),
        np.empty((size, _ROOM), dtype=np.int32),
        np.empty((size, _ROOM), dtype=np.int32),
        np.empty((size, _ROOM), dtype=np.int32),
    )
    graph = indptr, arcs, np.zeros(arcs.shape[0], dtype=np.bool_)
    order = np.empty(size, dtype=np.int64)
    taken, lines, left, ways = 0, 0, 0, 0
    for b in range(blocks):
        base = b * size
        count = min(size, nodes - base)
        _filled(graph, base, count, block, (stays, stays_in_page))
        inner = _put_in_order(block, count, page, (stays[base:], stays_in_page[base:]), order, starts[b])
        for p in range(count):
            at[base + p], place[base + order[p]] = order[p], p
        for p in range(inner):
            up = _listed(up, up_offset, taken, block, order[p], place[base:])
            taken += 1
        for s in range(pages + 1):
            down_offset[b, s] = lines
            for p in range(starts[b, s], starts[b, s + 1]):
                down, lines = _lined(down, lines, block, p, order[p], place[base:])
        down_offset[b, pages + 1] = lines
        for p in range(inner, count):
            number[base + order[p]], home[left] = left, b
            core_arcs, ways = _kept(core_arcs, ways, graph, block, base, order[p])
            left += 1
            rows[left] = ways
        first[b + 1] = left
    for k in range(ways):
        core_arcs[k, 0] = number[core_arcs[k, 0]]
    return (
        at,
        place,
        first,
        starts,
        up_offset[: taken + 1],
        up[: up_offset[taken]],
        down_offset,
        down[:lines],
        rows[: left + 1],
        core_arcs[:ways],
        home[:left],
    )


@kernel
def _crossed(indptr: Int32s, arcs: Int32s, size: int) -> Bools:
    """Nodes with an arc to or from another range of a size."""
    crossed = np.zeros(indptr.size - 1, dtype=np.bool_)
    for u in range(crossed.size):
        for k in range(indptr[u], indptr[u + 1]):
            if u // size != arcs[k, 0] // size:
                crossed[u] = crossed[arcs[k, 0]] = True
    return crossed


@kernel
def _filled(graph: _Graph, base: int, count: int, block: _Block, staying: tuple[Bools, Bools]) -> None:
    """Take the arcs of a block into it; those that lead out or find no room are marked, and their ends stay."""
    (indptr, arcs, outer), (stays, stays_in_page) = graph, staying
    block[0][:] = 0
    for u in range(count):
        for k in range(indptr[base + u], indptr[base + u + 1]):
            v = arcs[k, 0] - base
            if v == u or arcs[k, 1] > MOST_DS:
                continue
            if 0 <= v < count and _joined(block, u, v, arcs[k, 1]):
                continue
            outer[k] = True
            for end in (base + u, base + v):
                stays[end] = stays_in_page[end] = True


@kernel
def _joined(block: _Block, u: int, v: int, weight: int) -> bool:
    """Put in an arc, or make it shorter; whether there was room."""
    degree, near, to, back = block
    for i in range(degree[u]):
        if near[u, i] == v:
            if weight < to[u, i]:
                to[u, i] = weight
                for j in range(degree[v]):
                    if near[v, j] == u:
                        back[v, j] = weight
            return True
    if degree[u] == _ROOM or degree[v] == _ROOM:
        return False
    i, j = degree[u], degree[v]
    near[u, i], to[u, i], back[u, i] = v, weight, _NEVER
    near[v, j], to[v, j], back[v, j] = u, _NEVER, weight
    degree[u], degree[v] = i + 1, j + 1
    return True


@kernel
def _put_in_order(
    block: _Block, count: int, page: int, staying: tuple[Bools, Bools], order: Int64s, starts: UInt16s
) -> int:
    """Take out what may go of a block; its nodes in order, where the parts of the order begin, and how many are gone."""
    stays, stays_in_page = staying
    gone = np.zeros(count, dtype=np.bool_)
    pages, p = starts.size - 2, 0
    for s in range(pages):
        starts[s] = p
        p = _thinned(block, (s * page, min((s + 1) * page, count)), stays_in_page, gone, order, p)
    starts[pages] = p
    inner = _thinned(block, (0, count), stays, gone, order, p)
    starts[pages + 1] = p = inner
    for v in range(count):
        if not gone[v]:
            order[p] = v
            p += 1
    return inner


@kernel
def _thinned(block: _Block, part: tuple[int, int], stays: Bools, gone: Bools, order: Int64s, p: int) -> int:
    """Take out what may go of a range, fewest neighbours first, and list it from p on; where the list ends."""
    degree = block[0]
    for most in range(_MOST_TAKEN + 1):
        again = True
        while again:
            again = False
            for v in range(part[0], part[1]):
                if degree[v] <= most and not gone[v] and not stays[v] and _has_room(block, v):
                    _take_out(block, v)
                    gone[v] = again = True
                    order[p] = v
                    p += 1
    return p


@kernel
def _has_room(block: _Block, v: int) -> bool:
    """Whether each neighbour of a node has room for all others as its neighbours."""
    degree, near = block[0], block[1]
    for i in range(degree[v]):
        a = near[v, i]
        count = degree[a] - 1
        for j in range(degree[v]):
            count += j != i and _between(block, a, near[v, j]) == _UNKNOWN
        if count > _ROOM:
            return False
    return True


@kernel
def _take_out(block: _Block, v: int) -> None:
    """Join the neighbours of a node to each other where a shortest way may lead through it; its own arcs stay noted."""
    degree, near, to, back = block
    for i in range(degree[v]):
        _drop(block, near[v, i], v)
    for i in range(degree[v]):
        if _is_led_on(block, v, i):
            to[v, i] = _NEVER
        if _is_led_up(block, v, i):
            back[v, i] = _NEVER
    for i in range(degree[v]):
        for j in range(degree[v]):
            weight = back[v, i] + to[v, j]
            if i != j and weight <= MOST_DS and not _is_passed(block, near[v, i], near[v, j], weight + 1):
                _joined(block, near[v, i], near[v, j], weight)


@kernel
def _drop(block: _Block, u: int, v: int) -> None:
    degree, near, to, back = block
    last = degree[u] - 1
    for i in range(degree[u]):
        if near[u, i] == v:
            near[u, i], to[u, i], back[u, i] = near[u, last], to[u, last], back[u, last]
            degree[u] = last
            return


@kernel
def _is_passed(block: _Block, u: int, v: int, weight: int) -> bool:
    """Whether an arc or a way of two arcs leads from u to v in less than a weight."""
    degree, near, to, _ = block
    for i in range(degree[u]):
        if to[u, i] < weight and (near[u, i] == v or to[u, i] + _between(block, near[u, i], v) < weight):
            return True
    return False


@kernel
def _between(block: _Block, u: int, v: int) -> np.int64:
    """Weight of the arc from u to v; `_NEVER` if there is one from v to u alone, `_UNKNOWN` if they are no neighbours."""
    degree, near, to, _ = block
    for i in range(degree[u]):
        if near[u, i] == v:
            return np.int64(to[u, i])
    return np.int64(_UNKNOWN)


@kernel
def _listed(listed: UInt32s, offset: UInt32s, taken: int, block: _Block, v: int, place: UInt16s) -> UInt32s:
    """The arcs up from a node that was taken out, added to a list; the list, which may be a larger one."""
    degree, near, to, _ = block
    total = np.int64(offset[taken])
    if total + degree[v] > listed.size:
        larger = np.empty(2 * listed.size, dtype=np.uint32)
        larger[:total] = listed[:total]
        listed = larger
    for i in range(degree[v]):
        if to[v, i] <= MOST_DS:
            listed[total] = np.int64(place[near[v, i]]) << WEIGHT_BITS | to[v, i]
            total += 1
    offset[taken + 1] = total
    return listed


@kernel
def _lined(lines: UInt32s, total: int, block: _Block, p: int, v: int, place: UInt16s) -> tuple[UInt32s, int]:
    """The arcs down to a node that was taken out, some a row; the rows, which may be more room, and their number."""
    degree, near, _, back = block
    if total + _MOST_TAKEN > lines.shape[0]:
        larger = np.empty((2 * lines.shape[0], WIDE), dtype=np.uint32)
        larger[:total] = lines[:total]
        lines = larger
    lines[total, :] = p << WEIGHT_BITS | MOST_DS
    count = 0
    for i in range(degree[v]):
        if back[v, i] > MOST_DS:
            continue
        if count % WIDE == 0:
            total += count > 0
            lines[total, :] = np.int64(place[near[v, i]]) << WEIGHT_BITS | back[v, i]
            lines[total, 0] |= MORE * (count > 0)
        lines[total, count % WIDE] = (
            lines[total, count % WIDE] & MORE | np.int64(place[near[v, i]]) << WEIGHT_BITS | back[v, i]
        )
        count += 1
    return lines, total + 1


@kernel
def _kept(listed: UInt32s, total: int, graph: _Graph, block: _Block, base: int, v: int) -> tuple[UInt32s, int]:
    """The arcs of a node of the core, added to a list; targets are nodes of the whole graph."""
    (indptr, arcs, outer), (degree, near, to, _) = graph, block
    most = total + degree[v] + indptr[base + v + 1] - indptr[base + v]
    if most > listed.shape[0]:
        larger = np.empty((2 * most, 2), dtype=np.uint32)
        larger[:total] = listed[:total]
        listed = larger
    for i in range(degree[v]):
        if to[v, i] <= MOST_DS and not _is_led_on(block, v, i):
            listed[total, 0], listed[total, 1] = base + near[v, i], to[v, i]
            total += 1
    for k in range(indptr[base + v], indptr[base + v + 1]):
        if outer[k]:
            listed[total, 0], listed[total, 1] = arcs[k, 0], arcs[k, 1]
            total += 1
    return listed, total


@kernel
def _is_led_on(block: _Block, v: int, i: int) -> bool:
    """Whether a way of two arcs is no longer than an arc from v: as each of the two is shorter than it, it may be left out."""
    degree, near, to, _ = block
    for j in range(degree[v]):
        if to[v, j] < to[v, i] and to[v, j] + _between(block, near[v, j], near[v, i]) <= to[v, i]:
            return True
    return False


@kernel
def _is_led_up(block: _Block, v: int, i: int) -> bool:
    """The same of an arc to v."""
    degree, near, _, back = block
    for j in range(degree[v]):
        if back[v, j] < back[v, i] and back[v, j] + _between(block, near[v, i], near[v, j]) <= back[v, i]:
            return True
    return False
