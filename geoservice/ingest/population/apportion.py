"""Whole people from shares: thousandths while summing, the largest remainder at the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
Float64s = NDArray[np.float64]

MILLI = 1000


def split(amount: Int64s, owner: Int64s, weight: Float64s) -> Int64s:
    """Thousandths of each piece, so that the pieces of an owner add up to its amount exactly.

    Parameters
    ----------
    amount
        Thousandths of a person, one an owner.
    owner
        Index into `amount` of each piece, rising.
    weight
        Of each piece, not negative; the weights of an owner need not add up to 1 and are taken in proportion.
        An owner whose weights are all zero gives nothing.

    Examples
    --------
    >>> split(np.array([1000]), np.array([0, 0, 0]), np.array([1.0, 1.0, 1.0])).tolist()
    [334, 333, 333]
    >>> split(np.array([], dtype=np.int64), np.array([], dtype=np.int64), np.array([])).tolist()
    []
    """
    total = np.bincount(owner, weights=weight, minlength=amount.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = np.where(total[owner] > 0, amount[owner] * (weight / total[owner]), 0.0)
    whole = np.floor(exact).astype(np.int64)
    given = np.zeros(amount.size, dtype=np.int64)
    np.add.at(given, owner, whole)
    missing = np.where(total > 0, amount - given, 0)
    order = np.lexsort((np.arange(owner.size), -(exact - whole), owner))
    first = np.searchsorted(owner, np.arange(amount.size))
    rank = np.empty(owner.size, dtype=np.int64)
    rank[order] = np.arange(owner.size) - first[owner[order]]
    return np.asarray(whole + (rank < missing[owner]), dtype=np.int64)


def persons(milli: Int64s, total: int, most: Int64s | None = None) -> Int64s:
    """Whole people from thousandths, `total` of them, by the largest remainder; the first of equals comes first.

    Parameters
    ----------
    most
        At most so many in each place; together at least `total`.

    Examples
    --------
    >>> persons(np.array([1400, 1400, 200]), 3).tolist()
    [2, 1, 0]
    >>> persons(np.array([1400, 1400, 200]), 3, np.array([1, 2, 0])).tolist()
    [1, 2, 0]
    """
    found = milli // MILLI
    remainder = milli - found * MILLI
    if most is not None:
        found = np.minimum(found, most)
    missing = total - int(found.sum())
    while missing > 0:
        free = np.ones(found.size, dtype=bool) if most is None else found < most
        order = np.argsort(-remainder, kind="stable")
        chosen = order[free[order]][:missing]
        if not chosen.size:
            raise ValueError(f"{total} people do not fit")
        found[chosen] += 1
        missing -= chosen.size
    return np.asarray(found, dtype=np.int64)
