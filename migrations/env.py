"""Alembic's environment: runs on the connection that the program gives."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import text

from geoservice.database.engine import Database
from geoservice.database.models import SCHEMA, Base
from geoservice.settings import Settings


def include_name(name, kind, parents):
    """Only our schema: PostGIS has tables of its own."""
    if kind == "schema":
        return name == SCHEMA
    return True


def run(connection):
    # Alembic writes its version table before the first migration runs.
    if not connection.dialect.has_schema(connection, SCHEMA):
        connection.execute(text(f"create schema {SCHEMA}"))
    # The search path names our schema first; comparison wants it spelt out.
    connection.dialect.default_schema_name = "public"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=include_name,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(Settings()).connect("owner") as opened:
        run(opened)
