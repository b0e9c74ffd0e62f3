"""Where a search looks: everywhere, in a unit with all below it, in a window of the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from geoservice.database.filters import BBox, in_force, visible
from geoservice.database.models import Place, UnitVersion
from geoservice.names.cells import cells


@dataclass(frozen=True)
class Area:
    """A unit, by its own number and those of all units below it, or a window, or both.

    Attributes
    ----------
    unit
        None for all; a place of no stated unit belongs where it lies.
    day
        Whose units.
    keys
        Lists of numbers: of each list, `PlaceName.areas` of a name there holds at least one.
    """

    unit: int | None
    units: Sequence[int]
    bbox: BBox | None
    day: date
    keys: Sequence[Sequence[int]] = ()

    @classmethod
    def of(cls, connection: Connection, unit: int | None, bbox: BBox | None, day: date) -> Area | None:
        """None where nothing limits the search."""
        if unit is None and bbox is None:
            return None
        found: list[Sequence[int] | None] = [] if bbox is None else [cells(bbox)]
        if unit is not None:
            found.append(_keys_of(connection, unit, day))
        keys = [one for one in found if one is not None]
        return cls(unit, [] if unit is None else _units_below(connection, unit, day), bbox, day, keys)

    def holds(self, place_id: Any) -> ColumnElement[bool]:
        """Whether a place lies there; asked of one place after the other, for a join would ask of all of them."""
        return select(Place.id).where(Place.id == place_id, self._condition()).offset(0).exists()

    def roughly(self, areas: Any) -> ColumnElement[bool]:
        """Whether a name may lie there, by its column `areas`: true of all that do and of few others."""
        return and_(true(), *(areas.overlap(_numbers(keys)) for keys in self.keys))

    def _condition(self) -> ColumnElement[bool]:
        parts = []
        if self.unit is not None:
            parts.append(or_(self._stated(), self._lying()))
        if self.bbox is not None:
            parts.append(self.bbox.touches(Place.geom))
        return and_(*parts)

    def _stated(self) -> ColumnElement[bool]:
        return Place.unit_id == any_(_numbers(self.units))

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


def _keys_of(connection: Connection, unit: int, day: date) -> Sequence[int] | None:
    """Of places whose stated unit is this one or below it, and of those without one within its box."""
    version = aliased(UnitVersion)
    sides = [getattr(func, f"ST_{side}")(version.geom) for side in ("XMin", "YMin", "XMax", "YMax")]
    of_unit = select(*sides).where(
        version.unit_id == unit, version.geom.is_not(None), in_force(version, day), visible(version)
    )
    keys = [unit]
    for box in connection.execute(of_unit):
        around = cells(BBox(*box), unstated=True)
        if around is None:
            return None
        keys += around
    return keys


def _numbers(numbers: Sequence[int]) -> BindParameter[Any]:
    return bindparam(None, list(numbers), ARRAY(BigInteger), unique=True)
