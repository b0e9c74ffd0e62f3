"""Conditions that many queries share: what is public, what is in force, what lies where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, and_, func, literal, or_, select, text, true
from sqlalchemy.orm import aliased

from geoservice.database.actor import acting
from geoservice.database.models import SRID, UnitVersion
from geoservice.database.models.base import Classified, Dated
from geoservice.errors import BadRequest

# Stands in the statement itself. Not as a literal column: where one is part of what is joined by, a join has no left side.
_OPEN = text("'public'")


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in degrees, longitude before latitude, EPSG:4490 taken as CRS84; west is never east of east."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> BBox:
        """Reads ``west,south,east,north``.

        Raises
        ------
        BadRequest
            If it is no box inside the world.

        Examples
        --------
        >>> BBox.parse("112.5,30.3,113.5,30.9")
        BBox(west=112.5, south=30.3, east=113.5, north=30.9)
        """
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            raise BadRequest("api.bad-bbox", value=text) from None
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            raise BadRequest("api.bad-bbox", value=text)
        west, south, east, north = numbers
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise BadRequest("api.bad-bbox", value=text)
        return cls(west, south, east, north)

    def touches(self, geom: Any) -> ColumnElement[bool]:
        """Whether a column in EPSG:4490 meets the box; the first half is what the index answers."""
        return and_(self.meets(geom), func.ST_Intersects(geom, self._envelope()))

    def meets(self, geom: Any) -> ColumnElement[bool]:
        """Whether the box of a column in EPSG:4490 meets this one."""
        met: ColumnElement[bool] = geom.op("&&")(self._envelope())
        return met

    def _envelope(self) -> ColumnElement[Any]:
        return func.ST_MakeEnvelope(self.west, self.south, self.east, self.north, SRID)


def today() -> date:
    """The date here."""
    return datetime.now().astimezone().date()


def visible(*tables: type[Classified]) -> ColumnElement[bool]:
    """What may go out, of every table that a record comes from: to the public what is public and published.

    Whoever acts and sees more gets what the database's policies let through.
    """
    if acting.get().reads:
        return true()
    return and_(*(and_(table.published, table.classification == _OPEN) for table in tables))


def in_force(table: type[Dated], day: date) -> ColumnElement[bool]:
    """Whether a record is in force on a day; `valid_to` is the first day on which it no longer is."""
    return _spans(table.valid_from, table.valid_to, day)


def is_open(opened: Any, closed: Any, day: date) -> ColumnElement[bool]:
    """Whether a facility is open on a day."""
    return _spans(opened, closed, day)


def within_unit(unit_id: Any, geom: Any, unit: int, day: date) -> ColumnElement[bool]:
    """Whether a record belongs to a unit or one below it; a record of no stated unit belongs where it lies.

    Parameters
    ----------
    unit_id, geom
        The record's columns: its unit, nullable, and its place in EPSG:4490.
    unit
        The unit asked for.
    day
        When.
    """
    version = aliased(UnitVersion)
    below = select(literal(unit, BigInteger).label("id")).cte("units_below", recursive=True)
    below = below.union(
        select(version.unit_id).where(version.parent_id == below.c.id, in_force(version, day), visible(version))
    )
    holder = aliased(UnitVersion)
    area = (
        select(holder.geom)
        .where(holder.unit_id == unit, in_force(holder, day), visible(holder))
        .correlate(None)
        .scalar_subquery()
    )
    lies_inside = and_(unit_id.is_(None), geom.op("&&")(area), func.ST_Intersects(geom, area))
    return or_(unit_id.in_(select(below.c.id)), lies_inside)


def containing(text: str) -> str:
    r"""A LIKE pattern for a part, in which nothing of the part is a wildcard; the escape is a backslash.

    Examples
    --------
    >>> containing("50%_天门")
    '%50\\%\\_天门%'
    """
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _spans(start: Any, end: Any, day: date) -> ColumnElement[bool]:
    # One value for both: what a statement is given costs time at each execution.
    that = literal(day, Date)
    return and_(or_(start.is_(None), start <= that), or_(end.is_(None), end > that))
