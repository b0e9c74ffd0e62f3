"""The parameter bbox: a box in any system that a collection offers, over the antimeridian too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, and_, false, func, or_

from geoservice.crs import SRID
from geoservice.database.filters import BBox
from geoservice.errors import BadRequest
from geoservice.publish.ogc.crs import CRS84, MERCATOR, OgcCrs

# Half the circumference of the earth in EPSG:3857, in metres.
_HALF_WORLD_M = 20037508.342789244
# How far from its central meridian and how far north a zone is asked about, in metres: beyond, it means nothing.
_ZONE_REACH_M, _ZONE_NORTH_M = 1_500_000.0, 10_000_000.0
_FALSE_EAST_M = 500_000.0
_STEPS = 64


@dataclass(frozen=True, slots=True)
class Area:
    """Where features are asked for, in degrees, EPSG:4490, longitude first.

    Attributes
    ----------
    boxes
        One, two where it crosses the antimeridian, none where it lies outside its system's domain.
    outline
        WKB of a polygon that is no box in degrees.
    """

    boxes: tuple[BBox, ...] = ()
    outline: bytes | None = None

    def touches(self, geom: Any) -> ColumnElement[bool]:
        """Whether a column in EPSG:4490 meets it; the first half is what the index answers."""
        if self.outline is not None:
            shape = func.ST_GeomFromWKB(self.outline, SRID)
            return and_(geom.op("&&")(shape), func.ST_Intersects(geom, shape))
        return or_(false(), *(box.touches(geom) for box in self.boxes))


def area(text: str, crs: OgcCrs = CRS84) -> Area:
    """Reads a box of four numbers, or of six, whose heights count for nothing in data without heights.

    Raises
    ------
    BadRequest
        ``ogc.bad-bbox`` with the reason.

    Examples
    --------
    >>> [box.west for box in area("170,-10,-170,10").boxes]
    [170.0, -180.0]
    >>> area("112,30,0,113,31,9").boxes[0].north
    31.0
    """
    numbers = _numbers(text)
    if len(numbers) == 6:
        if numbers[2] > numbers[5]:
            raise _bad(text, "heights")
        del numbers[5], numbers[2]
    if len(numbers) != 4:
        raise _bad(text, "count")
    if crs.north_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    west, south, east, north = numbers
    if south > north:
        raise _bad(text, "order")
    if crs.metric:
        if west > east:
            raise _bad(text, "order")
        return _in_metres(west, south, east, north, crs)
    if not (south >= -90 and north <= 90):
        raise _bad(text, "latitude")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise _bad(text, "longitude")
    if west > east:
        return Area((BBox(west, south, 180.0, north), BBox(-180.0, south, east, north)))
    return Area((BBox(west, south, east, north),))


def domain(crs: OgcCrs) -> tuple[float, float, float, float]:
    """Where coordinates of a system mean anything: least and greatest, east (x) first, in its unit."""
    if crs.epsg == MERCATOR:
        return -_HALF_WORLD_M, -_HALF_WORLD_M, _HALF_WORLD_M, _HALF_WORLD_M
    if crs.metric:
        return _FALSE_EAST_M - _ZONE_REACH_M, -_ZONE_NORTH_M, _FALSE_EAST_M + _ZONE_REACH_M, _ZONE_NORTH_M
    return -180.0, -90.0, 180.0, 90.0


def _in_metres(west: float, south: float, east: float, north: float, crs: OgcCrs) -> Area:
    bounds = domain(crs)
    west, east = max(west, bounds[0]), min(east, bounds[2])
    south, north = max(south, bounds[1]), min(north, bounds[3])
    if west > east or south > north:
        return Area()
    if crs.epsg == MERCATOR:
        x, y = np.array([west, east]), np.array([south, north])
        (w, s), (e, n) = (point.coords[0] for point in crs.inner.to_lonlat(shapely.points(x, y)))
        return Area((BBox(w, s, e, n),))
    # Its sides are curves in degrees.
    ring = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south, 1.0) / _STEPS)
    return Area(outline=shapely.to_wkb(crs.inner.to_lonlat(ring)))


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise _bad(text, "number") from None
    if not all(map(math.isfinite, numbers)):
        raise _bad(text, "number")
    return numbers


def _bad(text: str, reason: str) -> BadRequest:
    return BadRequest(f"ogc.bad-bbox.{reason}", value=text[:120])
