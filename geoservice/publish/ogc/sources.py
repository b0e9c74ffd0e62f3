"""Where the features of a collection come from: tables, columns and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, any_, func, inspect, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import aliased

from geoservice.database.actor import acting
from geoservice.database.filters import in_force, visible
from geoservice.database.models import CommunityCode, PlaceName, UnitCode, UnitVersion
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.moments import Moments
from geoservice.publish.queries.columns import newest_unit_code, newest_unit_codes, unit_code
from geoservice.publish.queries.overview import TABLES
from geoservice.publish.queries.texts import fixed

JOINED = "；"
# Properties that tell of the unit that a record belongs to.
OF_THE_UNIT = ("township_code", "township_name")


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
    whole
        Whether every row of the table that fulfils them is a feature, whatever it is joined with.
    """

    table: Any
    joined: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    conditions: tuple[ColumnElement[bool], ...]
    whole: bool = True

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
    return _made(collection, TABLES[collection.id], today, when)


def described_rows(
    collection: Collection, rows: FromClause, *, today: date, when: Moments | None = None, many: bool = False
) -> Source:
    """The source of a collection over some rows of its table alone, to which is joined what belongs to them.

    Parameters
    ----------
    many
        Whether there are so many rows that what belongs to them is read for all at once, not for each; the rows are then
        a common table, which is read more than once.
    """
    return _made(collection, aliased(TABLES[collection.id], rows), today, when, many=many)


def _made(collection: Collection, table: Any, today: date, when: Moments | None, *, many: bool = False) -> Source:
    seen = _Seen(today if when is None else when.day(today), when, many)
    return _SOURCES.get(collection.id, _plain)(collection, table, seen)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The day whose names are told, the time that is asked about, and whether of many records at once."""

    day: date
    when: Moments | None
    many: bool


def _plain(collection: Collection, table: Any, seen: _Seen) -> Source:
    return Source(table, _rows(table), _own(collection, table), _conditions(collection, table, seen.when))


def _facilities(collection: Collection, table: Any, seen: _Seen) -> Source:
    joined, township = _with_township(_rows(table), table.unit_id, seen)
    return Source(table, joined, _own(collection, table) | township, _conditions(collection, table, seen.when))


def _communities(collection: Collection, table: Any, seen: _Seen) -> Source:
    joined, codes = _with_code(_rows(table), CommunityCode, CommunityCode.community_id == table.id, "nbs", seen.day)
    joined, township = _with_township(joined, table.unit_id, seen)
    return Source(table, joined, _own(collection, table) | codes | township, _conditions(collection, table, seen.when))


def _units(collection: Collection, table: Any, seen: _Seen) -> Source:
    joined, codes = _with_code(_rows(table), UnitCode, UnitCode.unit_id == table.unit_id, "mca", seen.day)
    columns = _own(collection, table) | codes | {"parent_code": _seen_code(table.parent_id, seen.day)}
    return Source(table, joined, columns, _conditions(collection, table, seen.when))


def _places(collection: Collection, table: Any, seen: _Seen) -> Source:
    """A place under its standard name of the day; without a time that is asked about, under its last one."""
    if seen.many and seen.when is None:
        joined, standard, others = _with_all_names(table, seen.day)
    else:
        standard, others = _standard_name(table, seen.day, seen.when), _other_names(table, seen.day)
        joined = _rows(table).join(standard, true(), isouter=seen.when is None).join(others, true(), isouter=True)
    joined, township = _with_township(joined, table.unit_id, seen)
    named = {column.name: column for column in (*standard.c, *others.c) if column.name in collection.properties}
    columns = _own(collection, table) | named | township
    return Source(table, joined, columns, (visible(table),), whole=seen.when is None)


_SOURCES: Mapping[str, Callable[[Collection, Any, _Seen], Source]] = {
    "facilities": _facilities,
    "communities": _communities,
    "units": _units,
    "places": _places,
}


def _rows(table: Any) -> Any:
    """What a table, or some rows of it under its name, is selected from."""
    return inspect(table).selectable


def _own(collection: Collection, table: Any) -> dict[str, ColumnElement[Any]]:
    """Properties that are columns of the record's own row."""
    columns = _rows(table).c
    return {name: columns[name] for name in collection.properties if name in columns}


def _conditions(collection: Collection, table: Any, when: Moments | None) -> tuple[ColumnElement[bool], ...]:
    if when is None or collection.dates is None:
        return (visible(table),)
    start, end = (_rows(table).c[name] for name in collection.dates)
    return visible(table), when.meets(start, end)


def _with_township(joined: FromClause, unit_id: Any, seen: _Seen) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The unit that a record belongs to, as whoever asks may see it; no two of its versions are in force on one day."""
    version = aliased(UnitVersion)
    found = select(version.unit_id, version.name).where(in_force(version, seen.day), visible(version))
    if seen.many:
        units: Any = found.where(_one_of(version.unit_id, unit_id)).cte("units_of_rows").prefix_with("materialized")
        code: Any = newest_unit_codes(_one_of(UnitCode.unit_id, units.c.unit_id)).subquery("township_code")
        owned = code.c.unit_id == units.c.unit_id
    else:
        units = found.subquery("township")
        code, owned = newest_unit_code(units.c.unit_id).correlate_except(UnitCode).lateral("township_code"), true()
    joined = joined.join(units, units.c.unit_id == unit_id, isouter=True).join(code, owned, isouter=True)
    return joined, {"township_code": code.c.code, "township_name": units.c.name}


def with_units(rows: Any, day: date) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Some rows, and what is told of the unit that each belongs to, as whoever asks may see it on a day.

    The same as `_with_township` finds, for many rows that are sought in nothing but a common table.
    """
    version = aliased(UnitVersion)
    found = select(version.unit_id, version.name).where(in_force(version, day), visible(version)).subquery("units")
    code: Any = newest_unit_codes(_one_of(UnitCode.unit_id, rows.c.unit_id)).subquery("unit_codes")
    joined = rows.join(found, found.c.unit_id == rows.c.unit_id, isouter=True)
    joined = joined.join(code, code.c.unit_id == found.c.unit_id, isouter=True)
    return joined, {"township_code": code.c.code, "township_name": found.c.name}


def _one_of(column: Any, those: Any) -> ColumnElement[bool]:
    """Whether a column is among the values of another: looked up in an index, once for all of them."""
    among: ColumnElement[bool] = column == any_(func.array(select(those).scalar_subquery()))
    return among


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
    ).where(name.place_id == table.id, name.kind == fixed("standard"), visible(name))
    if when is not None:
        wanted = wanted.where(when.meets(name.valid_from, name.valid_to))
    ordered = wanted.order_by(in_force(name, day).desc(), name.valid_from.desc().nulls_last(), name.id)
    return ordered.limit(1).lateral("standard_name")


def _other_names(table: Any, day: date) -> Any:
    name = aliased(PlaceName)
    told = _told(name, in_force(name, day))
    return (
        select(*told)
        .where(name.place_id == table.id, visible(name), name.kind != fixed("standard"))
        .lateral("other_names")
    )


def _told(name: Any, now: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    """The names of a place beside its standard one, those of each kind in one text."""
    kinds = {
        "alias": and_(name.kind == fixed("alias"), now),
        "abbreviation": and_(name.kind == fixed("abbreviation"), now),
        "former_name": name.kind == fixed("former"),
        "map_name": and_(name.kind == fixed("map"), now),
    }
    every = func.string_agg(name.name, aggregate_order_by(fixed(JOINED), name.id))
    return [every.filter(kind).label(column) for column, kind in kinds.items()]


def _with_all_names(table: Any, day: date) -> tuple[FromClause, Any, Any]:
    """The same names for many places: those of all of them are read at once."""
    name = aliased(PlaceName)
    found = select(*(getattr(name, column) for column in _OF_A_NAME), in_force(name, day).label("now"))
    names = (
        found.where(_one_of(name.place_id, table.id), visible(name)).cte("names_of_rows").prefix_with("materialized")
    )
    of = names.c
    standard = (
        select(names)
        .where(of.kind == fixed("standard"))
        .ext(distinct_on(of.place_id))
        .order_by(of.place_id, of.now.desc(), of.valid_from.desc().nulls_last(), of.id)
        .subquery("standard_name")
    )
    told = select(of.place_id, *_told(of, of.now)).where(of.kind != fixed("standard")).group_by(of.place_id)
    others = told.subquery("other_names")
    joined = _rows(table).join(standard, standard.c.place_id == table.id, isouter=True)
    return joined.join(others, others.c.place_id == table.id, isouter=True), standard, others


_OF_A_NAME = (
    "place_id", "id", "kind", "name", "reading", "reading_source", "romanisation", "valid_from", "valid_to",
)  # fmt: skip
