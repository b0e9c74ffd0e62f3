"""What the network says of one way and one facility type: the one evaluation of a whole run and of its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.pairs import Pairs, pairs_within
from geoservice.coverage.reach import Field, evaluate
from geoservice.network.arrays import Bools, Int8s, Int32s
from geoservice.network.graph import Csr
from geoservice.network.join import Joined, Joins


@dataclass(frozen=True)
class Standing:
    """How places stand to a network: `status` int8 of `Joined`, `island` whether on a fragment only."""

    status: Int8s
    island: Bools

    @classmethod
    def of(cls, joins: Joins) -> Standing:
        return cls(joins.status, joins.island)

    @property
    def joined(self) -> Bools:
        """Which places have a foot."""
        found: Bools = self.status == Joined.JOINED
        return found

    def reason(self, place: int) -> str | None:
        """Why a place has no foot; None where it has one."""
        status = Joined(int(self.status[place]))
        return None if status is Joined.JOINED else status.name.lower()


@dataclass(frozen=True)
class Answer:
    """Times of the communities that have a place to the facilities of a type, by their number within the type.

    Attributes
    ----------
    time_ds, facility
        int32, -1 where no facility is within the horizon.
    second_ds, second
        int32, the same of the second nearest.
    pairs
        Communities with all facilities within the limit that was asked for.
    homes, supply
        Communities and facilities on the network.
    """

    time_ds: Int32s
    facility: Int32s
    second_ds: Int32s
    second: Int32s
    pairs: Pairs
    homes: Standing
    supply: Standing

    @property
    def reason(self) -> NDArray[np.object_]:
        """Why there is no time; see `Reach`."""
        reasons = np.full(self.time_ds.size, None, dtype=object)
        missing = self.time_ds < 0
        reasons[missing] = "no_path"
        reasons[missing & self.homes.island] = "island"
        if not self.supply.joined.any():
            reasons[missing] = "no_facility"
        for place in np.flatnonzero(missing & ~self.homes.joined).tolist():
            reasons[place] = self.homes.reason(place)
        return reasons


def answer_of(field: Field, rows: Csr, homes: Joins, limit_ds: int) -> Answer:
    """The answer of a field.

    Parameters
    ----------
    field
        From the facilities, towards them.
    rows
        ``graph.reverse``.
    homes
        Feet of the communities, by the same mode.
    limit_ds
        Of the pairs.
    """
    found = evaluate(field, homes)
    near = nearest_facilities(field, rows, homes, 2)
    return Answer(
        time_ds=found.time_ds,
        facility=found.facility,
        second_ds=near.time_ds[:, 1],
        second=near.source[:, 1],
        pairs=pairs_within(field, rows, homes, limit_ds),
        homes=Standing.of(homes),
        supply=Standing.of(field.facilities),
    )
