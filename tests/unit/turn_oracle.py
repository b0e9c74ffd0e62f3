"""Times with turn bans by a search over what was driven last, from the roads alone; shares no code with the engine."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from pyproj import Geod

from geoservice.network.graph import RoadRow
from geoservice.network.turns import TurnRow
from tests.unit.network_builders import TestMode

GEOD = Geod(ellps="GRS80")


class Arc(NamedTuple):
    road: int
    piece: int
    ahead: bool
    start: int
    end: int
    weight: int


History = tuple[Arc, ...]


class Streets:
    """Arcs of the roads that a mode may use, and the sequences of arcs that rules ban."""

    def __init__(self, rows: Sequence[RoadRow], mode: TestMode, rules: Iterable[TurnRow]) -> None:
        self.arcs = list(_arcs(rows, mode))
        self.out: dict[int, list[Arc]] = {}
        for arc in self.arcs:
            self.out.setdefault(arc.start, []).append(arc)
        self.banned = {banned for rule in rules for banned in self._banned(rule)}
        self.memory = max((len(banned) for banned in self.banned), default=2)
        # Histories are walks: their number grows with the power of their length.
        self.small = len(self.arcs) <= {2: 60, 3: 30, 4: 14}.get(self.memory, 8)

    @property
    def nodes(self) -> set[int]:
        return {node for arc in self.arcs for node in (arc.start, arc.end)}

    def allowed(self, driven: History) -> bool:
        return not any(driven[-len(banned) :] == banned for banned in self.banned)

    def times(self, starts: Iterable[tuple[int, History]]) -> dict[History, int]:
        """Least time at the end of what was driven last."""
        best: dict[History, int] = {}
        queue = [(time, driven) for time, driven in starts]
        heapq.heapify(queue)
        while queue:
            time, driven = heapq.heappop(queue)
            if driven in best:
                continue
            best[driven] = time
            for arc in self.out.get(driven[-1].end, ()):
                after = (*driven, arc)
                if self.allowed(after):
                    heapq.heappush(queue, (time + arc.weight, after[1 - self.memory :]))
        return best

    def from_node(self, node: int) -> dict[int, int]:
        """Least time to each node."""
        found = {node: 0}
        best = self.times([(arc.weight, (arc,)) for arc in self.out.get(node, ())])
        for driven, time in best.items():
            end = driven[-1].end
            found[end] = min(time, found.get(end, time))
        return found

    def between(self, start: tuple[int, int, float], stop: tuple[int, int, float]) -> float:
        """Time from a place on a piece of a road to another; places are (road, piece, share of the length)."""
        here = [arc for arc in self.arcs if (arc.road, arc.piece) == start[:2]]
        there = [arc for arc in self.arcs if (arc.road, arc.piece) == stop[:2]]
        found = math.inf
        for arc in here:
            along = (stop[2] - start[2]) * (1 if arc.ahead else -1)
            if start[:2] == stop[:2] and along >= 0:
                found = min(found, half_up(arc.weight * along))
        best = self.times([(half_up(arc.weight * _rest(arc, start[2])), (arc,)) for arc in here])
        for driven, time in best.items():
            for arc in there:
                if driven[-1].end == arc.start and self.allowed((*driven, arc)):
                    found = min(found, time + half_up(arc.weight * (1.0 - _rest(arc, stop[2]))))
        return found

    def _banned(self, rule: TurnRow) -> list[History]:
        (start,), (stop,) = rule.from_ways[0], rule.to_ways[0]
        if rule.via_ways:
            middle: list[History] = [()]
            for (way,) in rule.via_ways:
                middle = [(*chain, *more) for chain in middle for more in self._throughs(way)]
            chains = [(first, *chain, last) for first in self._of(start) for chain in middle for last in self._of(stop)]
            found = [chain for chain in chains if all(a.end == b.start for a, b in pairwise(chain))]
            return found if len(found) == 1 else []
        node = rule.via_nodes[0]
        coming = [arc for arc in self._of(start) if arc.end == node]
        going = [arc for arc in self._of(stop) if arc.start == node]
        if len(coming) != 1 or len(going) != 1:
            return []
        if rule.kind.startswith("no_"):
            return [(coming[0], going[0])]
        return [(coming[0], arc) for arc in self.out[node] if arc != going[0]]

    def _of(self, road: int) -> list[Arc]:
        return [arc for arc in self.arcs if arc.road == road]

    def _throughs(self, road: int) -> list[History]:
        mine = self._of(road)
        pieces = max((arc.piece for arc in mine), default=-1) + 1
        found = []
        for ahead in (True, False):
            chain = sorted((arc for arc in mine if arc.ahead == ahead), key=lambda arc: arc.piece, reverse=not ahead)
            if len(chain) == pieces and chain:
                found.append(tuple(chain))
        return found


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


def _rest(arc: Arc, share: float) -> float:
    """What is left of an arc from a place on its piece on."""
    return 1.0 - share if arc.ahead else share


def _arcs(rows: Sequence[RoadRow], mode: TestMode) -> Iterable[Arc]:
    uses: dict[int, int] = {}
    lines = []
    for row in rows:
        speed = min(mode.speeds.get(row.class_, mode.speed_kmh), row.speed_kmh or math.inf)
        if mode.access not in row.modes or speed <= 0:
            continue
        line = [(int(n), p) for n, p in zip(row.node_ids, row.coordinates, strict=True)]
        line = [line[0], *(new for old, new in pairwise(line) if new[0] != old[0])]
        lines.append((row, speed, line))
        for node, _ in line:
            uses[node] = uses.get(node, 0) + 1
    for row, speed, line in lines:
        cuts = [k for k, (node, _) in enumerate(line) if k in (0, len(line) - 1) or uses[node] > 1]
        for piece, (a, b) in enumerate(pairwise(cuts)):
            lons, lats = zip(*(place for _, place in line[a : b + 1]), strict=True)
            weight = max(half_up(GEOD.line_length(lons, lats) * 36.0 / speed), 1)
            if row.oneway != "backward" or not mode.oneway:
                yield Arc(row.id, piece, True, line[a][0], line[b][0], weight)
            if row.oneway != "forward" or not mode.oneway:
                yield Arc(row.id, piece, False, line[b][0], line[a][0], weight)
