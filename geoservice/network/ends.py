"""Edges and their end nodes once turns are banned: states beside their node, edges in their order again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Int32s, Int64s
from geoservice.network.turns import Expanded, Streets, TurnRow, bans_of, expand


@dataclass(frozen=True)
class Ends:
    """The edges of a graph as they are searched.

    Attributes
    ----------
    edge
        int64: the edge before bans that each is, or is a copy or a direction of.
    u, v, ahead, back
        As in `Graph`, in the order of the lower, then of the higher node.
    node
        int64: the node before bans at whose place each node stands.
    state
        As in `Graph`.
    """

    edge: Int64s
    u: Int32s
    v: Int32s
    ahead: Bools
    back: Bools
    node: Int64s
    state: Bools | None = None


def edge_order(u: Int32s, v: Int32s) -> Int64s:
    """Edges by their lower, then by their higher node; equal ones as they stand."""
    return np.lexsort((np.maximum(u, v), np.minimum(u, v)))


def copies(piece: Int64s) -> Bools | None:
    """Whether each edge is of the same piece of road as one before it; None where all are of their own."""
    copy = np.ones(piece.size, dtype=bool)
    copy[np.unique(piece, return_index=True)[1]] = False
    return copy if copy.any() else None


def without_bans(streets: Streets) -> Ends:
    """The edges as they are."""
    edge, node = np.arange(streets.u.size), np.arange(streets.nodes)
    return Ends(edge, streets.u, streets.v, streets.ahead, streets.back, node)


def with_bans(streets: Streets, turns: Sequence[TurnRow], access: str) -> tuple[Ends, Mapping[str, int]]:
    """The edges with the bans of an access mode built in, and what became of each restriction."""
    bans = bans_of(streets, turns, access)
    if not bans.sequences:
        return without_bans(streets), bans.outcomes
    return _renumbered(expand(streets, bans.sequences), streets.nodes), bans.outcomes


def _renumbered(found: Expanded, nodes: int) -> Ends:
    at = np.concatenate([np.arange(nodes), found.at]).astype(np.int64)
    # States stand directly behind their node, so that neighbours stay neighbours in memory.
    order = np.argsort(at, kind="stable")
    number = np.empty(order.size, dtype=np.int32)
    number[order] = np.arange(order.size, dtype=np.int32)
    u, v = number[found.u], number[found.v]
    rows = edge_order(u, v)
    return Ends(
        edge=found.edge[rows],
        u=u[rows],
        v=v[rows],
        ahead=found.ahead[rows],
        back=found.back[rows],
        node=at[order],
        state=order >= nodes,
    )
