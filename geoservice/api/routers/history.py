"""The history of a record, for those who see what is not published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from geoservice.access.history import Batch, history
from geoservice.access.roles import Permission
from geoservice.api.parameters import PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.errors import NotFound

router = APIRouter(prefix="/api/history", tags=["history"], dependencies=[Depends(no_query), needs(Permission.READ)])

Table = Annotated[str, Path(pattern="^[a-z_]{1,40}$", description="Kind of the record", examples=["facility"])]


class BatchShape(Shape):
    """The import that brought a state of the record."""

    id: int
    layer: str
    file: str
    actor: str
    at: datetime


class ChangeShape(Shape):
    """A step: who did what when and why, and each field that changed with its value before and after."""

    action: str
    at: datetime | None
    actor: str | None
    reason: str | None
    fields: dict[str, tuple[Any, Any]]
    batch: BatchShape | None


class HistoryShape(Shape):
    """The steps of a record, the oldest first."""

    items: list[ChangeShape]


@router.get("/{table}/{record_id}")
def record_history(service: Service, response: Response, table: Table, record_id: PathId) -> HistoryShape:
    """What became of a record, as far as whoever asks may see it."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        steps = history(connection, table, str(record_id))
    if not steps:
        raise NotFound("api.no-history", table=table, id=record_id)
    return HistoryShape(
        items=[
            ChangeShape(
                action=step.action,
                at=step.at,
                actor=step.actor,
                reason=step.reason,
                fields=dict(step.fields),
                batch=_batch(step.batch),
            )
            for step in steps
        ]
    )


def _batch(batch: Batch | None) -> BatchShape | None:
    if batch is None:
        return None
    return BatchShape(id=batch.id, layer=batch.layer, file=batch.file, actor=batch.actor, at=batch.at)
