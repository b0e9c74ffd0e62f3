"""OGC API: tiles of a collection, and the tile matrix set that they are cut by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from geoservice.access.roles import Permission
from geoservice.api import ogc_pages as pages
from geoservice.api.conditional import Conditional
from geoservice.api.ogc import ROOT, Ask, Asking, varied
from geoservice.api.permits import needs
from geoservice.api.routers.ogc_root import seen
from geoservice.api.services import Service, Services
from geoservice.database.filters import today
from geoservice.errors import BadRequest, NotFound
from geoservice.language import current_language
from geoservice.publish.ogc import tiling
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.model import Collection, find
from geoservice.publish.ogc.parameters import FORMAT, LANGUAGE
from geoservice.publish.revisions import layer_revision
from geoservice.publish.tiles import tile, tile_etag

router = APIRouter(prefix=ROOT, tags=["OGC API"], dependencies=[needs(Permission.PUBLIC)])
_COMMON = {"parameters": [FORMAT, LANGUAGE]}
_TILE = {
    "parameters": [{**FORMAT, "schema": {"type": "string", "enum": ["mvt"]}}],
    "responses": {"200": {"content": {tiling.MVT: {}}}, "204": {"description": "Nothing lies in the tile"}},
}


async def tile_numbers(matrix: str, row: str, column: str) -> tuple[str, str, str]:
    """Level, row from the north and column of a tile, as the address has them."""
    return matrix, row, column


async def only_format(request: Request) -> None:
    """Refuses every parameter but the format that there is."""
    for name, value in request.query_params.items():
        if name != "f":
            raise BadRequest("api.unknown-parameter", name=name[:60], allowed="f")
        if value != "mvt":
            raise BadRequest("ogc.unknown-format", value=value[:60], allowed="mvt")


Numbers = Annotated[tuple[str, str, str], Depends(tile_numbers)]


@router.get("/tileMatrixSets", response_class=Response, openapi_extra=_COMMON)
def matrix_sets(ask: Ask) -> Response:
    """Tile matrix sets."""
    ask.known()
    document = tiling.matrix_sets(ask.place, ask.format)
    return ask.answer(document, lambda: pages.tiling_page(ask, document))


@router.get("/tileMatrixSets/{set_id}", response_class=Response, openapi_extra=_COMMON)
def matrix_set(ask: Ask, set_id: str) -> Response:
    """A tile matrix set: its levels, with the size of their cells."""
    ask.known()
    tiling.known_set(set_id)
    document = tiling.matrix_set(ask.place, ask.format)
    return ask.answer(document, lambda: pages.tiling_page(ask, document))


@router.get("/collections/{collection_id}/tiles", response_class=Response, openapi_extra=_COMMON)
def tilesets(service: Service, ask: Ask, collection_id: str) -> Response:
    """Tilesets of a collection."""
    one, _ = _seen(service, ask, collection_id)
    document = tiling.tilesets(ask.place, ask.format, one, current_language.get())
    return ask.answer(document, lambda: pages.tilesets_page(ask, one, document))


@router.get("/collections/{collection_id}/tiles/{set_id}", response_class=Response, openapi_extra=_COMMON)
def tileset(service: Service, ask: Ask, collection_id: str, set_id: str) -> Response:
    """A tileset: where its tiles are, and which there are."""
    one, extent = _seen(service, ask, collection_id)
    tiling.known_set(set_id)
    document = tiling.tileset(ask.place, ask.format, one, extent.bounds, current_language.get())
    return ask.answer(document, lambda: pages.tilesets_page(ask, one, document))


@router.get(
    "/collections/{collection_id}/tiles/{set_id}/{matrix}/{row}/{column}",  # noqa: FAST003 - in `tile_numbers`
    response_class=Response,
    openapi_extra=_TILE,
    dependencies=[Depends(only_format)],
)
def one_tile(service: Service, condition: Conditional, collection_id: str, set_id: str, numbers: Numbers) -> Response:
    """A vector tile with one source layer, named as the collection; 204 where nothing lies in it."""
    one, day = _with_tiles(find(service.ogc.collections, collection_id)), today()
    tiling.known_set(set_id)
    with service.look() as connection:
        bounds = seen(service, connection, one)[1].bounds
        wanted = tiling.wanted_tile(tiling.limits(one, bounds), *numbers)
        tag = tile_etag(one.layer, layer_revision(connection, one.id), wanted, day)

        def body() -> Response:
            data = tile(connection, one.layer, wanted, day=day)
            return Response(data, media_type=tiling.MVT) if data else Response(status_code=204)

        return varied(condition.answer(tag, body))


def _with_tiles(one: Collection) -> Collection:
    if one.layer.tiles is None:
        raise NotFound("ogc.no-tiles", id=one.id)
    return one


def _seen(service: Services, ask: Asking, collection_id: str) -> tuple[Collection, Extent]:
    """A collection with tiles of which whoever asks may see something."""
    ask.known()
    one = _with_tiles(find(service.ogc.collections, collection_id))
    with service.look() as connection:
        return seen(service, connection, one)
