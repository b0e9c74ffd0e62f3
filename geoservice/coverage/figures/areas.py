"""A drawn area as GeoJSON, parsed into one valid polygon or refused with the reason."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.errors import BadInput

LARGEST_BYTES = 1_000_000
MOST_VERTICES = 20_000
MOST_PARTS = 1_000
# What the member crs of older files may say: degrees, longitude first.
_DEGREES = ("CRS84", "4326", "4490")


def parse_area(content: bytes) -> BaseGeometry:
    """The area of a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection; several areas are taken together.

    Parameters
    ----------
    content
        UTF-8 text; longitude before latitude in degrees.

    Returns
    -------
    Polygon or MultiPolygon, EPSG:4490 taken as CRS84, valid, not empty.

    Raises
    ------
    BadInput
        ``figures.area.*``: too large, no JSON, no polygon, empty, not finite, not in degrees, a ring that is not
        closed, or invalid with the place of the first fault.

    Examples
    --------
    >>> ring = [[113, 30], [114, 30], [114, 31], [113, 30]]
    >>> parse_area(json.dumps({"type": "Polygon", "coordinates": [ring]}).encode()).geom_type
    'Polygon'
    """
    if len(content) > LARGEST_BYTES:
        raise too_large(len(content))
    try:
        given = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput("figures.area.not-json", reason=str(error)[:120]) from None
    parts = [part for shape in _shapes(given) for part in _polygons(shape)]
    if not parts:
        raise BadInput("figures.area.empty")
    if len(parts) > MOST_PARTS:
        raise BadInput("figures.area.too-many", count=len(parts), most=MOST_PARTS)
    polygons = [_polygon(part) for part in parts]
    if sum(int(shapely.get_num_coordinates(one)) for one in polygons) > MOST_VERTICES:
        raise BadInput(
            "figures.area.too-many", count=sum(map(shapely.get_num_coordinates, polygons)), most=MOST_VERTICES
        )
    for number, polygon in enumerate(polygons, 1):
        if not polygon.is_valid:
            raise BadInput("figures.area.invalid", number=number, reason=shapely.is_valid_reason(polygon))
    whole: BaseGeometry = shapely.union_all(polygons)
    if not whole.area > 0:
        raise BadInput("figures.area.empty")
    return whole


def too_large(size: int) -> BadInput:
    """The refusal of a body that is too large."""
    refused = BadInput("figures.area.too-large", size=size, most=LARGEST_BYTES)
    refused.status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return refused


def _shapes(given: Any) -> list[dict[str, Any]]:
    """Geometries of whatever GeoJSON was given."""
    if not isinstance(given, dict):
        raise BadInput("figures.area.not-polygon", kind=type(given).__name__)
    crs = given.get("crs")
    if crs is not None and not any(known in json.dumps(crs) for known in _DEGREES):
        raise BadInput("figures.area.other-crs", crs=json.dumps(crs, ensure_ascii=False)[:120])
    if given.get("type") == "FeatureCollection" and isinstance(given.get("features"), list):
        return [shape for feature in given["features"] for shape in _shapes(feature)]
    if given.get("type") == "Feature":
        return [] if given.get("geometry") is None else _shapes(given["geometry"])
    return [given]


def _polygons(shape: dict[str, Any]) -> list[Any]:
    """Coordinates of each polygon."""
    kind, coordinates = shape.get("type"), shape.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadInput("figures.area.not-polygon", kind=str(kind)[:40])
    if not isinstance(coordinates, list):
        raise BadInput("figures.area.bad-ring", value=str(coordinates)[:60])
    return [part for part in ([coordinates] if kind == "Polygon" else coordinates) if part]


def _polygon(rings: Any) -> shapely.Polygon:
    if not isinstance(rings, list):
        raise BadInput("figures.area.bad-ring", value=str(rings)[:60])
    shell, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(shell, holes)


def _ring(ring: Any) -> list[tuple[float, float]]:
    positions = [_position(one) for one in ring] if isinstance(ring, list) else []
    if len(positions) < 4 or positions[0] != positions[-1]:
        raise BadInput("figures.area.bad-ring", value=str(ring)[:60])
    return positions


def _position(given: Any) -> tuple[float, float]:
    if not isinstance(given, list) or len(given) < 2:
        raise BadInput("figures.area.bad-ring", value=str(given)[:60])
    numbers = given[:2]
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in numbers):
        raise BadInput("figures.area.bad-ring", value=str(given)[:60])
    if not all(abs(one) < 1e300 and math.isfinite(one) for one in numbers):
        raise BadInput("figures.area.not-finite", value=str(given)[:60])
    lon, lat = float(numbers[0]), float(numbers[1])
    if abs(lon) > 180 or abs(lat) > 90:
        raise BadInput("figures.area.not-degrees", lon=f"{lon:g}", lat=f"{lat:g}")
    return lon, lat
