"""Vector tiles."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from geoservice.access.roles import Permission
from geoservice.api.conditional import Conditional
from geoservice.api.parameters import TileNumber, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.database.filters import today
from geoservice.publish.tiles import (
    Tile,
    thinning,
    tile,
    tile_etag,
    tile_layer,
    tile_place,
    tile_revision,
    tile_with_revision,
)

router = APIRouter(prefix="/tiles", tags=["tiles"], dependencies=[Depends(no_query), needs(Permission.PUBLIC)])

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


@router.get("/{layer}/{z}/{x}/{y}.mvt", responses={200: {"content": {MEDIA_TYPE: {}}}}, response_class=Response)
def vector_tile(
    service: Service, layer: str, z: TileNumber, x: TileNumber, y: TileNumber, condition: Conditional
) -> Response:
    """A vector tile with one source layer, named as the layer; an empty body where there is nothing to show.

    Where a low zoom leaves records out, ``X-Thinned`` gives the rule. A client that holds the tile costs one look at what has changed within it.
    """
    declared, wanted, day = tile_layer(service.catalog, layer), Tile.checked(z, x, y), today()
    place, rule = tile_place(declared, wanted), thinning(layer, z)
    with service.look() as connection:
        if condition.given or service.tiles.holds(place):
            tag = tile_etag(declared, tile_revision(connection, layer, wanted), wanted, day)
            if condition.holds(tag):
                return condition.answer(tag, Response)
            made = service.tiles.answer(place, tag, lambda: tile(connection, declared, wanted, day=day))
        else:
            made, state = tile_with_revision(connection, declared, wanted, day=day)
            tag = tile_etag(declared, state, wanted, day)
            service.tiles.put(place, tag, made)
    headers = {"X-Thinned": rule} if rule else None
    return condition.answer(tag, lambda: Response(made, media_type=MEDIA_TYPE, headers=headers))
