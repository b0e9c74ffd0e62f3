"""Geometries that are sent as GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

from geoservice.database.models import SRID
from geoservice.errors import BadRequest

MOST_POINTS = 20_000
TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
MOST_LATITUDE = 85


def ewkb_of(geometry: Mapping[str, Any]) -> str:
    """Hexadecimal EWKB, EPSG:4490, longitude first.

    Raises
    ------
    BadRequest
        ``names.bad-geometry`` for what is none, is not valid or not on earth, or has too many vertices.
    """
    try:
        shape = shapely.geometry.shape(dict(geometry))
        usable = shape.geom_type in TYPES and not shape.is_empty and shape.is_valid
        few = shapely.get_num_coordinates(shape) <= MOST_POINTS
        west, south, east, north = shape.bounds
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no geometry
        raise BadRequest("names.bad-geometry") from None
    if not (usable and few) or not (-180 <= west <= east <= 180 and -MOST_LATITUDE <= south <= north <= MOST_LATITUDE):
        raise BadRequest("names.bad-geometry")
    return shapely.to_wkb(shapely.set_srid(shapely.force_2d(shape), SRID), hex=True, include_srid=True)
