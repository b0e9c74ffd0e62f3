"""T(x) by brute force over all pairs of feet, with scipy's Dijkstra; shares no code with the engine."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoservice.network.graph import Graph
from geoservice.network.join import Joins


class Foot(NamedTuple):
    edge: int
    fraction: float
    leg_ds: int


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


def node_times(graph: Graph, entering: dict[int, int] | None = None, limit: float = np.inf) -> NDArray[np.float64]:
    """Times in the allowed directions, from the edge table alone.

    Between all nodes, from rows to columns; or, where `entering` gives what it costs to go on from some nodes, of each
    node to get there, by way of one more node.
    """
    least: dict[tuple[int, int], int] = {}
    for edge in range(graph.edges):
        u, v, weight = int(graph.edge_u[edge]), int(graph.edge_v[edge]), int(graph.edge_weight[edge])
        arcs = [(u, v)] * bool(graph.edge_forward[edge]) + [(v, u)] * bool(graph.edge_backward[edge])
        for arc in arcs:
            if u != v:
                least[arc] = min(weight, least.get(arc, weight))
    # One decisecond more into the added node, because scipy takes a weight of zero for no arc at all.
    least |= {(node, graph.nodes): cost + 1 for node, cost in (entering or {}).items()}
    ends = np.array(list(least), dtype=np.int64).reshape(-1, 2)
    weights = np.array(list(least.values()), dtype=np.float64)
    size = graph.nodes + (entering is not None)
    if entering is None:
        return dijkstra(csr_array((weights, (ends[:, 0], ends[:, 1])), shape=(size, size)))
    back = csr_array((weights, (ends[:, 1], ends[:, 0])), shape=(size, size))
    return dijkstra(back, indices=graph.nodes, limit=limit + 1)[:-1] - 1


def feet(joins: Joins, place: int) -> list[Foot]:
    part = range(joins.offset[place], joins.offset[place + 1])
    return [Foot(int(joins.edge[f]), float(joins.fraction[f]), int(joins.leg_ds[f])) for f in part]


def exits(graph: Graph, foot: Foot) -> list[tuple[int, int]]:
    """Junctions that a traveller at a foot can go to along its edge, and what that costs."""
    weight = int(graph.edge_weight[foot.edge])
    found = []
    if graph.edge_forward[foot.edge] or foot.fraction == 1.0:
        found.append((int(graph.edge_v[foot.edge]), half_up(weight * (1.0 - foot.fraction))))
    if graph.edge_backward[foot.edge] or foot.fraction == 0.0:
        found.append((int(graph.edge_u[foot.edge]), half_up(weight * foot.fraction)))
    return found


def entries(graph: Graph, foot: Foot) -> list[tuple[int, int]]:
    """Junctions from which a traveller can come to a foot along its edge, and what that costs."""
    weight = int(graph.edge_weight[foot.edge])
    found = []
    if graph.edge_forward[foot.edge] or foot.fraction == 0.0:
        found.append((int(graph.edge_u[foot.edge]), half_up(weight * foot.fraction)))
    if graph.edge_backward[foot.edge] or foot.fraction == 1.0:
        found.append((int(graph.edge_v[foot.edge]), half_up(weight * (1.0 - foot.fraction))))
    return found


def travel(graph: Graph, between: NDArray[np.float64], start: Foot, stop: Foot) -> float:
    """Time from leaving one place to being at the other, by one pair of feet."""
    best = math.inf
    for leave, out in exits(graph, start):
        for arrive, back in entries(graph, stop):
            best = min(best, out + between[leave, arrive] + back)
    if start.edge == stop.edge:
        along = stop.fraction - start.fraction
        if (
            along == 0
            or (along > 0 and graph.edge_forward[start.edge])
            or (along < 0 and graph.edge_backward[start.edge])
        ):
            best = min(best, half_up(int(graph.edge_weight[start.edge]) * abs(along)))
    return start.leg_ds + best + stop.leg_ds


def times(
    graph: Graph, between: NDArray[np.float64], facilities: Joins, places: Joins, direction: str
) -> NDArray[np.float64]:
    """Time of each place (rows) to or from each facility (columns), infinite where there is none."""
    found = np.full((len(places), len(facilities)), np.inf)
    for i in range(len(places)):
        for j in range(len(facilities)):
            for one in feet(places, i):
                for other in feet(facilities, j):
                    pair = (one, other) if direction == "to_facility" else (other, one)
                    found[i, j] = min(found[i, j], travel(graph, between, *pair))
    return found
