"""The way behind a time: every part of T of a place, in whole deciseconds that add up to it.

The times of the junctions are walked down from the place to the facility. Of several ways that take the same time one
is chosen by fixed rules: along the place's own edge first, then towards u, then towards v; a facility that is reached
from a junction before a further edge; of edges the lowest number.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoservice.coverage.reach import Field, Reach
from geoservice.network.graph import Graph
from geoservice.network.join import Joins

Position = tuple[float, float]


@dataclass(frozen=True)
class Leg:
    """A straight line between a place or a facility and its foot on the network.

    Attributes
    ----------
    line
        Longitude and latitude in degrees of both ends, in the order of the way.
    length_m
        On the ellipsoid.
    time_ds
        Whole deciseconds.
    """

    line: tuple[Position, Position]
    length_m: float
    time_ds: int


@dataclass(frozen=True)
class Step:
    """A part of one edge.

    Attributes
    ----------
    edge
        Number of the edge in the graph.
    start, stop
        Positions on the edge by length, 0 at u and 1 at v, in the order of the way.
    length_m, time_ds
        Of the part.
    line
        Longitude and latitude in degrees, in the order of the way.
    """

    edge: int
    start: float
    stop: float
    length_m: float
    time_ds: int
    line: tuple[Position, ...]


@dataclass(frozen=True)
class Path:
    """A way from a place to its facility; for times from the facility it is travelled the other way round.

    Attributes
    ----------
    access, egress
        The legs at the place and at the facility.
    steps
        None where both feet are the same point of the network.
    """

    access: Leg
    steps: tuple[Step, ...]
    egress: Leg

    @property
    def time_ds(self) -> int:
        """The sum of all parts."""
        return self.access.time_ds + sum(step.time_ds for step in self.steps) + self.egress.time_ds

    @property
    def length_m(self) -> float:
        """The sum of all parts."""
        return math.fsum([self.access.length_m, *(step.length_m for step in self.steps), self.egress.length_m])

    @property
    def line(self) -> tuple[Position, ...]:
        """The whole way with its legs, degrees, at least two positions."""
        parts = [self.access.line, *(step.line for step in self.steps), self.egress.line]
        positions = [position for part in parts for position in part]
        kept = [new for old, new in zip([None, *positions], positions, strict=False) if new != old]
        return tuple(kept if len(kept) > 1 else kept * 2)


def path_of(field: Field, places: Joins, found: Reach, place: int) -> Path | None:
    """The way that gives the time of a place; None where it has no time.

    Parameters
    ----------
    field, places
        What `found` was evaluated from.
    found
        Times of the places.
    place
        Index of the place.
    """
    if found.time_ds[place] < 0:
        return None
    foot, facility = int(found.foot[place]), int(found.facility[place])
    rest_ds = int(found.time_ds[place]) - int(places.leg_ds[foot])
    walk = _Walk(field, facility)
    steps, stop = walk.from_foot(places, foot, rest_ds)
    here = (float(places.lon[place]), float(places.lat[place]))
    there = (float(field.facilities.lon[facility]), float(field.facilities.lat[facility]))
    return Path(
        access=Leg((here, _foot(places, foot)), float(places.leg_m[foot]), int(places.leg_ds[foot])),
        steps=tuple(step for step in steps if step.start != step.stop),
        egress=Leg(
            (_foot(field.facilities, stop), there),
            float(field.facilities.leg_m[stop]),
            int(field.facilities.leg_ds[stop]),
        ),
    )


@dataclass(frozen=True)
class _Walk:
    """Down the times of a field to one facility."""

    field: Field
    facility: int

    def from_foot(self, places: Joins, foot: int, rest_ds: int) -> tuple[list[Step], int]:
        """The steps from a foot of a place, and the facility's foot where they end."""
        field, edge, here = self.field, int(places.edge[foot]), float(places.fraction[foot])
        for other in self._feet():
            there = float(field.facilities.fraction[other])
            along_ds = math.floor(int(field.graph.edge_weight[edge]) * abs(there - here) + 0.5)
            if (
                int(field.facilities.edge[other]) == edge
                and (there == here or (field.ahead[edge] if there > here else field.back[edge]))
                and int(field.facilities.leg_ds[other]) + along_ds == rest_ds
            ):
                ends = _foot(places, foot), _foot(field.facilities, other)
                return [_step(field.graph, edge, here, there, along_ds, ends)], other
        sides = (
            (int(field.graph.edge_u[edge]), 0.0, int(places.from_u_ds[foot]), bool(field.back[edge])),
            (int(field.graph.edge_v[edge]), 1.0, int(places.from_v_ds[foot]), bool(field.ahead[edge])),
        )
        for node, end, along_ds, allowed in sides:
            if (allowed or here == end) and self._leads(node, rest_ds - along_ds):
                first = _step(field.graph, edge, here, end, along_ds, (_foot(places, foot), _node(field.graph, node)))
                steps, stop = self._from_node(node)
                return [first, *steps], stop
        raise AssertionError("a time without a way")

    def _from_node(self, node: int) -> tuple[list[Step], int]:
        field, steps = self.field, list[Step]()
        while True:
            time_ds, _ = field.nodes.at(node)
            last = self._to_facility(node, time_ds)
            if last is not None:
                return [*steps, last[0]], last[1]
            edge, following = self._onward(node, time_ds)
            start = 0.0 if int(field.graph.edge_u[edge]) == node else 1.0
            ends = _node(field.graph, node), _node(field.graph, following)
            steps.append(
                _step(field.graph, edge, start, 1.0 - start, int(field.graph.edge_weight[edge]), ends),
            )
            node = following

    def _to_facility(self, node: int, time_ds: int) -> tuple[Step, int] | None:
        """The last step, where the facility's own edge is entered at a node and takes the time that is left."""
        field, feet = self.field, self.field.facilities
        for other in self._feet():
            edge, there = int(feet.edge[other]), float(feet.fraction[other])
            sides = (
                (int(field.graph.edge_u[edge]), 0.0, int(feet.from_u_ds[other]), bool(field.ahead[edge])),
                (int(field.graph.edge_v[edge]), 1.0, int(feet.from_v_ds[other]), bool(field.back[edge])),
            )
            for end_node, end, along_ds, allowed in sides:
                if end_node == node and (allowed or there == end) and int(feet.leg_ds[other]) + along_ds == time_ds:
                    ends = _node(field.graph, node), _foot(feet, other)
                    return _step(field.graph, edge, end, there, along_ds, ends), other
        return None

    def _onward(self, node: int, time_ds: int) -> tuple[int, int]:
        """The edge to take from a node, and the node at its other end."""
        field, graph = self.field, self.field.graph
        candidates = (
            (edge, following)
            for following in _neighbours(graph, node)
            for edge in _edges_between(graph, node, following)
            if (field.ahead[edge] if int(graph.edge_u[edge]) == node else field.back[edge])
            and self._leads(following, time_ds - int(graph.edge_weight[edge]))
        )
        return min(candidates)

    def _leads(self, node: int, time_ds: int) -> bool:
        return time_ds >= 0 and self.field.nodes.at(node) == (time_ds, self.facility)

    def _feet(self) -> range:
        offset = self.field.facilities.offset
        return range(int(offset[self.facility]), int(offset[self.facility + 1]))


def _neighbours(graph: Graph, node: int) -> list[int]:
    rows = (graph.forward, graph.reverse)
    return sorted({int(n) for one in rows for n in one.target[one.indptr[node] : one.indptr[node + 1]]})


def _edges_between(graph: Graph, one: int, other: int) -> Iterator[int]:
    """Edges with these end nodes; edges stand in the order of their lower, then of their higher node."""
    wanted = (min(one, other), max(one, other))

    def ends(edge: int) -> tuple[int, int]:
        u, v = int(graph.edge_u[edge]), int(graph.edge_v[edge])
        return min(u, v), max(u, v)

    edge = bisect_left(range(graph.edges), wanted, key=ends)
    while edge < graph.edges and ends(edge) == wanted:
        yield edge
        edge += 1


def _step(graph: Graph, edge: int, start: float, stop: float, time_ds: int, ends: tuple[Position, Position]) -> Step:
    length_m = float(graph.edge_length_m[edge])
    first, last = int(graph.vertex_offset[edge]), int(graph.vertex_offset[edge + 1])
    along = graph.vertex_along_m[first:last] / max(length_m, 1e-9)
    between = first + np.flatnonzero((along > min(start, stop)) & (along < max(start, stop)))
    inner = [(float(graph.vertex_lon[k]), float(graph.vertex_lat[k])) for k in between]
    line = (ends[0], *(inner if start <= stop else reversed(inner)), ends[1])
    return Step(edge, start, stop, length_m * abs(stop - start), time_ds, line)


def _foot(joins: Joins, foot: int) -> Position:
    return float(joins.foot_lon[foot]), float(joins.foot_lat[foot])


def _node(graph: Graph, node: int) -> Position:
    return float(graph.lon[node]), float(graph.lat[node])
