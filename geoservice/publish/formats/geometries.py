"""Types of geometry, as PostGIS names them, in other words."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = {
    "POINT": "Point",
    "MULTIPOINT": "MultiPoint",
    "LINESTRING": "LineString",
    "MULTILINESTRING": "MultiLineString",
    "POLYGON": "Polygon",
    "MULTIPOLYGON": "MultiPolygon",
}


def single_type(kinds: Iterable[str | None]) -> str | None:
    """The type that all geometries have; None where there are several or none.

    Examples
    --------
    >>> single_type({"POINT": 3, None: 1}), single_type({"POINT": 1, "POLYGON": 1}), single_type({})
    ('Point', None, None)
    """
    known = [NAMES[kind] for kind in kinds if kind is not None]
    return known[0] if len(known) == 1 else None
