"""Position along a Hilbert curve: neighbours in the plane become neighbours in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ORDER = 16


def hilbert_index(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Position of each point along a Hilbert curve of order 16 over their bounding square.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), finite.

    Returns
    -------
    int64, shape (n,), 0 <= value < 4 ** 16.

    Examples
    --------
    >>> hilbert_index(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])).argsort().tolist()
    [0, 1, 2, 3]
    >>> hilbert_index(np.array([]), np.array([])).size
    0
    """
    if lon.size == 0:
        return np.empty(0, dtype=np.int64)
    east = (lon - lon.min()) * np.cos(np.radians((lat.min() + lat.max()) / 2))
    north = lat - lat.min()
    scale = ((1 << ORDER) - 1) / max(float(east.max()), float(north.max()), 1e-12)
    return _index((east * scale).astype(np.int64), (north * scale).astype(np.int64))


def _index(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    index = np.zeros_like(x)
    for bit in range(ORDER - 1, -1, -1):
        side = 1 << bit
        right, upper = (x & side) > 0, (y & side) > 0
        index += side * side * ((3 * right) ^ upper)
        # Turn the quadrant so that the curve enters and leaves it where the next level expects it.
        flip = ~upper & right
        x, y = np.where(flip, side - 1 - (x & (side - 1)), x), np.where(flip, side - 1 - (y & (side - 1)), y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return index
