"""Which facilities serve each community within its own limit: backup, cover from a neighbour only, and losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.catalog import Limit
from geoservice.coverage.counties import by_neighbour
from geoservice.coverage.pairs import Pairs
from geoservice.coverage.prepared import Prepared
from geoservice.network.arrays import Bools, Int32s, Int64s


@dataclass(frozen=True)
class Served:
    """Facilities of one type, by their number within the type.

    Attributes
    ----------
    facility_id
        int64 id of each facility.
    second, second_ds
        int32 second nearest facility of each community and its time, -1 where there is none within the horizon.
    pairs
        Communities with every facility within their own limit.
    within
        int64 number of facilities within the limit of each community.
    by_neighbour
        Whether a community is covered, but by no facility of its own county; None where no county has an outline.
    outside
        Whether each facility lies outside the counties that hold communities; None as above.
    """

    facility_id: Int64s
    second: Int32s
    second_ds: Int32s
    pairs: Pairs
    within: Int64s
    by_neighbour: Bools | None
    outside: Bools | None

    @property
    def second_id(self) -> Int64s:
        """Id of the second nearest facility of each community, -1 where there is none."""
        found = np.full(self.second.size, -1, dtype=np.int64)
        some = self.second >= 0
        found[some] = self.facility_id[self.second[some]]
        return found


def serve(inputs: Prepared, type_: str, limits: tuple[Limit, Limit], limit_ds: Int32s) -> Served:
    """Everything that serves.

    Parameters
    ----------
    inputs
        What is read.
    type_
        The facility type.
    limits
        For urban and for rural communities.
    limit_ds
        int32 limit of each community.
    """
    urban, here = inputs.communities.urban, np.flatnonzero(inputs.placed())
    second = np.full(urban.size, -1, dtype=np.int32)
    second_ds = np.full(urban.size, -1, dtype=np.int32)
    found = []
    for mode in dict.fromkeys(limit.mode for limit in limits):
        members = ((limits[0].mode == mode) & urban) | ((limits[1].mode == mode) & ~urban)
        answer, part = inputs.answer(mode, type_), members[here]
        second[here[part]], second_ds[here[part]] = answer.second[part], answer.second_ds[part]
        pairs = answer.pairs
        place = here[pairs.place]
        mine = members[place] & (pairs.time_ds <= limit_ds[place])
        found.append((place[mine], pairs.facility[mine], pairs.time_ds[mine]))
    pairs = Pairs.of(*(np.concatenate(column) for column in zip(*found, strict=True)))
    within = np.bincount(pairs.place, minlength=urban.size).astype(np.int64)
    mine = inputs.facilities.type == type_
    neighbours, outside = None, None
    if inputs.counties.known:
        neighbours = by_neighbour(pairs, inputs.community_county, inputs.facility_county[mine], within > 0)
        outside = ~np.isin(inputs.facility_county[mine], inputs.homes)
    return Served(inputs.facilities.id[mine], second, second_ds, pairs, within, neighbours, outside)
