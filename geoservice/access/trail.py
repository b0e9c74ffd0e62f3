"""Entries of the audit trail, chosen and told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from geoservice.database.models import SCHEMA, AuditEntry, Base
from geoservice.errors import BadRequest

_COLUMNS = (
    "seq", "id", "at", "actor", "roles", "database_user", "request_id", "action", "table_name", "key", "before", "after",
    "reason", "batch_id",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which entries. `since` is a moment with its zone; `limit` is how many at most, the newest."""

    table: str | None = None
    key: str | None = None
    actor: str | None = None
    since: datetime | None = None
    limit: int = 100


def known_table(name: str) -> str:
    """A table of the program.

    Raises
    ------
    BadRequest
        ``audit.no-table``

    Examples
    --------
    >>> known_table("facility")
    'facility'
    """
    if f"{SCHEMA}.{name}" not in Base.metadata.tables:
        known = sorted(table.name for table in Base.metadata.tables.values())
        raise BadRequest("audit.no-table", table=name, known=", ".join(known))
    return name


def entries(connection: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """Entries, the oldest first; of more than `limit` the newest."""
    statement = select(*(getattr(AuditEntry, name) for name in _COLUMNS))
    if wanted.table is not None:
        statement = statement.where(AuditEntry.table_name == known_table(wanted.table))
    if wanted.key is not None:
        statement = statement.where(AuditEntry.key == wanted.key)
    if wanted.actor is not None:
        statement = statement.where(AuditEntry.actor == wanted.actor)
    if wanted.since is not None:
        statement = statement.where(AuditEntry.at >= wanted.since)
    rows = connection.execute(statement.order_by(AuditEntry.id.desc()).limit(wanted.limit)).mappings()
    return [dict(row) for row in reversed(rows.all())]


def changed_fields(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """Fields that differ, each with its value before and after; None where there was none.

    Of two states only fields that both know are compared: a column added later is no change.

    Examples
    --------
    >>> changed_fields({"name": "侯口", "beds": 3, "version": 1}, {"name": "侯口", "beds": 4, "version": 2})
    {'beds': (3, 4)}
    >>> changed_fields(None, {"name": "干驿"})
    {'name': (None, '干驿')}
    """
    if before is None or after is None:
        names = [*(before or {}), *(after or {})]
        return {name: ((before or {}).get(name), (after or {}).get(name)) for name in names if name != "version"}
    names = [name for name in after if name != "version" and after[name] != before.get(name)]
    return {name: (before.get(name), after[name]) for name in names if name in before or after[name] == SECRET}


# What an entry holds in place of a secret that was changed.
SECRET = "(changed)"  # nosec B105 # noqa: S105 - a mark, no password
