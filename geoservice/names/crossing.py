"""The townships that a place lies in or runs through, from its geometry."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import Connection, case, cast, func, or_, select

from geoservice.database.filters import in_force, visible
from geoservice.database.models import SRID, Place, UnitVersion

LEAST = 1.0  # metre or square metre: below it a shape does no more than touch a border
_POINT, _LINE, _AREA = 0, 1, 2


def units_crossed(connection: Connection, place_id: int, *, day: date) -> list[dict[str, Any]]:
    """Each township of a day that a place has a part in, the largest part first.

    Returns
    -------
    `unit_id`, `name`, and of a line `length_m`, of an area `area_m2` of the part that lies there, on the ellipsoid of
    CGCS2000; null for what is not measured so. A line along a border is in both townships. Empty where nobody has drawn the
    place or no township holds it.
    """
    part = func.ST_Intersection(UnitVersion.geom, Place.geom)
    dimension = func.ST_Dimension(Place.geom)
    measures = (
        select(
            UnitVersion.unit_id,
            UnitVersion.name,
            dimension.label("dimension"),
            case(
                (dimension == _LINE, func.ST_Length(cast(part, Geography(srid=SRID)))),
                (dimension == _AREA, func.ST_Area(cast(part, Geography(srid=SRID)))),
                else_=0,
            ).label("size"),
        )
        .join(Place, UnitVersion.geom.op("&&")(Place.geom) & func.ST_Intersects(UnitVersion.geom, Place.geom))
        .where(Place.id == place_id, UnitVersion.level == "township", in_force(UnitVersion, day))
        .where(visible(Place), visible(UnitVersion))
        .subquery()
    )
    rows = connection.execute(
        select(measures)
        .where(or_(measures.c.dimension == _POINT, measures.c.size >= LEAST))
        .order_by(measures.c.size.desc(), measures.c.unit_id)
    )
    return [
        {
            "unit_id": row.unit_id,
            "name": row.name,
            "length_m": round(row.size) if row.dimension == _LINE else None,
            "area_m2": round(row.size) if row.dimension == _AREA else None,
        }
        for row in rows
    ]
