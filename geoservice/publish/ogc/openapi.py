"""The description of the OGC API as a document of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoservice import __version__
from geoservice.editing.kept import is_kept
from geoservice.language import translate
from geoservice.publish.formats.parameters import ABOUT_FILE, FILE_FORMAT, FILE_NAMES, ITEM_CRS, LEVEL
from geoservice.publish.formats.registry import offered as file_formats
from geoservice.publish.formats.systems import SHIFTED
from geoservice.publish.ogc.crs import OgcCrs, offered
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.links import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from geoservice.publish.ogc.model import Collection, said
from geoservice.publish.ogc.openapi_changes import TOLD, changing, making
from geoservice.publish.ogc.openapi_processes import PROCESS_SCHEMAS, process_paths
from geoservice.publish.ogc.parameters import BBOX_CRS, CRS, FILTER_CRS, common, of_properties
from geoservice.publish.ogc.processes.parts import Process
from geoservice.publish.ogc.schemas import property_schema
from geoservice.publish.ogc.tiling import MVT, QUAD

PROBLEM = "application/problem+json"
_SHARED = ("limit", "after", "bbox", "datetime", "filter", "filter-lang")
_FORMAT, _LANGUAGE, _FILE = ({"$ref": f"#/components/parameters/{name}"} for name in ("f", "lang", "file"))
_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "hreflang", "title")},
}
_LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_TEXT: dict[str, Any] = {"type": "string"}
_SCHEMAS: dict[str, Any] = {
    "link": _LINK,
    "landingPage": {
        "type": "object",
        "required": ["links"],
        "properties": {"title": _TEXT, "description": _TEXT, "links": _LINKS},
    },
    "confClasses": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {
            "conformsTo": {"type": "array", "items": _TEXT},
            "drafts": {"type": "array", "items": _TEXT},
            "links": _LINKS,
        },
    },
    "collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "collections": {"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
        },
    },
    "collection": {
        "type": "object",
        "required": ["id", "links"],
        "properties": {
            **dict.fromkeys(("id", "title", "description", "itemType", "storageCrs", "attribution"), _TEXT),
            "extent": {"$ref": "#/components/schemas/extent"},
            "crs": {"type": "array", "items": _TEXT},
            "schematic": {"type": "boolean"},
            "links": _LINKS,
        },
    },
    "extent": {
        "type": "object",
        "properties": {
            "spatial": {
                "type": "object",
                "properties": {
                    "bbox": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
                    },
                    "crs": _TEXT,
                },
            },
            "temporal": {
                "type": "object",
                "properties": {
                    "interval": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "array",
                            "minItems": 2,
                            "maxItems": 2,
                            "items": {"type": "string", "format": "date-time", "nullable": True},
                        },
                    },
                    "trs": _TEXT,
                },
            },
        },
    },
    "geometry": {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "properties": {
            "type": {
                "type": "string",
                "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"],
            },
            "coordinates": {"type": "array", "items": {}},
        },
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "code", "remedy", "request_id"), _TEXT),
            "status": {"type": "integer"},
        },
    },
}
_HEADERS = {
    "Content-Crs": {"description": "Reference system of the geometries", "schema": {"type": "string"}},
    "ETag": {"description": "State of the answer, for If-None-Match", "schema": {"type": "string"}},
}
_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "404": "NotFound",
    "429": "TooMany",
    "500": "Failed",
    "503": "Unavailable",
}
_TOLD = {
    "BadRequest": "A parameter is unknown or its value is none",
    "Unauthorized": "The token is none, or no longer",
    "NotFound": "There is no such resource",
    "TooMany": "More requests than one may send",
    "Failed": "An error of the service",
    "Unavailable": "The database is down or took too long",
}


def openapi(
    root: str,
    found: Mapping[str, tuple[Collection, Extent]],
    offered_processes: Mapping[str, Process],
    *,
    most: int,
    language: str,
) -> dict[str, Any]:
    """The document, with the collections that whoever asks may see.

    Parameters
    ----------
    root
        Address of the landing page.
    most
        Features of one page.
    """
    paths: dict[str, Any] = {
        "/": _get("getLandingPage", "core", translate("app.name"), _json("landingPage")),
        "/api": _get("getApi", "core", translate("ogc.api"), {OPENAPI: {"schema": {"type": "object"}}}),
        "/conformance": _get("getConformance", "core", translate("ogc.conformance"), _json("confClasses")),
        "/tileMatrixSets": _get("getTileMatrixSetsList", "core", translate("ogc.tiling"), _object()),
        f"/tileMatrixSets/{QUAD}": _get("getTileMatrixSet", "core", translate("ogc.tiling"), _object()),
        "/collections": _get("getCollections", "core", translate("ogc.collections"), _json("collections")),
    }
    schemas = _SCHEMAS | PROCESS_SCHEMAS
    for one, extent in found.values():
        schemas |= _feature_schemas(one, language)
        paths |= _collection_paths(one, offered(extent.bounds), language)
    errors = {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()}
    paths |= process_paths(offered_processes, errors)
    return {
        "openapi": "3.0.3",
        "info": {"title": translate("app.name"), "description": translate("ogc.about"), "version": __version__},
        "servers": [{"url": root}],
        "security": [{}, {"token": []}],
        "tags": [
            {"name": "core", "description": translate("ogc.api")},
            {"name": "processes", "description": translate("ogc.processes")},
            *({"name": one.id, "description": said(one.layer.title, language)} for one, _ in found.values()),
        ],
        "paths": paths,
        "components": {
            "parameters": {
                **{name: value for name, value in common(most).items() if not name.endswith("crs")},
                "file": FILE_FORMAT,
            },
            "responses": {name: _problem(told) for name, told in {**_TOLD, **TOLD}.items()},
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _collection_paths(one: Collection, systems: Sequence[OgcCrs], language: str) -> dict[str, Any]:
    title, here = said(one.layer.title, language), f"/collections/{one.id}"
    uris = [crs.uri for crs in systems]
    crs, *others = (
        {**parameter, "schema": {"type": "string", "format": "uri", "enum": uris, "default": uris[0]}}
        for parameter in (CRS, BBOX_CRS, FILTER_CRS)
    )
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in _SHARED]
    by_value = of_properties(one, language)
    feature_id = {
        "name": "featureId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1},
        "description": translate("ogc.feature.id"),
    }  # fmt: skip
    many, single = _geojson(f"{one.id}Features"), _geojson(f"{one.id}Feature")
    file_crs = {**ITEM_CRS, "schema": {"type": "string", "enum": [*uris, *SHIFTED], "default": uris[0]}}
    files = {form.media_type: {"schema": {"type": "string", "format": "binary"}} for form in file_formats(one)}
    described = {SCHEMA: {"schema": {"type": "object"}}, HTML: {"schema": _TEXT}}
    found = {
        here: _get(f"describe_{one.id}", one.id, title, _json("collection")),
        f"{here}/items": _get(
            f"get_{one.id}", one.id, title, many | files, [*shared, file_crs, *others, FILE_NAMES, *by_value], crs=True
        ),
        f"{here}/download": _get(
            f"download_{one.id}",
            one.id,
            translate("export.title", None, layer=title),
            {JSON: {"schema": {"type": "object"}}, HTML: {"schema": _TEXT}} | files,
            [*shared[2:], file_crs, *others, FILE_NAMES, LEVEL, ABOUT_FILE, *by_value],
            crs=True,
        ),
        f"{here}/items/{{featureId}}": _get(
            f"get_{one.id}_feature", one.id, title, single, [feature_id, crs], crs=True
        ),
        f"{here}/queryables": _get(f"queryables_{one.id}", one.id, translate("ogc.queryables"), described),
        f"{here}/schema": _get(f"schema_{one.id}", one.id, translate("ogc.schema"), described),
        **(_tile_paths(one, here) if one.layer.tiles else {}),
    }
    if is_kept(one.id):
        errors = {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()}
        found[f"{here}/items"] |= making(one, title, uris, errors)
        found[f"{here}/items/{{featureId}}"] |= changing(one, title, uris, errors, feature_id)
    return found


def _tile_paths(one: Collection, here: str) -> dict[str, Any]:
    name, title = f"{one.id}.collection.vector", translate("ogc.tiles")
    numbers = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}, "description": translate(told)}
        for part, told in (
            ("tileMatrix", "ogc.tiles.matrix"),
            ("tileRow", "ogc.tiles.rows"),
            ("tileCol", "ogc.tiles.columns"),
        )
    ]
    single = _get(f"{name}.getTile", one.id, title, {MVT: {"schema": {**_TEXT, "format": "binary"}}}, numbers)
    single["get"]["parameters"] = numbers
    single["get"]["responses"]["204"] = {"description": "Nothing lies in the tile"}
    return {
        f"{here}/tiles": _get(f"{name}.getTileSetsList", one.id, title, _object()),
        f"{here}/tiles/{QUAD}": _get(f"{name}.getTileSet", one.id, title, _object()),
        f"{here}/tiles/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": single,
    }


def _object() -> dict[str, Any]:
    return {JSON: {"schema": {"type": "object"}}, HTML: {"schema": _TEXT}}


def _get(
    operation: str,
    tag: str,
    summary: str,
    content: dict[str, Any],
    parameters: Sequence[Any] = (),
    *,
    crs: bool = False,
) -> dict[str, Any]:
    headers = {name: value for name, value in _HEADERS.items() if crs or name != "Content-Crs"}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": summary,
            "parameters": [*parameters, _FILE if crs and FILE_NAMES in parameters else _FORMAT, _LANGUAGE],
            "responses": {
                "200": {"description": summary, "content": content, "headers": headers},
                "304": {"description": "What the client holds is still good"},
                **{status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()},
            },
        }
    }


def _json(schema: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}, HTML: {"schema": _TEXT}}


def _geojson(schema: str) -> dict[str, Any]:
    return {GEOJSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}, HTML: {"schema": _TEXT}}


def _problem(told: str) -> dict[str, Any]:
    return {"description": told, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}}}


def _feature_schemas(one: Collection, language: str) -> dict[str, Any]:
    properties = {
        name: {**property_schema(found, language), "nullable": True} for name, found in one.properties.items()
    }
    for found in properties.values():
        # A null is none of the codes.
        found.pop("enum", None)
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer"},
            "geometry": {"$ref": "#/components/schemas/geometry"},
            "properties": {"type": "object", "properties": properties},
            "links": _LINKS,
        },
    }
    several = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0},
            "links": _LINKS,
            "features": {"type": "array", "items": {"$ref": f"#/components/schemas/{one.id}Feature"}},
        },
    }
    return {f"{one.id}Feature": feature, f"{one.id}Features": several}
