"""The imports of before, and undoing one as a whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import text

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, PathId, RecordId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes_uploads import BatchList, Nothing, UndoneShape, batch_told
from geoservice.ingest.uploads.batches import MOST_LISTED, batches
from geoservice.ingest.uploads.rights import refuse_foreign
from geoservice.ingest.uploads.touched import batch
from geoservice.ingest.uploads.undo import undo

router = APIRouter(prefix="/api/batches", tags=["uploads"])

EDIT = needs(Permission.EDIT)


class Listed(Parameters):
    """Which imports."""

    before: RecordId | None = None


@router.get("", dependencies=[EDIT])
def imports(service: Service, response: Response, given: Annotated[Listed, Query()]) -> BatchList:
    """Imports, the newest first: all of them, or one's own where one works for some townships only."""
    response.headers["Cache-Control"] = "no-store"
    actor = service.actor
    whose = None if actor.manages or actor.edits.everywhere else actor.name
    # What hinders an undoing may be a record that this reader does not see.
    timeout_s = service.settings.database.statement_timeout_s
    with service.database.connect("owner", actor=actor, timeout_s=timeout_s) as connection:
        rows = batches(connection, actor=whose, before=given.before)
    items = [batch_told(row, mine=actor.manages or row.actor == actor.name) for row in rows]
    return BatchList(items=items, next=rows[-1].id if len(rows) == MOST_LISTED else None)


@router.post("/{batch_id}/undo", dependencies=[EDIT, Depends(no_query)])
def undo_import(service: Service, batch_id: PathId, _: Annotated[Nothing, Body()]) -> UndoneShape:
    """Undoes an import as a whole, where nothing was built on it."""
    actor = service.actor
    with service.database.connect("owner", actor=actor, request_id=service.request_id) as connection:
        found = batch(connection, batch_id, lock=True)
        statement = text("select actor from import_batch where id = :id")
        submitter = connection.execute(statement, {"id": batch_id}).scalar_one()
        refuse_foreign(connection, actor, found, submitter)
        done = undo(connection, batch_id, actor.name)
    return UndoneShape(batch=batch_id, **done)
