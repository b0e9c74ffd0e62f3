"""OGC API - Tiles: the tile matrix set, and the tiles of a collection in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from geoservice.errors import NotFound
from geoservice.language import translate
from geoservice.publish.ogc.crs import CRS84_URI, MERCATOR, by_epsg
from geoservice.publish.ogc.extents import Bounds
from geoservice.publish.ogc.links import FORMATS, HTML, JSON, Link, Place, itself, link
from geoservice.publish.ogc.model import Collection, said
from geoservice.publish.ogc.schemas import property_schema
from geoservice.publish.tiles import HALF_WORLD_M, Tile

QUAD = "WebMercatorQuad"
QUAD_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
MVT = "application/vnd.mapbox-vector-tile"
VECTOR_TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILING_SCHEMES = f"{TILING_SCHEME}s"
# Of OGC 17-083r4, annex D.1: pixels of a tile, levels, metres of a pixel that the scale is told by.
_TILE_PIXELS, _LEVELS, _PIXEL_M = 256, 25, 0.00028
# Beyond this latitude EPSG:3857 has no square.
_NORTHERNMOST = math.degrees(math.atan(math.sinh(math.pi)))
_DIMENSIONS = {"Point": 0, "LineString": 1, "MultiPolygon": 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows and columns of a tile matrix in which a collection lies."""

    matrix: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    def holds(self, tile: Tile) -> bool:
        """Whether a tile is one of them."""
        return (
            tile.z == self.matrix
            and self.rows[0] <= tile.y <= self.rows[1]
            and self.columns[0] <= tile.x <= self.columns[1]
        )


def limits(one: Collection, bounds: Bounds | None) -> list[Limits]:
    """The tiles that a collection may have, by tile matrix; none where nothing lies anywhere or it has no tiles."""
    if bounds is None or one.layer.tiles is None:
        return []
    west, south, east, north = bounds
    levels = range(one.layer.tiles.minzoom, one.layer.tiles.maxzoom + 1)
    return [Limits(z, (_row(north, z), _row(south, z)), (_column(west, z), _column(east, z))) for z in levels]


def _column(lon: float, z: int) -> int:
    return _held((lon + 180) / 360, z)


def _row(lat: float, z: int) -> int:
    """The row of a latitude, counted from the north.

    Examples
    --------
    >>> _row(30.66, 5), _row(90, 3), _row(-90, 3)
    (13, 0, 7)
    """
    held = math.radians(min(max(lat, -_NORTHERNMOST), _NORTHERNMOST))
    share = (1 - math.asinh(math.tan(held)) / math.pi) / 2
    return _held(share, z)


def _held(share: float, z: int) -> int:
    """The row or column that a share of the whole falls in."""
    last = (1 << z) - 1
    return min(max(int(share * (last + 1)), 0), last)


def wanted_tile(known: list[Limits], matrix: str, row: str, column: str) -> Tile:
    """The tile of an address.

    Raises
    ------
    NotFound
        ``ogc.no-tile`` where it lies outside the collection.
    """
    numbers = [
        int(part) if part.isascii() and part.isdigit() and len(part) < 10 else -1 for part in (matrix, row, column)
    ]
    found = Tile(numbers[0], numbers[2], numbers[1])
    if not any(one.holds(found) for one in known):
        raise NotFound("ogc.no-tile", matrix=matrix[:20], row=row[:20], column=column[:20])
    return found


def known_set(name: str) -> None:
    """Refuses any other tile matrix set.

    Raises
    ------
    NotFound
        ``ogc.no-tiling``
    """
    if name != QUAD:
        raise NotFound("ogc.no-tiling", id=name[:60], allowed=QUAD)


def matrix_sets(place: Place, given: str) -> dict[str, Any]:
    """The list of tile matrix sets."""
    href = place.to("tileMatrixSets", QUAD)
    one = {
        "id": QUAD,
        "title": translate("ogc.tiling.quad"),
        "uri": QUAD_URI,
        "crs": by_epsg(MERCATOR).uri,
        "links": [link(href, "self", JSON), link(f"{href}?f=html", "alternate", HTML)],
    }
    return {"links": itself(place, given, FORMATS), "tileMatrixSets": [one]}


def matrix_set(place: Place, given: str) -> dict[str, Any]:
    """WebMercatorQuad as OGC 17-083r4 defines it."""
    cells = [2 * HALF_WORLD_M / _TILE_PIXELS / 2**z for z in range(_LEVELS)]
    return {
        "id": QUAD,
        "title": translate("ogc.tiling.quad"),
        "uri": QUAD_URI,
        "crs": by_epsg(MERCATOR).uri,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "links": itself(place, given, FORMATS),
        "tileMatrices": [
            {
                "id": str(z),
                "scaleDenominator": cell / _PIXEL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
                "tileWidth": _TILE_PIXELS,
                "tileHeight": _TILE_PIXELS,
                "matrixWidth": 2**z,
                "matrixHeight": 2**z,
            }
            for z, cell in enumerate(cells)
        ],
    }


def tilesets(place: Place, given: str, one: Collection, language: str) -> dict[str, Any]:
    """The list of tilesets of a collection."""
    return {"links": itself(place, given, FORMATS), "tilesets": [_told(place, one, language)]}


def tileset(place: Place, given: str, one: Collection, bounds: Bounds | None, language: str) -> dict[str, Any]:
    """The tiles of a collection in WebMercatorQuad."""
    found = {**_told(place, one, language), "tileMatrixSetLimits": [_limit(part) for part in limits(one, bounds)]}
    found["layers"] = [_layer(one, language)]
    if bounds is not None:
        found["boundingBox"] = {"lowerLeft": bounds[:2], "upperRight": bounds[2:], "crs": CRS84_URI}
    tiles = place.to("collections", one.id, "tiles", QUAD) + "/{tileMatrix}/{tileRow}/{tileCol}"
    item = {**link(tiles, "item", MVT), "templated": True}
    found["links"] = [*itself(place, given, FORMATS), _scheme(place), item]
    return found


def _told(place: Place, one: Collection, language: str) -> dict[str, Any]:
    href = place.to("collections", one.id, "tiles", QUAD)
    return {
        "title": said(one.layer.title, language),
        "dataType": "vector",
        "crs": by_epsg(MERCATOR).uri,
        "tileMatrixSetURI": QUAD_URI,
        "links": [link(href, "self", JSON), link(f"{href}?f=html", "alternate", HTML), _scheme(place)],
    }


def _scheme(place: Place) -> Link:
    return link(place.to("tileMatrixSets", QUAD), TILING_SCHEME, JSON)


def _limit(one: Limits) -> dict[str, Any]:
    rows, columns = one.rows, one.columns
    return {
        "tileMatrix": str(one.matrix),
        "minTileRow": rows[0],
        "maxTileRow": rows[1],
        "minTileCol": columns[0],
        "maxTileCol": columns[1],
    }


def _layer(one: Collection, language: str) -> dict[str, Any]:
    tiles = one.layer.tiles
    fields = tiles.fields if tiles else ()
    properties = {name: property_schema(one.properties[name], language) for name in fields if name in one.properties}
    found: dict[str, Any] = {"id": one.id, "title": said(one.layer.title, language), "dataType": "vector"}
    if one.layer.geometry in _DIMENSIONS:
        found["geometryDimension"] = _DIMENSIONS[one.layer.geometry]
    if tiles:
        found |= {"minTileMatrix": str(tiles.minzoom), "maxTileMatrix": str(tiles.maxzoom)}
    return {**found, "propertiesSchema": {"type": "object", "properties": {"id": {"type": "integer"}} | properties}}
