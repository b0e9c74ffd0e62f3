"""Features of large collections written beforehand for the public: all of them but what is told of the unit.

A prepared feature is used where nothing has changed that it was made of. Triggers take it back in the transaction that
changes the record or one of its names (migrations/sql/prepared.sql); a day on which a name begins or ends lies outside of
the days that it holds for; another program or declaration writes another form. What is told of the unit is put in when it
is read. See docs/decisions/prepared.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    make_url,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from geoservice import __version__
from geoservice.database.actor import PUBLIC, acting
from geoservice.database.filters import visible
from geoservice.database.models import PlaceName, PreparedDue, PreparedLayer, PreparedPlace
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.sources import described_rows
from geoservice.publish.ogc.writing import around_the_unit, is_parted
from geoservice.publish.queries.overview import TABLES
from geoservice.publish.queries.texts import fixed

# Collections whose records triggers watch, and whatever their features are made of but for the unit.
WATCHED: Mapping[str, Any] = {"places": PreparedPlace}
_COLUMNS = ("id", "form", "day_from", "day_to", "head", "tail")
_PATIENCE = "200ms"
# Any day: the form is the same on each.
_SOME_DAY = date(2000, 1, 1)


def is_prepared(collection: Collection) -> bool:
    """Whether features of a collection are prepared."""
    return collection.id in WATCHED and is_parted(collection)


def ready_features(collection: Collection, day: date) -> Any:
    """Features as the public reads them on a day: ``id``, ``head`` and ``tail``."""
    one = WATCHED[collection.id]
    holds = one.form == _form(collection), one.day_from <= day, one.day_to > day
    return select(one.id, one.head, one.tail).where(*holds).subquery("ready")


def prepare_some(connection: Connection, collection: Collection, day: date, most: int) -> int | None:
    """Writes some of the features that are due; in a transaction of its own, in which the program itself acts.

    Returns
    -------
    How many were taken, 0 where none is due; None where somebody is changing records of the layer at the moment.
    """
    oldest = select(PreparedDue.number).where(PreparedDue.layer == collection.id).order_by(PreparedDue.number)
    if connection.execute(oldest.limit(1)).first() is None:
        return 0
    if not _hold(connection, collection):
        return None
    numbers = func.array(oldest.limit(most).scalar_subquery())
    taken = delete(PreparedDue).where(PreparedDue.number == any_(numbers)).returning(PreparedDue.id)
    ids = sorted(set(connection.execute(taken).scalars()))
    connection.execute(_filling(collection, day), {"ids": ids})
    counted = update(PreparedLayer).where(PreparedLayer.layer == collection.id)
    connection.execute(counted.values(batches=PreparedLayer.batches + 1))
    return len(ids)


def want_outdated(connection: Connection, collection: Collection, day: date) -> bool:
    """Notes as due what another program or declaration has written, or does not hold for the day.

    Returns
    -------
    Whether it was looked for: not while somebody changes records of the layer, or others are due.
    """
    others = select(PreparedDue.number).where(PreparedDue.layer == collection.id).limit(1)
    if not _hold(connection, collection) or connection.execute(others).first() is not None:
        return False
    one = WATCHED[collection.id]
    outdated = (one.form != _form(collection)) | (one.day_from > day) | (one.day_to <= day)
    found = select(fixed(collection.id), one.id).where(outdated).order_by(one.id)
    connection.execute(insert(PreparedDue).from_select(["layer", "id"], found))
    return True


def want_missing(connection: Connection, collection: Collection) -> None:
    """Notes as due what is public and was never written, where records came in without triggers."""
    table, one = TABLES[collection.id], WATCHED[collection.id]
    known = select(one.id).where(one.id == table.id)
    noted = select(PreparedDue.id).where(PreparedDue.layer == collection.id)
    with _for_the_public():
        shown = visible(table)
    found = select(fixed(collection.id), table.id).where(shown, ~known.exists(), table.id.not_in(noted))
    connection.execute(insert(PreparedDue).from_select(["layer", "id"], found.order_by(table.id)))


def _hold(connection: Connection, collection: Collection) -> bool:
    """Keeps changes of the layer waiting until the transaction ends; not where one is under way."""
    # Whoever holds a table and waits for this layer is not waited for.
    connection.execute(select(func.set_config("lock_timeout", _PATIENCE, true())))
    held = select(PreparedLayer.layer).where(PreparedLayer.layer == collection.id)
    return connection.execute(held.with_for_update(skip_locked=True)).first() is not None


@lru_cache(maxsize=64)
def _filling(collection: Collection, day: date) -> Any:
    """Writes the features among ``ids`` that are public."""
    told = _written(collection, day)
    found = select(told.c.id, _form(collection).label("form"), *(told.c[name] for name in _COLUMNS[2:])).select_from(
        told
    )
    filling = insert(WATCHED[collection.id]).from_select(_COLUMNS, found)
    renewed = {name: filling.excluded[name] for name in _COLUMNS[1:]}
    return filling.on_conflict_do_update(index_elements=["id"], set_=renewed)


def _written(collection: Collection, day: date) -> Any:
    """Features among ``ids`` as the public reads them on a day, whoever acts: ``id``, ``day_from``, ``day_to``, ``head``, ``tail``."""
    table = TABLES[collection.id]
    wanted = bindparam("ids", type_=ARRAY(BigInteger))
    with _for_the_public():
        own = select(*table.__table__.c).where(table.id == any_(wanted), visible(table))
        rows = own.cte("rows").prefix_with("materialized")
        told = described_rows(collection, rows, today=day, many=True)
        head, tail = around_the_unit(collection, told)
        days = _days(rows, day)
    first, last = (cast(fixed(one.isoformat()), Date) for one in (date.min, date.max))
    columns: tuple[Any, ...] = (
        rows.c.id,
        func.coalesce(days.c.day_from, first).label("day_from"),
        func.coalesce(days.c.day_to, last).label("day_to"),
        head.label("head"),
        tail.label("tail"),
    )
    whole = told.joined.join(days, days.c.place_id == rows.c.id, isouter=True)
    return select(*columns).select_from(whole).order_by(rows.c.id).subquery("written")


def _days(rows: Any, day: date) -> Any:
    """By ``place_id``, the first day since which places are named as on a day, and the first after it on which they may not be."""
    name = aliased(PlaceName)
    of_them = name.place_id == any_(func.array(select(rows.c.id).scalar_subquery())), visible(name)
    ends = (select(name.place_id, turn.label("day")).where(*of_them) for turn in (name.valid_from, name.valid_to))
    turns = union_all(*ends).subquery("turns").c
    began, ends_on = func.max(turns.day).filter(turns.day <= day), func.min(turns.day).filter(turns.day > day)
    columns: tuple[Any, ...] = (turns.place_id, began.label("day_from"), ends_on.label("day_to"))
    return select(*columns).group_by(turns.place_id).subquery("days")


@lru_cache(maxsize=64)
def _form(collection: Collection) -> ColumnElement[int]:
    """Stands for the statement that writes features of a collection, and for the PostGIS that writes their geometry."""
    compiled = select(_written(collection, _SOME_DAY)).compile(
        dialect=make_url("postgresql+psycopg://").get_dialect()()
    )
    given = [(name, value) for name, value in sorted(compiled.params.items()) if not isinstance(value, date)]
    text = f"{__version__} {compiled} {given}"
    digest = fixed(hashlib.blake2b(text.encode(), digest_size=12).hexdigest())
    version: ColumnElement[str] = func.postgis_lib_version(type_=Text)
    return func.hashtextextended(digest.concat(version), literal_column("0"), type_=BigInteger)


@contextmanager
def _for_the_public() -> Iterator[None]:
    token = acting.set(PUBLIC)
    try:
        yield
    finally:
        acting.reset(token)
