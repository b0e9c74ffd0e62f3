"""Metres from places to the objects of a layer: outside positive, inside negative; exact on the ellipsoid.

The nearest object is found in the metric projection of the place, and the distance to the point of it that is the
nearest there is then taken on the ellipsoid, so that the scale of the projection does not enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.crs import ELLIPSOID, MetricCrs, gauss_kruger_zone
from geoservice.network.arrays import Floats, Int64s

# Vertices of a piece of an outline: long rivers are cut, so that the tree finds the piece.
_PIECE = 64
# The tree looks this much farther than is asked, for the scale of the projection.
_SLACK = 1.01


@dataclass(frozen=True)
class Measured:
    """Of each place.

    Attributes
    ----------
    metres
        To the nearest object; inside an area minus the way to its edge; NaN where none is within reach.
    object
        Row of that object, -1 where there is none.
    lon, lat
        The point of it that is the nearest, degrees, EPSG:4490.
    """

    metres: Floats
    object: Int64s
    lon: Floats
    lat: Floats


def measure(lon: Floats, lat: Floats, shapes: NDArray[Any], reach_m: float) -> Measured:
    """How far places are from shapes, as far as `reach_m`.

    Parameters
    ----------
    lon, lat, shapes
        Degrees, EPSG:4490; points, lines and areas, with any number of parts.

    Examples
    --------
    >>> lake = shapely.box(113.0, 30.0, 113.1, 30.1)
    >>> found = measure(np.array([113.05, 113.2]), np.array([30.05, 30.05]), np.array([lake]), 20_000.0)
    >>> found.metres.round(1).tolist(), found.object.tolist()
    ([-4821.9, 9643.8], [0, 0])
    >>> measure(np.array([113.0]), np.array([30.0]), np.array([], dtype=object), 1000.0).object.tolist()
    [-1]
    """
    found = Measured(
        np.full(lon.size, np.nan),
        np.full(lon.size, -1, dtype=np.int64),
        np.full(lon.size, np.nan),
        np.full(lon.size, np.nan),
    )
    if not shapes.size:
        return found
    zones = np.array([gauss_kruger_zone(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)])
    for zone in np.unique(zones):
        _Zone(MetricCrs(int(zone)), np.flatnonzero(zones == zone), lon, lat, found).measure(shapes, reach_m)
    return found


@dataclass(frozen=True)
class _Zone:
    """The places of one projection, and where their distances go."""

    metric: MetricCrs
    rows: Int64s
    lon: Floats
    lat: Floats
    found: Measured

    def measure(self, shapes: NDArray[Any], reach_m: float) -> None:
        points = _array(shapely.points(*self.metric.project(self.lon[self.rows], self.lat[self.rows])))
        local = _array(self.metric.to_metres(shapes))
        numbers = np.flatnonzero(np.isfinite(shapely.bounds(local)).all(axis=1))
        pieces, owner = _pieces(local[numbers], numbers)
        tree = shapely.STRtree(pieces)
        near, piece = tree.query_nearest(points, max_distance=reach_m * _SLACK, all_matches=False)
        self._keep(near, points[near], pieces[piece], owner[piece])
        self._inside(points, local, numbers)
        beyond = self.rows[self.found.metres[self.rows] > reach_m]
        self.found.metres[beyond], self.found.object[beyond] = np.nan, -1

    def _inside(self, points: NDArray[Any], local: NDArray[Any], numbers: Int64s) -> None:
        """Places in areas: of several areas the one that is the farthest to leave."""
        areas = numbers[shapely.get_dimensions(local[numbers]) == 2]
        polygons = local[areas]
        shapely.prepare(polygons)
        point, area = shapely.STRtree(polygons).query(points)
        hit = shapely.intersects(polygons[area], points[point])
        point, area = point[hit], area[hit]
        edges = _array(shapely.boundary(polygons[area]))
        order = np.lexsort((-shapely.distance(edges, points[point]), point))
        _, first = np.unique(point[order], return_index=True)
        best = order[first]
        self._keep(point[best], points[point[best]], edges[best], areas[area[best]], inside=True)

    def _keep(
        self, place: Int64s, points: NDArray[Any], shapes: NDArray[Any], owner: Int64s, *, inside: bool = False
    ) -> None:
        rows, found = self.rows[place], self.found
        feet = shapely.get_point(shapely.shortest_line(shapes, points), 0)
        lon, lat = self.metric.unproject(shapely.get_x(feet), shapely.get_y(feet))
        metres = np.asarray(ELLIPSOID.inv(self.lon[rows], self.lat[rows], lon, lat)[2])
        found.metres[rows] = -metres if inside else metres
        found.object[rows], found.lon[rows], found.lat[rows] = owner, lon, lat


def _array(shapes: Any) -> NDArray[Any]:
    return np.asarray(shapes, dtype=object)


def _pieces(shapes: NDArray[Any], numbers: Int64s) -> tuple[NDArray[Any], Int64s]:
    """Outlines of areas, lines and points, in pieces of few vertices, with the row that each belongs to."""
    outlines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    parts, part_of = shapely.get_parts(outlines, return_index=True)
    cut = [_cut(part) for part in parts]
    made = np.empty(sum(len(one) for one in cut), dtype=object)
    made[:] = [piece for one in cut for piece in one]
    return made, np.repeat(numbers[part_of], [len(one) for one in cut])


def _cut(line: Any) -> list[Any]:
    if shapely.get_num_coordinates(line) <= _PIECE:
        return [line]
    vertices = shapely.get_coordinates(line)
    starts = range(0, len(vertices) - 1, _PIECE - 1)
    return [shapely.LineString(vertices[start : start + _PIECE]) for start in starts]
