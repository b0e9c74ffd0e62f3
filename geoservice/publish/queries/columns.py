"""Columns that several queries give out in the same form. Longitude before latitude, CRS84."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Double, Label, Numeric, Select, Text, case, cast, func, select, true
from sqlalchemy.dialects.postgresql import array, distinct_on
from sqlalchemy.orm import aliased

from geoservice.database.filters import in_force, visible
from geoservice.database.models import CommunityCode, UnitCode, UnitVersion

DIGITS = 7


def position(geom: Any) -> tuple[Label[float], Label[float]]:
    """`lon` and `lat` of a point column."""
    return _degrees(func.ST_X(geom)).label("lon"), _degrees(func.ST_Y(geom)).label("lat")


def label_position(geom: Any) -> tuple[Label[float], Label[float]]:
    """`lon` and `lat` of a point on a geometry of any type; null where there is none."""
    return position(func.ST_PointOnSurface(geom))


def bbox(geom: Any) -> ColumnElement[Any]:
    """``[west, south, east, north]`` of a geometry or a box; null where there is none."""
    corners = [_degrees(side(geom)) for side in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    return case((geom.is_not(None), array(corners)), else_=None)


def unit_name(unit_id: Any, day: date, *, public_only: bool = True) -> ColumnElement[Any]:
    """Name of a unit on a day; null where it is not published, unless all may be seen."""
    version = aliased(UnitVersion)
    return (
        select(version.name)
        .where(version.unit_id == unit_id, in_force(version, day), visible(version) if public_only else true())
        .correlate_except(version)
        .scalar_subquery()
    )


def unit_code(unit_id: Any) -> ColumnElement[Any]:
    """A unit's code: the ministry's newest edition where there is one."""
    return newest_unit_code(unit_id).correlate_except(UnitCode).scalar_subquery()


def newest_unit_code(unit_id: Any) -> Select[Any]:
    """The same as at most one row of one column ``code``."""
    return _newest(UnitCode, UnitCode.unit_id == unit_id, "mca")


def newest_unit_codes(condition: ColumnElement[bool]) -> Select[Any]:
    """The same of several units, those that fulfil a condition: columns ``unit_id`` and ``code``."""
    owner = UnitCode.unit_id
    columns: tuple[Any, ...] = (owner, cast(UnitCode.code, Text).label("code"))
    found = select(*columns).where(condition)
    return found.order_by(owner, *_newest_first(UnitCode, "mca")).ext(distinct_on(owner))


def community_code(community_id: Any) -> ColumnElement[Any]:
    """A community's code: the statistics bureau's newest edition where there is one."""
    newest = _newest(CommunityCode, CommunityCode.community_id == community_id, "nbs")
    return newest.correlate_except(CommunityCode).scalar_subquery()


def _newest(table: type[UnitCode | CommunityCode], condition: Any, system: str) -> Select[Any]:
    newest = select(cast(table.code, Text).label("code")).where(condition).order_by(*_newest_first(table, system))
    return newest.limit(1)


def _newest_first(table: type[UnitCode | CommunityCode], system: str) -> tuple[Any, ...]:
    return (table.system == system).desc(), table.valid_to.desc().nulls_first(), table.edition.desc(), table.id


def _degrees(value: Any) -> ColumnElement[float]:
    """Rounded to about a centimetre; `round` to decimals knows only numeric."""
    return cast(func.round(cast(value, Numeric), DIGITS), Double)
