"""Walking up and down hill: times by Tobler's hiking function, apart for both directions.

W = 6 exp(-3.5 |s + 0.05|) km/h, s the rise over the run in the direction of travel (W. Tobler, Three Presentations on
Geographical Analysis and Modeling, NCGIA Technical Report 93-1, 1993). It is scaled so that on the level a mode keeps
its own speed: a stretch of slope s takes exp(3.5 (|s + 0.05| - 0.05)) times as long as on the level. The least time is at
s = -0.05. Between two vertices the slope is even; where a height is not known, the stretch counts as level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s

STEEPNESS, QUICKEST = 3.5, 0.05
# Beyond it a number overflows; no way is walked that is.
_MOST_EXPONENT = 100.0


@dataclass(frozen=True)
class Stretches:
    """Metres of level way that take as long as each segment of some lines, ahead and back."""

    ahead_m: Floats
    back_m: Floats


@dataclass(frozen=True)
class Directed:
    """Edges of which those whose directions differ in time are doubled, one a direction.

    Attributes
    ----------
    edge
        int64: the edge that each is, or is a direction of.
    weight
        Deciseconds.
    ahead, back
        As in `Graph`.
    """

    edge: Int64s
    weight: Floats
    ahead: Bools
    back: Bools


def tobler(slope: Floats) -> Floats:
    """Time on a slope as a multiple of that on the level.

    Parameters
    ----------
    slope
        Rise over run in the direction of travel.

    Examples
    --------
    >>> tobler(np.array([0.0, -0.05, 0.1, -0.1])).round(3).tolist()
    [1.0, 0.839, 1.419, 1.0]
    """
    return np.exp(np.minimum(STEEPNESS * (np.abs(slope + QUICKEST) - QUICKEST), _MOST_EXPONENT))


def stretches(step_m: Floats, height_m: Floats) -> Stretches:
    """Level metres of segments.

    Parameters
    ----------
    step_m
        Length of each segment, shape (n - 1,).
    height_m
        Of each vertex, NaN where unknown, shape (n,).
    """
    rise = np.diff(height_m)
    known = np.isfinite(rise) & (step_m > 0)
    slope = np.divide(rise, step_m, out=np.zeros_like(step_m), where=known)
    return Stretches(step_m * tobler(slope), step_m * tobler(-slope))


def directed(weights: tuple[Floats, Floats], ahead: Bools, back: Bools) -> Directed:
    """Edges by the times of their directions; those that differ where both are allowed become two.

    Examples
    --------
    >>> yes = np.ones(2, dtype=bool)
    >>> found = directed((np.array([5.0, 7.0]), np.array([5.0, 6.0])), yes, yes)
    >>> found.edge.tolist(), found.weight.tolist(), found.ahead.tolist(), found.back.tolist()
    ([0, 1, 1], [5.0, 7.0, 6.0], [True, True, False], [True, False, True])
    """
    split = ahead & back & (weights[0] != weights[1])
    edge = np.repeat(np.arange(split.size), 1 + split)
    second = np.zeros(edge.size, dtype=bool)
    second[1:] = edge[1:] == edge[:-1]
    first = split[edge] & ~second
    goes_ahead, goes_back = ahead[edge] & ~second, back[edge] & ~first
    return Directed(edge, np.where(goes_ahead, weights[0][edge], weights[1][edge]), goes_ahead, goes_back)


def told(height_m: Floats, edges: int, doubled: int) -> Mapping[str, int]:
    """What a network says of its slopes: vertices with a height and without one, edges, and how many are doubled."""
    known = int(np.isfinite(height_m).sum())
    return {"vertices": known, "without_height": height_m.size - known, "edges": edges, "doubled": doubled}
