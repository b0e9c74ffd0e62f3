"""Where a search looks: everywhere, in a unit with all below it, in a window of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    bindparam,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from geoservice.database.filters import BBox, in_force, visible
from geoservice.database.models import Place, UnitVersion


@dataclass(frozen=True)
class Area:
    """A unit, by its own number and those of all units below it, or a window, or both.

    Attributes
    ----------
    unit
        None for all; a place of no stated unit belongs where it lies.
    day
        Whose units.
    """

    unit: int | None
    units: Sequence[int]
    bbox: BBox | None
    day: date

    @classmethod
    def of(cls, connection: Connection, unit: int | None, bbox: BBox | None, day: date) -> Area | None:
        """None where nothing limits the search."""
        if unit is None and bbox is None:
            return None
        return cls(unit, [] if unit is None else _units_below(connection, unit, day), bbox, day)

    def holds(self, place_id: Any) -> ColumnElement[bool]:
        """Whether a place lies there."""
        return exists().where(Place.id == place_id, self._condition())

    def places(self, connection: Connection) -> list[int]:
        """Ids of the places there."""
        return [place for way in self.ways() for place in connection.execute(way).scalars()]

    def ways(self, *, roughly: bool = False) -> list[Select[Any]]:
        """One question a way to lie there: together no index would answer them.

        Parameters
        ----------
        roughly
            Only what the planner judges rightly: boxes instead of shapes.
        """
        boxed = [] if self.bbox is None else [self.bbox.meets(Place.geom) if roughly else self.bbox.touches(Place.geom)]
        own = [()] if self.unit is None else [(self._stated(),)] if roughly else [(self._stated(),), (self._lying(),)]
        return [select(Place.id).where(*way, *boxed, visible(Place)) for way in own]

    def _condition(self) -> ColumnElement[bool]:
        parts = []
        if self.unit is not None:
            parts.append(or_(self._stated(), self._lying()))
        if self.bbox is not None:
            parts.append(self.bbox.touches(Place.geom))
        return and_(*parts)

    def _stated(self) -> ColumnElement[bool]:
        return Place.unit_id == any_(bindparam(None, list(self.units), ARRAY(BigInteger), unique=True))

    def _lying(self) -> ColumnElement[bool]:
        holder = aliased(UnitVersion)
        area = (
            select(holder.geom)
            .where(holder.unit_id == self.unit, in_force(holder, self.day), visible(holder))
            .correlate(None)
            .scalar_subquery()
        )
        return and_(Place.unit_id.is_(None), Place.geom.op("&&")(area), Place.geom.ST_Intersects(area))


def _units_below(connection: Connection, unit: int, day: date) -> list[int]:
    version = aliased(UnitVersion)
    below = select(literal(unit, BigInteger).label("id")).cte("units_below", recursive=True)
    below = below.union(
        select(version.unit_id).where(version.parent_id == below.c.id, in_force(version, day), visible(version))
    )
    return list(connection.execute(select(below.c.id)).scalars())
