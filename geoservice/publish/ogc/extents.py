"""Where and when the collections reach, for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Integer, cast, func, literal, select, union_all

from geoservice.database.filters import visible
from geoservice.database.models import PlaceName
from geoservice.publish.ogc.model import Collection
from geoservice.publish.queries.overview import TABLES

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Extent:
    """Of one collection.

    Attributes
    ----------
    bounds
        West, south, east, north in degrees; None where nothing lies anywhere.
    first, last
        The first and the last day that any record tells of; None where none does.
    schematic
        Whether any of it is 示意数据.
    """

    bounds: Bounds | None
    first: date | None
    last: date | None
    schematic: bool


def extents(connection: Connection, wanted: Sequence[Collection], *, today: date) -> Mapping[str, Extent]:
    """Extents by id, in the order of the collections; those of which whoever asks may see nothing are left out.

    What has begun and not ended reaches to `today`.
    """
    rows = connection.execute(union_all(*map(_extent, wanted))).all()
    found = {row.id: _of(row, today) for row in rows if row.any}
    return {one.id: found[one.id] for one in wanted if one.id in found}


def _extent(collection: Collection) -> Any:
    table = TABLES[collection.id]
    box = func.ST_Extent(table.geom)
    sides = [side(box) for side in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    start, end, still = _dates(collection, table)
    return select(
        literal(collection.id).label("id"),
        func.count().label("any"),
        *(side.label(name) for side, name in zip(sides, ("west", "south", "east", "north"), strict=True)),
        start.label("first"),
        end.label("last"),
        still.label("still"),
        func.coalesce(func.bool_or(table.schematic), False).label("schematic"),
    ).where(visible(table))


def _dates(collection: Collection, table: Any) -> tuple[Any, Any, Any]:
    """First and last day, and how many have not ended."""
    if collection.dates is None:
        return cast(None, Date), cast(None, Date), cast(0, Integer)
    if collection.id == "places":
        names = select(
            func.min(PlaceName.valid_from).label("first"),
            func.max(PlaceName.valid_to).label("last"),
            func.count().filter(PlaceName.valid_to.is_(None)).label("still"),
        ).where(PlaceName.kind == "standard", visible(PlaceName))
        one = names.cte("names")
        return tuple(select(one.c[name]).scalar_subquery() for name in ("first", "last", "still"))  # type: ignore[return-value]
    start, end = (table.__table__.c[name] for name in collection.dates)
    return func.min(start), func.max(end), func.count().filter(end.is_(None))


def _of(row: Any, today: date) -> Extent:
    bounds = None if row.west is None else (row.west, row.south, row.east, row.north)
    last = row.last
    if row.still and row.first is not None:
        last = max(last or today, today)
    return Extent(bounds, row.first, last if row.first is not None else None, row.schematic)
