"""Every facility that a place reaches within a limit, with its time: T of the place to each facility alone.

Each facility is searched on its own and meets the feet of places at the junctions that it reaches and on its own edges,
by the sums that `reach` makes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from geoservice.coverage.reach import Field, seeds_of
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr, Graph
from geoservice.network.join import Joins
from geoservice.network.search import NEVER, Seeds, reached

# Facilities searched at a time, so that the rows of junctions stay small however many facilities there are.
_BLOCK = 64


@dataclass(frozen=True)
class Pairs:
    """Places with the facilities that they reach, by place, then time, then facility.

    Attributes
    ----------
    place, facility, time_ds
        int32, shape (n,).
    """

    place: Int32s
    facility: Int32s
    time_ds: Int32s

    def __len__(self) -> int:
        return self.place.size

    @classmethod
    def of(cls, place: Int32s, facility: Int32s, time_ds: Int32s) -> Pairs:
        """Pairs in any order."""
        order = np.lexsort((facility, time_ds, place))
        return cls(*(part[order].astype(np.int32) for part in (place, facility, time_ds)))


NodeFeet = tuple[Int64s, Int32s, Int32s]
EdgeFeet = tuple[Int64s, Int32s, Floats, Int32s]


@dataclass(frozen=True)
class Targets:
    """Places as searches from facilities meet them; made once for any number of facilities.

    Attributes
    ----------
    rows
        ``graph.reverse`` for times towards facilities, ``graph.forward`` for times from them.
    ahead, back
        Of each edge, see `Field`.
    places
        How many there are.
    at_node
        Places by the junction that they go to first, and what it takes from there: offset, place, deciseconds.
    on_edge
        Feet of places by edge: offset, place, fraction, leg.
    """

    graph: Graph
    rows: Csr
    ahead: Bools
    back: Bools
    places: int
    at_node: NodeFeet
    on_edge: EdgeFeet

    @classmethod
    def of(cls, graph: Graph, rows: Csr, ahead: Bools, back: Bools, places: Joins) -> Targets:
        """The targets that feet of places make."""
        edges = _by_edge(places, graph.edges)
        return cls(graph, rows, ahead, back, len(places), _by_node(graph, ahead, back, places), edges)

    def pairs(self, facilities: Joins, limit_ds: int) -> Pairs:
        """All pairs with a time of at most a limit; the work grows with what the facilities reach.

        Parameters
        ----------
        facilities
            Feet, by the same mode.
        limit_ds
            A time equal to it counts.
        """
        seeds = seeds_of(self.graph, facilities, self.ahead, self.back)
        along = (self.graph.edge_weight, self.ahead, self.back)
        found = [(np.empty(0, dtype=np.int64),) * 3]
        for first in range(0, len(facilities), _BLOCK):
            last = min(first + _BLOCK, len(facilities))
            mine = (seeds.source >= first) & (seeds.source < last)
            block = Seeds(seeds.node[mine], seeds.time_ds[mine], seeds.source[mine] - np.int32(first))
            near = reached(self.rows, block, last - first, limit_ds, threads=os.cpu_count() or 1)
            feet = (facilities.offset[first : last + 1], facilities.edge, facilities.fraction, facilities.leg_ds)
            junctions, sizes = (near.offset, near.node, near.time_ds), (self.places, first, limit_ds)
            found.append(_met(junctions, self.at_node, self.on_edge, along, feet, sizes))
        place, facility, time = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return Pairs.of(place, facility, time)


def pairs_within(field: Field, rows: Csr, places: Joins, limit_ds: int) -> Pairs:
    """All pairs with a time of at most a limit.

    Parameters
    ----------
    field
        From the facilities, by the same mode.
    rows
        ``graph.reverse`` where the field is towards the facilities, ``graph.forward`` where it is from them.
    places
        Feet of the places.
    limit_ds
        A time equal to it counts.
    """
    return Targets.of(field.graph, rows, field.ahead, field.back, places).pairs(field.facilities, limit_ds)


def _by_node(graph: Graph, ahead: Bools, back: Bools, places: Joins) -> NodeFeet:
    edge, here = places.edge, places.fraction
    owner = np.repeat(np.arange(len(places), dtype=np.int32), np.diff(places.offset))
    to_u, to_v = back[edge] | (here == 0.0), ahead[edge] | (here == 1.0)
    node = np.concatenate([graph.edge_u[edge[to_u]], graph.edge_v[edge[to_v]]])
    rest = np.concatenate([(places.from_u_ds + places.leg_ds)[to_u], (places.from_v_ds + places.leg_ds)[to_v]])
    place = np.concatenate([owner[to_u], owner[to_v]])
    order = np.argsort(node, kind="stable")
    offset = np.searchsorted(node[order], np.arange(graph.nodes + 1)).astype(np.int64)
    return offset, place[order].astype(np.int32), rest[order].astype(np.int32)


def _by_edge(places: Joins, edges: int) -> EdgeFeet:
    owner = np.repeat(np.arange(len(places), dtype=np.int32), np.diff(places.offset))
    order = np.argsort(places.edge, kind="stable")
    offset = np.searchsorted(places.edge[order], np.arange(edges + 1)).astype(np.int64)
    return offset, owner[order], places.fraction[order], places.leg_ds[order]


@kernel
def _offer(best: Int64s, touched: Int64s, seen: int, place: int, time: int) -> int:
    """Keep the least time of a place; the number of places touched so far."""
    if best[place] == NEVER:
        touched[seen] = place
        seen += 1
    best[place] = min(best[place], time)
    return seen


@kernel
def _met(
    near: tuple[Int64s, Int32s, Int32s],
    at_node: NodeFeet,
    on_edge: EdgeFeet,
    along: tuple[Int32s, Bools, Bools],
    feet: tuple[Int64s, Int32s, Floats, Int32s],
    sizes: tuple[int, int, int],
) -> tuple[Int64s, Int64s, Int64s]:
    """Place, facility and least time of each pair of a block of facilities."""
    offset, node, time = near
    node_offset, node_place, node_rest = at_node
    edge_offset, edge_place, edge_fraction, edge_leg = on_edge
    edge_weight, ahead, back = along
    feet_offset, feet_edge, there, there_leg = feet
    places, first, limit = sizes
    best = np.full(places, NEVER, dtype=np.int64)
    touched = np.empty(places, dtype=np.int64)
    found = np.empty((1024, 3), dtype=np.int64)
    total = 0
    for s in range(offset.size - 1):
        seen = 0
        for i in range(offset[s], offset[s + 1]):
            for k in range(node_offset[node[i]], node_offset[node[i] + 1]):
                t = np.int64(time[i]) + node_rest[k]
                if t <= limit:
                    seen = _offer(best, touched, seen, node_place[k], t)
        for g in range(feet_offset[s], feet_offset[s + 1]):
            e = feet_edge[g]
            for k in range(edge_offset[e], edge_offset[e + 1]):
                away = there[g] - edge_fraction[k]
                if away == 0.0 or (away > 0.0 and ahead[e]) or (away < 0.0 and back[e]):
                    t = np.int64(np.floor(edge_weight[e] * abs(away) + 0.5)) + there_leg[g] + edge_leg[k]
                    if t <= limit:
                        seen = _offer(best, touched, seen, edge_place[k], t)
        while total + seen > found.shape[0]:
            found = _longer(found)
        for j in range(seen):
            p = touched[j]
            found[total, 0], found[total, 1], found[total, 2] = p, first + s, best[p]
            best[p] = NEVER
            total += 1
    return found[:total, 0].copy(), found[:total, 1].copy(), found[:total, 2].copy()


@kernel
def _longer(rows: Int64s) -> Int64s:
    larger = np.empty((2 * rows.shape[0], rows.shape[1]), dtype=np.int64)
    larger[: rows.shape[0]] = rows
    return larger
