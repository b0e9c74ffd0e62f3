"""Places that people find within their limit: the two-step floating catchment and its balanced form.

With P people of community i, S places of facility j, and w = 1 where j is within the limit of i, else 0:

Two steps (Luo and Wang 2003, Environment and Planning B 30(6), 865-884)::

    R_j = S_j / sum_i P_i w_ij          A_i = sum_j R_j w_ij

Balanced (Paez, Higgins and Vivona 2019, Demand and level of service inflation in Floating Catchment Area (FCA) methods,
PLoS ONE 14(6), e0218773; named so by Pereira et al. 2021)::

    L_j = S_j / sum_i P_i w_ij / w_i.   B_i = sum_j L_j w_ij / w_.j

where ``w_i.`` and ``w_.j`` are sums over facilities and over communities. Each person is counted once and so is each
level of service: the demands add up to the people, and B to the sum of L. B falls with the number of communities that a
facility serves. What a person of i finds in the balanced shares is ``C_i = sum_j L_j w_ij / w_i.``, and P times C adds up
to the places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.coverage.pairs import Pairs
from geoservice.network.arrays import Floats, Int32s, Int64s


@dataclass(frozen=True)
class Catchments:
    """Scores of communities, places a person; NaN where no facility is within the limit.

    Attributes
    ----------
    two_step, balanced, shared
        A, B and C above, by community.
    demand, level
        People of the balanced form, and L, by facility; L is 0 where nobody is in reach.
    """

    two_step: Floats
    balanced: Floats
    shared: Floats
    demand: Floats
    level: Floats


def catchments(pairs: Pairs, people: Int64s, places: Int64s) -> Catchments:
    """Both forms.

    Parameters
    ----------
    pairs
        Communities with the facilities within their limit.
    people, places
        By community and by facility, at least 0.

    Examples
    --------
    >>> pairs = Pairs.of(*map(np.array, ([0, 1, 1], [0, 0, 1], [1, 1, 1])))
    >>> found = catchments(pairs, np.array([100, 200]), np.array([20, 10]))
    >>> found.demand.tolist(), found.level.tolist(), found.balanced.tolist()
    ([200.0, 100.0], [0.1, 0.1], [0.05, 0.15000000000000002])
    """
    i, j = pairs.place, pairs.facility
    of_place, of_facility = _count(i, people.size), _count(j, places.size)
    ratio = _ratio(places, _sum(j, people[i], places.size))
    demand = _sum(j, people[i] / of_place[i], places.size)
    level = _ratio(places, demand)
    scores = (
        _sum(i, ratio[j], people.size),
        _sum(i, level[j] / of_facility[j], people.size),
        _sum(i, level[j] / of_place[i], people.size),
    )
    two_step, balanced, shared = (np.where(of_place > 0, score, np.nan) for score in scores)
    return Catchments(two_step, balanced, shared, demand, level)


def _count(index: Int32s, size: int) -> Int64s:
    return np.bincount(index, minlength=size).astype(np.int64)


def _sum(index: Int32s, weight: Floats | Int64s, size: int) -> Floats:
    return np.bincount(index, weights=weight, minlength=size).astype(np.float64)


def _ratio(places: Int64s, people: Floats) -> Floats:
    """Places a person; 0 where there is nobody."""
    found: Floats = np.divide(places, people, out=np.zeros(people.size), where=people > 0)
    return found
