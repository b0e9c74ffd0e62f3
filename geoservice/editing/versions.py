"""A record at every moment of its life, from the audit trail: to be compared, and to be restored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import shapely
from sqlalchemy import Connection, or_, select, text

from geoservice.database.models import AuditEntry, ImportBatch
from geoservice.editing.kept import Kept
from geoservice.editing.reading import MARKS, values_of
from geoservice.errors import NotFound

MOST = 500
RowKey = tuple[str, str]
State = dict[RowKey, dict[str, Any]]
_CURRENT = text("select geoservice.audit_current(:table_name, :key)")
_COLUMNS = ("id", "at", "actor", "request_id", "action", "table_name", "key", "before", "after", "reason")


@dataclass(frozen=True)
class Version:
    """A record from one moment to the next.

    Attributes
    ----------
    number
        From 1, the oldest first.
    action
        insert, update, delete, import, or unknown for what left no entry.
    at, actor, reason
        As the trail knows them.
    file
        Name of the file of an import.
    geometry
        GeoJSON, EPSG:4490, longitude first.
    """

    number: int
    action: str
    at: datetime | None
    actor: str | None
    reason: str | None
    file: str | None
    values: dict[str, Any]
    unit_id: int | None
    marks: dict[str, Any]
    geometry: dict[str, Any] | None


def versions(connection: Connection, kept: Kept, record_id: int) -> list[Version]:
    """The versions of a record, the oldest first, as far as whoever asks may see them.

    What imports did shows between the entries and after the last; of very many changes the newest are told.

    Raises
    ------
    NotFound
        ``records.no-record``
    """
    current = _current(connection, kept, record_id)
    entries = _entries(connection, kept, record_id, current)
    if not current and not entries:
        raise NotFound("records.no-record", layer=kept.layer.id, id=record_id)
    moments = list(_moments(entries, current, (kept.table.name, str(record_id))))
    batches = _batches(connection, [state for _, state in moments])
    made = [_version(kept, record_id, *moment, batches) for moment in moments]
    told = [one for at, one in enumerate(made) if at == 0 or _differs(one, made[at - 1])]
    return [Version(number, **one) for number, one in enumerate(told, start=1)]


def _current(connection: Connection, kept: Kept, record_id: int) -> State:
    state: State = {}

    def add(table: str, key: str) -> dict[str, Any] | None:
        row: dict[str, Any] | None = connection.execute(_CURRENT, {"table_name": table, "key": key}).scalar_one()
        if row is not None:
            state[table, key] = row
        return row

    main = add(kept.table.name, str(record_id))
    if main is None:
        return state
    for part in kept.parts:
        owned = select(part.table.c.id).where(part.table.c[part.owner] == main[part.of])
        for row_id in connection.execute(owned).scalars().all():
            add(part.table.name, str(row_id))
    return state


def _entries(connection: Connection, kept: Kept, record_id: int, current: State) -> list[Mapping[str, Any]]:
    """Entries of the record and of its parts, those that are gone among them, the oldest first."""
    main = current.get((kept.table.name, str(record_id)), {})
    wanted = [(AuditEntry.table_name == kept.table.name) & (AuditEntry.key == str(record_id))]
    for part in kept.parts:
        owner = record_id if part.of == "id" else main.get(part.of)
        holds = {part.owner: owner}
        owned = AuditEntry.before.contains(holds) | AuditEntry.after.contains(holds)
        wanted.append((AuditEntry.table_name == part.table.name) & owned)
    columns = (getattr(AuditEntry, name) for name in _COLUMNS)
    statement = select(*columns).where(or_(*wanted)).order_by(AuditEntry.id.desc()).limit(MOST)
    return [dict(row) for row in reversed(connection.execute(statement).mappings().all())]


def _moments(
    entries: Sequence[Mapping[str, Any]], current: State, main: RowKey
) -> Iterator[tuple[Mapping[str, Any] | None, State]]:
    """What happened, None for an import or what left no entry, and the state after it."""
    state: State = {key: dict(row) for key, row in current.items()}
    for entry in reversed(entries):
        _put(state, entry, entry["before"])
    if main in state:
        yield None, dict(state)
    for _, group in groupby(entries, key=lambda one: one["request_id"] or one["id"]):
        changed = list(group)
        unseen = {
            _key(one): one["before"] for one in changed if one["before"] and one["before"] != state.get(_key(one))
        }
        if unseen and main in state:
            state.update(unseen)
            yield None, dict(state)
        for entry in changed:
            _put(state, entry, entry["after"])
        yield next((one for one in changed if _key(one) == main), changed[0]), dict(state)
    if current and state != current:
        yield None, current


def _key(entry: Mapping[str, Any]) -> RowKey:
    return entry["table_name"], entry["key"]


def _put(state: State, entry: Mapping[str, Any], row: dict[str, Any] | None) -> None:
    if row is None:
        state.pop(_key(entry), None)
    else:
        state[_key(entry)] = row


def _batches(connection: Connection, states: Sequence[State]) -> dict[int, Any]:
    ids = {row["batch_id"] for state in states for row in state.values() if row.get("batch_id") is not None}
    columns = (ImportBatch.id, ImportBatch.source_name, ImportBatch.actor, ImportBatch.imported_at)
    return {row.id: row for row in connection.execute(select(*columns).where(ImportBatch.id.in_(ids)))}


def _version(
    kept: Kept, record_id: int, entry: Mapping[str, Any] | None, state: State, batches: Mapping[int, Any]
) -> dict[str, Any]:
    main = state.get((kept.table.name, str(record_id)), {})
    parts = [row for (table, _), row in state.items() if table != kept.table.name]
    told: dict[str, Any] = {"values": values_of(kept, main, parts) if main else {}}
    told |= {"unit_id": main.get(kept.unit or ""), "marks": {name: main.get(name) for name in MARKS}}
    shape = main.get("geom")
    told["geometry"] = _geojson(shape) if shape else None
    if entry is not None:
        action = entry["action"] if entry["table_name"] == kept.table.name else "update"
        return {**told, "file": None, "action": action, **{name: entry[name] for name in ("at", "actor", "reason")}}
    batch = max((batches[one] for one in _batch_ids(state) if one in batches), key=lambda one: one.id, default=None)
    if batch is None:
        return {**told, "file": None, "action": "unknown", "at": None, "actor": None, "reason": None}
    who = {"at": batch.imported_at, "actor": batch.actor, "file": batch.source_name}
    return {**told, **who, "action": "import", "reason": None}


def _geojson(shape: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shapely.to_geojson(shapely.from_wkb(shape)))
    return found


def _batch_ids(state: State) -> set[int]:
    return {row["batch_id"] for row in state.values() if row.get("batch_id") is not None}


def _differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(one[name] != other[name] for name in ("values", "unit_id", "marks", "geometry"))
