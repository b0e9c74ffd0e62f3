"""Pairs of points near each other."""

from __future__ import annotations

import numpy as np

from geoservice.ingest.noding.drawing import Floats, Integers

# A cell and half of those around it: with the other half each pair would be found twice.
AHEAD = ((0, 1), (1, -1), (1, 0), (1, 1))
ROW = 1 << 31


def pairs_within(x: Floats, y: Floats, distance: float) -> tuple[Integers, Integers]:
    """Pairs of different points no further apart than a distance, each once, the lower number first.

    The points are sorted into square cells as wide as the distance: a pair lies in one cell or in two neighbours. For
    a few points a cell this takes a tenth of the time of a tree.

    Examples
    --------
    >>> one, other = pairs_within(np.array([0.0, 5.0, 0.9, 0.0]), np.array([0.0, 0.0, 0.0, 0.0]), 1.0)
    >>> sorted(zip(one.tolist(), other.tolist()))
    [(0, 2), (0, 3), (2, 3)]
    """
    if not len(x):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    column = np.floor((x - x.min()) / distance).astype(np.int64)
    row = np.floor((y - y.min()) / distance).astype(np.int64) + 1
    key = column * ROW + row
    order = np.argsort(key, kind="stable")
    key = key[order]
    place = np.arange(len(key))
    found = [_ranges(place, place + 1, np.searchsorted(key, key, side="right"))]
    for columns, rows in AHEAD:
        wanted = key + columns * ROW + rows
        found.append(_ranges(place, np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")))
    left, right = (order[np.concatenate(side)] for side in zip(*found, strict=True))
    near = np.hypot(x[left] - x[right], y[left] - y[right]) <= distance
    left, right = left[near], right[near]
    return np.minimum(left, right), np.maximum(left, right)


def _ranges(place: Integers, start: Integers, stop: Integers) -> tuple[Integers, Integers]:
    """Each place with every number from its start to before its stop."""
    count = np.maximum(stop - start, 0)
    one = np.repeat(place, count)
    first = np.cumsum(count) - count
    return one, np.arange(len(one)) - np.repeat(first - start, count)
