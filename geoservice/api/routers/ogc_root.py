"""OGC API: landing page, conformance, collections."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import ogc_pages as pages
from geoservice.api.ogc import ROOT, Ask, Asking
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.database.filters import today
from geoservice.errors import NotFound
from geoservice.language import current_language
from geoservice.publish.ogc import documents, schemas
from geoservice.publish.ogc.documents import Described
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.links import OPENAPI, SCHEMA
from geoservice.publish.ogc.model import Collection, find
from geoservice.publish.ogc.openapi import openapi
from geoservice.publish.ogc.parameters import FORMAT, LANGUAGE
from geoservice.publish.ogc.processes.model import processes

router = APIRouter(prefix=ROOT, tags=["OGC API"], dependencies=[needs(Permission.PUBLIC)])
_COMMON = {"parameters": [FORMAT, LANGUAGE]}


@router.get("", response_class=Response, openapi_extra=_COMMON)
@router.get("/", response_class=Response, include_in_schema=False)
def landing_page(service: Service, ask: Ask) -> Response:
    """Landing page of the OGC API."""
    ask.known()
    with service.look() as connection:
        found = service.ogc.seen(connection, today())
    schematic = any(extent.schematic for _, extent in found.values())
    document = documents.landing(ask.place, ask.format, schematic=schematic)
    count = len(processes(service.catalog))
    return ask.answer(
        document, lambda: pages.landing_page(ask, document, count=len(found), processes=count, schematic=schematic)
    )


@router.get("/api", response_class=Response, openapi_extra=_COMMON)
def description(service: Service, ask: Ask) -> Response:
    """Description of the OGC API in OpenAPI 3.0, with each collection on its own."""
    ask.known()
    with service.look() as connection:
        found = service.ogc.seen(connection, today())
    most, language = service.settings.server.max_results, current_language.get()
    document = openapi(ask.place.root, found, processes(service.catalog), most=most, language=language)
    return ask.answer(document, lambda: pages.api_page(ask, document), media_type=OPENAPI)


@router.get("/conformance", response_class=Response, openapi_extra=_COMMON)
def conformance(ask: Ask) -> Response:
    """Conformance classes that the service passes."""
    ask.known()
    document = documents.conformance(ask.place, ask.format)
    return ask.answer(document, lambda: pages.conformance_page(ask, document))


@router.get("/collections", response_class=Response, openapi_extra=_COMMON)
def collections(service: Service, ask: Ask) -> Response:
    """Collections that whoever asks may see anything of."""
    ask.known()
    with service.look() as connection:
        found = service.ogc.seen(connection, today())
    document = documents.collection_list(ask.place, ask.format, found, described(service))
    return ask.answer(document, lambda: pages.collections_page(ask, document))


@router.get("/collections/{collection_id}", response_class=Response, openapi_extra=_COMMON)
def collection(service: Service, ask: Ask, collection_id: str) -> Response:
    """One collection: what it holds, where and when it reaches, in which reference systems it is given out."""
    one, extent = _seen(service, ask, collection_id)
    document = documents.collection(ask.place, ask.format, one, extent, described(service))
    return ask.answer(document, lambda: pages.collection_page(ask, one, extent, document))


def seen(service: Services, connection: Connection, one: Collection) -> tuple[Collection, Extent]:
    """A collection with its extent.

    Raises
    ------
    NotFound
        ``ogc.no-collection`` where whoever asks may see nothing of it.
    """
    found = service.ogc.seen(connection, today(), [one.id])
    if one.id not in found:
        raise NotFound("ogc.no-collection", id=one.id)
    return found[one.id]


def described(service: Services) -> Described:
    """What documents say of the installation."""
    return Described(current_language.get(), approval=service.approval)


@router.get("/collections/{collection_id}/queryables", response_class=Response, openapi_extra=_COMMON)
def queryables(service: Service, ask: Ask, collection_id: str) -> Response:
    """What features of a collection can be asked for by, as JSON Schema."""
    one, _ = _seen(service, ask, collection_id)
    document = schemas.queryables(ask.place, one, current_language.get())
    return ask.answer(document, lambda: pages.schema_page(ask, one, document, "queryables"), media_type=SCHEMA)


@router.get("/collections/{collection_id}/schema", response_class=Response, openapi_extra=_COMMON)
def schema(service: Service, ask: Ask, collection_id: str) -> Response:
    """What features of a collection hold, as JSON Schema."""
    one, _ = _seen(service, ask, collection_id)
    document = schemas.schema(ask.place, one, current_language.get())
    return ask.answer(document, lambda: pages.schema_page(ask, one, document, "schema"), media_type=SCHEMA)


def _seen(service: Services, ask: Asking, collection_id: str) -> tuple[Collection, Extent]:
    """A collection of which whoever asks may see something."""
    ask.known()
    one = find(service.ogc.collections, collection_id)
    with service.look() as connection:
        return seen(service, connection, one)
