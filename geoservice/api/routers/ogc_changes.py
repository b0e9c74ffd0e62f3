"""OGC API: features made, replaced, changed and taken out, by the rules of the records (draft of part 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect

from geoservice.access.roles import Permission
from geoservice.api.applying import apply, may_edit
from geoservice.api.ogc import ROOT, Ask, Asking
from geoservice.api.permits import JSON, media_type, needs
from geoservice.api.routers.ogc_items import feature_answer, found_feature, numbered
from geoservice.api.routers.records import IfMatch
from geoservice.api.services import Service, Services
from geoservice.api.versions import check_version
from geoservice.database.filters import today
from geoservice.editing import writing
from geoservice.editing.kept import Kept, is_kept, kept_layer
from geoservice.editing.reading import Record, record
from geoservice.errors import BadRequest, WrongMedia, WrongMethod
from geoservice.publish.ogc.changing import Feature, change, patched, read, reason_of, replaced
from geoservice.publish.ogc.crs import CRS84, OgcCrs, chosen, offered
from geoservice.publish.ogc.links import GEOJSON
from geoservice.publish.ogc.model import Collection, find
from geoservice.publish.ogc.openapi_changes import MERGE_PATCH

router = APIRouter(prefix=f"{ROOT}/collections", tags=["OGC API"])

READING = "GET, HEAD, OPTIONS"
WHOLE, PART = (GEOJSON, JSON), (MERGE_PATCH, GEOJSON, JSON)
_TAKEN = {"POST": WHOLE, "PATCH": PART}
_ACCEPTED = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}
MANY, ONE = "/{collection_id}/items", "/{collection_id}/items/{feature_id}"
EDIT, EDIT_PART, READ = needs(Permission.EDIT, *WHOLE), needs(Permission.EDIT, *PART), needs(Permission.PUBLIC)
Reason = Annotated[
    str | None,
    Header(
        alias="Geoservice-Reason",
        description="Why it is changed, kept in the history: UTF-8, or percent-encoded (RFC 3986) where a client sends ASCII only",
    ),
]
ContentCrs = Annotated[str | None, Header(description="Reference system of the geometry; CRS84 where it is absent")]


def _body(*media_types: str) -> dict[str, Any]:
    content = {name: {"schema": {"type": "object"}} for name in media_types}
    return {"requestBody": {"required": True, "content": content}}


@dataclass(frozen=True)
class Sent:
    """A feature on its way in: its bytes, the version that it starts from, its reference system, why it comes."""

    body: bytes
    if_match: str | None
    content_crs: str | None
    reason: str | None


def _received(*media_types: str) -> Any:
    """What a request brings whose body is said to be of one of some media types."""

    async def received(
        request: Request, if_match: IfMatch = None, content_crs: ContentCrs = None, reason: Reason = None
    ) -> Sent:
        if media_type(request) not in media_types:
            raise WrongMedia("ogc.media-type", given=media_type(request)[:60], allowed=", ".join(media_types))
        try:
            return Sent(await request.body(), if_match, content_crs, reason_of(reason))
        except ClientDisconnect:
            # Nobody is there to hear it; it is no error of ours.
            raise BadRequest("api.bad-request") from None

    return Depends(received)


Whole = Annotated[Sent, _received(*WHOLE)]
Part = Annotated[Sent, _received(*PART)]


@router.options(MANY, response_class=Response, dependencies=[READ])
def items_options(service: Service, collection_id: str) -> Response:
    """What may be done with a collection by whoever asks."""
    return _options(service, collection_id, "POST")


@router.options(ONE, response_class=Response, dependencies=[READ])
def item_options(service: Service, collection_id: str, feature_id: str) -> Response:
    """What may be done with its features by whoever asks."""
    del feature_id
    return _options(service, collection_id, "PUT, PATCH, DELETE")


@router.api_route(MANY, methods=["PUT", "PATCH", "DELETE"], include_in_schema=False, dependencies=[READ])
def not_on_items(service: Service, request: Request, collection_id: str) -> Response:
    """Refuses what is done with single features only."""
    raise _refused(request.method, _options(service, collection_id, "POST").headers["Allow"])


@router.post(ONE, include_in_schema=False, dependencies=[READ])
def not_on_item(service: Service, request: Request, collection_id: str, feature_id: str) -> Response:
    """Refuses what is done with whole collections only."""
    del feature_id
    raise _refused(request.method, _options(service, collection_id, "PUT, PATCH, DELETE").headers["Allow"])


@router.post(MANY, status_code=201, response_class=Response, openapi_extra=_body(*WHOLE), dependencies=[EDIT])
def make(service: Service, ask: Ask, collection_id: str, sent: Whole) -> Response:
    """Makes a feature; its address stands in Location. Draft."""
    one, kept = _changeable(service, ask, collection_id, "POST")
    with service.read() as connection:
        crs = _crs(service, connection, one, sent)
        (made,) = apply(service, connection, kept, [change(kept, one, read(sent.body), crs)], sent.reason)
        response = _answer(feature_answer(service, ask, connection, one, made.id, crs), 201)
    response.headers["Location"] = ask.place.to("collections", one.id, "items", str(made.id))
    return response


@router.put(ONE, response_class=Response, openapi_extra=_body(*WHOLE), dependencies=[EDIT])
def replace(service: Service, ask: Ask, collection_id: str, feature_id: str, sent: Whole) -> Response:
    """Puts a feature in the place of another; what it does not name falls back to its default. Draft."""
    one, kept = _changeable(service, ask, collection_id, "PUT")
    return _rewrite(service, ask, (one, kept, feature_id), sent, partial(replaced, kept))


@router.patch(ONE, response_class=Response, openapi_extra=_body(*PART), dependencies=[EDIT_PART])
def update(service: Service, ask: Ask, collection_id: str, feature_id: str, sent: Part) -> Response:
    """Changes a feature by a merge patch (RFC 7396). Draft."""
    one, kept = _changeable(service, ask, collection_id, "PATCH")
    return _rewrite(service, ask, (one, kept, feature_id), sent, patched)


@router.delete(ONE, status_code=204, response_class=Response, dependencies=[EDIT])
def remove(
    service: Service, ask: Ask, collection_id: str, feature_id: str, if_match: IfMatch = None, reason: Reason = None
) -> Response:
    """Takes a feature out; its history stays. Draft."""
    one, kept = _changeable(service, ask, collection_id, "DELETE")
    with service.read() as connection:
        _, present = _start(connection, (one, kept, feature_id), if_match)
        writing.remove(connection, kept, [(present.id, present.version)], reason=reason_of(reason))
    return _answer(Response(), 204)


def _rewrite(
    service: Services,
    ask: Asking,
    place: tuple[Collection, Kept, str],
    sent: Sent,
    rewritten: Callable[[Feature, Feature], Feature],
) -> Response:
    one, kept, _ = place
    with service.read() as connection:
        crs = _crs(service, connection, one, sent)
        current, present = _start(connection, place, sent.if_match, crs)
        wanted = rewritten(current, read(sent.body))
        start = change(kept, one, wanted, crs, current=current, version=present.version)
        # Whoever moves a record out of sight does not see it afterwards.
        if not apply(service, connection, kept, [start], sent.reason):
            return _answer(Response(), 204)
        return _answer(feature_answer(service, ask, connection, one, present.id, crs), 200)


def _start(
    connection: Connection, place: tuple[Collection, Kept, str], if_match: str | None, crs: OgcCrs = CRS84
) -> tuple[Feature, Record]:
    """A feature that a change starts from, as it is given out and as it is kept."""
    one, kept, feature_id = place
    number = numbered(one, feature_id)
    text, _ = found_feature(connection, one, number, crs)
    present = record(connection, kept, number)
    check_version(if_match, present.version)
    return json.loads(text), present


def _changeable(service: Services, ask: Asking, collection_id: str, method: str) -> tuple[Collection, Kept]:
    one = find(service.ogc.collections, collection_id)
    ask.known()
    if not is_kept(one.id):
        raise _refused(method, READING)
    return one, kept_layer(service.catalog, one.id)


def _refused(method: str, allow: str) -> WrongMethod:
    return WrongMethod("api.method-not-allowed", method=method, allow=allow)


def _crs(service: Services, connection: Connection, one: Collection, sent: Sent) -> OgcCrs:
    if sent.content_crs is None:
        return CRS84
    found = service.ogc.seen(connection, today(), [one.id]).get(one.id)
    uri = sent.content_crs.strip().removeprefix("<").removesuffix(">")
    return chosen("Content-Crs", uri, offered(None if found is None else found[1].bounds))


def _options(service: Services, collection_id: str, changing: str) -> Response:
    one = find(service.ogc.collections, collection_id)
    may = is_kept(one.id) and may_edit(service, kept_layer(service.catalog, one.id))
    headers = {"Allow": READING, "Cache-Control": "no-store"}
    if may:
        headers["Allow"] = f"{READING}, {changing}"
        headers |= {_ACCEPTED[method]: ", ".join(kinds) for method, kinds in _TAKEN.items() if method in changing}
    return Response(headers=headers)


def _answer(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
