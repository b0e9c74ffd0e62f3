"""OGC API: jobs of the processes, listed, followed, their results given out, dismissed."""

from __future__ import annotations

import re

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import ogc_process_pages as pages
from geoservice.api.ogc import ROOT, Ask, varied
from geoservice.api.ogc_results import outputs_of
from geoservice.api.permits import JSON, needs
from geoservice.api.problems import OPERATORS
from geoservice.api.services import Service, Services
from geoservice.database.paging import LARGEST
from geoservice.errors import Conflict, GeoserviceError, NotFound
from geoservice.jobs import board
from geoservice.publish.ogc.links import Place
from geoservice.publish.ogc.parameters import FORMAT, LANGUAGE
from geoservice.publish.ogc.processes import documents, listing
from geoservice.publish.ogc.processes.model import of_job, processes
from geoservice.publish.ogc.processes.parts import Process
from geoservice.publish.ogc.processes.results import document, sent

router = APIRouter(prefix=f"{ROOT}/jobs", tags=["OGC API"])
PUBLIC, COMPUTE = needs(Permission.PUBLIC), needs(Permission.COMPUTE)
_COMMON = {"parameters": [FORMAT, LANGUAGE]}
_NAMES = ("type", "processID", "status", "datetime", "minDuration", "maxDuration", "limit", "after")


@router.get(
    "", response_class=Response, openapi_extra={"parameters": [FORMAT, LANGUAGE, *listing.job_parameters({})]},
    dependencies=[PUBLIC],
)  # fmt: skip
def job_list(service: Service, ask: Ask) -> Response:
    """Jobs of the processes that whoever asks may see, the newest first."""
    ask.known(_NAMES)
    known = processes(service.catalog)
    wanted, most = listing.wanted(known, ask.given), listing.limit(ask.given)
    with service.read() as connection:
        rows = board.listed(connection, wanted, limit=most + 1)
    following = str(rows[most - 1].id) if len(rows) > most else None
    found = [told_job(ask.place, one, row) for row in rows[:most] if (one := of_job(known, row.kind)) is not None]
    told = documents.job_list(ask.place, ask.format, found, following)
    return _fresh(ask.answer(told, lambda: pages.jobs_page(ask, told)))


@router.get("/{job_id}", response_class=Response, openapi_extra=_COMMON, dependencies=[PUBLIC])
def job(service: Service, ask: Ask, job_id: str) -> Response:
    """One job."""
    ask.known()
    with service.read() as connection:
        one, row = _found(service, connection, job_id)
    told = told_job(ask.place, one, row)
    return _fresh(ask.answer(told, lambda: pages.job_page(ask, one, told)))


@router.get("/{job_id}/results", response_class=Response, openapi_extra=_COMMON, dependencies=[PUBLIC])
def results(service: Service, ask: Ask, job_id: str) -> Response:
    """What came out of a job, as its request has asked for it."""
    ask.known()
    with service.read() as connection:
        one, row = _found(service, connection, job_id)
        _refuse_unfinished(row)
        values = outputs_of(connection, row, approval=service.approval)
    told = row.request.get("ogc", {})
    outputs = [name for name in told.get("outputs", one.outputs) if name in values]
    if ask.wants_html:
        return ask.paged(pages.results_page(ask, one, str(row.id), document(one, values, outputs)))
    body, media = sent(one, values, outputs, told.get("response", documents.DEFAULT_RESPONSE))
    return _fresh(varied(Response(body, media_type=media)))


@router.delete("/{job_id}", response_class=Response, dependencies=[COMPUTE])
def dismiss(service: Service, ask: Ask, job_id: str) -> Response:
    """Stops a job; what only it has kept of its results goes."""
    ask.known()
    with service.read() as connection:
        one, row = _found(service, connection, job_id)
        try:
            row = board.dismiss(connection, row.id)
        except NotFound:
            # Whoever sees it may not stop it: it is another's.
            raise Conflict("ogc.not-your-job", id=row.id) from None
    return _fresh(Response(documents.dumped(told_job(ask.place, one, row)), media_type=JSON))


def told_job(place: Place, one: Process, row: board.JobRow) -> documents.Document:
    """A job with its error in words; what is for the operator stays inside."""
    return documents.status_info(place, one, row, _failure(row))


def _failure(row: board.JobRow) -> GeoserviceError | None:
    failure = row.failure
    return GeoserviceError("jobs.internal") if failure is not None and failure.code.startswith(OPERATORS) else failure


def _found(service: Services, connection: Connection, job_id: str) -> tuple[Process, board.JobRow]:
    """A job of a process, if whoever asks may see it.

    Raises
    ------
    NotFound
        ``ogc.no-job``
    """
    number = int(job_id) if re.fullmatch(r"[0-9]{1,19}", job_id, re.ASCII) else 0
    if 0 < number <= LARGEST:
        try:
            row = board.job(connection, number)
        except NotFound:
            pass
        else:
            one = of_job(processes(service.catalog), row.kind)
            if one is not None:
                return one, row
    raise NotFound("ogc.no-job", id=job_id[:60])


def _refuse_unfinished(row: board.JobRow) -> None:
    """Refuses results that there are none of.

    Raises
    ------
    NotFound
        ``ogc.result-not-ready``, ``ogc.dismissed``
    Conflict
        The reason why it has failed.
    """
    state = documents.status(row)
    if state in (documents.ACCEPTED, documents.RUNNING):
        raise NotFound("ogc.result-not-ready", id=row.id)
    if state == documents.DISMISSED:
        raise NotFound("ogc.dismissed", id=row.id)
    if state == documents.FAILED:
        failure = _failure(row) or GeoserviceError("jobs.internal")
        raise Conflict(failure.code, **failure.values)


def _fresh(response: Response) -> Response:
    """What may be another the next moment."""
    response.headers["Cache-Control"] = "no-store"
    return response
