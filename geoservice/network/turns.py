"""Turn bans as part of a graph: where one is under way, a road's end is a node of its own.

A ban is a sequence of arcs that may not be driven one after the other: two where the ban is at a node, more where it is
along a way. Who has driven the beginning of a ban stands at a *state*, a node at the place of the real one; from it
lead copies of the arcs that are still allowed. A state stands for the longest end of what was driven that begins a ban
(the automaton of Aho and Corasick, CACM 18, 1975), so bans that overlap are all kept. Searches, joins and circles see
ordinary nodes and edges. Nothing else is banned: one may turn round at every node where no ban says otherwise.

An arc is ``2 * edge`` from u to v and ``2 * edge + 1`` from v to u.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from geoservice.network.arrays import Bools, Int32s, Int64s

KINDS = (
    "no_left_turn",
    "no_right_turn",
    "no_straight_on",
    "no_u_turn",
    "no_entry",
    "no_exit",
    "only_left_turn",
    "only_right_turn",
    "only_straight_on",
    "only_u_turn",
)
# What became of restrictions: the first is kept, of the others each is the reason why it is not.
APPLIED = "applied"
OUTCOMES = (
    APPLIED,
    "exempt",  # it is not for this mode
    "conditional",  # it holds at times or for vehicles that are not told apart
    "unknown_kind",
    "incomplete",  # from, via or to is not given
    "ambiguous_members",  # several where the kind allows one
    "missing_roads",  # a way is not among the roads
    "not_open",  # the mode may not use a way, or not in that direction
    "not_ending",  # a way does not end at the node, so that it is not clear which part is meant
    "via_way",  # a command along a way
)

Arc = int
Banned = tuple[Arc, ...]


@dataclass(frozen=True)
class TurnRow:
    """A restriction, its ways as the ids of their roads.

    Attributes
    ----------
    key
        For example ``osm:relation/1``.
    kind
        One of `KINDS`; ``only_`` bans all other ways on.
    from_ways, via_ways, to_ways
        Of each way the ids of its roads; empty where it is not among the roads.
    via_nodes
        Node ids.
    modes
        Access modes that obey it.
    conditional
        Whether it holds at certain times or for certain vehicles only.
    """

    key: str
    kind: str
    from_ways: tuple[tuple[int, ...], ...]
    via_nodes: tuple[int, ...]
    via_ways: tuple[tuple[int, ...], ...]
    to_ways: tuple[tuple[int, ...], ...]
    modes: tuple[str, ...]
    conditional: bool = False


@dataclass(frozen=True)
class Streets:
    """The edges of a graph before turns are banned.

    Attributes
    ----------
    u, v
        int32 end nodes.
    road
        int64 id of the road.
    position
        int64: edges of a road in the order of its vertices, by rising numbers; u comes before v.
    ahead, back
        Whether one may go from u to v, and from v to u.
    node
        Node of the node ids of the source that bans name; those that are no node of the graph are left out.
    nodes
        Number of nodes.
    """

    u: Int32s
    v: Int32s
    road: Int64s
    position: Int64s
    ahead: Bools
    back: Bools
    node: Mapping[int, int]
    nodes: int


@dataclass(frozen=True)
class Bans:
    """Sequences of arcs that may not be driven, and what became of each restriction (of `OUTCOMES`)."""

    sequences: frozenset[Banned]
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Expanded:
    """Edges with bans built in.

    Attributes
    ----------
    edge
        int64: the edge that each is a copy or a direction of.
    u, v
        int32; states are numbered from the number of nodes on.
    ahead, back
        As in `Streets`.
    at
        int32: the node at whose place each state stands.
    """

    edge: Int64s
    u: Int32s
    v: Int32s
    ahead: Bools
    back: Bools
    at: Int32s


def bans_of(streets: Streets, rows: Iterable[TurnRow], access: str) -> Bans:
    """The sequences that restrictions ban for an access mode."""
    around = _Around(streets, {road for row in rows for way in _ways(row) for road in way})
    outcomes: Counter[str] = Counter()
    sequences: set[Banned] = set()
    for row in rows:
        outcome, banned = _banned(around, row, access)
        outcomes[outcome] += 1
        sequences.update(banned)
    return Bans(frozenset(sequences), {name: outcomes[name] for name in OUTCOMES if outcomes[name]})


def _ways(row: TurnRow) -> tuple[tuple[int, ...], ...]:
    return (*row.from_ways, *row.via_ways, *row.to_ways)


class _Around:
    """Arcs by road and by node, for the roads that restrictions name."""

    def __init__(self, streets: Streets, roads: set[int]) -> None:
        self.streets = streets
        named = np.flatnonzero(np.isin(streets.road, np.fromiter(roads, dtype=np.int64, count=len(roads))))
        named = named[np.argsort(streets.position[named], kind="stable")]
        self.of_road: dict[int, list[int]] = {}
        for edge in named.tolist():
            self.of_road.setdefault(int(streets.road[edge]), []).append(edge)
        ends = np.unique(np.concatenate([streets.u[named], streets.v[named]]))
        self.out = leaving(streets, ends)

    def edges(self, way: tuple[int, ...]) -> list[int]:
        """All edges of a way that the mode may use."""
        return [edge for road in way for edge in self.of_road.get(road, ())]

    def touching(self, way: tuple[int, ...], node: int) -> bool:
        """Whether an edge of a way begins or ends at a node."""
        return any(node in (self.streets.u[edge], self.streets.v[edge]) for edge in self.edges(way))

    def arcs(self, way: tuple[int, ...]) -> list[Arc]:
        """All arcs of a way."""
        streets, edges = self.streets, self.edges(way)
        return [2 * e for e in edges if streets.ahead[e]] + [2 * e + 1 for e in edges if streets.back[e]]

    def start(self, arc: Arc) -> int:
        return int((self.streets.v if arc & 1 else self.streets.u)[arc >> 1])

    def end(self, arc: Arc) -> int:
        return int((self.streets.u if arc & 1 else self.streets.v)[arc >> 1])


def leaving(streets: Streets, nodes: Int32s) -> dict[int, list[Arc]]:
    """The arcs that leave some nodes, in the order of their numbers."""
    wanted = np.zeros(streets.nodes, dtype=bool)
    wanted[nodes] = True
    ahead = 2 * np.flatnonzero(streets.ahead & wanted[streets.u])
    back = 2 * np.flatnonzero(streets.back & wanted[streets.v]) + 1
    out: dict[int, list[Arc]] = {}
    for arc in np.sort(np.concatenate([ahead, back])).tolist():
        out.setdefault(int((streets.v if arc & 1 else streets.u)[arc >> 1]), []).append(arc)
    return out


def _banned(around: _Around, row: TurnRow, access: str) -> tuple[str, list[Banned]]:
    """What becomes of a restriction, and the sequences that it bans."""
    refused = _refused(row, access)
    if refused is not None:
        return refused, []
    if row.via_ways:
        return _along_ways(around, row)
    node = around.streets.node.get(row.via_nodes[0], -1)
    found: list[Banned] = []
    for start in row.from_ways:
        for stop in row.to_ways:
            outcome, banned = _at_node(around, row.kind, node, start, stop)
            if outcome != APPLIED:
                return outcome, []
            found += banned
    return APPLIED, found


def _refused(row: TurnRow, access: str) -> str | None:
    """Why a restriction is not looked at; None where it is."""
    several = (len(row.from_ways) > 1 and row.kind != "no_entry") or (len(row.to_ways) > 1 and row.kind != "no_exit")
    reasons = (
        (not row.from_ways or not row.to_ways or not (row.via_nodes or row.via_ways), "incomplete"),
        (access not in row.modes, "exempt"),
        (row.conditional, "conditional"),
        (row.kind not in KINDS, "unknown_kind"),
        (several or len(row.via_nodes) > 1 or bool(row.via_nodes and row.via_ways), "ambiguous_members"),
        (not all(_ways(row)), "missing_roads"),
        (bool(row.via_ways) and row.kind.startswith("only_"), "via_way"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _at_node(
    around: _Around, kind: str, node: int, start: tuple[int, ...], stop: tuple[int, ...]
) -> tuple[str, list[Banned]]:
    coming = [arc for arc in around.arcs(start) if around.end(arc) == node]
    going = [arc for arc in around.arcs(stop) if around.start(arc) == node]
    if not coming or not going:
        apart = (around.edges(way) and not around.touching(way, node) for way in (start, stop))
        return ("not_ending" if any(apart) else "not_open"), []
    if len(coming) > 1 or len(going) > 1:
        return "not_ending", []
    if kind.startswith("no_"):
        return APPLIED, [(coming[0], going[0])]
    return APPLIED, [(coming[0], arc) for arc in around.out[node] if arc != going[0]]


def _along_ways(around: _Around, row: TurnRow) -> tuple[str, list[Banned]]:
    """Every way through from the first way to the last along the ways between."""
    chains: list[Banned] = [(arc,) for arc in around.arcs(row.from_ways[0])]
    for way in row.via_ways:
        through = _throughs(around, way)
        if not through:
            return "not_open", []
        chains = [
            (*chain, *more) for chain in chains for more in through if around.end(chain[-1]) == around.start(more[0])
        ]
    going = around.arcs(row.to_ways[0])
    found = [(*chain, arc) for chain in chains for arc in going if around.end(chain[-1]) == around.start(arc)]
    if len(found) == 1:
        return APPLIED, found
    return ("not_ending" if all(around.arcs(way) for way in _ways(row)) else "not_open"), []


def _throughs(around: _Around, way: tuple[int, ...]) -> list[Banned]:
    """A way from end to end, in each direction in which it may be driven; nothing for one that the extract cuts."""
    if len(way) != 1:
        return []
    edges, streets = around.edges(way), around.streets
    pieces = len(set(streets.position[edges].tolist()))
    ahead = tuple(2 * edge for edge in edges if streets.ahead[edge])
    back = tuple(2 * edge + 1 for edge in reversed(edges) if streets.back[edge])
    return [chain for chain in (ahead, back) if chain and len(chain) == pieces]


def expand(streets: Streets, banned: frozenset[Banned]) -> Expanded:
    """The edges with their states and copies.

    Parameters
    ----------
    banned
        Sequences of at least two arcs that follow one another.

    Examples
    --------
    A turn from the first edge into the second is banned; the way on from the second node loses nothing:

    >>> u, v, yes = np.array([0, 1], np.int32), np.array([1, 2], np.int32), np.ones(2, bool)
    >>> line = Streets(u, v, np.array([7, 8]), np.array([0, 1]), yes, ~yes, {}, 3)
    >>> after = expand(line, frozenset({(0, 2)}))
    >>> after.u.tolist(), after.v.tolist(), after.at.tolist()
    ([1, 0], [2, 3], [1])
    """
    beginnings = sorted({sequence[:length] for sequence in banned for length in range(1, len(sequence))})
    state = {beginning: streets.nodes + number for number, beginning in enumerate(beginnings)}
    last = np.array([beginning[-1] for beginning in beginnings], dtype=np.int64)
    at = np.where(last & 1, streets.u[last >> 1], streets.v[last >> 1]).astype(np.int32)
    opening = np.unique(
        np.array([beginning[0] for beginning in beginnings if len(beginning) == 1], dtype=np.int64) >> 1
    )
    whole = np.ones(streets.u.size, dtype=bool)
    whole[opening] = False
    kept = np.flatnonzero(whole)
    ways = _Ways(streets, state)
    for edge in opening.tolist():
        ways.split(edge)
    out = leaving(streets, np.unique(at))
    for beginning, number in state.items():
        for arc in out.get(int(at[number - streets.nodes]), ()):
            ways.on(beginning, number, arc, banned)
    added = np.array(ways.rows, dtype=np.int64).reshape(-1, 5)
    return Expanded(
        edge=np.concatenate([kept, added[:, 0]]),
        u=np.concatenate([streets.u[kept], added[:, 1]]).astype(np.int32),
        v=np.concatenate([streets.v[kept], added[:, 2]]).astype(np.int32),
        ahead=np.concatenate([streets.ahead[kept], added[:, 3] > 0]),
        back=np.concatenate([streets.back[kept], added[:, 4] > 0]),
        at=at,
    )


@dataclass
class _Ways:
    """Collects edges for one direction: edge, u, v, ahead, back."""

    streets: Streets
    state: Mapping[Banned, int]
    rows: list[tuple[int, int, int, int, int]] = field(default_factory=list)

    def split(self, edge: int) -> None:
        """An edge at whose end a ban begins, in each of its directions, from the real node on."""
        for arc, allowed in ((2 * edge, self.streets.ahead[edge]), (2 * edge + 1, self.streets.back[edge])):
            if allowed:
                self._add(arc, self._node(arc, first=True), self._end((arc,)))

    def on(self, beginning: Banned, number: int, arc: Arc, banned: frozenset[Banned]) -> None:
        """A copy of an arc from a state on, unless a ban ends with it."""
        driven = (*beginning, arc)
        if not any(driven[start:] in banned for start in range(len(driven) - 1)):
            self._add(arc, number, self._end(driven))

    def _end(self, driven: Sequence[Arc]) -> int:
        """Where one stands after some arcs: the state of the longest end that begins a ban, else the real node."""
        for start in range(len(driven)):
            number = self.state.get(tuple(driven[start:]))
            if number is not None:
                return number
        return self._node(driven[-1], first=False)

    def _node(self, arc: Arc, *, first: bool) -> int:
        return int((self.streets.u if (arc & 1 == 0) == first else self.streets.v)[arc >> 1])

    def _add(self, arc: Arc, start: int, stop: int) -> None:
        turned = arc & 1
        ends = (stop, start) if turned else (start, stop)
        self.rows.append((arc >> 1, *ends, 1 - turned, turned))
