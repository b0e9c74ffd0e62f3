"""What a leg off the network may not cross: rivers, lakes, railways.

A leg is blocked if it passes from one side of a barrier's line or edge to the other, or lies inside a barrier's area.
A leg that only touches is not: the last two centimetres at either end are left out, because roads are often drawn
along the very edge of water, and a straight line on the ellipsoid is not quite one on a map. A leg shorter than four
centimetres crosses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoservice.network.arrays import Bools, Floats
from geoservice.network.grid import SegmentGrid, chains

TOUCH_M = 0.02


@dataclass(frozen=True)
class Barriers:
    """Barriers in longitude, latitude (EPSG:4490).

    Attributes
    ----------
    areas
        Polygons, object array.
    lines
        LineStrings: those that came as lines, and the rings of the areas.
    """

    areas: NDArray[np.object_]
    lines: NDArray[np.object_]

    @classmethod
    def of(cls, geometries: Iterable[BaseGeometry | None]) -> Barriers:
        """Barriers from lines and areas of any kind; points and empty geometries bar nothing.

        Examples
        --------
        >>> lake = shapely.box(113.1, 30.6, 113.2, 30.7)
        >>> len(Barriers.of([lake]).lines), len(Barriers.of([]).lines)
        (1, 0)
        """
        given = np.array([one for one in geometries if one is not None], dtype=object)
        while len(given) and np.isin(kinds := shapely.get_type_id(given), (4, 5, 6, 7)).any():
            given = shapely.get_parts(given)
        kinds = shapely.get_type_id(given) if len(given) else np.empty(0, dtype=np.int64)
        areas = given[(kinds == 3) & ~shapely.is_empty(given)]
        rings = shapely.get_rings(areas) if len(areas) else areas
        lines = given[np.isin(kinds, (1, 2)) & ~shapely.is_empty(given)]
        return cls(areas, np.concatenate([lines, rings]))

    def __bool__(self) -> bool:
        return len(self.lines) > 0

    @property
    def first_area(self) -> int:
        """The first vertex of `edges` that belongs to an area; those before it belong to lines."""
        return int(shapely.get_num_points(self.lines).sum() - shapely.get_num_coordinates(self.areas).sum())

    def meeting(self, box: BaseGeometry) -> Barriers:
        """Those whose own box meets that of a geometry."""
        return self.within(*box.bounds)

    def within(self, west: float, south: float, east: float, north: float) -> Barriers:
        """Those whose own box meets a box in degrees; areas with all their rings."""
        own = self.lines[: len(self.lines) - int((shapely.get_num_interior_rings(self.areas) + 1).sum())]
        areas, lines = (_meeting(one, west, south, east, north) for one in (self.areas, own))
        return Barriers(areas, np.concatenate([lines, shapely.get_rings(areas) if len(areas) else areas]))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Of the areas."""
        shapely.prepare(self.areas)
        return shapely.STRtree(self.areas)

    @cached_property
    def edges(self) -> SegmentGrid:
        """All lines as segments."""
        points = shapely.get_coordinates(self.lines)
        counts = shapely.get_num_points(self.lines)
        offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        scale = float(np.cos(np.radians(points[:, 1].mean()))) if len(points) else 1.0
        x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
        return SegmentGrid.build(x, y, chains(offset), x_per_y=scale)

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Whether each place lies in the interior of an area."""
        found = np.zeros(lon.size, dtype=bool)
        if len(self.areas) and lon.size:
            place, area = self.tree.query(shapely.points(lon, lat))
            within = shapely.contains_xy(self.areas[area], lon[place], lat[place])
            found[place[within]] = True
        return found

    def crossed(self, lon: Floats, lat: Floats, foot_lon: Floats, foot_lat: Floats, leg_m: Floats) -> Bools:
        """Whether each leg from a place to its foot passes a line or an edge.

        Parameters
        ----------
        leg_m
            Length of each leg in metres.
        """
        long = np.flatnonzero(leg_m > 2 * TOUCH_M)
        found = np.zeros(leg_m.size, dtype=bool)
        trim = TOUCH_M / leg_m[long]
        east, north = foot_lon[long] - lon[long], foot_lat[long] - lat[long]
        found[long] = self.edges.crossed(
            lon[long] + trim * east,
            lat[long] + trim * north,
            foot_lon[long] - trim * east,
            foot_lat[long] - trim * north,
        )
        return found


def _meeting(
    geometries: NDArray[np.object_], west: float, south: float, east: float, north: float
) -> NDArray[np.object_]:
    bounds = shapely.bounds(geometries).reshape(-1, 4)
    keep = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    return geometries[keep]
