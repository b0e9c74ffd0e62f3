"""Where the features of a collection come from: tables, columns and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, select, true
from sqlalchemy.orm import aliased

from geoservice.database.actor import acting
from geoservice.database.filters import in_force, visible
from geoservice.database.models import CommunityCode, PlaceName, UnitCode, UnitVersion
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.moments import Moments
from geoservice.publish.queries.columns import unit_code, unit_name
from geoservice.publish.queries.overview import TABLES

JOINED = "；"


@dataclass(frozen=True, eq=False)
class Source:
    """What a statement about a collection is put together from; equal only to itself.

    Attributes
    ----------
    table
        Holds id, geometry and level of the record.
    joined
        The table and whatever its properties lie in, one row a feature.
    columns
        Property to its value.
    conditions
        What a feature has to fulfil to be given out at all, and at the time that is asked about.
    """

    table: Any
    joined: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    conditions: tuple[ColumnElement[bool], ...]

    @property
    def id(self) -> ColumnElement[int]:
        """Id of the feature."""
        found: ColumnElement[int] = self.table.id
        return found


def source(collection: Collection, *, today: date, when: Moments | None = None) -> Source:
    """The source of a collection.

    Parameters
    ----------
    today
        Day whose names are told where no time is asked about.
    when
        Only what is in force in between; what has no dates is always in force.
    """
    return _source(collection, today, when, bool(acting.get().reads))


@lru_cache(maxsize=512)
def _source(collection: Collection, today: date, when: Moments | None, _reads: bool) -> Source:  # noqa: FBT001 - part of the key
    """Putting one together takes longer than asking the database: it is kept, by what `visible` makes of who acts too."""
    day = today if when is None else when.day(today)
    return _SOURCES.get(collection.id, _plain)(collection, day, when)


def _plain(collection: Collection, _: date, when: Moments | None) -> Source:
    table = TABLES[collection.id]
    return Source(table, table.__table__, _own(collection, table), _conditions(collection, table, when))


def _facilities(collection: Collection, day: date, when: Moments | None) -> Source:
    table = TABLES[collection.id]
    columns = _own(collection, table) | _township(table.unit_id, day)
    return Source(table, table.__table__, columns, _conditions(collection, table, when))


def _communities(collection: Collection, day: date, when: Moments | None) -> Source:
    table = TABLES[collection.id]
    joined, codes = _with_code(table.__table__, CommunityCode, CommunityCode.community_id == table.id, "nbs", day)
    columns = _own(collection, table) | codes | _township(table.unit_id, day)
    return Source(table, joined, columns, _conditions(collection, table, when))


def _units(collection: Collection, day: date, when: Moments | None) -> Source:
    table = TABLES[collection.id]
    joined, codes = _with_code(table.__table__, UnitCode, UnitCode.unit_id == table.unit_id, "mca", day)
    columns = _own(collection, table) | codes | {"parent_code": _seen_code(table.parent_id, day)}
    return Source(table, joined, columns, _conditions(collection, table, when))


def _places(collection: Collection, day: date, when: Moments | None) -> Source:
    """A place under its standard name of the day; without a time that is asked about, under its last one."""
    table = TABLES[collection.id]
    standard = _standard_name(table, day, when)
    others = _other_names(table, day)
    joined = table.__table__.join(standard, true(), isouter=when is None).join(others, true(), isouter=True)
    named = {column.name: column for column in (*standard.c, *others.c)}
    columns = _own(collection, table) | named | _township(table.unit_id, day)
    return Source(table, joined, columns, (visible(table),))


_SOURCES: Mapping[str, Callable[[Collection, date, Moments | None], Source]] = {
    "facilities": _facilities,
    "communities": _communities,
    "units": _units,
    "places": _places,
}


def _own(collection: Collection, table: Any) -> dict[str, ColumnElement[Any]]:
    """Properties that are columns of the record's own row."""
    columns = table.__table__.c
    return {name: columns[name] for name in collection.properties if name in columns}


def _conditions(collection: Collection, table: Any, when: Moments | None) -> tuple[ColumnElement[bool], ...]:
    if when is None or collection.dates is None:
        return (visible(table),)
    start, end = (table.__table__.c[name] for name in collection.dates)
    return visible(table), when.meets(start, end)


def _township(unit_id: Any, day: date) -> dict[str, ColumnElement[Any]]:
    return {"township_code": _seen_code(unit_id, day), "township_name": unit_name(unit_id, day)}


def _seen_code(unit_id: Any, day: date) -> ColumnElement[Any]:
    """Code of a unit that whoever asks may see."""
    version = aliased(UnitVersion)
    return (
        select(unit_code(version.unit_id))
        .where(version.unit_id == unit_id, in_force(version, day), visible(version))
        .correlate_except(version)
        .scalar_subquery()
    )


def _with_code(
    joined: FromClause, codes: Any, owned: ColumnElement[bool], system: str, day: date
) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The code that a record is told by: of the day, of the system that its layer declares, the newest edition."""
    newest = (
        select(codes.code, codes.system.label("code_system"), codes.edition.label("code_edition"))
        .where(owned)
        .order_by(in_force(codes, day).desc(), (codes.system == system).desc(), codes.edition.desc(), codes.id)
        .limit(1)
        .lateral("codes")
    )
    return joined.join(newest, true(), isouter=True), {column.name: column for column in newest.c}


def _standard_name(table: Any, day: date, when: Moments | None) -> Any:
    name = aliased(PlaceName)
    wanted = select(
        name.name, name.reading, name.reading_source, name.romanisation, name.valid_from, name.valid_to
    ).where(name.place_id == table.id, name.kind == "standard", visible(name))
    if when is not None:
        wanted = wanted.where(when.meets(name.valid_from, name.valid_to))
    ordered = wanted.order_by(in_force(name, day).desc(), name.valid_from.desc().nulls_last(), name.id)
    return ordered.limit(1).lateral("standard_name")


def _other_names(table: Any, day: date) -> Any:
    name = aliased(PlaceName)
    now = in_force(name, day)
    kinds = {
        "alias": and_(name.kind == "alias", now),
        "abbreviation": and_(name.kind == "abbreviation", now),
        "former_name": name.kind == "former",
        "map_name": and_(name.kind == "map", now),
    }
    told = [func.string_agg(name.name, JOINED).filter(kind).label(column) for column, kind in kinds.items()]
    return select(*told).where(name.place_id == table.id, visible(name), name.kind != "standard").lateral("other_names")
