"""OGC API: processes, listed, described, executed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect

from geoservice.access.roles import Permission
from geoservice.api import ogc_process_pages as pages
from geoservice.api.ogc import ROOT, Ask
from geoservice.api.ogc_at_once import AT_ONCE, case
from geoservice.api.permits import JSON, media_type, needs
from geoservice.api.routers.ogc_items import found_feature, numbered
from geoservice.api.routers.ogc_jobs import told_job
from geoservice.api.services import Service, Services
from geoservice.coverage.background import submit_run
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.scenarios.background import submit_circle
from geoservice.database.filters import today
from geoservice.errors import BadInput, BadRequest, WrongMedia
from geoservice.jobs import board
from geoservice.publish.ogc import model as layers
from geoservice.publish.ogc.crs import CRS84
from geoservice.publish.ogc.parameters import FORMAT, LANGUAGE
from geoservice.publish.ogc.processes import documents, listing
from geoservice.publish.ogc.processes.asking import Wanted, wanted
from geoservice.publish.ogc.processes.model import find, processes
from geoservice.publish.ogc.processes.results import sent
from geoservice.publish.ogc.processes.siting import form_of
from geoservice.siting.answers import store as answers
from geoservice.siting.answers.background import submit_question

router = APIRouter(prefix=f"{ROOT}/processes", tags=["OGC API"])
PUBLIC, COMPUTE = needs(Permission.PUBLIC), needs(Permission.COMPUTE)
_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}}
_ASYNC = "respond-async"


@router.get(
    "",
    response_class=Response,
    openapi_extra={"parameters": [FORMAT, LANGUAGE, listing.LIMIT, listing.AFTER]},
    dependencies=[PUBLIC],
)
def process_list(service: Service, ask: Ask) -> Response:
    """Processes of the OGC API."""
    ask.known(("limit", "after"))
    most, known = listing.limit(ask.given), list(processes(service.catalog).values())
    after = ask.given.get("after")
    if after is not None:
        ids = [one.id for one in known]
        if after not in ids:
            raise BadRequest("api.bad-parameter", name="after", value=after[:60], expected=", ".join(ids))
        known = known[ids.index(after) + 1 :]
    following = known[most - 1].id if len(known) > most else None
    document = documents.process_list(ask.place, ask.format, known[:most], following)
    return ask.answer(document, lambda: pages.processes_page(ask, document))


@router.get(
    "/{process_id}", response_class=Response, openapi_extra={"parameters": [FORMAT, LANGUAGE]}, dependencies=[PUBLIC]
)
def description(service: Service, ask: Ask, process_id: str) -> Response:
    """One process, with its inputs and outputs."""
    one = find(processes(service.catalog), process_id)
    ask.known()
    document = documents.description(ask.place, ask.format, one)
    return ask.answer(document, lambda: pages.process_page(ask, one, document))


async def _received(request: Request) -> bytes:
    """The body of a request that is said to be JSON."""
    if media_type(request) != JSON:
        raise WrongMedia("ogc.media-type", given=media_type(request)[:60], allowed=JSON)
    try:
        return await request.body()
    except ClientDisconnect:
        # Nobody is there to hear it; it is no error of ours.
        raise BadRequest("api.bad-request") from None


@router.post("/{process_id}/execution", response_class=Response, openapi_extra=_BODY, dependencies=[COMPUTE])
def execute(
    service: Service, ask: Ask, request: Request, process_id: str, body: Annotated[bytes, Depends(_received)]
) -> Response:
    """Executes a process: at once where it can be and nothing else is preferred, else as a job."""
    one = find(processes(service.catalog), process_id)
    ask.known()
    later = _ASYNC in _preferences(request)
    with service.read() as connection:
        order = wanted(one, body, ask.place.root, lambda layer, number: _feature(service, connection, layer, number))
        if later or not one.at_once:
            number = _HANDED_IN[one.id](service, connection, order)
            told = told_job(ask.place, one, board.job(connection, number))
            return _accepted(told, ask.place.to("jobs", str(number)), later=later)
        work = AT_ONCE[one.id](service, connection, order.values)
    found, media = sent(one, work(), order.outputs, order.response)
    return _private(Response(found, media_type=media))


def _accepted(told: documents.Document, there: str, *, later: bool) -> Response:
    """A job that was handed in, with its address."""
    response = Response(documents.dumped(told), status_code=201, media_type=JSON)
    response.headers["Location"] = there
    if later:
        response.headers["Preference-Applied"] = _ASYNC
    return _private(response)


def _preferences(request: Request) -> set[str]:
    """What the header Prefer asks for (RFC 7240), without values."""
    header = ",".join(request.headers.getlist("prefer"))[:1000]
    return {part.partition(";")[0].partition("=")[0].strip().lower() for part in header.split(",")}


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _feature(service: Services, connection: Connection, layer: str, number: str) -> Any:
    """A feature as GeoJSON, as whoever asks may see it."""
    one = layers.find(service.ogc.collections, layer)
    return json.loads(found_feature(connection, one, numbered(one, number), CRS84)[0])


def _circle_later(service: Services, connection: Connection, order: Wanted) -> int:
    told, more = case(service, order.values), {"ogc": order.told}
    return submit_circle(connection, told, order.values["point"], service.actor.name, more=more)


def _coverage_later(service: Services, connection: Connection, order: Wanted) -> int:
    given = {name: value for name, value in order.values.items() if name != "on"}
    request = RunRequest(on=order.values.get("on") or today(), **given)
    return submit_run(connection, service.catalog, request, service.actor.name, more={"ogc": order.told})


def _siting_later(service: Services, connection: Connection, order: Wanted) -> int:
    form = form_of(order.values)
    try:
        made = submit_question(connection, service.catalog, form, service.actor, more={"ogc": order.told})
    except BadInput as error:
        # A question that cannot be asked so is a request that cannot be.
        raise BadRequest(error.code, **error.values) from None
    number = answers.answer(connection, made).job_id
    assert number is not None
    return number


_HANDED_IN: Mapping[str, Callable[[Services, Connection, Wanted], int]] = {
    "service-circle": _circle_later,
    "coverage": _coverage_later,
    "siting": _siting_later,
}
