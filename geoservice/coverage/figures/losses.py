"""What the closing of each facility would cost, from the facilities that serve each community.

A community that one facility serves loses its cover with it; of two, the closing of either leaves a single one.
"""

from __future__ import annotations

import numpy as np

from geoservice.coverage.figures.served import Served
from geoservice.coverage.inputs import Communities
from geoservice.coverage.pairs import Pairs
from geoservice.network.arrays import Int32s, Int64s

_PEOPLE = ("population", "population_60", "population_80")


def losses_of(served: Served, communities: Communities) -> list[dict[str, int]]:
    """Of each facility whom it serves, who loses cover if it closes, and who is left with a single facility.

    Numbers of people that are not known add nothing.
    """
    return losses_within(served.pairs, served.facility_id.size, communities)


def losses_within(pairs: Pairs, size: int, communities: Communities) -> list[dict[str, int]]:
    """The same from the pairs within the limits and the number of facilities."""
    held = np.bincount(pairs.place, minlength=len(communities))[pairs.place]
    people = {name: np.maximum(getattr(communities, name), 0)[pairs.place] for name in _PEOPLE}
    table = {
        "communities_within": np.bincount(pairs.facility, minlength=size),
        "population_within": _sum(pairs.facility, people["population"], size),
    }
    for name, alone in (("lost", held == 1), ("single", held == 2)):
        table[f"{name}_communities"] = np.bincount(pairs.facility[alone], minlength=size)
        for group, number in people.items():
            table[f"{name}_{group}"] = _sum(pairs.facility[alone], number[alone], size)
    listed = {name: column.tolist() for name, column in table.items()}
    return [dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True)]


def _sum(index: Int32s, value: Int64s, size: int) -> Int64s:
    """Whole-number sums of values by index."""
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, index, value)
    return total
