"""Whether the program runs, and whether it can serve."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from geoservice.access.roles import Permission
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Shape
from geoservice.database.filters import today
from geoservice.database.leakproof import is_marked
from geoservice.database.prepare import current_revision, head_revision
from geoservice.errors import GeoserviceError

router = APIRouter(tags=["health"], dependencies=[Depends(no_query), needs(Permission.PUBLIC)])


class Health(Shape):
    """The program runs."""

    status: Literal["ok"] = "ok"


class DatabasePart(Shape):
    """Whether the database answers."""

    reachable: bool
    reason: str | None = None


class MigrationsPart(Shape):
    """Whether the database has the form that this program needs."""

    current: str | None
    head: str | None
    equal: bool


class LayerPart(Shape):
    """A layer: published records in force today, and its revision."""

    count: int
    revision: int


class PoliciesPart(Shape):
    """Which form of row-level security is in use, and whether it leaves the indexes in use for everybody.

    ``marked``: the operators are marked, all is indexed. ``views``: the public reads views of what is published and has
    its indexes; answers for staff are right and slow.
    """

    form: Literal["marked", "views"]
    indexed: bool


class Readiness(Shape):
    """Which parts are ready."""

    status: Literal["ready", "unavailable"]
    reason: str | None = None
    database: DatabasePart
    migrations: MigrationsPart | None = None
    policies: PoliciesPart | None = None
    layers: dict[str, LayerPart] = Field(default_factory=dict)


@router.get("/healthz")
async def healthz() -> Health:
    """The program runs, whatever the database does."""
    return Health()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Not ready, with the reason"}})
def readyz(service: Service, response: Response) -> Readiness:
    """Ready when the database answers and has the form that this program needs."""
    try:
        with service.read() as connection:
            found = _readiness(service, connection)
    except GeoserviceError as error:
        found = Readiness(
            status="unavailable", reason=error.code, database=DatabasePart(reachable=False, reason=error.code)
        )
    except SQLAlchemyError:
        found = Readiness(
            status="unavailable", reason="api.busy", database=DatabasePart(reachable=False, reason="api.busy")
        )
    response.headers["Cache-Control"] = "no-store"
    if found.status != "ready":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return found


def _readiness(service: Services, connection: Connection) -> Readiness:
    current, head = current_revision(connection), head_revision()
    reached = DatabasePart(reachable=True)
    migrations = MigrationsPart(current=current, head=head, equal=current == head)
    if not migrations.equal:
        return Readiness(status="unavailable", reason="api.not-migrated", database=reached, migrations=migrations)
    overview, (_, revisions) = service.overview(connection, today())
    numbers = {layer: revision.number for layer, revision in revisions}
    layers = {
        layer: LayerPart(count=overview.counts.get(layer, 0), revision=numbers.get(layer, 0))
        for layer in service.catalog.layers
    }
    marked = is_marked(connection)
    policies = PoliciesPart(form="marked" if marked else "views", indexed=marked)
    return Readiness(status="ready", database=reached, migrations=migrations, policies=policies, layers=layers)
