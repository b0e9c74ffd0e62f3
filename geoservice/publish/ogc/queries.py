"""Features: a page of a collection, one of them, where and when a collection reaches; one statement each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from geoservice.database.actor import acting
from geoservice.publish.ogc.area import Area
from geoservice.publish.ogc.crs import CRS84, OgcCrs
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.moments import Moments
from geoservice.publish.ogc.prepared import is_prepared, ready_features
from geoservice.publish.ogc.sources import Source, described_rows, source, with_units
from geoservice.publish.ogc.writing import feature_text, unit_text
from geoservice.publish.queries.texts import as_bytes, fixed, joined
from geoservice.publish.revisions import revision_mark

# Most features that are counted for one answer.
COUNTED = 10_000
# On a page of more features what belongs to them is read for all at once, not for each.
MANY = 100


@dataclass(frozen=True)
class Asked:
    """Which features: conditions hold together.

    Attributes
    ----------
    after
        Id of the last feature of the page before.
    """

    today: date
    limit: int = 10
    after: int | None = None
    crs: OgcCrs = CRS84
    area: Area | None = None
    when: Moments | None = None
    conditions: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """Some features.

    Attributes
    ----------
    written
        Features as GeoJSON in UTF-8, separated by commas.
    last
        Id of the last one where more follow.
    matched
        How many fit in all; None where they were not counted or are more than `COUNTED`.
    mark
        State of the collection that they were read from.
    """

    written: bytes
    returned: int
    last: int | None
    matched: int | None
    mark: str


def features(connection: Connection, collection: Collection, asked: Asked, *, count: bool) -> Features:
    """One page of a collection, by id.

    Parameters
    ----------
    count
        Whether to say how many fit in all.
    """
    given = {"after": asked.after or 0}
    row = None
    if _is_prepared(collection, asked):
        row = connection.execute(_statement(_prepared_page, collection, asked, count=count), given).one()
    if row is None or row.lacking:
        row = connection.execute(page_statement(collection, asked, count=count), given).one()
    more = row.found > asked.limit
    matched = row.matched if row.matched is not None and row.matched <= COUNTED else None
    return Features(row.features or b"", min(row.found, asked.limit), row.last if more else None, matched, row.mark)


def page_statement(collection: Collection, asked: Asked, *, count: bool) -> Select[Any]:
    """The statement that makes one page; it takes ``after`` (an id, 0 at the beginning)."""
    return _statement(_page, collection, asked, count=count)


def _statement(make: Callable[..., Select[Any]], collection: Collection, asked: Asked, *, count: bool) -> Select[Any]:
    found = source(collection, today=asked.today, when=asked.when)
    if asked.area is None and not asked.conditions:
        return _whole_page(make, collection, found, replace(asked, after=None), count)
    return make(collection, found, asked, count=count)


@lru_cache(maxsize=512)
def _whole_page(
    make: Callable[..., Select[Any]],
    collection: Collection,
    found: Source,
    asked: Asked,
    count: bool,  # noqa: FBT001 - part of the key
) -> Select[Any]:
    """Beginning at another id changes nothing: one plan is enough."""
    return make(collection, found, asked, count=count).execution_options(one_plan=True)


def _page(collection: Collection, found: Source, asked: Asked, *, count: bool) -> Select[Any]:
    together = found.whole and not asked.conditions
    page = (_rows_first if together else _joined_first)(collection, found, asked).subquery("page")
    return _told(collection, found, page, asked, count=count)


def _told(collection: Collection, found: Source, page: Any, asked: Asked, *, count: bool) -> Select[Any]:
    statement = select(
        as_bytes(func.string_agg(page.c.feature, fixed(","), type_=Text)).label("features"),
        func.count().label("found"),
        func.max(page.c.id).filter(page.c.feature.is_not(None)).label("last"),
        (_count(found, asked).scalar_subquery() if count else cast(None, Integer)).label("matched"),
        revision_mark(collection.inputs).label("mark"),
    ).select_from(page)
    return statement.execution_options(as_bytes=True)


def _is_prepared(collection: Collection, asked: Asked) -> bool:
    """Whether a page may have been written beforehand: as the public reads it today, in CRS84, chosen by no property."""
    public = not acting.get().reads
    plain = asked.when is None and asked.crs == CRS84 and not asked.conditions
    return public and plain and is_prepared(collection)


def _prepared_page(collection: Collection, found: Source, asked: Asked, *, count: bool) -> Select[Any]:
    """The page put together of features that were written beforehand, and how many of them are ``lacking``."""
    limited = _limited(select(found.table.id, found.table.unit_id), found, asked)
    rows = limited.cte("rows").prefix_with("materialized")
    behind = select(func.max(rows.c.id)).having(func.count() > _number(asked.limit)).scalar_subquery()
    with_its_unit, told = with_units(rows, asked.today)
    ready = ready_features(collection, asked.today)
    is_it = ready.c.id == rows.c.id
    if asked.area is None:
        # One behind the other: said, so that they are read from end to end and not looked for one by one.
        last = select(func.max(rows.c.id)).scalar_subquery()
        is_it = and_(is_it, ready.c.id > bindparam("after", type_=BigInteger), ready.c.id <= last)
    whole = with_its_unit.join(ready, is_it, isouter=True)
    text = joined([ready.c.head, unit_text(collection, told), ready.c.tail])
    columns: tuple[Any, ...] = (
        rows.c.id,
        case((rows.c.id.is_distinct_from(behind), text)).label("feature"),
        ready.c.id.is_(None).label("lacks"),
    )
    page = select(*columns).select_from(whole).order_by(rows.c.id).subquery("page")
    lacking: tuple[Any, ...] = (func.count().filter(page.c.lacks).label("lacking"),)
    return _told(collection, found, page, asked, count=count).add_columns(*lacking)


def _rows_first(collection: Collection, found: Source, asked: Asked) -> Select[Any]:
    """Where nothing that is joined decides: the rows of the page, then what belongs to all of them."""
    limited, many = _limited(select(*found.table.__table__.c), found, asked), asked.limit > MANY
    if many:
        rows: Any = limited.cte("rows").prefix_with("materialized")
        behind = select(func.max(rows.c.id)).having(func.count() > _number(asked.limit)).scalar_subquery()
        is_shown = rows.c.id.is_distinct_from(behind)
    else:
        rows = limited.add_columns(_turn(found).label("turn")).subquery("rows")
        is_shown = rows.c.turn <= _number(asked.limit)
    told = described_rows(collection, rows, today=asked.today, when=asked.when, many=many)
    return select(rows.c.id, _shown(is_shown, collection, told, asked)).select_from(told.joined).order_by(rows.c.id)


def _joined_first(collection: Collection, found: Source, asked: Asked) -> Select[Any]:
    feature = _shown(_turn(found) <= _number(asked.limit), collection, found, asked)
    page: Select[Any] = _limited(select(found.id.label("id"), feature).select_from(found.joined), found, asked)
    return page


def _limited(rows: Any, found: Source, asked: Asked) -> Any:
    """One row more than the page holds; the number stands in the statement, for the planner to know."""
    rows = rows.where(*fitting(found, asked), found.id > bindparam("after", type_=BigInteger))
    return rows.order_by(found.id).limit(_number(asked.limit + 1))


def _turn(found: Source) -> ColumnElement[int]:
    return func.row_number().over(order_by=found.id)


def _number(number: int) -> ColumnElement[int]:
    return literal_column(str(number), Integer)


def _shown(
    is_shown: ColumnElement[bool], collection: Collection, told: Source, asked: Asked
) -> ColumnElement[str | None]:
    """A feature; null for the row behind the page, of which nothing is told but that it is there."""
    return case((is_shown, feature_text(collection, told, asked.crs))).label("feature")


def counted(connection: Connection, collection: Collection, asked: Asked) -> int | None:
    """How many features fit; None where they are more than `COUNTED`."""
    found = source(collection, today=asked.today, when=asked.when)
    number = int(connection.execute(_count(found, asked)).scalar_one())
    return number if number <= COUNTED else None


def marked(connection: Connection, collection: Collection) -> str:
    """The state of a collection."""
    return str(connection.execute(select(revision_mark(collection.inputs))).scalar_one())


def feature(
    connection: Connection, collection: Collection, feature_id: int, *, today: date, crs: OgcCrs
) -> tuple[str, str] | None:
    """One feature as GeoJSON text and the state that it was read from; None where whoever asks may see none of that id."""
    statement = _one(collection, source(collection, today=today), crs)
    row = connection.execute(statement, {"id": feature_id}).one_or_none()
    return None if row is None else (row.feature, row.mark)


@lru_cache(maxsize=512)
def _one(collection: Collection, found: Source, crs: OgcCrs) -> Select[Any]:
    told: tuple[Any, ...] = (
        feature_text(collection, found, crs).label("feature"),
        revision_mark(collection.inputs).label("mark"),
    )
    one = select(*told).select_from(found.joined)
    one = one.where(found.id == bindparam("id", type_=BigInteger), *found.conditions)
    return one.execution_options(one_plan=True)


def fitting(found: Source, asked: Asked) -> Sequence[ColumnElement[bool]]:
    """What a feature has to fulfil, paging left aside."""
    conditions = [*found.conditions, *(make(found) for make in asked.conditions)]
    if asked.area is not None:
        conditions.append(asked.area.touches(found.table.geom))
    return conditions


def _count(found: Source, asked: Asked) -> Select[Any]:
    origin = found.table.__table__ if found.whole and not asked.conditions else found.joined
    rows = select(literal(1).label("one")).select_from(origin).where(*fitting(found, asked)).limit(COUNTED + 1)
    return select(func.count()).select_from(rows.subquery("counted"))
