"""One place with all its names."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, case, func, select

from geoservice.database.filters import visible
from geoservice.database.models import NAME_KINDS, Place, PlaceName
from geoservice.names.crossing import units_crossed
from geoservice.names.search import place_columns, standard_name
from geoservice.names.syllables import syllables
from geoservice.names.twice import registered_as

TOLD = (
    "meaning", "origin", "history", "allusion", "overview", "usage", "established", "abolished", "language",
    "ethnic_writing", "units_stated",
)  # fmt: skip


def place(connection: Connection, place_id: int, *, day: date) -> dict[str, Any] | None:
    """A place and, in `names`, each of its published names, standard ones first; None where it is not published.

    What only concerns the office (who registered it, remarks) is not among it.

    Parameters
    ----------
    day
        Whose standard name and unit are given.
    """
    statement = select(
        Place.id,
        standard_name(Place.id, day),
        Place.class_code,
        Place.code,
        Place.rank,
        *(getattr(Place, name) for name in TOLD),
        *place_columns(Place.geom, Place.unit_id, day),
    )
    row = connection.execute(statement.where(Place.id == place_id, visible(Place))).mappings().first()
    if row is None:
        return None
    names = connection.execute(
        select(
            PlaceName.name,
            PlaceName.kind,
            PlaceName.reading,
            PlaceName.reading_source,
            PlaceName.romanisation,
            PlaceName.valid_from,
            PlaceName.valid_to,
            PlaceName.schematic,
        )
        .where(PlaceName.place_id == place_id, visible(PlaceName))
        .order_by(
            case({kind: position for position, kind in enumerate(NAME_KINDS)}, value=PlaceName.kind),
            func.coalesce(PlaceName.valid_to, date.max).desc(),
            PlaceName.id,
        )
    ).mappings()
    shown = [{**name, "syllables": syllables(name["name"], name["reading"], name["reading_source"])} for name in names]
    # A place of which no name is published has none that may be told.
    if not shown:
        return None
    also = registered_as(connection, [place_id]).get(place_id, [])
    units = units_crossed(connection, place_id, day=day)
    return {**row, "names": shown, "also": also, "units": units, "schematic": any(name["schematic"] for name in shown)}
