"""State of the figures that officers enter."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from geoservice.database.models import IndicatorEntry


def entries_revision(connection: Connection, *, public_only: bool = True) -> int:
    """Counts up with each entry, or each published one: none is ever changed."""
    table = IndicatorEntry
    statement = select(func.coalesce(func.max(table.id), 0))
    if public_only:
        statement = statement.where(table.published, table.classification == "public")
    return int(connection.execute(statement).scalar_one())
