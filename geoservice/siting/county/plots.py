"""Plots as they are shown: thinned outlines, and how much of each lies outside the county."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geoservice.coverage.scenarios.ground import Ground
from geoservice.network.arrays import Floats
from geoservice.siting.county.candidates import Candidates
from geoservice.siting.county.form import MOST_CORNERS
from geoservice.siting.county.question import Outline

# A metre or so; lines of a county and of plots are never drawn alike to the last decimal.
_FINE_DEGREES = 1e-5
_SLIVER = 0.001


def thinned(shape: Any) -> Outline | None:
    """Coordinates of an outline as a MultiPolygon, with at most as many corners as a question takes.

    Parameters
    ----------
    shape
        An area in degrees, EPSG:4490.

    Examples
    --------
    >>> thinned(shapely.box(113, 30, 113.01, 30.01))[0][0][0]
    (113.01, 30.0)
    >>> sum(len(ring) for ring in thinned(shapely.Point(113, 30).buffer(0.01, quad_segs=90))[0]) <= MOST_CORNERS
    True
    >>> thinned(None) is None
    True
    """
    if shape is None:
        return None
    tolerance, thin = _FINE_DEGREES, shape
    while shapely.get_num_coordinates(thin) > MOST_CORNERS and tolerance < 1:
        thin = shapely.simplify(shape, tolerance, preserve_topology=True)
        tolerance *= 2
    if shapely.get_num_coordinates(thin) > MOST_CORNERS:
        # Holes and islands by the dozen.
        thin = shapely.convex_hull(thin)
        return None if shapely.get_num_coordinates(thin) > MOST_CORNERS else thinned(thin)
    parts = [part for part in shapely.get_parts(thin) if part.geom_type == "Polygon" and part.area]
    return tuple(tuple(_ring(ring) for ring in (part.exterior, *part.interiors)) for part in parts) or None


def _ring(ring: Any) -> tuple[tuple[float, float], ...]:
    return tuple((round(x, 7), round(y, 7)) for x, y in shapely.get_coordinates(ring).tolist())


def outside_shares(ground: Ground, candidates: Candidates) -> Floats:
    """Of each candidate the share that lies in no county that the data are of, from 0 to 1; of points 0 or 1.

    A plot counts by the share of its area, taken in degrees; a share below a thousandth is none.
    """
    shares = (~ground.inside(candidates.lon, candidates.lat)).astype(np.float64)
    counties = ground.inputs.counties
    if candidates.outline is None or not counties.known:
        return shares
    home = shapely.union_all(counties.outline[np.isin(counties.id, ground.inputs.homes)])
    shapely.prepare(home)
    drawn = shapely.area(candidates.outline) > 0
    shares[drawn] = np.where(shapely.intersects(home, candidates.outline[drawn]), 0.0, 1.0)
    crossing = np.flatnonzero(drawn & (shares == 0.0) & ~shapely.contains_properly(home, candidates.outline))
    shapes = candidates.outline[crossing]
    shares[crossing] = shapely.area(shapely.difference(shapes, home)) / shapely.area(shapes)
    shares[shares < _SLIVER] = 0.0
    shares[shares > 1 - _SLIVER] = 1.0
    return shares
