"""Pieces of the road network, found by the node ids that roads share.

A road that is drawn through a node meets all others there, so pieces are those of roads and nodes together. The work is
linear in the number of vertices.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy import Connection, text

from geoservice.network.arrays import Bools, Int64s

_ROADS = text("""
    select r.id, r.oneway, r.node_ids from road r
    where :access = any(r.modes) and r.class <> all(:barred) order by r.id
""")
WALK, DRIVE = "walk", "car"


def islands(connection: Connection, given: Mapping[str, object]) -> Mapping[str, object]:
    """Pieces for walkers that do not join the largest one, of at most ``island_roads`` roads."""
    roads = _Roads.read(connection, {**given, "access": WALK})
    piece = roads.pieces(directed=False)[: roads.count]
    sizes = np.bincount(piece, minlength=1)
    small = (piece != sizes.argmax()) & (sizes[piece] <= float(str(given["island_roads"])))
    return {"roads": roads.id[small].tolist(), "pieces": piece[small].tolist()}


def traps(connection: Connection, given: Mapping[str, object]) -> Mapping[str, object]:
    """One-way roads for cars that lead to where nothing leads out, or from where nothing leads in.

    They lie in the piece that the main network reaches, and not in the part of it where every road can be reached from
    every other.
    """
    roads = _Roads.read(connection, {**given, "access": DRIVE})
    whole, strong = roads.pieces(directed=False), roads.pieces(directed=True)
    nodes = slice(roads.count, None)
    if not strong[nodes].size:
        return {"roads": [], "pieces": []}
    main = np.bincount(strong[nodes]).argmax()
    home = whole[nodes][strong[nodes] == main][0]
    lost_node = (strong != main) & (whole == home)
    # A road is lost where one of its vertices is; the lost ones hang together by the vertices that are.
    lost = np.zeros(roads.count, dtype=bool)
    lost[roads.owner[lost_node[roads.count + roads.node]]] = True
    lost &= roads.oneway != 0
    piece = roads.pieces(directed=False, keep=lost[roads.owner] & lost_node[roads.count + roads.node])[: roads.count]
    return {"roads": roads.id[lost].tolist(), "pieces": piece[lost].tolist()}


class _Roads:
    """Roads with the nodes that they are drawn through: `owner` and `node` stand side by side, one a vertex."""

    def __init__(self, ids: Int64s, oneway: Int64s, counts: Int64s, nodes: Int64s) -> None:
        self.id, self.oneway, self.count = ids, oneway, ids.size
        self.owner = np.repeat(np.arange(ids.size), counts)
        distinct, node = np.unique(nodes, return_inverse=True)
        self.node: Int64s = node.astype(np.int64)
        self.size = ids.size + distinct.size
        # The first vertex of each road has none before it.
        self.begins = np.zeros(nodes.size, dtype=bool)
        self.begins[np.cumsum(counts) - counts] = True

    @classmethod
    def read(cls, connection: Connection, given: Mapping[str, object]) -> _Roads:
        rows = connection.execute(_ROADS, given).all()
        ways = {"no": 0, "forward": 1, "backward": -1}
        return cls(
            np.array([row.id for row in rows], dtype=np.int64),
            np.array([ways[row.oneway] for row in rows], dtype=np.int64),
            np.array([len(row.node_ids) for row in rows], dtype=np.int64),
            np.array([node for row in rows for node in row.node_ids], dtype=np.int64),
        )

    def pieces(self, *, directed: bool, keep: Bools | None = None) -> Int64s:
        """The piece of each road, then of each node: joined at all, or by ways there and back."""
        start, stop = self._ways() if directed else (self.owner, self.count + self.node)
        if keep is not None:
            start, stop = start[keep], stop[keep]
        links = coo_array((np.ones(start.size, dtype=np.int8), (start, stop)), shape=(self.size, self.size))
        found: Int64s = connected_components(links, directed=directed, connection="strong")[1].astype(np.int64)
        return found

    def _ways(self) -> tuple[Int64s, Int64s]:
        """From node to node, along each stretch of road that may be driven."""
        after = np.flatnonzero(~self.begins)
        before, way = after - 1, self.oneway[self.owner[after]]
        there, back = way >= 0, way <= 0
        start = np.concatenate([self.node[before[there]], self.node[after[back]]])
        stop = np.concatenate([self.node[after[there]], self.node[before[back]]])
        return self.count + start, self.count + stop
