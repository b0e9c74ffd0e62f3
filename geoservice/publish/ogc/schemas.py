"""Schemas of the features: what a collection's features hold, and what they can be asked for by."""

from __future__ import annotations

from typing import Any

from geoservice.editing.kept import BY_UNIT, is_kept
from geoservice.publish.ogc.links import Place
from geoservice.publish.ogc.model import GEOMETRY, Collection, Property, said

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
}
# Of formats of JSON Schema for geometries, as OGC API - Features - Part 5 names them.
_GEOMETRIES = {
    ("Point",): "geometry-point",
    ("LineString",): "geometry-linestring",
    ("MultiPolygon",): "geometry-multipolygon",
    ("LineString", "MultiLineString"): "geometry-linestring-or-multilinestring",
}


def property_schema(one: Property, language: str) -> dict[str, Any]:
    """JSON Schema of a property; the same in OpenAPI 3.0."""
    found: dict[str, Any] = {"title": said(one.title, language), **_TYPES[one.kind]}
    if one.help is not None:
        found["description"] = said(one.help, language)
    if one.codes:
        codes = [entry.code for entry in one.codes]
        if one.kind == "list":
            found["items"] = {"type": "string", "enum": codes}
        else:
            found["enum"] = codes
    if one.max_length is not None:
        found["maxLength"] = one.max_length
    for name, value in (("minimum", one.min), ("maximum", one.max)):
        if value is not None:
            found[name] = int(value) if value == int(value) else value
    return found


def schema(place: Place, one: Collection, language: str) -> dict[str, Any]:
    """What the features of a collection hold; what cannot be changed is read-only."""
    received = {field.name for field in one.layer.fields if is_kept(one.id) and field.name not in BY_UNIT}
    identity: dict[str, Any] = {"type": "integer", "x-ogc-role": "id", "readOnly": True}
    properties = {"id": identity, GEOMETRY: _geometry(one)}
    for position, (name, found) in enumerate(one.properties.items(), 1):
        described = property_schema(found, language)
        if found.codes and found.kind == "code":
            described["oneOf"] = [{"const": entry.code, "title": said(entry.title, language)} for entry in found.codes]
            del described["enum"]
        if found.unit:
            described["x-ogc-unit"] = found.unit
        if one.dates and name in one.dates:
            described["x-ogc-role"] = f"primary-interval-{('start', 'end')[one.dates.index(name)]}"
        if name not in received:
            described["readOnly"] = True
        properties[name] = {**described, "x-ogc-propertySeq": position}
    return _object(place, one, language, properties)


def queryables(place: Place, one: Collection, language: str) -> dict[str, Any]:
    """What the features of a collection can be asked for by."""
    properties = {GEOMETRY: _geometry(one)}
    properties |= {name: property_schema(found, language) for name, found in one.properties.items()}
    return {**_object(place, one, language, properties), "additionalProperties": False}


def _object(place: Place, one: Collection, language: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": place.here(),
        "type": "object",
        "title": said(one.layer.title, language),
        "properties": properties,
    }


def _geometry(one: Collection) -> dict[str, Any]:
    return {"format": _GEOMETRIES.get(one.geometry_types, "geometry-any"), "x-ogc-role": "primary-geometry"}
