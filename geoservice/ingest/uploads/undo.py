"""An import undone as a whole: what it brought is gone, what it changed is as it was."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from geoservice.database.prepare import bump_revision
from geoservice.database.trail import event, one_entry
from geoservice.errors import Conflict
from geoservice.ingest.uploads.touched import PEOPLE, Batch, batch, brought, refuse_built_on

PATIENCE_S = 5
LOCKED = "55P03"
_COLUMNS = text("""
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    from pg_attribute a
    where a.attrelid = cast(:table as regclass) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and a.attname <> all (cast(:without as text[]))
""")


def undo(connection: Connection, batch_id: int, actor: str) -> dict[str, int]:
    """Undoes an import and writes it into the audit trail as one entry.

    Parameters
    ----------
    connection
        Of the owner, in a transaction that the caller ends.
    actor
        Who undoes it, for the list of imports.

    Returns
    -------
    How many rows were ``removed`` and ``restored``.

    Raises
    ------
    NotFound
        If there is no such import.
    Conflict
        If something was built on it since; see `touched.refuse_built_on`. ``undo.busy`` while others write there.
    """
    found = batch(connection, batch_id, lock=True)
    _lock(connection, found)
    # Large imports come at once: without this the planner takes the table for a small one.
    connection.execute(text("analyze batch_before"))
    refuse_built_on(connection, found)
    with one_entry(connection, "undo"):
        removed = {table: _remove(connection, found, table) for table in found.tables}
        restored = {table: _restore(connection, found, table) for table in reversed(found.tables)}
        if found.layer == PEOPLE:
            removed = _remove_source(connection, found)
    _write_down(connection, found, actor, removed, restored)
    return {"removed": sum(removed.values()), "restored": sum(restored.values())}


def _lock(connection: Connection, found: Batch) -> None:
    """Nobody builds on it between the look and the deed."""
    connection.execute(text(f"set local lock_timeout = '{PATIENCE_S}s'"))
    try:
        for table in found.tables:
            connection.execute(text(f"lock table {table} in share row exclusive mode"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCKED:
            raise
        raise Conflict("undo.busy", id=found.id) from None


def _remove(connection: Connection, found: Batch, table: str) -> int:
    statement = f"delete from {table} where id in ({brought(table)})"  # noqa: S608 - of the tables of a layer
    return connection.execute(text(statement), {"batch": found.id}).rowcount


def _remove_source(connection: Connection, found: Batch) -> dict[str, int]:
    """A source of people with its cells and its shares."""
    source = {"batch": found.id}
    cells = "select count(*) from population_cell where source_id in (select id from population_source where batch_id = :batch)"
    count: int = connection.execute(text(cells), source).scalar_one()
    gone = connection.execute(text("delete from population_source where batch_id = :batch"), source).rowcount
    return {"population_source": gone, "population_cell": count}


def _restore(connection: Connection, found: Batch, table: str) -> int:
    """A version goes up and never down: who has read the record meanwhile is told that it has changed."""
    images = (
        f"batch_before b cross join lateral jsonb_populate_record(null::{table}, b.before) as was"
        f" where b.batch_id = :batch and b.table_name = '{table}' and b.before is not null"
    ).replace("::", r"\:\:")
    given = {"batch": found.id}
    changed = 0
    # A unit is nothing but its number.
    if columns := _columns(connection, table, ["id", "version"]):
        listed = columns.replace(", ", ", was.")
        restoring = f"update {table} t set ({columns}) = row(was.{listed}) from {images} and t.id = b.key"  # noqa: S608 - as above
        changed = connection.execute(text(restoring), given).rowcount
    columns = _columns(connection, table, [])
    listed = columns.replace(", ", ", was.")
    missing = connection.execute(
        text(
            f"insert into {table} ({columns}) select was.{listed} from {images}"  # noqa: S608 - as above
            f" and not exists (select from {table} t where t.id = b.key)"
        ),
        given,
    ).rowcount
    return changed + missing


def _columns(connection: Connection, table: str, without: list[str]) -> str:
    columns: str | None = connection.execute(
        _COLUMNS, {"table": f"geoservice.{table}", "without": without}
    ).scalar_one()
    return columns or ""


def _write_down(
    connection: Connection, found: Batch, actor: str, removed: dict[str, int], restored: dict[str, int]
) -> None:
    values = {"id": found.id, "actor": actor}
    connection.execute(text("update import_batch set undone_at = now(), undone_by = :actor where id = :id"), values)
    connection.execute(text("delete from batch_before where batch_id = :id"), {"id": found.id})
    details = {"layer": found.layer, "removed": removed, "restored": restored}
    event(connection, "import-undone", table="import_batch", key=str(found.id), details=details)
    if any(removed.values()) or any(restored.values()):
        bump_revision(connection, found.layer)
