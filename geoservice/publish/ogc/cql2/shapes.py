"""Geometries of a filter, and the relations of space between them and the geometry of a feature."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from sqlalchemy import ColumnElement, and_, func, not_, or_

from geoservice.crs import SRID
from geoservice.errors import BadRequest
from geoservice.publish.ogc.area import area, domain
from geoservice.publish.ogc.cql2.limits import Counter, refused
from geoservice.publish.ogc.crs import OgcCrs

_STEPS = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry that the filter writes: its parts in EPSG:4490, longitude first; several only where it is a collection."""

    parts: tuple[Any, ...]

    def values(self) -> list[Any]:
        """Each part as a value of SQL."""
        return [func.ST_GeomFromWKB(shapely.to_wkb(part), SRID) for part in self.parts]


def shape_of(tree: Mapping[str, Any], crs: OgcCrs, counter: Counter) -> Shape:
    """The geometry of a GeoJSON object or a box.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.geometry`` where it is none, ``ogc.bad-filter.outside`` where it lies outside its system,
        ``ogc.bad-bbox`` with the reason.
    """
    if "bbox" in tree:
        return Shape((_box(tree["bbox"], crs),))
    text = json.dumps(tree)
    try:
        found = shapely.force_2d(shapely.from_geojson(text))
    except (ShapelyError, ValueError):
        raise refused("geometry", value=text) from None
    for _ in range(shapely.get_num_coordinates(found)):
        counter.one()
    corners = shapely.get_coordinates(found)
    if not np.isfinite(corners).all() or not shapely.is_valid(found):
        raise refused("invalid", reason=shapely.is_valid_reason(found))
    return Shape(tuple(part for whole in _parts(found) for part in [_placed(whole, crs)]))


def _parts(found: Any) -> list[Any]:
    """A collection in parts that are none: what PostGIS compares."""
    if found.geom_type != "GeometryCollection":
        return [found]
    return [part for one in found.geoms for part in _parts(one)]


def _box(given: Any, crs: OgcCrs) -> Any:
    if not isinstance(given, list) or not all(isinstance(one, int | float) and abs(one) < 1e30 for one in given):
        raise BadRequest("ogc.bad-bbox.number", value=str(given)[:120])
    wanted = area(",".join(map(repr, given)), crs)
    if wanted.outline is not None:
        return shapely.from_wkb(wanted.outline)
    return shapely.union_all([shapely.box(one.west, one.south, one.east, one.north) for one in wanted.boxes])


def _placed(found: Any, crs: OgcCrs) -> Any:
    """A geometry in EPSG:4490; sides that are curves in degrees are bent in small steps."""
    if crs.north_first:
        found = shapely.transform(found, lambda corners: corners[:, ::-1])
    west, south, east, north = domain(crs)
    corners = shapely.get_coordinates(found)
    inside = (corners >= (west, south)) & (corners <= (east, north))
    if not inside.all():
        raise refused("outside", value=shapely.to_wkt(found, rounding_precision=-1), crs=crs.uri)
    if not crs.metric:
        return found
    longest = max(*np.ptp(corners, axis=0), 1.0)
    return crs.inner.to_lonlat(shapely.segmentize(found, longest / _STEPS))


Relation = Callable[[Any, Any], ColumnElement[bool]]


def _indexed(name: str) -> Relation:
    relate = getattr(func, name)
    return lambda a, b: and_(a.op("&&")(b), relate(a, b))


def _any(relation: Relation) -> Relation:
    """A relation that holds for a collection where it holds for any of its parts."""

    def related(a: Any, b: Any) -> ColumnElement[bool]:
        return or_(*(relation(one, other) for one in _values(a) for other in _values(b)))

    return related


def _single(relation: Relation) -> Relation:
    """A relation that PostGIS knows of no collection."""

    def related(a: Any, b: Any) -> ColumnElement[bool]:
        one, other = _values(a), _values(b)
        if len(one) != 1 or len(other) != 1:
            raise refused("collection")
        return relation(one[0], other[0])

    return related


def _values(given: Any) -> list[Any]:
    return given.values() if isinstance(given, Shape) else [given]


_intersects = _any(_indexed("ST_Intersects"))
SPATIAL: Mapping[str, Relation] = {
    "s_intersects": _intersects,
    "s_disjoint": lambda a, b: not_(_intersects(a, b)),
    "s_equals": _single(_indexed("ST_Equals")),
    "s_touches": _single(_indexed("ST_Touches")),
    "s_crosses": _single(_indexed("ST_Crosses")),
    "s_within": _single(_indexed("ST_Within")),
    "s_contains": _single(_indexed("ST_Contains")),
    "s_overlaps": _single(_indexed("ST_Overlaps")),
}
