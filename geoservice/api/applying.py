"""Changes of records in the name of whoever asks, whichever way they come in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from geoservice.access.roles import Permission, allows
from geoservice.api.services import Services
from geoservice.editing import writing
from geoservice.editing.kept import Kept
from geoservice.editing.reading import Record


def apply(
    service: Services, connection: Connection, kept: Kept, changes: Sequence[writing.Change], reason: str | None = None
) -> list[Record]:
    """Does all changes or none; the records as they are then. Raises what `writing.apply` does."""
    return writing.apply(
        connection,
        service.catalog,
        kept,
        changes,
        reason=reason,
        publishes=service.actor.publishes,
        max_vertices=service.settings.imports.import_max_vertices,
    )


def may_edit(service: Services, kept: Kept) -> bool:
    """Whether whoever asks may change records of a layer somewhere."""
    return allows(service.actor, Permission.EDIT) and (kept.unit is not None or service.actor.edits.everywhere)
