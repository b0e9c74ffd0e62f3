"""Another speed on a network that is built already: weights and feet change, nodes and edges stay.

A weight at `s` times the speed is the built weight / s in whole deciseconds, a half upwards, at least 1. At s = 1 it is
the built one; a greater s never gives a greater weight, so that more speed never makes a time longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.build import DS_KMH_PER_M, round_half_up
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr, Graph
from geoservice.network.join import Joins


@dataclass(frozen=True)
class Arcs:
    """Which edges stand behind each arc towards the facilities (``graph.reverse``): one, or several in parallel.

    Attributes
    ----------
    offset
        int64, shape (arcs + 1,).
    edge
        int32: those of arc a are ``edge[offset[a]:offset[a + 1]]``.
    """

    graph: Graph
    offset: Int64s
    edge: Int32s

    @classmethod
    def of(cls, graph: Graph) -> Arcs:
        """The arcs of a graph.

        Raises
        ------
        ValueError
            If the arcs of the graph are not those of its edges.
        """
        ahead, back = np.flatnonzero(graph.edge_forward), np.flatnonzero(graph.edge_backward)
        edge = np.concatenate([back, ahead])
        source = np.concatenate([graph.edge_u[back], graph.edge_v[ahead]])
        target = np.concatenate([graph.edge_v[back], graph.edge_u[ahead]])
        order = np.lexsort((edge, target, source))
        order = order[source[order] != target[order]]
        source, target = source[order], target[order]
        first = np.ones(order.size, dtype=bool)
        first[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
        if not np.array_equal(target[first], graph.reverse.target):
            raise ValueError("rescaled: the arcs are not those of the edges")
        offset = np.append(np.flatnonzero(first), order.size).astype(np.int64)
        return cls(graph, offset, edge[order].astype(np.int32))

    def graph_at(self, speed: Floats) -> Graph:
        """The graph with each edge at `speed` times its speed, for searches towards the facilities only.

        Parameters
        ----------
        speed
            Factor of each edge, shape (edges,), above 0.
        """
        weight = np.maximum(round_half_up(self.graph.edge_weight / speed), 1).astype(np.int32)
        arcs = _arcs(self.graph.reverse.arcs, self.offset, self.edge, weight)
        return replace(self.graph, edge_weight=weight, reverse=Csr(self.graph.reverse.indptr, arcs))


@kernel
def _arcs(arcs: Int32s, offset: Int64s, edge: Int32s, weight: Int32s) -> Int32s:
    made = np.empty_like(arcs)
    for a in range(arcs.shape[0]):
        least = weight[edge[offset[a]]]
        for k in range(offset[a] + 1, offset[a + 1]):
            least = min(least, weight[edge[k]])
        made[a, 0], made[a, 1] = arcs[a, 0], least
    return made


def joins_at(joins: Joins, graph: Graph, off_network_kmh: float, kept: Bools) -> Joins:
    """Feet of places on a rescaled graph.

    Parameters
    ----------
    joins
        On the built graph.
    graph
        The rescaled one.
    off_network_kmh
        Speed of the legs.
    kept
        Which feet are used, shape (feet,); at least one of each joined place.
    """
    columns = (joins.edge, joins.fraction, joins.leg_m, joins.foot_lon, joins.foot_lat)
    before, edge, fraction, from_u, from_v, leg, leg_m, lon, lat = _kept(
        columns, kept, graph.edge_weight, off_network_kmh
    )
    return replace(
        joins,
        offset=before[joins.offset],
        edge=edge,
        fraction=fraction,
        from_u_ds=from_u,
        from_v_ds=from_v,
        leg_ds=leg,
        leg_m=leg_m,
        foot_lon=lon,
        foot_lat=lat,
    )


Columns = tuple[Int32s, Floats, Floats, Floats, Floats]
Feet = tuple[Int64s, Int32s, Floats, Int32s, Int32s, Int32s, Floats, Floats, Floats]


@kernel
def _kept(columns: Columns, kept: Bools, weight: Int32s, off_kmh: float) -> Feet:
    """The feet that are kept with their new times, and the number of such feet before each foot; as `join` rounds."""
    edge, fraction, leg_m, lon, lat = columns
    before = np.zeros(kept.size + 1, dtype=np.int64)
    for f in range(kept.size):
        before[f + 1] = before[f] + kept[f]
    count = before[kept.size]
    on, at, far = np.empty(count, dtype=np.int32), np.empty(count), np.empty(count)
    from_u, from_v, leg = (
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int32),
    )
    x, y = np.empty(count), np.empty(count)
    for f in range(kept.size):
        if kept[f]:
            k, w = before[f], weight[edge[f]]
            on[k], at[k], far[k], x[k], y[k] = edge[f], fraction[f], leg_m[f], lon[f], lat[f]
            from_u[k] = np.floor(w * fraction[f] + 0.5)
            from_v[k] = np.floor(w * (1.0 - fraction[f]) + 0.5)
            leg[k] = np.floor(leg_m[f] * DS_KMH_PER_M / off_kmh + 0.5)
    return before, on, at, from_u, from_v, leg, far, x, y
