"""What the public reads where no superuser has marked the operators that policies need: views of what is published.

There a policy keeps the public from every index (`geoservice.database.leakproof`). The views belong to the owner, whom
no policy binds, and hold what the public's policy lets through: `published and classification = 'public'`. All other
tables are views that ask the policies as ever. `Database.connect` puts the schema first for the public, so that a query
names the same tables in both forms; a query that names the tables themselves is right all the same, and slow.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Column, Connection, MetaData, Table, Text, text

from geoservice.database.engine import PUBLISHED, ROLE_NAMES, Database
from geoservice.database.leakproof import is_marked
from geoservice.database.models import SCHEMA, Base

_KEPT = text("select obj_description(to_regnamespace(:schema), 'pg_namespace')")


def prepare_views(database: Database) -> None:
    """Makes the views where they are needed and leaves none where they are not."""
    with database.connect("superuser" if database.external else "owner") as connection:
        kept = connection.execute(_KEPT, {"schema": PUBLISHED}).scalar()
        wanted = None if is_marked(connection) else _digest()
        if kept == wanted:
            return
        drop_views(connection)
        if wanted is not None:
            _make(connection, wanted)
    # Connections that were opened before do not know of it.
    database.dispose()


def drop_views(connection: Connection) -> None:
    """Takes the views out of the way of a change of the tables; `prepare_views` makes them again."""
    connection.execute(text(f"drop schema if exists {PUBLISHED} cascade"))


def _tables() -> list[Table]:
    # Alembic's own table is no model.
    revisions = Table("alembic_version", MetaData(), Column("version_num", Text))
    return sorted((*Base.metadata.tables.values(), revisions), key=lambda table: table.name)


def _digest() -> str:
    described = [(table.name, sorted(table.columns.keys())) for table in _tables()]
    return hashlib.sha256(repr(described).encode()).hexdigest()


def _make(connection: Connection, digest: str) -> None:
    owner, reader = ROLE_NAMES["owner"], ROLE_NAMES["application"]
    connection.execute(text(f"create schema {PUBLISHED} authorization {owner}"))
    for table in _tables():
        open_to_all = {"published", "classification"} <= set(table.columns.keys())
        options = "" if open_to_all else "with (security_invoker = true)"
        condition = "where published and classification = 'public'" if open_to_all else ""
        view = f"{PUBLISHED}.{table.name}"
        connection.execute(text(f"create view {view} {options} as select * from {SCHEMA}.{table.name} {condition}"))  # noqa: S608 - names of our own tables
        connection.execute(text(f"alter view {view} owner to {owner}"))
        connection.execute(text(f"grant select on {view} to {reader}"))
    connection.execute(text(f"grant usage on schema {PUBLISHED} to {reader}"))
    connection.execute(text(f"comment on schema {PUBLISHED} is '{digest}'"))
