"""Background jobs: started, followed, cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints, ValidationError
from sqlalchemy import Connection

from geoservice.access.roles import Permission, allows
from geoservice.api.parameters import Code, Day, Parameters, PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.api.shapes_jobs import JobError, error_told
from geoservice.coverage.background import KIND, submit_run
from geoservice.coverage.cases import RunRequest
from geoservice.database.filters import today
from geoservice.errors import BadRequest
from geoservice.jobs import board
from geoservice.jobs.queue import workers
from geoservice.language import translate
from geoservice.publish.queries.runs import run as public_run

router = APIRouter(prefix="/api/jobs", tags=["jobs"], dependencies=[Depends(no_query), needs(Permission.PUBLIC)])

LARGEST_BODY = 10_000


class RunOrder(Parameters):
    """A coverage run that is asked for; what is left out is as the standards say."""

    services: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    types: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    mode: Code | None = None
    minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    on: Day | None = Field(None, description="The day whose facilities count; today by default")
    circles: bool = True

    def request(self) -> RunRequest:
        """As the engine takes it."""
        return RunRequest(
            on=self.on or today(),
            services=self.services,
            types=self.types,
            mode=self.mode,
            minutes=self.minutes,
            circles=self.circles,
        )


class JobShape(Shape):
    """One job. `step` is in words; `run` is the id of the published run that it made."""

    id: int
    kind: str
    state: Annotated[str, StringConstraints(pattern="queued|running|succeeded|failed|cancelled|lost")]
    request: dict[str, Any]
    cancel_requested: bool
    step: str | None
    done: int
    total: int
    error: JobError | None
    run: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobList(Shape):
    """The latest coverage runs, whether this reader may start and cancel them, and how many workers are there."""

    items: list[JobShape]
    allowed: bool
    workers: int


@router.get("", response_model=JobList)
def jobs(service: Service) -> JobList:
    """The latest coverage runs, the newest first; imports are told by their upload."""
    with service.read() as connection:
        items = [_shape(connection, row) for row in board.jobs(connection, limit=20, kind=KIND)]
        alive = workers(connection)
    return JobList(items=items, allowed=allows(service.actor, Permission.COMPUTE), workers=alive)


@router.get("/{job_id}")
def job(service: Service, job_id: PathId, response: Response) -> JobShape:
    """One job."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        return _shape(connection, board.job(connection, job_id))


async def _order(request: Request) -> RunOrder:
    """The body, and no more of it than an order has."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise BadRequest("jobs.too-large", most=LARGEST_BODY)
    try:
        return RunOrder.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadRequest("jobs.bad-order", name=name[:60], reason=first["msg"][:120]) from None


_BODY = {"requestBody": {"content": {"application/json": {"schema": RunOrder.model_json_schema()}}, "required": True}}


@router.post("/coverage-run", status_code=202, openapi_extra=_BODY, dependencies=[needs(Permission.COMPUTE)])
def start_run(service: Service, order: Annotated[RunOrder, Depends(_order)]) -> JobShape:
    """Hands in a coverage run; the answer is its job."""
    with service.read() as connection:
        job_id = submit_run(connection, service.catalog, order.request(), service.actor.name)
        return _shape(connection, board.job(connection, job_id))


@router.post("/{job_id}/cancel", dependencies=[needs(Permission.COMPUTE)])
def cancel(service: Service, job_id: PathId) -> JobShape:
    """Cancels a job that waits at once, one that runs at its next step."""
    with service.read() as connection:
        return _shape(connection, board.cancel(connection, job_id))


def _shape(connection: Connection, row: board.JobRow) -> JobShape:
    names = JobShape.model_fields.keys() - {"step", "error", "run"}
    return JobShape(
        **{name: getattr(row, name) for name in names},
        step=translate(row.step) if row.step else None,
        error=error_told(row.failure),
        # A run from internal inputs is no business of the public map.
        run=row.run if row.run is not None and public_run(connection, row.run) is not None else None,
    )
