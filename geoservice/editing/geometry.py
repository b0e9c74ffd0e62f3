"""Drawn geometries: read, looked over with each fault at its place, measured on the ellipsoid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.geometry

from geoservice.crs import ELLIPSOID
from geoservice.errors import BadRequest
from geoservice.ingest.geometry import MAX_LATITUDE
from geoservice.language import catalogue, current_language, translate

Place = tuple[float, float]
Box = tuple[float, float, float, float]

TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
MOST_VERTICES = 50_000
# Segments of two geometries that may meet: two combs against each other would take memory without end.
MOST_MEETINGS = 20_000
_CHUNK = 500
# Overlaps below a square centimetre are rounding.
SMALLEST_OVERLAP_M2 = 1e-4
MOST_FAULTS = 50


@dataclass(frozen=True)
class Fault:
    """What is wrong with a drawn geometry.

    Attributes
    ----------
    code
        Stable key.
    reason
        In words.
    at
        Longitude and latitude of the place; None where it is all of it.
    neighbour
        Position of the neighbour that it is about.
    area_m2
        Of an overlap.
    """

    code: str
    reason: str
    at: Place | None = None
    neighbour: int | None = None
    area_m2: float | None = None


@dataclass(frozen=True)
class Measures:
    """Length of lines or of all borders in metres, area in square metres; 0 where there is none."""

    length_m: float
    area_m2: float


def read_geometry(given: Mapping[str, Any]) -> Any:
    """A geometry of GeoJSON, longitude first, CRS84, 2-D; it may be invalid.

    Raises
    ------
    BadRequest
        ``geometry.unreadable``, ``geometry.empty``, ``geometry.too-many-vertices`` or ``geometry.not-on-earth``.

    Examples
    --------
    >>> read_geometry({"type": "Point", "coordinates": [113.16, 30.66]}).wkt
    'POINT (113.16 30.66)'
    >>> read_geometry({"type": "仙桃"})
    Traceback (most recent call last):
    ...
    geoservice.errors.BadRequest: ...
    """
    if given.get("type") not in TYPES:
        raise BadRequest("geometry.unreadable", known=", ".join(TYPES))
    try:
        shape = shapely.force_2d(shapely.geometry.shape(dict(given)))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no geometry
        raise BadRequest("geometry.unreadable", known=", ".join(TYPES)) from None
    return _sound(shape)


def _sound(shape: Any) -> Any:
    if shape.is_empty:
        raise BadRequest("geometry.empty")
    coordinates = shapely.get_coordinates(shape)
    if len(coordinates) > MOST_VERTICES:
        raise BadRequest("geometry.too-many-vertices", count=len(coordinates), most=MOST_VERTICES)
    lon, lat = np.abs(coordinates).T
    wrong = np.flatnonzero(~((lon <= 180) & (lat <= MAX_LATITUDE)))
    if len(wrong):
        x, y = coordinates[wrong[0]]
        raise BadRequest("geometry.not-on-earth", lon=f"{x:.7g}", lat=f"{y:.7g}", most=int(MAX_LATITUDE))
    return shape


def measures(shape: Any) -> Measures:
    """Length and area on the ellipsoid of CGCS2000.

    Examples
    --------
    >>> square = shapely.box(113.0, 30.0, 113.01, 30.01)
    >>> round(measures(square).area_m2), round(measures(square).length_m, 1)
    (1069521, 4146.7)
    >>> measures(shapely.Point(113, 30))
    Measures(length_m=0.0, area_m2=0.0)
    """
    if shape.geom_type.endswith("Polygon"):
        parts = shapely.get_parts(shapely.orient_polygons(shape))
        area_m2 = sum(abs(ELLIPSOID.geometry_area_perimeter(part)[0]) for part in parts)
        # The perimeter that comes with the area leaves holes out.
        return Measures(ELLIPSOID.geometry_length(shapely.boundary(shape)), area_m2)
    if shape.geom_type.endswith("LineString"):
        return Measures(ELLIPSOID.geometry_length(shape), 0.0)
    return Measures(0.0, 0.0)


def faults(shape: Any, neighbours: Sequence[Any] = (), within: Box | None = None) -> list[Fault]:
    """What is wrong with a geometry: in itself, with where it lies, with what it lies upon.

    Parameters
    ----------
    neighbours
        Polygons that it may touch and not overlap.
    within
        West, south, east, north in degrees that it should lie in.

    Raises
    ------
    BadRequest
        ``geometry.too-tangled`` where too many borders cross each other.
    """
    found = [*_own(shape), *_outside(shape, within)]
    if shape.geom_type.endswith("Polygon") and shapely.is_valid(shape):
        for position, neighbour in enumerate(neighbours):
            fault = _overlap(shape, neighbour, position)
            if fault is not None:
                found.append(fault)
    return found[:MOST_FAULTS]


def _own(shape: Any) -> list[Fault]:
    if shape.geom_type.endswith("LineString"):
        return [
            Fault("geometry.no-length", translate("error.records.no-length"), _place(part.coords[0]))
            for part in shapely.get_parts(shape)
            if not part.length
        ]
    if shapely.is_valid(shape):
        return []
    reason, _, place = shapely.is_valid_reason(shape).partition("[")
    at = _place(place.rstrip("]").split()) if place else None
    return [Fault("geometry.invalid", translate("geometry.invalid", None, fault=_in_words(reason)), at)]


def _in_words(reason: str) -> str:
    key = "records.shape." + reason.strip().lower().replace(" ", "-")
    return translate(key) if key in catalogue(current_language.get()) else reason.strip()


def _outside(shape: Any, within: Box | None) -> list[Fault]:
    if within is None:
        return []
    west, south, east, north = within
    coordinates = shapely.get_coordinates(shape)
    lon, lat = coordinates.T
    away = np.flatnonzero((lon < west) | (lon > east) | (lat < south) | (lat > north))
    if not len(away):
        return []
    return [Fault("geometry.outside", translate("geometry.outside"), _place(coordinates[away[0]]))]


def _overlap(shape: Any, neighbour: Any, position: int) -> Fault | None:
    if not neighbour.geom_type.endswith("Polygon") or not shapely.is_valid(neighbour):
        return None
    if not shapely.intersects(shape, neighbour):
        return None
    refuse_tangle(shape, neighbour)
    common = shapely.intersection(shape, neighbour)
    areas = [(measures(part).area_m2, part) for part in shapely.get_parts(common) if part.geom_type == "Polygon"]
    area_m2 = sum(area for area, _ in areas)
    if area_m2 < SMALLEST_OVERLAP_M2:
        return None
    largest = max(areas, key=lambda pair: pair[0])[1]
    words = translate("geometry.overlap", None, area=f"{area_m2:,.2f}")
    return Fault("geometry.overlap", words, _place(largest.representative_point().coords[0]), position, area_m2)


def refuse_tangle(first: Any, second: Any) -> None:
    """Refuses two geometries whose borders may cross too often to be worked out.

    Raises
    ------
    BadRequest
        ``geometry.too-tangled``.
    """
    tree = shapely.STRtree(_segments(first))
    others = _segments(second)
    met = 0
    for begin in range(0, len(others), _CHUNK):
        met += len(tree.query(others[begin : begin + _CHUNK])[0])
        if met > MOST_MEETINGS + 4 * (len(others) + len(tree.geometries)):
            raise BadRequest("geometry.too-tangled")


def _segments(shape: Any) -> Any:
    coordinates, owner = shapely.get_coordinates(_borders(shape), return_index=True)
    if len(coordinates) < 2:
        return np.array([], dtype=object)
    same = owner[1:] == owner[:-1]
    return shapely.linestrings(np.stack([coordinates[:-1], coordinates[1:]], axis=1)[same])


def _borders(shape: Any) -> Any:
    lines = shapely.boundary(shape) if shape.geom_type.endswith("Polygon") else shape
    return shapely.get_parts(lines)


def _place(pair: Sequence[Any]) -> Place:
    return float(pair[0]), float(pair[1])
