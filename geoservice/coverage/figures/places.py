"""Places of one facility type against the people within its limit: what is asked for, given, short, and where full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geoservice.coverage.figures.capacity import Allocation, allocate
from geoservice.coverage.figures.catchments import Catchments, catchments
from geoservice.coverage.figures.declared import Capacity
from geoservice.coverage.figures.equity import gini
from geoservice.coverage.figures.served import Served
from geoservice.coverage.inputs import Communities, Facilities
from geoservice.coverage.pairs import Pairs
from geoservice.network.arrays import Int64s

MILLI = 1000


@dataclass(frozen=True)
class Places:
    """The answer by one rule of demand.

    Attributes
    ----------
    people
        int64 people of the group by community, -1 where not known.
    capacity
        int64 places by facility, -1 where not known: such a facility gives none.
    demand
        int64 thousandths of a place by community.
    """

    rule: Capacity
    people: Int64s
    capacity: Int64s
    demand: Int64s
    pairs: Pairs
    allocation: Allocation
    catchments: Catchments

    @property
    def full(self) -> list[bool]:
        """Whether every place of a facility is taken; one without places is not called full."""
        taken = zip(self.capacity.tolist(), self.allocation.taken.tolist(), strict=True)
        return [places > 0 and milli == places * MILLI for places, milli in taken]

    def as_dict(self) -> dict[str, Any]:
        """The rule and the sums; places in whole thousandths where the name says milli."""
        asked, near = int(self.demand.sum()), np.bincount(self.pairs.place, minlength=self.demand.size) > 0
        known = np.maximum(self.people, 0).astype(np.float64)
        scores = self.catchments
        return {
            "rule": self.rule.model_dump(mode="json"),
            "capacity": int(np.maximum(self.capacity, 0).sum()),
            "facilities": self.capacity.size,
            "facilities_without_capacity": int((self.capacity < 0).sum()),
            "facilities_full": sum(self.full),
            "communities_without_people": int((self.people < 0).sum()),
            "asked_milli": asked,
            "asked_out_of_reach_milli": int(self.demand[~near].sum()),
            "given_nearest_first_milli": int(self.allocation.given.sum()),
            "given_at_best_milli": self.allocation.best,
            "short_at_best_milli": asked - self.allocation.best,
            # Who reaches no facility has a score of nothing.
            "gini_two_step": gini(np.nan_to_num(scores.two_step), known),
            "gini_balanced": gini(np.nan_to_num(scores.balanced), known),
            "gini_shared": gini(np.nan_to_num(scores.shared), known),
        }


def places_of(communities: Communities, facilities: Facilities, served: Served, rule: Capacity) -> Places | None:
    """Places against people; None where no facility of the type tells its places.

    Parameters
    ----------
    communities, facilities
        What is read.
    served
        The type's facilities within the limits.
    rule
        Whose type is that of `served`.
    """
    mine = facilities.type == rule.type
    return shared_out(communities, getattr(facilities, rule.field)[mine], served.pairs, rule)


def shared_out(communities: Communities, capacity: Int64s, pairs: Pairs, rule: Capacity) -> Places | None:
    """The same from the places of each facility, -1 where not known, and the pairs within the limits."""
    if not (capacity >= 0).any():
        return None
    people: Int64s = getattr(communities, rule.group)
    demand = np.maximum(people, 0) * rule.per_thousand
    places = np.maximum(capacity, 0)
    return Places(
        rule=rule,
        people=people,
        capacity=capacity,
        demand=demand,
        pairs=pairs,
        allocation=allocate(pairs, demand, places * MILLI),
        catchments=catchments(pairs, np.maximum(people, 0), places),
    )
