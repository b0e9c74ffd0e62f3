"""Coordinates between degrees and the plane systems that surveyors write, east first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from geoservice.crs import Crs, gauss_kruger_zone, has_prefix
from geoservice.errors import BadRequest
from geoservice.ingest.geometry import MAX_LATITUDE

Pairs = Sequence[tuple[float, float]]

# Coordinates this far outside the area that their system is made for are in another system or in another order.
MARGIN_DEG = 2.0
# The 3-degree zone of the place: without the zone number in front of the east coordinate, and with it.
ZONE, PREFIXED_ZONE = "zone", "prefixed-zone"
_PREFIXED = 21


@dataclass(frozen=True)
class Projected:
    """Coordinates in one system, east or longitude first.

    Attributes
    ----------
    prefixed
        Whether the number of the zone stands in front of the east coordinates.
    """

    crs: str
    geographic: bool
    prefixed: bool
    positions: list[tuple[float, float]]


def to_degrees(positions: Pairs, crs: Crs) -> list[tuple[float, float]]:
    """Longitudes and latitudes of coordinates in a system.

    Raises
    ------
    BadRequest
        ``geometry.not-in-system`` where a place lies far outside the area that the system is made for.

    Examples
    --------
    >>> [(lon, lat)] = to_degrees([(419491.8055, 3393580.6559)], Crs.parse("EPSG:4547"))
    >>> round(lon, 6), round(lat, 6)
    (113.16, 30.66)
    >>> to_degrees([(3393580.66, 419491.81)], Crs.parse("EPSG:4547"))
    Traceback (most recent call last):
    ...
    geoservice.errors.BadRequest: ...
    """
    given = shapely.points(np.asarray(positions, dtype=np.float64).reshape(-1, 2))
    found = [(float(lon), float(lat)) for lon, lat in shapely.get_coordinates(crs.to_lonlat(given))]
    west, south, east, north = crs.bounds or (-180.0, -90.0, 180.0, 90.0)
    for (lon, lat), (x, y) in zip(found, positions, strict=True):
        inside = west - MARGIN_DEG <= lon <= east + MARGIN_DEG and south - MARGIN_DEG <= lat <= north + MARGIN_DEG
        if not (inside and abs(lon) <= 180 and abs(lat) <= MAX_LATITUDE):
            raise BadRequest("geometry.not-in-system", east=f"{x:.11g}", north=f"{y:.11g}", crs=crs.name)
    return found


def from_degrees(positions: Pairs, target: str) -> Projected:
    """Longitudes and latitudes written in a system.

    Parameters
    ----------
    target
        A reference system, or ``zone`` or ``prefixed-zone``: the 3-degree zone of the first place, outside 73.5 to
        136.5 degrees east its UTM zone.

    Examples
    --------
    >>> found = from_degrees([(113.16, 30.66)], "prefixed-zone")
    >>> found.crs, found.prefixed, round(found.positions[0][0], 2)
    ('EPSG:4526', True, 38419491.81)
    """
    crs = _zone(positions[0], target) if target in (ZONE, PREFIXED_ZONE) else Crs.parse(target)
    points = crs.from_lonlat(shapely.points(np.asarray(positions, dtype=np.float64)))
    found = [(float(x), float(y)) for x, y in shapely.get_coordinates(points)]
    if not np.isfinite(found).all():
        lon, lat = positions[0]
        raise BadRequest("geometry.not-in-system", east=f"{lon:.11g}", north=f"{lat:.11g}", crs=crs.name)
    return Projected(crs.name, crs.geographic, crs.epsg is not None and has_prefix(crs.epsg), found)


def _zone(place: tuple[float, float], target: str) -> Crs:
    epsg = gauss_kruger_zone(*place)
    plain = Crs.parse(f"EPSG:{epsg}")
    return Crs.parse(f"EPSG:{epsg - _PREFIXED}") if target == PREFIXED_ZONE and plain.gauss_kruger else plain
