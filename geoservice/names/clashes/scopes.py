"""Where a name may not repeat: the scope of the law as the database knows it, each question to it asked once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, text

from geoservice.database.filters import BBox
from geoservice.ingest.alike import Scope, alike
from geoservice.names.cells import cells
from geoservice.names.clashes.elsewhere import Elsewhere, kept_elsewhere

LEVELS = {"province": "province", "county": "county"}


@dataclass(frozen=True)
class Extent:
    """Where it was looked: the scope of the law and what it came to here.

    Attributes
    ----------
    scope
        nation, province, county or built_up.
    applied
        The same, or all where what the database holds does not reach further, or county where no built-up area is known.
    names
        Of the units or built-up areas.
    """

    rule: Scope
    scope: str
    applied: str
    unit_id: int | None = None
    areas: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def rule_of(kind: str) -> Scope:
    """The scope that the law sets for a kind of name."""
    return next(one for one in alike().scopes if kind in one.kinds)


def units_below(connection: Connection, unit_id: int) -> Sequence[int]:
    """A unit and all units in it."""
    return connection.execute(_BELOW, {"unit": unit_id}).scalars().all()


_ABOVE = text("""
    with recursive above as (
        select v.unit_id, v.parent_id, v.level, v.name from unit_version v
        where v.unit_id = :unit and (v.valid_from is null or v.valid_from <= :day) and (v.valid_to is null or v.valid_to > :day)
        union all
        select v.unit_id, v.parent_id, v.level, v.name from above a join unit_version v on v.unit_id = a.parent_id
        where (v.valid_from is null or v.valid_from <= :day) and (v.valid_to is null or v.valid_to > :day)
    )
    select unit_id, name from above where level = :level limit 1
""")
_HOLDER = text("""
    select v.unit_id from unit_version v
    where v.geom && cast(:shape as geometry) and st_intersects(v.geom, st_pointonsurface(cast(:shape as geometry)))
      and (v.valid_from is null or v.valid_from <= :day) and (v.valid_to is null or v.valid_to > :day)
    order by array_position(array['township', 'county', 'prefecture', 'province'], v.level) limit 1
""")
_AREAS = text("""
    select b.id, coalesce(b.name, b.key) as name from built_up_area b
    where b.geom && cast(:shape as geometry) and st_intersects(b.geom, cast(:shape as geometry))
      and (b.valid_from is null or b.valid_from <= :day) and (b.valid_to is null or b.valid_to > :day)
    order by b.id
""")
# Where a place may lie. The numbers of the units and the outline are given as values: the planner then weighs how many
# names share a key against how many places there are.
_BELOW = text("""
    with recursive below as (
        select cast(:unit as bigint) as unit_id
        union select v.unit_id from below b join unit_version v on v.parent_id = b.unit_id
    )
    select unit_id from below
""")
_OUTLINE = text("""
    select cast(b.geom as text) as outline, st_xmin(b.geom), st_ymin(b.geom), st_xmax(b.geom), st_ymax(b.geom)
    from (select st_collect(geom) as geom from built_up_area where id = any(:areas)) b
""")


class Scopes:
    """Scopes of names on a day.

    What has been asked once is remembered: one instance serves one transaction, for one check or for a whole plan.

    Parameters
    ----------
    day
        On which units, built-up areas and names are in force.

    Attributes
    ----------
    ahead
        What proposed names are compared with, read before they are checked.
    """

    def __init__(self, connection: Connection, day: date) -> None:
        self.connection, self.day = connection, day
        self.ahead: dict[Hashable, Any] = {}
        self._areas = cache(self._read_areas)
        self._holder = cache(self._read_holder)
        self._above = cache(self._read_above)
        self._outline = cache(self._read_outline)
        self._below = cache(partial(units_below, connection))
        self._elsewhere = cache(self._read_elsewhere)

    def extent_of(self, kind: str, shape: str | None, unit: int | None) -> Extent:
        """Where a name may not repeat, as far as the database knows it.

        Parameters
        ----------
        shape
            Where it shall lie: hexadecimal EWKB, EPSG:4490, longitude first.
        unit
            In which it lies, where there is no shape.
        """
        rule = rule_of(kind)
        if rule.scope == "nation":
            return Extent(rule, "nation", "all")
        if rule.scope == "built_up" and shape is not None and (areas := self._areas(shape)):
            ids, names = zip(*areas, strict=True)
            return Extent(rule, "built_up", "built_up", areas=ids, names=names)
        if unit is None and shape is not None:
            unit = self._holder(shape)
        level = LEVELS.get(rule.scope, "county")
        above = None if unit is None else self._above(unit, level)
        if above is None:
            return Extent(rule, rule.scope, "all")
        return Extent(rule, rule.scope, level, unit_id=above.unit_id, names=(above.name,))

    def values(self, extent: Extent) -> dict[str, Any]:
        """What a condition on places within an extent names: `outline` or `units`."""
        if extent.applied == "built_up":
            return {"outline": self._outline(extent.areas)[0]}
        if extent.applied in ("province", "county"):
            assert extent.unit_id is not None
            return {"units": self._below(extent.unit_id)}
        return {}

    def roughly(self, extent: Extent) -> Sequence[int] | None:
        """Numbers of which `place_name.areas` of each name there holds one; None where nothing can be said."""
        if extent.applied == "built_up":
            return cells(BBox(*self._outline(extent.areas)[1:]))
        return None if extent.unit_id is None else [extent.unit_id]

    def elsewhere(self, kind: str, code: str, unit: int | None) -> Elsewhere:
        """Names of a kind that are kept as units and communities, in a unit or anywhere."""
        return self._elsewhere(kind, code, unit)

    def _read_areas(self, shape: str) -> Sequence[Any]:
        return self.connection.execute(_AREAS, {"shape": shape, "day": self.day}).all()

    def _read_holder(self, shape: str) -> int | None:
        return self.connection.execute(_HOLDER, {"shape": shape, "day": self.day}).scalar()

    def _read_above(self, unit: int, level: str) -> Any:
        return self.connection.execute(_ABOVE, {"unit": unit, "level": level, "day": self.day}).first()

    def _read_outline(self, areas: tuple[int, ...]) -> Any:
        return self.connection.execute(_OUTLINE, {"areas": list(areas)}).one()

    def _read_elsewhere(self, kind: str, code: str, unit: int | None) -> Elsewhere:
        return kept_elsewhere(self.connection, kind, code, None if unit is None else self._below(unit), self.day)
