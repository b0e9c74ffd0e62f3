"""OR-Library p-median files (Beasley 1985, 1990): a network whose nodes are clients and candidates alike.

The first line has the numbers of nodes and edges and p; every other line has two nodes (from 1) and a whole cost. Edges go
both ways, the last of several between the same nodes holds, and distances are shortest paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geoservice.errors import BadInput
from geoservice.network.arrays import Floats
from geoservice.siting.instances.lines import lines_of, whole, wrong
from geoservice.siting.problem import Model, Problem, Times

MOST_NODES = 5000
MOST_COST = 10**9


@dataclass(frozen=True)
class Network:
    """A p-median file.

    Attributes
    ----------
    p
        As the file has it.
    distance
        float64, shape (nodes, nodes): shortest paths in whole numbers, infinite where there is none.
    """

    p: int
    distance: Floats

    def problem(self, p: int | None = None, model: Model = Model.PMEDIAN, radius: int | None = None) -> Problem:
        """Every node is a client of weight 1 and a candidate."""
        nodes = len(self.distance)
        point, site = np.nonzero(np.isfinite(self.distance))
        times = Times.of(
            nodes, point.astype(np.int32), site.astype(np.int32), self.distance[point, site].astype(np.int32)
        )
        if model.covers and radius is None:
            raise BadInput("siting.no-radius")
        return Problem(
            model=model,
            weight=np.ones(nodes, dtype=np.int64),
            times=times,
            sites=nodes,
            p=self.p if p is None else p,
            limit=None if radius is None else np.full(nodes, radius, dtype=np.int32),
        )


def read_pmed(path: Path) -> Network:
    """Reads an OR-Library p-median file.

    Raises
    ------
    BadInput
        ``siting.bad-line`` with the line and what is wrong; ``siting.no-lines``.
    """
    lines = lines_of(path)
    first = next(lines, None)
    if first is None:
        raise BadInput("siting.no-lines", file=path.name)
    number, words = first
    if len(words) != 3:
        wrong(path, number, "head", found=len(words))
    nodes, edges, p = (whole(path, number, word) for word in words)
    if not 1 <= nodes <= MOST_NODES:
        wrong(path, number, "nodes", found=nodes, most=MOST_NODES)
    costs: dict[tuple[int, int], int] = {}
    read = 0
    for number, words in lines:
        if len(words) != 3:
            wrong(path, number, "edge", found=len(words))
        a, b, cost = (whole(path, number, word) for word in words)
        if not (1 <= a <= nodes and 1 <= b <= nodes):
            wrong(path, number, "no-node", node=b if 1 <= a <= nodes else a, nodes=nodes)
        if cost > MOST_COST // nodes:
            wrong(path, number, "cost", cost=cost, most=MOST_COST // nodes)
        costs[min(a, b) - 1, max(a, b) - 1] = cost
        read += 1
    if read != edges:
        wrong(path, number, "edges", found=read, told=edges)
    return Network(p, _distances(nodes, costs))


def _distances(nodes: int, costs: dict[tuple[int, int], int]) -> Floats:
    ends = np.array(list(costs), dtype=np.int64).reshape(-1, 2)
    values = np.array(list(costs.values()), dtype=np.float64)
    graph = coo_array((values, (ends[:, 0], ends[:, 1])), shape=(nodes, nodes)).tocsr()
    found: Floats = dijkstra(graph, directed=False)
    return found
