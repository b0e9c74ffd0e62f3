"""What the map page needs at its start: extent, counts, whether anything shown is schematic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, literal, select, union_all

from geoservice.database.filters import in_force, is_open, visible
from geoservice.database.models import (
    BuiltUpArea,
    Community,
    Control,
    Facility,
    ImportBatch,
    Place,
    PopulationCell,
    Railway,
    Road,
    UnitVersion,
    Wall,
    Water,
)

# The tables of the layers, each with the column that a published record is drawn by.
TABLES: dict[str, Any] = {
    "units": UnitVersion,
    "places": Place,
    "facilities": Facility,
    "communities": Community,
    "population": PopulationCell,
    "roads": Road,
    "railways": Railway,
    "water": Water,
    "walls": Wall,
    "controls": Control,
    "built_up": BuiltUpArea,
}
# What the map opens on: the first group that holds anything.
EXTENTS = (("units",), ("communities", "facilities", "places"), ("roads", "water", "built_up"))
MARGIN_DEGREES = 0.01
_words = ImportBatch.report["attribution"].astext
# Whom the licences of the imported files ask to name.
_ATTRIBUTIONS = select(_words).where(_words.is_not(None), ImportBatch.loaded > 0).distinct().order_by(_words)


@dataclass(frozen=True, slots=True)
class Overview:
    """Bounds are ``(west, south, east, north)`` in CRS84; counts are of published records in force on the day.

    `county` is the name of the county where there is one and no other.
    """

    bounds: tuple[float, float, float, float] | None
    schematic: bool
    counts: dict[str, int]
    facility_counts: dict[str, int]
    attributions: tuple[str, ...]
    county: str | None


def overview(connection: Connection, *, day: date) -> Overview:
    """The published layers as they are on `day`."""
    layers = [
        select(
            literal(layer).label("layer"),
            func.count().label("records"),
            func.coalesce(func.bool_or(table.schematic), literal(False)).label("schematic"),  # noqa: FBT003
        ).where(*conditions(layer, day))
        for layer, table in TABLES.items()
    ]
    found = connection.execute(union_all(*layers)).all()
    types = select(Facility.type, func.count()).where(*conditions("facilities", day)).group_by(Facility.type)
    return Overview(
        bounds=_bounds(connection, day),
        schematic=any(row.schematic for row in found),
        counts={row.layer: row.records for row in found},
        facility_counts=dict(connection.execute(types).all()),
        attributions=tuple(connection.execute(_ATTRIBUTIONS).scalars()),
        county=_county(connection, day),
    )


def conditions(layer: str, day: date) -> tuple[Any, ...]:
    """What a record of a layer must fulfil to be shown on a day."""
    table = TABLES[layer]
    if layer == "facilities":
        return visible(table), is_open(table.opened_on, table.closed_on, day)
    if hasattr(table, "valid_from"):
        return visible(table), in_force(table, day)
    return (visible(table),)


def _county(connection: Connection, day: date) -> str | None:
    counties = select(UnitVersion.name).where(UnitVersion.level == "county", *conditions("units", day)).limit(2)
    names = connection.execute(counties).scalars().all()
    return names[0] if len(names) == 1 else None


def _bounds(connection: Connection, day: date) -> tuple[float, float, float, float] | None:
    for group in EXTENTS:
        parts = [
            select(func.ST_Extent(TABLES[layer].geom).label("box")).where(*conditions(layer, day)) for layer in group
        ]
        boxes = union_all(*parts).subquery()
        sides = select(
            func.min(func.ST_XMin(boxes.c.box)),
            func.min(func.ST_YMin(boxes.c.box)),
            func.max(func.ST_XMax(boxes.c.box)),
            func.max(func.ST_YMax(boxes.c.box)),
        )
        west, south, east, north = connection.execute(sides).one()
        if west is not None:
            m = MARGIN_DEGREES if west == east or south == north else 0.0
            return max(west - m, -180.0), max(south - m, -90.0), min(east + m, 180.0), min(north + m, 90.0)
    return None
