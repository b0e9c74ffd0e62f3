"""The history of a record, for those who see what is not published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from geoservice.access.history import Batch, Change, whole_history
from geoservice.access.roles import Permission
from geoservice.access.wording import ToldField, Wording
from geoservice.api.parameters import PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape, Title
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


class FieldShape(Shape):
    """A field before and after; geometries as GeoJSON in EPSG:4490, `shown` as people read them."""

    name: str
    title: Title | None
    before: Any
    after: Any
    shown: tuple[str | None, str | None]
    moved_m: float | None


class ChangeShape(Shape):
    """A step: who did what when and why; `table` is the record's or that of a part of it, such as a name."""

    action: str
    table: str
    at: datetime | None
    actor: str | None
    reason: str | None
    fields: list[FieldShape]
    batch: BatchShape | None


class HistoryShape(Shape):
    """The steps of a record, the oldest first."""

    items: list[ChangeShape]


@router.get("/{table}/{record_id}")
def record_history(service: Service, response: Response, table: Table, record_id: PathId) -> HistoryShape:
    """What became of a record and its parts, as far as whoever asks may see it."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        steps = whole_history(connection, table, record_id)
        wording = Wording(connection, service.catalog, steps)
    if not steps:
        raise NotFound("api.no-history", table=table, id=record_id)
    return HistoryShape(items=[_step(step, wording) for step in steps])


def _step(step: Change, wording: Wording) -> ChangeShape:
    return ChangeShape(
        action=step.action,
        table=step.table,
        at=step.at,
        actor=step.actor,
        reason=step.reason,
        fields=[_field(one) for one in wording.tell(step)],
        batch=_batch(step.batch),
    )


def _field(one: ToldField) -> FieldShape:
    title = None if one.title is None else Title.of(one.title)
    return FieldShape(**{**vars(one), "title": title})


def _batch(batch: Batch | None) -> BatchShape | None:
    if batch is None:
        return None
    return BatchShape(id=batch.id, layer=batch.layer, file=batch.file, actor=batch.actor, at=batch.at)
