"""What the program itself says to the audit trail: an import or another act on many records is one entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, text

_BATCH = "geoservice.batch"
_ACTOR = "geoservice.actor"
_SET = text("select set_config(:name, :value, true)")
_GET = text("select coalesce(current_setting(:name, true), '')")
_EVENT = text("select geoservice.audit_event(:action, :table_name, :key, cast(:details as jsonb))")


def speak_as(connection: Connection, actor: str) -> None:
    """Names who acts, until the end of the transaction; without it entries name the database's user."""
    connection.execute(_SET, {"name": _ACTOR, "value": actor})


@contextmanager
def one_entry(connection: Connection, batch: str = "bulk") -> Iterator[None]:
    """Rows that change in the block leave no entries: whoever opens it writes one with `event`.

    Parameters
    ----------
    connection
        Of the owner: nobody else is believed. In a transaction, with whose end it ends too.
    batch
        Number of the import batch, where there is one.
    """
    before = connection.execute(_GET, {"name": _BATCH}).scalar_one()
    connection.execute(_SET, {"name": _BATCH, "value": batch})
    try:
        yield
    finally:
        # A transaction that the database has given up takes the setting with it.
        driver: Any = connection.connection.driver_connection
        if driver.info.transaction_status != TransactionStatus.INERROR:
            connection.execute(_SET, {"name": _BATCH, "value": before})


@contextmanager
def own_entries(connection: Connection) -> Iterator[None]:
    """Rows that change in the block leave their entries, inside of `one_entry` too."""
    with one_entry(connection, ""):
        yield


def event(
    connection: Connection,
    action: str,
    *,
    table: str | None = None,
    key: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Adds an entry for an act that is no change of one row.

    Parameters
    ----------
    action
        Lower-case, for example ``import``; those that triggers write are refused by the database.
    details
        Stands as ``after`` in the entry.
    """
    written = None if details is None else json.dumps(details, ensure_ascii=False, default=str).replace("\\u0000", "")
    connection.execute(_EVENT, {"action": action, "table_name": table, "key": key, "details": written})


_IMPORTED = text("""
    select geoservice.audit_event('import', 'import_batch', id::text, jsonb_build_object(
        'layer', layer, 'file', source_name, 'sha256', source_sha256, 'crs', source_crs, 'actor', actor,
        'schematic', schematic, 'read', rows_read, 'loaded', loaded, 'changed', changed, 'unchanged', unchanged,
        'refused', refused))
    from geoservice.import_batch where id = :id
""")


def imported(connection: Connection, batch_id: int) -> None:
    """Adds the one entry of an import: file, digest and counts; also where nothing was new."""
    with one_entry(connection, str(batch_id)):
        connection.execute(_IMPORTED, {"id": batch_id})


def give_reason(connection: Connection, reason: str | None) -> None:
    """Says why, for the entries of the transaction."""
    connection.execute(_SET, {"name": "geoservice.reason", "value": (reason or "")[:500]})
