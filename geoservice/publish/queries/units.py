"""Administrative units as they were on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from geoservice.database.filters import containing, in_force, visible
from geoservice.database.models import LEVELS, UnitCode, UnitVersion
from geoservice.database.paging import Key, Page, page
from geoservice.publish.queries.columns import bbox, label_position, unit_code, unit_name


def units(
    connection: Connection,
    *,
    day: date,
    level: str | None = None,
    parent: int | None = None,
    q: str | None = None,
    limit: int,
    after: str | None = None,
) -> Page:
    """Units in force on `day`, from province to township, each level by code.

    Parameters
    ----------
    parent
        Only the units directly below this one.
    q
        Part of the name, or the beginning of a code.
    """
    statement = _described(day).where(in_force(UnitVersion, day))
    if level is not None:
        statement = statement.where(UnitVersion.level == level)
    if parent is not None:
        statement = statement.where(UnitVersion.parent_id == parent)
    if q:
        coded = select(UnitCode.unit_id).where(UnitCode.code.startswith(q, autoescape=True))
        statement = statement.where(UnitVersion.name.ilike(containing(q)) | UnitVersion.unit_id.in_(coded))
    keys = [
        Key("_level", _level_position(), int),
        Key("_code", _code_or_empty(), str),
        Key("id", UnitVersion.unit_id, int),
    ]
    return page(connection, statement, keys, limit=limit, after=after)


def unit(connection: Connection, unit_id: int, *, day: date) -> dict[str, Any] | None:
    """One unit: its version of `day`, else the last one before, else its first; None where nothing is published.

    Besides the columns of the list: `codes` of every system and edition, and `versions`, the oldest first.
    """
    wanted = _described(day).where(UnitVersion.unit_id == unit_id)
    began = UnitVersion.valid_from.is_(None) | (UnitVersion.valid_from <= day)
    newest = UnitVersion.valid_from.desc().nulls_last()
    row = connection.execute(wanted.order_by(began.desc(), case((began, None), else_=UnitVersion.valid_from), newest))
    found = row.mappings().first()
    if found is None:
        return None
    shown = {name: value for name, value in found.items() if not name.startswith("_")}
    return {**shown, "codes": _codes(connection, unit_id), "versions": _versions(connection, unit_id)}


def _described(day: date) -> Select[Any]:
    geom = UnitVersion.geom
    lon, lat = label_position(geom)
    return select(
        UnitVersion.unit_id.label("id"),
        unit_code(UnitVersion.unit_id).label("code"),
        UnitVersion.name,
        UnitVersion.level,
        UnitVersion.kind,
        UnitVersion.parent_id,
        unit_name(UnitVersion.parent_id, day).label("parent_name"),
        UnitVersion.valid_from,
        UnitVersion.valid_to,
        UnitVersion.schematic,
        UnitVersion.source,
        bbox(geom).label("bbox"),
        lon,
        lat,
        _level_position().label("_level"),
        _code_or_empty().label("_code"),
    ).where(visible(UnitVersion))


def _level_position() -> ColumnElement[int]:
    return case({level: position for position, level in enumerate(LEVELS)}, value=UnitVersion.level, else_=len(LEVELS))


def _code_or_empty() -> ColumnElement[str]:
    return func.coalesce(unit_code(UnitVersion.unit_id), "")


def _codes(connection: Connection, unit_id: int) -> list[dict[str, Any]]:
    statement = (
        select(UnitCode.system, UnitCode.edition, UnitCode.code, UnitCode.valid_from, UnitCode.valid_to)
        .where(UnitCode.unit_id == unit_id)
        .order_by(UnitCode.system, UnitCode.edition)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _versions(connection: Connection, unit_id: int) -> list[dict[str, Any]]:
    statement = (
        select(UnitVersion.name, UnitVersion.level, UnitVersion.kind, UnitVersion.valid_from, UnitVersion.valid_to)
        .where(UnitVersion.unit_id == unit_id, visible(UnitVersion))
        .order_by(UnitVersion.valid_from.asc().nulls_first())
    )
    return [dict(row) for row in connection.execute(statement).mappings()]
