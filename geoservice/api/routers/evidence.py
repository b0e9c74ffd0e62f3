"""Evidence of the result of a community in a run: the way as a GeoJSON feature, and the parts that add up to its time."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from geoservice.access.release import Release
from geoservice.access.roles import Permission
from geoservice.api.conditional import Conditional
from geoservice.api.parameters import PathId
from geoservice.api.permits import needs
from geoservice.api.routers.runs import Choice
from geoservice.api.services import Service
from geoservice.coverage.evidence import explain_run
from geoservice.coverage.evidence_export import collection, dumped, feature, sheet
from geoservice.errors import NotFound
from geoservice.language import current_language
from geoservice.publish.queries import runs as queries
from geoservice.publish.revisions import etag

router = APIRouter(prefix="/api/runs", tags=["coverage runs"], dependencies=[needs(Permission.PUBLIC)])


@router.get("/{run_id}/communities/{community_id}/evidence", responses={200: {"content": {"application/geo+json": {}}}})
def run_evidence(
    service: Service,
    run_id: PathId,
    community_id: PathId,
    given: Annotated[Choice, Query()],
    condition: Conditional,
) -> Response:
    """The way from a community to its facility; 409 where the inputs of the run are no longer what they were."""
    with service.read() as connection:
        run = queries.run(connection, run_id)
        if run is None:
            raise NotFound("api.no-run", id=run_id)

        release = Release.of_run(run, service.approval).check(public=service.actor.is_public)

        def body() -> Response:
            (found,) = explain_run(
                connection,
                service.catalog,
                service.settings,
                service.database.name,
                run,
                community_id,
                service=given.service,
                type_=given.type,
            )
            return Response(dumped(feature(found, release)), media_type="application/geo+json")

        tag = etag("evidence", release, run_id, run["finished_at"], run["stale"], community_id, given, service.declared)
        return condition.answer(tag, body)


class ChoiceOfForm(Choice):
    """One case, and the form of the file."""

    format: Literal["geojson", "csv"] = Field("geojson", description="geojson or csv")


@router.get(
    "/{run_id}/evidence",
    responses={200: {"content": {"application/geo+json": {}, "text/csv": {}}}},
)
def run_evidence_of_all(
    service: Service, run_id: PathId, given: Annotated[ChoiceOfForm, Query()], condition: Conditional
) -> Response:
    """The ways of all communities of a case; 409 where the inputs of the run are no longer what they were."""
    with service.read() as connection:
        run = queries.run(connection, run_id)
        if run is None:
            raise NotFound("api.no-run", id=run_id)

        release = Release.of_run(run, service.approval).check(public=service.actor.is_public)

        def body() -> Response:
            found = explain_run(
                connection,
                service.catalog,
                service.settings,
                service.database.name,
                run,
                None,
                service=given.service,
                type_=given.type,
            )
            if given.format == "csv":
                # The mark tells spreadsheets that it is UTF-8.
                return Response("\ufeff" + sheet(found, release), media_type="text/csv; charset=utf-8")
            return Response(dumped(collection(found, release)), media_type="application/geo+json")

        tag = etag(
            "evidence of all",
            release,
            run_id,
            run["finished_at"],
            run["stale"],
            given,
            service.declared,
            current_language.get(),
        )
        return condition.answer(tag, body)
