"""Which of the roads near a place it may use in a draw.

Reach takes the best of all roads within `off_network_m`, other programs the nearest alone; which of them has a gate,
a ramp or a path to the place is rarely known. So in a draw a place has its nearest road, and each other road near it
with a stated chance, for each place and road by itself and for all modes alike. Every draw lies between the two
conventions: at equal speeds no time is shorter than with all roads, and none longer than with the nearest alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.uncertainty.chance import key_of, mixed, share
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Graph
from geoservice.network.join import Joins


def open_feet(joins: Joins, graph: Graph, kind: str, ids: NDArray[np.int64], state: np.uint64, chance: float) -> Bools:
    """Which feet of some places are used in a draw; those of the nearest road always.

    Parameters
    ----------
    kind, ids
        Kind of record and the id of each place: what is drawn for a place hangs on them alone.
    state
        Of the draw.
    chance
        That a further road is open to a place; at 1 all feet are used, at 0 those of the nearest road.
    """
    own = np.uint64(mixed(state, key_of("ways", kind)))
    return _open(joins.offset, joins.leg_m, graph.edge_road[joins.edge], ids, own, chance)


@kernel
def _open(offset: Int64s, leg_m: Floats, road: Int64s, ids: Int64s, state: np.uint64, chance: float) -> Bools:
    kept = np.zeros(leg_m.size, dtype=np.bool_)
    for p in range(offset.size - 1):
        first, last = offset[p], offset[p + 1]
        if first == last:
            continue
        place = mixed(state, np.uint64(ids[p]))
        nearest = first
        for f in range(first, last):
            if leg_m[f] < leg_m[nearest]:
                nearest = f
        for f in range(first, last):
            kept[f] = road[f] == road[nearest] or share(mixed(place, np.uint64(road[f]))) < chance
    return kept
