"""Facilities."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select

from geoservice.database.filters import BBox, containing, is_open, visible, within_unit
from geoservice.database.models import Facility
from geoservice.database.paging import Key, Page, page
from geoservice.publish.queries.columns import position, unit_name


def facilities(
    connection: Connection,
    *,
    day: date,
    type_: str | None = None,
    unit: int | None = None,
    bbox: BBox | None = None,
    q: str | None = None,
    limit: int,
    after: str | None = None,
) -> Page:
    """Facilities open on `day`, by id.

    Parameters
    ----------
    unit
        Only those in this unit or one below it.
    q
        Part of the name or of the address.
    """
    statement = _described(day).where(is_open(Facility.opened_on, Facility.closed_on, day))
    if type_ is not None:
        statement = statement.where(Facility.type == type_)
    if unit is not None:
        statement = statement.where(within_unit(Facility.unit_id, Facility.geom, unit, day))
    if bbox is not None:
        statement = statement.where(bbox.touches(Facility.geom))
    if q:
        statement = statement.where(Facility.name.ilike(containing(q)) | Facility.address.ilike(containing(q)))
    return page(connection, statement, [Key("id", Facility.id, int)], limit=limit, after=after)


def facility(connection: Connection, facility_id: int, *, day: date) -> dict[str, Any] | None:
    """One facility, open or closed; None where none is published under this id."""
    row = connection.execute(_described(day).where(Facility.id == facility_id)).mappings().first()
    return None if row is None else dict(row)


def _described(day: date) -> Select[Any]:
    return select(
        Facility.id,
        Facility.name,
        Facility.type,
        Facility.unit_id,
        unit_name(Facility.unit_id, day).label("unit_name"),
        Facility.address,
        Facility.beds,
        Facility.nursing_beds,
        Facility.area_m2,
        Facility.opened_on,
        Facility.closed_on,
        Facility.schematic,
        *position(Facility.geom),
    ).where(visible(Facility))
