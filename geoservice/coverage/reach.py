"""T(x): the time of places to their nearest facility, exact in whole deciseconds.

The sum of the place's leg, the way along its edge to a junction, the way between junctions, the way along the
facility's edge, and the facility's leg; or, where both feet lie on one edge, the way between them along it. Every part
is a whole number, so ``time <= limit`` has one answer. A foot at the very end of an edge is at the junction, whatever
direction the edge may be travelled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr, Graph
from geoservice.network.join import Joins
from geoservice.network.labels import Nearest, UInt64s, label_source, label_time
from geoservice.network.search import NEVER, Seeds, checked_limit, nearest

Direction = Literal["to_facility", "from_facility"]


@dataclass(frozen=True)
class Reach:
    """Times of places.

    Attributes
    ----------
    time_ds
        int32, -1 where no facility is within the limit.
    facility
        int32 index of the facility, the smallest of those with that time; -1 where there is none.
    foot
        int64 index into the feet of the places: the one that gives the time; -1 where there is none.
    reason
        Why there is no time, object array of text, None where there is one: ``no_facility`` (it is joined, and no facility is),
        ``off_network``, ``blocked`` (see `Joined`), ``island`` (joined to a fragment of the network only, and nothing
        is reached from it), ``no_path`` (none within the limit).
    """

    time_ds: Int32s
    facility: Int32s
    foot: Int64s
    reason: NDArray[np.object_]

    def within(self, limit_ds: int) -> Bools:
        """Which places have a time of at most a limit."""
        found: Bools = (self.time_ds >= 0) & (self.time_ds <= limit_ds)
        return found


@dataclass(frozen=True)
class Field:
    """Times of the whole network from its facilities, from which T is evaluated anywhere.

    Attributes
    ----------
    nodes
        Time and facility of each node.
    ahead, back
        Of each edge: whether a place on it may leave towards v, and towards u. For the direction from the facility
        all edges are turned round.
    feet_offset, feet_order
        Feet of facilities by edge: those of edge e are ``feet_order[feet_offset[e]:feet_offset[e + 1]]``, indices into
        `facilities`, in the order of their fraction.
    feet_facility
        int32 facility of each foot of `facilities`.
    """

    graph: Graph
    facilities: Joins
    nodes: Nearest
    limit_ds: int
    ahead: Bools
    back: Bools
    feet_offset: Int64s
    feet_order: Int64s
    feet_facility: Int32s


def field_of(graph: Graph, facilities: Joins, limit_ds: int, direction: Direction = "to_facility") -> Field:
    """Search the network once from all facilities.

    Parameters
    ----------
    graph
        The network of the mode.
    facilities
        Feet of the facilities, by the same mode.
    limit_ds
        The largest time of interest.
    direction
        ``to_facility`` for people who go there, ``from_facility`` for those who come from there.
    """
    toward = direction == "to_facility"
    rows: Csr = graph.reverse if toward else graph.forward
    ahead = graph.edge_forward if toward else graph.edge_backward
    back = graph.edge_backward if toward else graph.edge_forward
    owner = owners(facilities)
    edge, fraction = facilities.edge, facilities.fraction
    order = np.lexsort((fraction, edge))
    return Field(
        graph=graph,
        facilities=facilities,
        nodes=nearest(rows, seeds_of(graph, facilities, ahead, back), checked_limit(limit_ds)),
        limit_ds=limit_ds,
        ahead=ahead,
        back=back,
        feet_offset=_offsets(edge, graph.edges),
        feet_order=order.astype(np.int64),
        feet_facility=owner,
    )


@kernel
def _offsets(edge: Int32s, edges: int) -> Int64s:
    """Where the feet of each edge begin, feet standing in the order of their edges."""
    offset = np.zeros(edges + 1, dtype=np.int64)
    for e in edge:
        offset[e + 1] += 1
    for e in range(edges):
        offset[e + 1] += offset[e]
    return offset


def owners(joins: Joins) -> Int32s:
    """The place of each foot, int32."""
    return np.repeat(np.arange(len(joins), dtype=np.int32), np.diff(joins.offset))


def seeds_of(graph: Graph, facilities: Joins, ahead: Bools, back: Bools) -> Seeds:
    """Where the search from some facilities begins, by their number; `ahead` and `back` as in `Field`."""
    owner, edge, fraction = owners(facilities), facilities.edge, facilities.fraction
    # A foot is come upon from u if the edge leads ahead, from v if it leads back; at an end it is the node itself.
    at_u, at_v = ahead[edge] | (fraction == 0.0), back[edge] | (fraction == 1.0)
    return Seeds(
        np.concatenate([graph.edge_u[edge[at_u]], graph.edge_v[edge[at_v]]]),
        np.concatenate(
            [(facilities.leg_ds + facilities.from_u_ds)[at_u], (facilities.leg_ds + facilities.from_v_ds)[at_v]]
        ),
        np.concatenate([owner[at_u], owner[at_v]]),
    )


def evaluate(field: Field, places: Joins) -> Reach:
    """T of places, from a field of the same mode."""
    at_foot, facility = _at_feet(
        (field.graph.edge_u, field.graph.edge_v, field.graph.edge_weight, field.ahead, field.back),
        field.nodes.label,
        (field.feet_offset, field.feet_order, field.feet_facility, field.facilities.fraction, field.facilities.leg_ds),
        (places.edge, places.fraction, places.from_u_ds, places.from_v_ds),
    )
    time, winner, foot = _least(places.offset, places.leg_ds, at_foot, facility, field.limit_ds)
    return Reach(time, winner, foot, _reasons(field.facilities, places, time))


def reach(graph: Graph, facilities: Joins, places: Joins, limit_ds: int, direction: Direction = "to_facility") -> Reach:
    """T of places to (or from) the nearest of some facilities.

    Parameters
    ----------
    graph, facilities, limit_ds, direction
        As for `field_of`. To know the time of places beyond a standard, give a limit beyond it.
    places
        Feet of the places, by the same mode.

    Examples
    --------
    ::

        found = reach(graph, join(graph, *nursing_homes, mode), join(graph, *villages, mode), 9000)
        covered = found.within(9000)
    """
    return evaluate(field_of(graph, facilities, limit_ds, direction), places)


def _reasons(facilities: Joins, places: Joins, time: Int32s) -> NDArray[np.object_]:
    reasons = np.full(time.size, None, dtype=object)
    missing = time < 0
    reasons[missing] = "no_path"
    reasons[missing & places.island] = "island"
    if not facilities.joined.any():
        reasons[missing] = "no_facility"
    for place in np.flatnonzero(missing & ~places.joined):
        reasons[place] = places.reason(int(place))
    return reasons


Edges = tuple[Int32s, Int32s, Int32s, Bools, Bools]
FacilityFeet = tuple[Int64s, Int64s, Int32s, Floats, Int32s]
PlaceFeet = tuple[Int32s, Floats, Int32s, Int32s]


@kernel
def _at_feet(edges: Edges, label: UInt64s, feet: FacilityFeet, places: PlaceFeet) -> tuple[Int32s, Int32s]:
    """Time and facility at each foot of the places, without the leg."""
    edge_u, edge_v, edge_weight, ahead, back = edges
    offset, order, owner, there, there_leg = feet
    edge, fraction, from_u, from_v = places
    time = np.full(edge.size, NEVER, dtype=np.int32)
    source = np.full(edge.size, NEVER, dtype=np.int32)
    for f in range(edge.size):
        e, here = edge[f], fraction[f]
        u, v = edge_u[e], edge_v[e]
        best, won = np.int64(NEVER), np.int64(NEVER)
        if (back[e] or here == 0.0) and label[u]:
            best, won = np.int64(label_time(label[u])) + from_u[f], np.int64(label_source(label[u]))
        if (ahead[e] or here == 1.0) and label[v]:
            t, s = np.int64(label_time(label[v])) + from_v[f], np.int64(label_source(label[v]))
            if t < best or (t == best and s < won):
                best, won = t, s
        for k in range(offset[e], offset[e + 1]):
            g = order[k]
            away = there[g] - here
            if not (away == 0.0 or (away > 0.0 and ahead[e]) or (away < 0.0 and back[e])):
                continue
            t, s = there_leg[g] + np.int64(np.floor(edge_weight[e] * abs(away) + 0.5)), np.int64(owner[g])
            if t < best or (t == best and s < won):
                best, won = t, s
        if best < NEVER:
            time[f], source[f] = best, won
    return time, source


@kernel
def _least(offset: Int64s, leg: Int32s, at_foot: Int32s, facility: Int32s, limit: int) -> tuple[Int32s, Int32s, Int64s]:
    """The least time over the feet of each place; of equal times the smallest facility, then the first foot."""
    places = offset.size - 1
    time = np.full(places, -1, dtype=np.int32)
    winner = np.full(places, -1, dtype=np.int32)
    foot = np.full(places, -1, dtype=np.int64)
    for p in range(places):
        for f in range(offset[p], offset[p + 1]):
            if at_foot[f] == NEVER:
                continue
            t = np.int64(at_foot[f]) + leg[f]
            if t > limit:
                continue
            if time[p] < 0 or t < time[p] or (t == time[p] and facility[f] < winner[p]):
                time[p], winner[p], foot[p] = t, facility[f], f
    return time, winner, foot
