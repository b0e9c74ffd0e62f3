"""What an import has touched, and what was built on it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from geoservice.database.tables import table_name
from geoservice.errors import Conflict, GeoserviceError, NotFound

# The tables that an import writes to, by its layer: those that others refer to come last.
_OF_LAYER: Mapping[str, tuple[str, ...]] = {
    "units": ("unit_version", "unit_code", "unit"),
    "places": ("place_name", "place"),
    "facilities": ("facility",),
    "communities": ("community_code", "community"),
    "roads": ("turn_restriction", "road"),
    "railways": ("railway",),
    "water": ("water",),
    "walls": ("wall",),
    "controls": ("control",),
    "built_up": ("built_up_area",),
}
# A source of people goes as a whole.
PEOPLE = "population"
# These rows do not say which import they are of: it was written down when they came.
_WITHOUT_BATCH = ("unit", "unit_code", "community_code")


@dataclass(frozen=True)
class Batch:
    """An import as far as its undoing goes."""

    id: int
    layer: str
    kept: bool
    undone: bool

    @property
    def tables(self) -> tuple[str, ...]:
        """What it wrote to: a row comes before what it refers to."""
        return _OF_LAYER.get(self.layer, ())


def batch(connection: Connection, batch_id: int, *, lock: bool = False) -> Batch:
    """An import.

    Raises
    ------
    NotFound
        If there is none.
    """
    statement = "select id, layer, kept, undone_at is not null as undone from import_batch where id = :id"
    row = connection.execute(text(statement + (" for update" if lock else "")), {"id": batch_id}).first()
    if row is None:
        raise NotFound("undo.no-batch", id=batch_id)
    return Batch(*row)


def brought(table: str) -> str:
    """SQL for the ids of the rows of a table that the import ``:batch`` brought and that are there."""
    if table in _WITHOUT_BATCH:
        return (
            f"select t.id from {table} t join batch_before b on b.key = t.id and b.table_name = '{table}'"  # noqa: S608 - of the tables above
            " and b.batch_id = :batch and b.before is null"
        )
    return (
        f"select t.id from {table} t where t.batch_id = :batch and not exists"  # noqa: S608 - of the tables above
        f" (select from batch_before b where b.batch_id = :batch and b.table_name = '{table}' and b.key = t.id)"
    )


def images(table: str) -> str:
    """SQL for the ids of the rows of a table that the import ``:batch`` changed or took out."""
    return (
        f"select b.key as id from batch_before b where b.batch_id = :batch and b.table_name = '{table}'"  # noqa: S608 - of the tables above
        " and b.before is not null"
    )


def refuse_built_on(connection: Connection, found: Batch) -> None:
    """Lets an import through that nothing was built on.

    Raises
    ------
    Conflict
        ``undo.done``, ``undo.not-kept``, ``undo.later-import``, ``undo.edited``, ``undo.gone``, ``undo.source-gone`` or
        ``undo.referred``.
    """
    if found.undone:
        raise Conflict("undo.done", id=found.id)
    if not found.kept:
        raise Conflict("undo.not-kept", id=found.id, layer=found.layer)
    if found.layer == PEOPLE:
        _refuse_replaced(connection, found)
    for table in found.tables:
        _refuse_later_import(connection, found, table)
        _refuse_edited(connection, found, table)
        _refuse_referred(connection, found, table)


def hindrance(connection: Connection, found: Batch) -> GeoserviceError | None:
    """Why an import cannot be undone; None where it can."""
    try:
        refuse_built_on(connection, found)
    except Conflict as reason:
        return reason
    return None


def _first(connection: Connection, statement: str, found: Batch) -> Sequence[Any] | None:
    return connection.execute(text(statement), {"batch": found.id}).first()


def _refuse_later_import(connection: Connection, found: Batch, table: str) -> None:
    later = _first(
        connection,
        f"select x.batch_id from batch_before x where x.table_name = '{table}' and x.batch_id > :batch"  # noqa: S608 - of the tables above
        f" and (x.was_batch = :batch or x.key in ({images(table)} union all {brought(table)}))"
        " order by 1 limit 1",
        found,
    )
    if later is not None:
        raise Conflict("undo.later-import", id=found.id, later=later[0])


def _refuse_replaced(connection: Connection, found: Batch) -> None:
    """Lets a source of people through that is there as the import brought it."""
    if _first(connection, "select 1 from population_source where batch_id = :batch", found) is None:
        raise Conflict("undo.source-gone", id=found.id)


def _refuse_edited(connection: Connection, found: Batch, table: str) -> None:
    edited = _first(
        connection,
        "select count(distinct e.key), min(e.key::bigint) from audit_entry e"  # noqa: S608 - of the tables above
        f" where e.table_name = '{table}' and e.action in ('insert', 'update', 'delete') and e.id >"
        " (select min(i.id) from audit_entry i where i.table_name = 'import_batch' and i.key = cast(:batch as text)"
        "  and i.action = 'import')"
        f" and e.key in (select id::text from ({images(table)} union all {brought(table)}) as touched)",
        found,
    )
    if edited is not None and edited[0]:
        raise Conflict("undo.edited", id=found.id, records=edited[0], table=table_name(table), first=edited[1])
    gone = _first(
        connection,
        f"select count(*), min(b.key) from batch_before b where b.batch_id = :batch and b.table_name = '{table}'"  # noqa: S608 - of the tables above
        f" and b.before is not null and not exists (select from {table} t where t.id = b.key)",
        found,
    )
    if table != "turn_restriction" and gone is not None and gone[0]:
        raise Conflict("undo.gone", id=found.id, records=gone[0], table=table_name(table), first=gone[1])


def _refuse_referred(connection: Connection, found: Batch, table: str) -> None:
    """Rows that the import did not bring and that refer to ones that it did."""
    for other, column in _references(connection, table):
        own = f" and r.id not in ({brought(other)})" if other in found.tables else ""
        referred = _first(
            connection,
            f"select count(distinct r.{column}), min(r.{column}) from {other} r"  # noqa: S608 - names from the database's catalogue
            f" where r.{column} in ({brought(table)}){own}",
            found,
        )
        if referred is not None and referred[0]:
            raise Conflict(
                "undo.referred",
                id=found.id,
                records=referred[0],
                table=table_name(table),
                other=table_name(other),
                first=referred[1],
            )


def _references(connection: Connection, table: str) -> list[tuple[str, ...]]:
    """Tables and columns whose rows refer to rows of a table, quoted."""
    statement = text("""
        select quote_ident(c.relname), quote_ident(a.attname)
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        where k.contype = 'f' and k.confrelid = cast(:table as regclass) and cardinality(k.conkey) = 1
        order by 1, 2
    """)
    return [tuple(row) for row in connection.execute(statement, {"table": f"geoservice.{table}"})]
