"""OGC API - Tiles: one test an abstract test of core, tileset, tilesets-list, geodata-tilesets and mvt, and two other readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from tests.integration.test_ogc_core import ids, ogc  # noqa: F401 - a fixture
from tests.ogc_client import JSON, ROOT, Ogc, epsg, linked

QUAD = "WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
RELS = "http://www.opengis.net/def/rel/ogc/1.0/"
HALF = 20037508.342789244
_TO_METRES = Transformer.from_crs(4326, 3857, always_xy=True)


def tileset(ogc: Ogc, collection: str) -> Any:  # noqa: F811
    return ogc.json(f"/collections/{collection}/tiles/{QUAD}")


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Of a tile, in metres of EPSG:3857."""
    side = 2 * HALF / 2**z
    return -HALF + x * side, HALF - (y + 1) * side, -HALF + (x + 1) * side, HALF - y * side


def addresses(ogc: Ogc, collection: str, z: int) -> list[tuple[int, int, int]]:  # noqa: F811
    """Tiles of a level: zoom, column, row."""
    one = next(part for part in tileset(ogc, collection)["tileMatrixSetLimits"] if part["tileMatrix"] == str(z))
    return [
        (z, x, y)
        for y in range(one["minTileRow"], one["maxTileRow"] + 1)
        for x in range(one["minTileCol"], one["maxTileCol"] + 1)
    ]


def fetched(ogc: Ogc, collection: str, z: int, x: int, y: int) -> bytes:  # noqa: F811
    (item,) = linked(tileset(ogc, collection), "item")
    href = item["href"].format(tileMatrix=z, tileRow=y, tileCol=x)
    answer = ogc.web.get(href)
    assert answer.status_code in (200, 204)
    if answer.status_code == 200:
        assert answer.headers["content-type"] == MVT
    return bytes(answer.content)


# /conf/core/conformance-success and its sisters
def test_conf_core_conformance_success(ogc: Ogc) -> None:  # noqa: F811
    declared = ogc.json("/conformance")["conformsTo"]
    for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt"):
        assert f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}" in declared


# /conf/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition
def test_conf_core_tc_definitions(ogc: Ogc) -> None:  # noqa: F811
    paths = ogc.json("/api")["paths"]
    for collection in ids():
        operation = paths[f"/collections/{collection}/tiles/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"]["get"]
        assert [(one["name"], one["in"], one["required"]) for one in operation["parameters"]] == [
            (name, "path", True) for name in ("tileMatrix", "tileRow", "tileCol")
        ]
        assert operation["operationId"].endswith(".collection.vector.getTile")


# /conf/core/tc-op, /conf/core/tc-success: what is in a tile lies in it, and what lies in it is there
@pytest.mark.parametrize(("collection", "z"), [("facilities", 11), ("facilities", 14), ("communities", 11)])
def test_conf_core_tc_success(ogc: Ogc, collection: str, z: int) -> None:  # noqa: F811
    features = ogc.everything(collection, limit=5000)
    points = {one["id"]: _TO_METRES.transform(*one["geometry"]["coordinates"]) for one in features}
    found: set[int] = set()
    for z_, x, y in addresses(ogc, collection, z)[:40]:
        west, south, east, north = bounds(z_, x, y)
        data = fetched(ogc, collection, z_, x, y)
        drawn = mapbox_vector_tile.decode(data)[collection]["features"] if data else []
        inside = {id_ for id_, (e, n) in points.items() if west + 1 < e < east - 1 and south + 1 < n < north - 1}
        shown = {one["id"] for one in drawn}
        assert inside <= shown
        around = (east - west) * 65 / 4096
        assert all(west - around <= points[id_][0] <= east + around and south - around <= points[id_][1] <= north + around for id_ in shown)  # fmt: skip
        found |= shown
    assert found


# /conf/core/tc-error
@pytest.mark.parametrize(
    "address", ["0/0/0", "99/0/0", "x/0/0", "11/-1/0", "11/0/5000", "11/1.5/2", "14/0/0", "11/٣/2", "9999999999999/0/0"]
)
def test_conf_core_tc_error(ogc: Ogc, address: str) -> None:  # noqa: F811
    assert ogc.refused(f"/collections/facilities/tiles/{QUAD}/{address}", status=404) == "ogc.no-tile"


def test_conf_core_tc_error_of_others(ogc: Ogc) -> None:  # noqa: F811
    z, x, y = addresses(ogc, "facilities", 11)[0]
    here = f"/collections/facilities/tiles/{QUAD}/{z}/{y}/{x}"
    assert ogc.refused(here, f="png") == "ogc.unknown-format"
    assert ogc.refused(here, other="1") == "api.unknown-parameter"
    assert ogc.refused(here.replace(QUAD, "Other"), status=404) == "ogc.no-tiling"
    assert ogc.refused("/tileMatrixSets/Other", status=404) == "ogc.no-tiling"
    assert ogc.refused("/collections/nothing/tiles", status=404) == "ogc.no-collection"
    # Nothing of it may be seen.
    assert ogc.refused("/collections/walls/tiles", status=404) == "ogc.no-collection"
    assert ogc.refused(f"/collections/walls/tiles/{QUAD}/14/1/1", status=404) == "ogc.no-collection"


def test_a_tile_without_anything_is_told_as_such(ogc: Ogc) -> None:  # noqa: F811
    z, x, y = next(one for one in addresses(ogc, "facilities", 14) if not fetched(ogc, "facilities", *one))
    answer = ogc.web.get(f"/ogc/collections/facilities/tiles/{QUAD}/{z}/{y}/{x}")
    assert (answer.status_code, answer.content) == (204, b"")


# /conf/tileset/description
@pytest.mark.parametrize("collection", ids())
def test_conf_tileset_description(ogc: Ogc, collection: str) -> None:  # noqa: F811
    document = tileset(ogc, collection)
    assert (document["dataType"], document["crs"]) == ("vector", epsg(3857))
    assert document["tileMatrixSetURI"] == f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
    (scheme,), (item,) = linked(document, f"{RELS}tiling-scheme"), linked(document, "item", MVT)
    matrices = ogc.web.get(scheme["href"], headers={"Accept": JSON}).json()
    assert matrices["uri"] == document["tileMatrixSetURI"]
    assert item["templated"] is True
    assert all(f"{{{name}}}" in item["href"] for name in ("tileMatrix", "tileRow", "tileCol"))
    assert [one["id"] for one in document["layers"]] == [collection]
    known = {one["id"]: one for one in matrices["tileMatrices"]}
    for one in document["tileMatrixSetLimits"]:
        matrix = known[one["tileMatrix"]]
        assert 0 <= one["minTileRow"] <= one["maxTileRow"] < matrix["matrixHeight"]
        assert 0 <= one["minTileCol"] <= one["maxTileCol"] < matrix["matrixWidth"]


# The limits of a level cover the extent, and no row or column of them lies outside it.
def test_limits_are_those_of_the_extent(ogc: Ogc) -> None:  # noqa: F811
    ((west, south, east, north),) = ogc.json("/collections/facilities")["extent"]["spatial"]["bbox"]
    (left, bottom), (right, top) = _TO_METRES.transform(west, south), _TO_METRES.transform(east, north)
    for one in tileset(ogc, "facilities")["tileMatrixSetLimits"]:
        z = int(one["tileMatrix"])
        first = bounds(z, one["minTileCol"], one["minTileRow"])
        last = bounds(z, one["maxTileCol"], one["maxTileRow"])
        assert first[0] <= left < first[2]
        assert first[1] < top <= first[3]
        assert last[0] <= right < last[2] + 1e-6
        assert last[1] - 1e-6 < bottom <= last[3]


# /conf/tilesets-list/tileset-links, /conf/geodata-tilesets/operation, /conf/geodata-tilesets/desc-links
@pytest.mark.parametrize("collection", ids())
def test_conf_tilesets_list(ogc: Ogc, collection: str) -> None:  # noqa: F811
    (link,) = linked(ogc.json(f"/collections/{collection}"), f"{RELS}tilesets-vector")
    assert link["href"] == f"{ROOT}/collections/{collection}/tiles"
    (one,) = ogc.web.get(link["href"], headers={"Accept": JSON}).json()["tilesets"]
    assert (one["dataType"], one["crs"]) == ("vector", epsg(3857))
    assert one["tileMatrixSetURI"].endswith(QUAD)
    assert linked(one, f"{RELS}tiling-scheme")
    (own,) = linked(one, "self")
    assert own["href"] == f"{link['href']}/{QUAD}"
    full = ogc.web.get(own["href"], headers={"Accept": JSON}).json()
    assert {name: full[name] for name in ("title", "dataType", "crs", "tileMatrixSetURI")} == {
        name: one[name] for name in ("title", "dataType", "crs", "tileMatrixSetURI")
    }


# The tile matrix set is the registered one (OGC 17-083r4, annex D.1).
def test_the_tile_matrix_set(ogc: Ogc) -> None:  # noqa: F811
    (link,) = linked(ogc.json(""), f"{RELS}tiling-schemes")
    (one,) = ogc.web.get(link["href"], headers={"Accept": JSON}).json()["tileMatrixSets"]
    document = ogc.web.get(linked(one, "self")[0]["href"], headers={"Accept": JSON}).json()
    assert (document["id"], document["crs"], len(document["tileMatrices"])) == (QUAD, epsg(3857), 25)
    first, last = document["tileMatrices"][0], document["tileMatrices"][24]
    assert first["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert first["cellSize"] == pytest.approx(156543.033928041, rel=1e-12)
    assert first["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], abs=1e-7)
    assert (last["scaleDenominator"], last["matrixWidth"]) == (pytest.approx(559082264.028717 / 2**24), 16777216)


# /conf/mvt/content: the grid maps linearly to the tile; the ring of a township drawn in a tile is the township's
@pytest.mark.parametrize(("collection", "z"), [("units", 12), ("roads", 13), ("facilities", 13)])
def test_conf_mvt_content(ogc: Ogc, collection: str, z: int, tmp_path: Path) -> None:  # noqa: F811
    owned = {one["properties"].get("unit_id", one["id"]): one for one in ogc.everything(collection, limit=5000)}
    tiles = addresses(ogc, collection, z)
    read = 0
    for z_, x, y in tiles[len(tiles) // 2 :][:6]:
        data = fetched(ogc, collection, z_, x, y)
        if not data:
            continue
        west, _, east, north = bounds(z_, x, y)
        layers = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})
        assert list(layers) == [collection]
        assert layers[collection]["extent"] == 4096
        (tmp_path / "tile.mvt").write_bytes(data)
        by_gdal = pyogrio.read_dataframe(tmp_path / "tile.mvt", layer=collection, X=x, Y=y, Z=z_, CLIP="NO")
        assert len(by_gdal) == len(layers[collection]["features"])
        for one in layers[collection]["features"]:
            assert one["geometry"]["type"] in ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
            step = (east - west) / 4096
            drawn = shapely.transform(
                shapely.from_geojson(json.dumps(one["geometry"])),
                lambda grid, west=west, north=north, step=step: grid * (step, -step) + (west, north),
            )
            whole = shapely.transform(
                shapely.from_geojson(json.dumps(owned[one["id"]]["geometry"])), _TO_METRES.transform, interleaved=False
            )
            corners = shapely.points(shapely.get_coordinates(drawn))
            assert shapely.distance(whole, corners).max() <= 3 * step
            read += 1
    assert read


def test_a_tile_is_kept_until_the_records_change(ogc: Ogc) -> None:  # noqa: F811
    z, x, y = addresses(ogc, "units", 10)[0]
    path = f"/ogc/collections/units/tiles/{QUAD}/{z}/{y}/{x}"
    first = ogc.web.get(path)
    again = ogc.web.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
