"""People of cells over territories: polygons by area, points by where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.ingest.population.apportion import MILLI, Int64s, persons, split
from geoservice.ingest.population.territories import Territories

GROUPS = ("population", "population_60", "population_80")


@dataclass(frozen=True)
class Cells:
    """Counted people with their places.

    Attributes
    ----------
    geometry
        Points or polygons in metres, in the projection of the territories.
    people
        Group to whole people, one a cell; a group that the source does not state is missing.
    """

    geometry: NDArray[np.object_]
    people: Mapping[str, Int64s]


@dataclass(frozen=True)
class Milli:
    """Thousandths of people.

    Attributes
    ----------
    territory
        Group to thousandths in each territory.
    outside
        Group to thousandths in none.
    reached
        Territories that the source says anything of.
    """

    territory: Mapping[str, Int64s]
    outside: Mapping[str, int]
    reached: NDArray[np.bool_]


@dataclass(frozen=True)
class Shares:
    """Whole people: what communities get, what lies in units without one, and the rest add up to the total.

    Attributes
    ----------
    community
        Community to group to people.
    unserved
        Unit without a community to group to people: a part of `outside`.
    outside
        Group to people in no territory of a community.
    total
        Group to all people of the source.
    """

    community: Mapping[int, Mapping[str, int]]
    unserved: Mapping[int, Mapping[str, int]]
    outside: Mapping[str, int]
    total: Mapping[str, int] = field(default_factory=dict)


def share_cells(cells: Cells, territories: Territories) -> Milli:
    """Thousandths of the people of cells in each territory.

    A polygon gives by area; a point to the territory that holds it, on a border to the first.
    """
    areas = territories.areas()
    cell, part = shapely.STRtree(areas).query(cells.geometry, predicate="intersects")
    order = np.lexsort((part, cell))
    cell, part = cell[order], part[order]
    weight = np.zeros(cell.size)
    flat = shapely.get_dimensions(cells.geometry) == 2
    in_area = flat[cell]
    weight[in_area] = shapely.area(shapely.intersection(cells.geometry[cell[in_area]], areas[part[in_area]]))
    _, first = np.unique(cell, return_index=True)
    here = np.zeros(cell.size, dtype=bool)
    here[first] = True
    weight[here & ~in_area] = 1.0
    whole = np.where(flat, shapely.area(cells.geometry), 1.0)
    # What of a cell lies in no territory is a piece of its own; slivers of rounding are none.
    left = whole - np.bincount(cell, weights=weight, minlength=whole.size)
    left[left < 1e-9 * whole] = 0.0
    owner = np.concatenate([cell, np.arange(whole.size)])
    target = np.concatenate([part, np.full(whole.size, areas.size)])
    weights = np.concatenate([weight, left])
    order = np.lexsort((target, owner))
    owner, target, weights = owner[order], target[order], weights[order]
    found = {}
    for group, people in cells.people.items():
        pieces = split(people * MILLI, owner, weights)
        found[group] = np.zeros(areas.size + 1, dtype=np.int64)
        np.add.at(found[group], target, pieces)
    reached = np.zeros(areas.size, dtype=bool)
    reached[part[weight > 0]] = True
    return Milli(
        {group: sums[:-1] for group, sums in found.items()},
        {group: int(sums[-1]) for group, sums in found.items()},
        reached,
    )


def to_shares(milli: Milli, territories: Territories) -> Shares:
    """Whole people of each community, the totals kept to the person and 80+ within 60+ within all."""
    places = _places(milli, territories)
    found: dict[str, Int64s] = {}
    most: Int64s | None = None
    for group in GROUPS:
        if group not in milli.territory:
            continue
        thousandths = _thousandths(places, milli, group, territories)
        total = (int(thousandths.sum()) + MILLI // 2) // MILLI
        if most is not None:
            total = min(total, int(most.sum()))
        most = found[group] = persons(thousandths, total, most)
    community: dict[int, dict[str, int]] = {}
    unserved: dict[int, dict[str, int]] = {}
    outside = {group: int(people[-1]) for group, people in found.items()}
    for position, (community_id, unit_id, _, _) in enumerate(places):
        people = {group: int(sums[position]) for group, sums in found.items()}
        if community_id is not None:
            community[community_id] = people
        else:
            unserved[unit_id or 0] = people
            outside = {group: count + people[group] for group, count in outside.items()}
    return Shares(community, unserved, outside, {group: int(people.sum()) for group, people in found.items()})


def _places(milli: Milli, territories: Territories) -> Sequence[tuple[int | None, int | None, int, int]]:
    """Community or unit without one, its territory, and which of the territory's communities it is."""
    found: list[tuple[int | None, int | None, int, int]] = []
    for position, part in enumerate(territories.parts):
        if not milli.reached[position]:
            continue
        if not part.communities:
            found.append((None, part.unit_id, position, 0))
        found += [(community, part.unit_id, position, rank) for rank, community in enumerate(part.communities)]
    return found


def _thousandths(
    places: Sequence[tuple[int | None, int | None, int, int]], milli: Milli, group: str, territories: Territories
) -> Int64s:
    """Of each place, those of a territory dealt evenly to its communities; the outside last."""
    sums = milli.territory[group]
    values = []
    for _, _, position, rank in places:
        count = max(len(territories.parts[position].communities), 1)
        each, more = divmod(int(sums[position]), count)
        values.append(each + (rank < more))
    return np.array([*values, milli.outside[group]], dtype=np.int64)
