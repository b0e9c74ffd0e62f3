"""Roads with turn bans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from geoservice.network.graph import RoadRow
from geoservice.network.turns import KINDS, TurnRow
from tests.unit.network_builders import CAR, networks

DRIVE = replace(CAR, speeds={}, turn_bans=True)


def ban(
    kind: str, start: int, via: int | Sequence[int], stop: int, *, modes: Sequence[str] = ("car",), number: int = 1
) -> TurnRow:
    nodes, ways = ((via,), ()) if isinstance(via, int) else ((), tuple((way,) for way in via))
    return TurnRow(f"osm:relation/{number}", kind, ((start,),), nodes, ways, ((stop,),), tuple(modes))


@st.composite
def banned_networks(draw: st.DrawFn) -> tuple[list[RoadRow], list[TurnRow]]:
    """Roads, and bans at their nodes and along them, most of which can be kept."""
    rows = draw(networks())
    rules = []
    for number in range(draw(st.integers(1, 8))):
        start = draw(st.sampled_from(rows))
        node = draw(st.sampled_from(list(start.node_ids)))
        meeting = [row for row in rows if node in row.node_ids]
        stop = draw(st.sampled_from(meeting))
        kind = draw(st.sampled_from(KINDS))
        if draw(st.integers(0, 3)) == 0:
            beyond = [row for row in rows if set(row.node_ids) & set(stop.node_ids)]
            last = draw(st.sampled_from(beyond))
            rules.append(ban("no_u_turn", start.id, [stop.id], last.id, number=number))
        else:
            rules.append(ban(kind, start.id, int(node), stop.id, number=number))
    return rows, rules


# Roads, some of them with bans.
streets = st.one_of(networks().map(lambda rows: (rows, list[TurnRow]())), banned_networks())
