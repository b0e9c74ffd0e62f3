"""How unequal access is, and who is worst off."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s

WORST = 10


def gini(value: Floats, weight: Floats) -> float | None:
    """The Gini coefficient of a value that people have, each person counted.

    ``G = sum_i sum_j w_i w_j |x_i - x_j| / (2 W^2 m)``, with people w, their sum W and the weighted mean m (Creedy 2015, A
    note on computing the Gini inequality measure with weighted data, Victoria University of Wellington, Working Paper
    3). 0 where all have the same; towards 1 the more unequal.

    Parameters
    ----------
    value
        At least 0; NaN is left out.
    weight
        People, at least 0.

    Returns
    -------
    None where nobody is left, or the mean is 0.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0]), np.array([5.0, 3.0]))
    0.0
    >>> gini(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    0.5
    >>> gini(np.array([]), np.array([])) is None
    True
    """
    known = np.isfinite(value) & (weight > 0)
    order = np.argsort(value[known], kind="stable")
    x, w = value[known][order].astype(np.float64), weight[known][order].astype(np.float64)
    total, whole = w.sum(), (x * w).sum()
    if not total or not whole:
        return None
    # Of ordered values, each person is above all that come before: twice the sum over pairs, in one pass.
    before = np.cumsum(w) - w
    difference = (x * w * (2 * before + w - total)).sum()
    return float(difference / (total * whole)) if difference > 0 else 0.0


def gini_of_time(time_ds: Int32s, people: Int64s, chosen: Bools | None = None) -> float | None:
    """Gini coefficient of reach time over the people whose community has one.

    Parameters
    ----------
    time_ds
        -1 where there is none.
    people
        -1 where not known.
    chosen
        Communities that count; None for all.
    """
    some = (time_ds >= 0) if chosen is None else (time_ds >= 0) & chosen
    return gini(time_ds[some].astype(np.float64), np.maximum(people[some], 0).astype(np.float64))


def worst(time_ds: Int32s, people: Int64s, most: int = WORST) -> Int64s:
    """Numbers of the communities that are worst off.

    Those without a time first, then by time; of equal ones those with more people, then the lower number.

    Examples
    --------
    >>> worst(np.array([100, -1, 300, 300]), np.array([5, 5, 5, 9]), most=3).tolist()
    [1, 3, 2]
    """
    order = np.lexsort((np.arange(time_ds.size), -people, -time_ds, time_ds >= 0))
    return order[:most].astype(np.int64)
