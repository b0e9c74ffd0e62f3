"""Features: a page of a collection, one of them, where and when a collection reaches; one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from geoservice.publish.ogc.area import Area
from geoservice.publish.ogc.crs import CRS84, OgcCrs
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.moments import Moments
from geoservice.publish.ogc.sources import Source, source
from geoservice.publish.revisions import revision_mark

# Most features that are counted for one answer.
COUNTED = 10_000


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
    text
        Features as GeoJSON, separated by commas.
    last
        Id of the last one where more follow.
    matched
        How many fit in all; None where they were not counted or are more than `COUNTED`.
    mark
        State of the collection that they were read from.
    """

    text: str
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
    values = {"after": asked.after or 0, "limit": asked.limit, "most": asked.limit + 1}
    row = connection.execute(page_statement(collection, asked, count=count), values).one()
    more = row.found > asked.limit
    matched = row.matched if row.matched is not None and row.matched <= COUNTED else None
    return Features(row.features or "", min(row.found, asked.limit), row.last if more else None, matched, row.mark)


def page_statement(collection: Collection, asked: Asked, *, count: bool) -> Select[Any]:
    """The statement of one page; it takes ``after`` (an id, 0 at the beginning), ``limit`` and ``most``, which is one more."""
    found = source(collection, today=asked.today, when=asked.when)
    if asked.area is None and not asked.conditions:
        return _whole_page(collection, found, asked.crs, count)
    return _page(collection, found, asked.crs, fitting(found, asked), count=count)


@lru_cache(maxsize=512)
def _whole_page(collection: Collection, found: Source, crs: OgcCrs, count: bool) -> Select[Any]:  # noqa: FBT001 - part of the key
    return _page(collection, found, crs, found.conditions, count=count)


def _page(
    collection: Collection, found: Source, crs: OgcCrs, conditions: Sequence[ColumnElement[bool]], *, count: bool
) -> Select[Any]:
    rows = select(
        found.id.label("id"),
        func.row_number().over(order_by=found.id).label("rank"),
        feature_text(collection, found, crs).label("feature"),
    ).select_from(found.joined)
    rows = rows.where(*conditions, found.id > bindparam("after", type_=BigInteger))
    page = rows.order_by(found.id).limit(bindparam("most", type_=Integer)).subquery("page")
    shown = page.c.rank <= bindparam("limit", type_=Integer)
    return select(
        func.string_agg(page.c.feature, ",").filter(shown).label("features"),
        func.count().label("found"),
        func.max(page.c.id).filter(shown).label("last"),
        (_count(found, conditions).scalar_subquery() if count else cast(None, Integer)).label("matched"),
        revision_mark(collection.inputs).label("mark"),
    ).select_from(page)


def counted(connection: Connection, collection: Collection, asked: Asked) -> int | None:
    """How many features fit; None where they are more than `COUNTED`."""
    found = source(collection, today=asked.today, when=asked.when)
    number = int(connection.execute(_count(found, fitting(found, asked))).scalar_one())
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
    return (
        select(*told).select_from(found.joined).where(found.id == bindparam("id", type_=BigInteger), *found.conditions)
    )


def feature_text(collection: Collection, found: Source, crs: OgcCrs) -> ColumnElement[str]:
    """A feature as GeoJSON, without its closing brace's sisters: type, id, geometry, properties."""
    pairs: list[Any] = []
    for name in collection.properties:
        pairs += [literal(name, Text), found.columns[name]]
    properties = cast(func.json_build_object(*pairs, type_=JSON), Text)
    geometry = func.coalesce(crs.written(found.table, areal=collection.areal), "null")
    return (
        literal('{"type":"Feature","id":', Text)
        .concat(cast(found.id, Text))
        .concat(',"geometry":')
        .concat(geometry)
        .concat(',"properties":')
        .concat(properties)
        .concat("}")
    )


def fitting(found: Source, asked: Asked) -> Sequence[ColumnElement[bool]]:
    """What a feature has to fulfil, paging left aside."""
    conditions = [*found.conditions, *(make(found) for make in asked.conditions)]
    if asked.area is not None:
        conditions.append(asked.area.touches(found.table.geom))
    return conditions


def _count(found: Source, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    rows = select(literal(1).label("one")).select_from(found.joined).where(*conditions).limit(COUNTED + 1)
    return select(func.count()).select_from(rows.subquery("counted"))
