"""Networks and reach times made again from first principles: ids of nodes, the ellipsoid, scipy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geoservice.network.graph import Graph
from geoservice.network.join import Joins

Floats = NDArray[np.float64]
ELLIPSOID = Geod(ellps="GRS80")


class Line(NamedTuple):
    """A road: ids of its nodes, positions in degrees, speed in km/h."""

    nodes: Sequence[int]
    positions: Floats
    speed_kmh: float = 1.0


class Cut(NamedTuple):
    """Roads cut at junctions."""

    nodes: int
    edges: int
    components: int
    main_share: float
    weights_ds: list[int]


def cut(lines: Iterable[Line], *, weigh: bool = True) -> Cut:
    """Cuts roads where they end and where a node stands twice."""
    roads = [line for line in map(_without_repeats, lines) if len(line.nodes) > 1]
    uses: Counter[int] = Counter()
    for line in roads:
        uses.update(line.nodes)
        uses.update((line.nodes[0], line.nodes[-1]))
    pieces = []
    weights = []
    for line in roads:
        steps = _steps_m(line.positions) if weigh else None
        start = 0
        for at in range(1, len(line.nodes)):
            if uses[line.nodes[at]] > 1:
                pieces.append((line.nodes[start], line.nodes[at]))
                if steps is not None:
                    length_m = float(np.sum(steps[start:at]))
                    weights.append(max(1, math.floor(length_m * 36.0 / line.speed_kmh + 0.5)))
                start = at
    number = {node: index for index, node in enumerate(sorted({node for piece in pieces for node in piece}))}
    ends = np.array([[number[u], number[v]] for u, v in pieces])
    matrix = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(number), len(number)))
    count, labels = connected_components(matrix.tocsr(), directed=False)
    share = float(np.bincount(labels).max()) / len(number)
    return Cut(len(number), len(pieces), int(count), share, sorted(weights))


def _without_repeats(line: Line) -> Line:
    kept = [at for at, node in enumerate(line.nodes) if at == 0 or node != line.nodes[at - 1]]
    return line._replace(nodes=[line.nodes[at] for at in kept], positions=line.positions[kept])


def _steps_m(positions: Floats) -> Floats:
    *_, length_m = ELLIPSOID.inv(*positions[:-1].T, *positions[1:].T)
    return np.asarray(length_m)


def reach_times(graph: Graph, facilities: Joins, places: Joins, *, to_facility: bool = True) -> Floats:
    """Least time in ds of each place to (or from) any facility; infinite where there is no way.

    One vertex a junction, one a foot, one a place, and one behind all facilities. Arcs that run side by side are
    replaced by the fastest, because scipy would add them up.
    """
    at_place = graph.nodes + np.arange(len(places.edge))
    at_facility = at_place.size + graph.nodes + np.arange(len(facilities.edge))
    place = graph.nodes + at_place.size + at_facility.size + np.arange(len(places))
    goal = int(place[-1]) + 1
    arcs = [
        _roads(graph, to_facility=to_facility),
        (place[_owner(places)], at_place, places.leg_ds),
        (at_facility, np.full(at_facility.size, goal), facilities.leg_ds),
        *_ends(graph, places, at_place, out=True, to_facility=to_facility),
        *_ends(graph, facilities, at_facility, out=False, to_facility=to_facility),
        _along_one_edge(graph, places, at_place, facilities, at_facility, to_facility=to_facility),
    ]
    start, stop, cost = (np.concatenate([np.asarray(arc[part]) for arc in arcs]) for part in range(3))
    # Turned round: one search from behind the facilities.
    found = dijkstra(_fastest(stop, start, cost, goal + 1), indices=goal)
    times: Floats = found[place]
    return times


def _owner(joins: Joins) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(joins)), np.diff(joins.offset))


def _roads(graph: Graph, *, to_facility: bool) -> tuple[NDArray[np.int64], ...]:
    u, v, weight = (array.astype(np.int64) for array in (graph.edge_u, graph.edge_v, graph.edge_weight))
    ahead, back = _ways(graph, to_facility=to_facility)
    start, stop = np.concatenate([u[ahead], v[back]]), np.concatenate([v[ahead], u[back]])
    return start, stop, np.concatenate([weight[ahead], weight[back]])


def _ways(graph: Graph, *, to_facility: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which edges may be travelled from u to v and back; all turned round for the way from the facility."""
    ways = (graph.edge_forward, graph.edge_backward)
    return ways if to_facility else (ways[1], ways[0])


def _half_up(value: Floats) -> NDArray[np.int64]:
    return np.floor(value + 0.5).astype(np.int64)


def _ends(
    graph: Graph, joins: Joins, foot: NDArray[np.int64], *, out: bool, to_facility: bool
) -> list[tuple[NDArray[np.int64], ...]]:
    """Arcs from feet to the ends of their edges, or from there to the feet."""
    ahead, back = (way[joins.edge] for way in _ways(graph, to_facility=to_facility))
    weight = graph.edge_weight[joins.edge].astype(np.float64)
    from_u, from_v = _half_up(weight * joins.fraction), _half_up(weight * (1.0 - joins.fraction))
    u, v = graph.edge_u[joins.edge].astype(np.int64), graph.edge_v[joins.edge].astype(np.int64)
    towards_v = (ahead if out else back) | (joins.fraction == 1.0)
    towards_u = (back if out else ahead) | (joins.fraction == 0.0)
    sides = [(towards_v, v, from_v), (towards_u, u, from_u)]
    if out:
        return [(foot[way], end[way], cost[way]) for way, end, cost in sides]
    return [(end[way], foot[way], cost[way]) for way, end, cost in sides]


def _along_one_edge(
    graph: Graph,
    places: Joins,
    at_place: NDArray[np.int64],
    facilities: Joins,
    at_facility: NDArray[np.int64],
    *,
    to_facility: bool,
) -> tuple[NDArray[np.int64], ...]:
    """Arcs between feet on one edge that do not pass its ends."""
    ahead, back = _ways(graph, to_facility=to_facility)
    here: dict[int, list[int]] = {}
    for foot, edge in enumerate(facilities.edge.tolist()):
        here.setdefault(edge, []).append(foot)
    rows = []
    for foot, edge in enumerate(places.edge.tolist()):
        for other in here.get(edge, ()):
            along = float(facilities.fraction[other] - places.fraction[foot])
            if along == 0 or (along > 0 and ahead[edge]) or (along < 0 and back[edge]):
                cost = math.floor(int(graph.edge_weight[edge]) * abs(along) + 0.5)
                rows.append((at_place[foot], at_facility[other], cost))
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _fastest(
    start: NDArray[np.int64], stop: NDArray[np.int64], cost: NDArray[np.int64], size: int
) -> csr_array[np.float64]:
    order = np.lexsort((cost, stop, start))
    start, stop, cost = start[order], stop[order], cost[order]
    first = np.ones(order.size, dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (stop[1:] != stop[:-1])
    pointer = np.concatenate([[0], np.cumsum(np.bincount(start[first], minlength=size))])
    return csr_array((cost[first].astype(np.float64), stop[first], pointer), shape=(size, size))
