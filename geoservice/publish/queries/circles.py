"""Service circles of a run as GeoJSON (RFC 7946: longitude before latitude, CRS84)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, true

from geoservice.database.filters import visible
from geoservice.database.models import CoverageCircle

# A metre; the outline itself is kept to about five.
DIGITS = 5
TOLERANCE_DEGREES = 5e-5
# Without the member `crs`, which RFC 7946 took away.
PLAIN = 0
MOST_CIRCLES = 1000


@dataclass(frozen=True, slots=True)
class Circle:
    """One circle; `geometry` is GeoJSON text."""

    id: int
    mode: str
    minutes: int
    area_km2: float
    schematic: bool
    geometry: str


def circles(connection: Connection, run_id: int, *, service: str, type_: str) -> list[Circle]:
    """Circles of one service and type, the widest first so that the narrower are drawn upon them."""
    statement = (
        select(
            CoverageCircle.id,
            CoverageCircle.mode,
            CoverageCircle.minutes,
            CoverageCircle.area_km2,
            CoverageCircle.schematic,
            func.ST_AsGeoJSON(_drawn(CoverageCircle.geom), DIGITS, PLAIN),
        )
        .where(
            visible(CoverageCircle),
            CoverageCircle.run_id == run_id,
            CoverageCircle.standard_id == service,
            CoverageCircle.type == type_,
        )
        .order_by(CoverageCircle.minutes.desc(), CoverageCircle.area_km2.desc(), CoverageCircle.id)
        .limit(MOST_CIRCLES)
    )
    return [Circle(*row) for row in connection.execute(statement)]


def _drawn(geom: Any) -> Any:
    """The outline as a map needs it, valid again after thinning: twenty times faster than thinning that keeps it so."""
    return func.ST_Multi(
        func.ST_CollectionExtract(func.ST_MakeValid(func.ST_Simplify(geom, TOLERANCE_DEGREES, true())), 3)
    )
