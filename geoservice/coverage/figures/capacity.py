"""Places shared out to the people within the limit: nearest first, and at best.

All numbers are whole thousandths of a place, so that both answers are exact.

Nearest first takes the pairs of community and facility in the order of their time (then of community, then of facility)
and gives each what is still asked for and still free. The farthest community that gets a place at a facility tells its
effective limit: where the facility is full, its circle ends there.

At best is the greatest flow from communities to facilities: no way of sending people places more of them. It begins
with the nearest-first answer and sends people along shortest augmenting ways until there is none (Edmonds and Karp
1972, Journal of the ACM 19(2), 248-264).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.coverage.pairs import Pairs
from geoservice.network.arrays import Int32s, Int64s
from geoservice.network.compiled import kernel


@dataclass(frozen=True)
class Allocation:
    """Who gets a place where.

    Attributes
    ----------
    given
        int64 thousandths of a place by pair, nearest first.
    taken
        int64 the same by facility.
    farthest_ds
        int32 time of the farthest community that gets a place at a facility; -1 where none does.
    best
        Thousandths that can be given at best.
    """

    given: Int64s
    taken: Int64s
    farthest_ds: Int32s
    best: int


def allocate(pairs: Pairs, demand: Int64s, places: Int64s) -> Allocation:
    """Share out places.

    Parameters
    ----------
    pairs
        Communities with the facilities within their limit.
    demand
        int64 thousandths asked for by community, at least 0.
    places
        int64 thousandths of places by facility, at least 0.

    Examples
    --------
    Two villages want one place each. The first is near both homes and takes the place that the second needs:

    >>> pairs = Pairs.of(*map(np.array, ([0, 0, 1], [0, 1, 0], [10, 20, 30])))
    >>> found = allocate(pairs, np.array([1000, 1000]), np.array([1000, 1000]))
    >>> found.taken.tolist(), found.farthest_ds.tolist(), found.best
    ([1000, 0], [10, -1], 2000)
    >>> allocate(Pairs.of(*np.empty((3, 0), dtype=int)), np.array([5]), np.zeros(0, dtype=int)).best
    0
    """
    order = np.lexsort((pairs.facility, pairs.place, pairs.time_ds))
    given, left, free = _nearest_first(order, pairs.place, pairs.facility, demand.copy(), places.copy())
    farthest = np.full(places.size, -1, dtype=np.int32)
    some = given > 0
    np.maximum.at(farthest, pairs.facility[some], pairs.time_ds[some])
    by_facility = np.argsort(pairs.facility, kind="stable")
    more = _augmented(
        np.searchsorted(pairs.place, np.arange(demand.size + 1)).astype(np.int64),
        (np.searchsorted(pairs.facility[by_facility], np.arange(places.size + 1)).astype(np.int64), by_facility),
        (pairs.place.astype(np.int64), pairs.facility.astype(np.int64)),
        (given.copy(), left, free.copy()),
    )
    return Allocation(given, places - free, farthest, int(given.sum()) + more)


@kernel
def _nearest_first(
    order: Int64s, place: Int32s, facility: Int32s, left: Int64s, free: Int64s
) -> tuple[Int64s, Int64s, Int64s]:
    """What each pair gets, and what is still asked for and still free."""
    given = np.zeros(order.size, dtype=np.int64)
    for pair in order:
        much = min(left[place[pair]], free[facility[pair]])
        given[pair] = much
        left[place[pair]] -= much
        free[facility[pair]] -= much
    return given, left, free


Ends = tuple[Int64s, Int64s]
State = tuple[Int64s, Int64s, Int64s]


@kernel
def _augmented(of_place: Int64s, of_facility: tuple[Int64s, Int64s], ends: Ends, state: State) -> int:
    """What can be given beyond `given`: shortest ways from communities that still ask to facilities with room.

    `state` is what is given by pair, still asked for by place, still free by facility.
    """
    facility_offset, by_facility = of_facility
    place, facility = ends
    given, left, free = state
    total = 0
    # The pair by which each was come to: -2 not yet, -1 the way begins here.
    came_place, came_facility = np.empty(left.size, dtype=np.int64), np.empty(free.size, dtype=np.int64)
    queue = np.empty(left.size, dtype=np.int64)
    while True:
        came_place[:], came_facility[:] = np.where(left > 0, -1, -2), -2
        last = np.count_nonzero(left > 0)
        queue[:last] = np.flatnonzero(left > 0)
        first, found = 0, -1
        while first < last and found < 0:
            i = queue[first]
            first += 1
            for pair in range(of_place[i], of_place[i + 1]):
                j = facility[pair]
                if came_facility[j] != -2:
                    continue
                came_facility[j] = pair
                if free[j] > 0:
                    found = j
                    break
                for k in range(facility_offset[j], facility_offset[j + 1]):
                    back = by_facility[k]
                    if given[back] > 0 and came_place[place[back]] == -2:
                        came_place[place[back]] = back
                        queue[last] = place[back]
                        last += 1
        if found < 0:
            return total
        total += _sent(found, ends, (came_place, came_facility), state)


@kernel
def _sent(found: int, ends: Ends, came: tuple[Int64s, Int64s], state: State) -> int:
    """Send as much as fits along the way that ends at a facility."""
    place, facility = ends
    came_place, came_facility = came
    given, left, free = state
    much, pair = free[found], came_facility[found]
    while came_place[place[pair]] != -1:
        back = came_place[place[pair]]
        much = min(much, given[back])
        pair = came_facility[facility[back]]
    much = min(much, left[place[pair]])
    free[found] -= much
    pair = came_facility[found]
    given[pair] += much
    while came_place[place[pair]] != -1:
        back = came_place[place[pair]]
        given[back] -= much
        pair = came_facility[facility[back]]
        given[pair] += much
    left[place[pair]] -= much
    sent: int = much
    return sent
