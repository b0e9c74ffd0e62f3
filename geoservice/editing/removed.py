"""Records that were taken out: listed from the audit trail, and brought back as they were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection, Table, cast, exists, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import BigInteger

from geoservice.database.actor import Extent
from geoservice.database.models import AuditEntry
from geoservice.database.paging import decode, encode
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import give_reason
from geoservice.editing.kept import Kept
from geoservice.editing.reading import MARKS, Record, values_of, with_ids
from geoservice.editing.road_nodes import node_ids
from geoservice.editing.writing import MOST_CHANGES, refused
from geoservice.errors import BadRequest, Conflict, NotFound

MISSING_REFERENCE = "23503"
_NAMES = ("id", "at", "actor", "reason", "request_id", "key", "before")
_COLUMNS = tuple(getattr(AuditEntry, name) for name in _NAMES)
Gone = Mapping[Any, Any]


@dataclass(frozen=True)
class Removed:
    """A record that is gone, as it was.

    Attributes
    ----------
    id
        That it had, and has again when it is brought back.
    at, actor, reason
        Of its removal.
    geometry
        GeoJSON, EPSG:4490, longitude first.
    """

    id: int
    at: datetime
    actor: str
    reason: str | None
    values: dict[str, Any]
    unit_id: int | None
    marks: dict[str, Any]
    geometry: dict[str, Any] | None


def removed(
    connection: Connection, kept: Kept, *, limit: int, after: str | None = None
) -> tuple[list[Removed], str | None]:
    """Records that are gone, the last first, as far as whoever asks might change them.

    Returns
    -------
    The records, and the token of the next page, None at the end.
    """
    statement = _gone(kept).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if after is not None:
        (last,) = decode(after, [int])
        statement = statement.where(AuditEntry.id < last)
    rows = connection.execute(statement).mappings().all()
    following = encode([rows[limit - 1]["id"]]) if len(rows) > limit else None
    return [_told(kept, row, _parts(connection, kept, row)) for row in rows[:limit]], following


def bring_back(
    connection: Connection, kept: Kept, ids: Sequence[int], *, reason: str | None, publishes: Extent
) -> list[Record]:
    """Brings records back with their numbers, names and codes, all of them or none.

    Parameters
    ----------
    publishes
        Where whoever acts decides what is published: what was public elsewhere comes back internal.

    Raises
    ------
    NotFound
        ``records.not-removed`` where one is not gone, or is not to be seen.
    Conflict
        ``records.taken`` where its key is another's meanwhile; ``records.leans-on`` where what it refers to is gone.
    """
    if len(ids) > MOST_CHANGES:
        raise BadRequest("records.too-many", count=len(ids), most=MOST_CHANGES)
    give_reason(connection, reason)
    wanted = [str(one) for one in dict.fromkeys(ids)]
    found = {row["key"]: row for row in connection.execute(_gone(kept).where(AuditEntry.key.in_(wanted))).mappings()}
    missing = [one for one in wanted if one not in found]
    if missing:
        raise NotFound("records.not-removed", layer=kept.layer.id, id=missing[0])
    try:
        _put_back(connection, kept, [found[key] for key in wanted], publishes)
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == MISSING_REFERENCE:
            raise Conflict("records.leans-on", layer=kept.layer.id) from error
        raise refused(kept, error) from error
    bump_revision(connection, kept.layer.id)
    after = with_ids(connection, kept, [int(key) for key in wanted])
    return [after[int(key)] for key in wanted if int(key) in after]


def _gone(kept: Kept) -> Any:
    """The last removal of each record that is not there now."""
    number = cast(AuditEntry.key, BigInteger)
    later = AuditEntry.__table__.alias("later")
    again = exists().where(
        later.c.table_name == AuditEntry.table_name,
        later.c.key == AuditEntry.key,
        later.c.action == "delete",
        later.c.id > AuditEntry.id,
    )
    return select(*_COLUMNS).where(
        AuditEntry.table_name == kept.table.name,
        AuditEntry.action == "delete",
        ~exists().where(kept.table.c.id == number),
        ~again,
    )


def _parts(connection: Connection, kept: Kept, gone: Gone) -> list[tuple[Table, dict[str, Any]]]:
    """Rows that went with a record."""
    found = []
    for part in kept.parts:
        statement = select(AuditEntry.before).where(
            AuditEntry.table_name == part.table.name,
            AuditEntry.action == "delete",
            AuditEntry.request_id.is_not_distinct_from(gone["request_id"]),
            AuditEntry.before.contains({part.owner: gone["before"][part.of]}),
        )
        found += [(part.table, row) for row in connection.execute(statement.order_by(AuditEntry.id)).scalars()]
    return found


def _told(kept: Kept, row: Gone, parts: Sequence[tuple[Table, dict[str, Any]]]) -> Removed:
    before = row["before"]
    shape = before.get("geom")
    return Removed(
        id=int(row["key"]),
        at=row["at"],
        actor=row["actor"],
        reason=row["reason"],
        values=values_of(kept, before, [part for _, part in parts]),
        unit_id=before.get(kept.unit or ""),
        marks={name: before.get(name) for name in MARKS},
        geometry=json.loads(shapely.to_geojson(shapely.from_wkb(shape))) if shape else None,
    )


def _put_back(connection: Connection, kept: Kept, gone: Sequence[Gone], publishes: Extent) -> None:
    # Versions of one unit share its codes.
    rows = {(kept.table.name, one["before"]["id"]): (kept.table, one["before"], one["before"]) for one in gone}
    for one in gone:
        rows |= {(table.name, row["id"]): (table, row, one["before"]) for table, row in _parts(connection, kept, one)}
    for table, row, whose in rows.values():
        # A version goes up and never down: who has the record as it was is told that it has changed.
        back = {**row, "version": row["version"] + 1}
        if "published" in row and not publishes.everywhere and whose.get("unit_id") not in publishes.units:
            back |= {"published": False, "classification": "internal"}
        if table.name == "road":
            back["node_ids"] = node_ids(connection, shapely.from_wkb(row["geom"]), row["level"] or 0, own=None)
        _insert(connection, table, back)


def _insert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    names = [column.name for column in table.c if column.name in row and column.computed is None]
    columns, was = ", ".join(names), ", ".join(f"was.{name}" for name in names)
    whole = f"jsonb_populate_record(cast(null as geoservice.{table.name}), cast(:row as jsonb)) as was"
    statement = f"insert into {table.name} ({columns}) select {was} from {whole}"  # noqa: S608 - names of our own tables
    connection.execute(text(statement), {"row": json.dumps(row)})
