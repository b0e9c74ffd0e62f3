"""Reports of a published run, from published records only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.conditional import Conditional
from geoservice.api.parameters import Code, Parameters, PathId
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.errors import NotFound
from geoservice.language import current_language
from geoservice.publish.queries import runs as queries
from geoservice.publish.queries.entries import entries_revision
from geoservice.publish.reports.making import MEDIA, Form, make
from geoservice.publish.revisions import etag, layer_revisions

router = APIRouter(prefix="/api/runs", tags=["coverage runs"], dependencies=[needs(Permission.PUBLIC)])

_CONTENT: dict[str, dict[str, str]] = {media.partition(";")[0]: {} for media in MEDIA.values()}


class Wanted(Parameters):
    """Which report."""

    form: Form = Field("page", description="page prints on A4, map opens offline, xlsx is a workbook")
    service: Code | None = Field(None, description="Id of the service standard; the headline by default")
    type: Code | None = Field(None, description="Code of the facility type")


@router.get("/{run_id}/report", responses={200: {"content": _CONTENT}}, response_class=Response)
def run_report(service: Service, run_id: PathId, given: Annotated[Wanted, Query()], condition: Conditional) -> Response:
    """The report as a file."""
    with service.read() as connection:
        run = queries.run(connection, run_id)
        if run is None:
            raise NotFound("api.no-run", id=run_id)
        state = (
            sorted(layer_revisions(connection).items()),
            entries_revision(connection),
            service.declared,
            service.approval,
        )

        def body() -> Response:
            made = make(
                connection,
                service.catalog,
                given.form,
                run_id=run_id,
                service=given.service,
                type_=given.type,
                public_only=not service.actor.reads.everywhere,
                approval=service.approval,
            )
            made.release.check(public=service.actor.is_public)
            return Response(
                made.content,
                media_type=made.media_type,
                headers={
                    "Content-Disposition": f'attachment; filename="{made.name}"',
                    "Vary": "Accept-Language, Cookie",
                },
            )

        return condition.answer(etag("report", run_id, given, current_language.get(), *state), body)
