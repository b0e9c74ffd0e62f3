"""Plain forms of the sharing: each one slow and obvious."""

from __future__ import annotations

import numpy as np
import shapely

from geoservice.crs import MetricCrs
from geoservice.ingest.population.territories import DemandPoint, Outline, Territories, make_territories

LOCAL = MetricCrs(4547)


def territories(points, outlines=(), within_m=5000.0) -> Territories:
    """Of (x, y) or (x, y, unit) points and (unit, level, area) outlines."""
    given = [DemandPoint(i, one[0], one[1], one[2] if len(one) > 2 else None) for i, one in enumerate(points, start=1)]
    return make_territories(
        given, [Outline(unit, level, str(unit), area) for unit, level, area in outlines], LOCAL, within_m
    )


def people_by_samples(polygon, people, points, step):
    """People of a polygon by the nearest of some points, counted on a fine lattice."""
    west, south, east, north = polygon.bounds
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    inside = shapely.contains_xy(polygon, x.ravel(), y.ravel())
    lattice = np.column_stack([x.ravel(), y.ravel()])[inside]
    nearest = np.hypot(*(lattice[:, None, :] - np.array(points)[None, :, :]).transpose(2, 0, 1)).argmin(axis=1)
    return people * np.bincount(nearest, minlength=len(points)) / len(lattice)
