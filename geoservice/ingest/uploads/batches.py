"""The imports of before: who, when, from what, what came of it, and whether they can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from geoservice.errors import GeoserviceError
from geoservice.ingest.uploads.touched import Batch, hindrance

MOST_LISTED = 50
# Whether larger ones can be undone is found out when it is asked for.
_MOST_LOOKED_INTO = 20_000


@dataclass(frozen=True)
class BatchRow:
    """One import.

    Attributes
    ----------
    hindrance
        Why it cannot be undone; None where it can, as far as was looked.
    """

    id: int
    layer: str
    source: str
    actor: str
    imported_at: datetime
    read: int
    loaded: int
    changed: int
    unchanged: int
    refused: int
    undone_at: datetime | None
    undone_by: str | None
    hindrance: GeoserviceError | None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON, in the current language."""
        why = self.hindrance
        told = {name: value for name, value in vars(self).items() if name != "hindrance"}
        return {**told, "hindrance": why and {"code": why.code, "message": why.message, "remedy": why.remedy}}


def batches(connection: Connection, *, actor: str | None = None, before: int | None = None) -> list[BatchRow]:
    """Imports, the newest first, at most `MOST_LISTED`.

    Parameters
    ----------
    connection
        Of the owner: what hinders may lie where an account sees nothing.
    actor
        Whose; of all by default.
    before
        Only those with a smaller id.
    """
    statement = text("""
        select id, layer, source_name as source, actor, imported_at, rows_read as read, loaded, changed, unchanged,
               refused, undone_at, undone_by, kept
        from import_batch
        where (cast(:actor as text) is null or actor = :actor) and (cast(:before as bigint) is null or id < :before)
        order by id desc limit :most
    """)
    rows = connection.execute(statement, {"actor": actor, "before": before, "most": MOST_LISTED}).mappings()
    return [_told(connection, dict(row)) for row in rows.all()]


def _told(connection: Connection, row: dict[str, Any]) -> BatchRow:
    found = Batch(row["id"], row["layer"], row.pop("kept"), row["undone_at"] is not None)
    small = row["loaded"] + row["changed"] <= _MOST_LOOKED_INTO or found.undone or not found.kept
    return BatchRow(**row, hindrance=hindrance(connection, found) if small else None)
