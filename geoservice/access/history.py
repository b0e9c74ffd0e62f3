"""The history of one record: the imports that brought it and the edits since, from the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import Connection, select, text

from geoservice.access.trail import SECRET, Wanted, changed_fields, entries, known_table
from geoservice.database.models import SCHEMA, Base, ImportBatch

# Tables whose rows are part of a record, with the column that names it.
PARTS = {
    "unit": (("unit_version", "unit_id"), ("unit_code", "unit_id")),
    "place": (("place_name", "place_id"),),
    "community": (("community_code", "community_id"),),
}
State = dict[str, Any]
_CURRENT = text("select geoservice.audit_current(:table_name, :key)")
MOST = 1000


@dataclass(frozen=True)
class Batch:
    """The import that brought a state of the record."""

    id: int
    layer: str
    file: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class Change:
    """One step in the life of a record.

    Attributes
    ----------
    action
        insert, update, delete; import for what an import did; unknown for what left no entry, as a bulk act of the
        shell.
    at
        When; None where that is not known.
    fields
        What changed, each with its value before and after; geometries as hexadecimal EWKB (EPSG:4490).
    batch
        Of an import.
    table
        Of the record, or of a part of it such as a name.
    """

    action: str
    at: datetime | None = None
    actor: str | None = None
    roles: str = ""
    reason: str | None = None
    request_id: str | None = None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    batch: Batch | None = None
    table: str = ""


def whole_history(connection: Connection, table: str, key: int, *, limit: int = 200) -> list[Change]:
    """Steps of a record and of its parts: a place with its names, a unit with its versions and codes.

    What an import did to record and parts together is one step for each table. Order, limit and errors as `history`.
    """
    steps = history(connection, table, str(key), limit=limit)
    for part, column in PARTS.get(table, ()):
        rows = Base.metadata.tables[f"{SCHEMA}.{part}"]
        ids = connection.execute(select(rows.c.id).where(rows.c[column] == key).order_by(rows.c.id)).scalars()
        for row_id in ids.all():
            steps += history(connection, part, str(row_id), limit=limit)
    # Of the same moment and of unknown ones the order of the tables is kept.
    return sorted(steps, key=lambda step: step.at.timestamp() if step.at else inf)


def history(connection: Connection, table: str, key: str, *, limit: int = 200) -> list[Change]:
    """Steps of a record, the oldest first, as far as whoever asks may see them.

    An import leaves one entry for all its rows. What it did to this record shows between two entries of the record and
    after the last: the state has changed, and names the batch.

    Parameters
    ----------
    key
        Its primary key as text.
    limit
        Most entries that are read, the newest, up to 1000; with more the history begins in the middle.

    Raises
    ------
    BadRequest
        ``audit.no-table``
    """
    found = entries(connection, Wanted(table=known_table(table), key=key, limit=min(limit, MOST)))
    current = connection.execute(_CURRENT, {"table_name": table, "key": key}).scalar_one()
    cut = len(found) >= min(limit, MOST)
    batches = _batches(connection, [*(one["before"] for one in found), current])
    steps: list[Change] = []
    state: State | None = None
    for number, entry in enumerate(found):
        if not (cut and number == 0):
            steps += _unseen(state, entry["before"], batches)
        steps.append(_step(entry))
        state = _told(entry["after"])
    return [replace(step, table=table) for step in steps + _unseen(state, current, batches)]


def _unseen(state: State | None, present: State | None, batches: Mapping[int, Batch]) -> list[Change]:
    """What happened to the record without an entry of its own."""
    if present is None:
        # Gone without an entry, or never there.
        return [] if state is None else [Change("unknown", fields=changed_fields(state, None))]
    fields = changed_fields(state, present) if state is not None else {}
    if state is not None and not fields:
        return []
    brought = present.get("batch_id")
    batch = batches.get(brought) if brought is not None else None
    if batch is None or (state is not None and state.get("batch_id") == brought):
        return [] if state is None else [Change("unknown", fields=fields)]
    return [Change("import", at=batch.at, actor=batch.actor, fields=fields, batch=batch)]


def _told(state: State | None) -> State | None:
    """Without the marks that stand for secrets."""
    return None if state is None else {name: value for name, value in state.items() if value != SECRET}


def _step(entry: Mapping[str, Any]) -> Change:
    return Change(
        action=entry["action"],
        at=entry["at"],
        actor=entry["actor"],
        roles=entry["roles"],
        reason=entry["reason"],
        request_id=entry["request_id"],
        fields=changed_fields(entry["before"], entry["after"]),
    )


def _batches(connection: Connection, states: Sequence[State | None]) -> dict[int, Batch]:
    ids = {state["batch_id"] for state in states if state is not None and state.get("batch_id") is not None}
    columns = (ImportBatch.id, ImportBatch.layer, ImportBatch.source_name, ImportBatch.actor, ImportBatch.imported_at)
    rows = connection.execute(select(*columns).where(ImportBatch.id.in_(ids)))
    return {row.id: Batch(row.id, row.layer, row.source_name, row.actor, row.imported_at) for row in rows}
