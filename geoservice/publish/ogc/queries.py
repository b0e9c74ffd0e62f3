"""Features: a page of a collection, one of them, where and when a collection reaches; one statement each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from geoservice.publish.ogc.area import Area
from geoservice.publish.ogc.crs import CRS84, OgcCrs
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.moments import Moments
from geoservice.publish.ogc.sources import Source, described_rows, source
from geoservice.publish.queries.texts import fixed, joined, json_value
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
    row = connection.execute(page_statement(collection, asked, count=count), {"after": asked.after or 0}).one()
    more = row.found > asked.limit
    matched = row.matched if row.matched is not None and row.matched <= COUNTED else None
    return Features(row.features or b"", min(row.found, asked.limit), row.last if more else None, matched, row.mark)


def page_statement(collection: Collection, asked: Asked, *, count: bool) -> Select[Any]:
    """The statement of one page; it takes ``after`` (an id, 0 at the beginning)."""
    found = source(collection, today=asked.today, when=asked.when)
    if asked.area is None and not asked.conditions:
        return _whole_page(collection, found, replace(asked, after=None), count)
    return _page(collection, found, asked, count=count)


@lru_cache(maxsize=512)
def _whole_page(collection: Collection, found: Source, asked: Asked, count: bool) -> Select[Any]:  # noqa: FBT001 - part of the key
    """Beginning at another id changes nothing: one plan is enough."""
    return _page(collection, found, asked, count=count).execution_options(one_plan=True)


def _page(collection: Collection, found: Source, asked: Asked, *, count: bool) -> Select[Any]:
    together = found.whole and not asked.conditions
    page = (_rows_first if together else _joined_first)(collection, found, asked).subquery("page")
    statement = select(
        func.convert_to(func.string_agg(page.c.feature, fixed(",")), fixed("UTF8"), type_=LargeBinary).label(
            "features"
        ),
        func.count().label("found"),
        func.max(page.c.id).filter(page.c.feature.is_not(None)).label("last"),
        (_count(found, asked).scalar_subquery() if count else cast(None, Integer)).label("matched"),
        revision_mark(collection.inputs).label("mark"),
    ).select_from(page)
    return statement.execution_options(as_bytes=True)


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


def feature_text(collection: Collection, found: Source, crs: OgcCrs) -> ColumnElement[str]:
    """A feature as GeoJSON: type, id, geometry, properties."""
    parts: list[ColumnElement[Any]] = [
        fixed('{"type":"Feature","id":'),
        found.id,
        fixed(',"geometry":'),
        func.coalesce(crs.written(found.table, areal=collection.areal), fixed("null")),
    ]
    before = ',"properties":{'
    for name in collection.properties:
        parts += [fixed(f"{before}{json.dumps(name, ensure_ascii=False)}:"), json_value(found.columns[name])]
        before = ","
    return joined([*parts, fixed("}}")])


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
