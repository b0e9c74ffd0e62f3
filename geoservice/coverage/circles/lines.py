"""The roads that are reached, cut exactly where a limit ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.coverage.circles.drawn import ground_of
from geoservice.coverage.circles.fronts import PT0, PT1, PX0, PX1, PY0, PY1
from geoservice.coverage.reach import Field
from geoservice.network.arrays import Floats
from geoservice.network.graph import Mode

# Lines nearer than this are the same road.
SAME_M = 0.01


def reached_lines(field: Field, mode: Mode, limits_ds: Sequence[int]) -> list[shapely.MultiLineString]:
    """Roads by time: beyond one limit and within the next, one geometry a limit.

    Parameters
    ----------
    limits_ds
        Rising; none beyond that of the field.

    Returns
    -------
    Longitude, latitude in EPSG:4490; together they are every stretch of road within the last limit, each once, by its
    sooner direction.
    """
    if not len(field.facilities.edge):
        return [shapely.MultiLineString() for _ in limits_ds]
    ground = ground_of(field, mode, max(limits_ds))
    bands: list[BaseGeometry] = [
        _drawn(_between(ground.fronts.pieces, after, float(limit)))
        for after, limit in zip([-np.inf, *limits_ds], limits_ds, strict=False)
    ]
    # Where a road stands in the graph once a direction, it may be reached in two bands.
    if field.graph.copy is not None:
        bands = _once(bands)
    return [_merged(shapely.transform(band, lambda xy: ground.frame.to_lonlat(*xy.T))) for band in bands]


def _drawn(pieces: Floats) -> BaseGeometry:
    return shapely.MultiLineString([*pieces.reshape(-1, 2, 2)])


def _once(bands: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Each band without what lies in one before it, nor anything twice."""
    found: list[BaseGeometry] = []
    before: BaseGeometry = shapely.MultiLineString()
    for band in bands:
        after = shapely.union_all([before, band], grid_size=SAME_M)
        found.append(shapely.difference(after, before, grid_size=SAME_M))
        before = after
    return found


def _merged(lines: BaseGeometry) -> shapely.MultiLineString:
    merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines)))
    return shapely.MultiLineString([part for part in shapely.get_parts(merged) if not part.is_empty])


def _between(pieces: Floats, after: float, until: float) -> Floats:
    """The parts of straight pieces whose time lies between two, shape (n, 4)."""
    start, end = pieces[:, PT0], pieces[:, PT1]
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = (np.array([[after], [until]]) - start) / (end - start)
    low, high = np.clip(cuts.min(axis=0), 0.0, 1.0), np.clip(cuts.max(axis=0), 0.0, 1.0)
    flat = end == start
    low, high = np.where(flat, 0.0, low), np.where(flat, 1.0, high)
    keep = (high > low) & ~(flat & ((start <= after) | (start > until)))
    x, y = pieces[:, PX1] - pieces[:, PX0], pieces[:, PY1] - pieces[:, PY0]
    cut = [pieces[:, PX0] + low * x, pieces[:, PY0] + low * y, pieces[:, PX0] + high * x, pieces[:, PY0] + high * y]
    found: Floats = np.column_stack(cut)[keep]
    return found
