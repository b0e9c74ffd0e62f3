"""GeoJSON (RFC 7946), a sequence of it (RFC 8142), and JSON-FG: features as PostGIS writes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import JSON

from geoservice.publish.formats.content import Content
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.told import told
from geoservice.publish.ogc.crs import CRS84

_GEOJSON, _SEQUENCE, _FG = "application/geo+json", "application/geo+json-seq", "application/vnd.ogc.fg+json"
_RECORD_SEPARATOR = "\x1e"
_FG_CLASSES = [f"http://www.opengis.net/spec/json-fg-1/1.0/conf/{name}" for name in ("core", "types-schemas")]


def write_collection(content: Content, _: Path) -> Iterator[bytes]:
    """One FeatureCollection; what it says of itself stands before the features."""
    head = {"type": "FeatureCollection", "name": content.collection.id, "geoservice": told(content)}
    return _enclosed(head, _plain_features(content))


def write_sequence(content: Content, _: Path) -> Iterator[bytes]:
    """A feature a line, each begun by the record separator."""
    for batch in _plain_features(content):
        yield "".join(f"{_RECORD_SEPARATOR}{text}\n" for text in batch).encode()


def write_fg(content: Content, _: Path) -> Iterator[bytes]:
    """JSON-FG: geometries of another system than CRS84 stand in `place`, axes as the system defines them."""
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "conformsTo": _FG_CLASSES,
        "featureType": content.collection.id,
        "coordRefSys": content.system.crs.uri,
        "geoservice": told(content),
    }
    return _enclosed(head, _fg_features(content))


def _enclosed(head: dict[str, Any], batches: Iterator[list[str]]) -> Iterator[bytes]:
    yield f'{json.dumps(head, ensure_ascii=False)[:-1]}, "features": [\n'.encode()
    first = True
    for batch in batches:
        yield (("" if first else ",\n") + ",\n".join(batch)).encode()
        first = False
    yield b"\n]}\n"


def _plain_features(content: Content) -> Iterator[list[str]]:
    shift, areal = content.system.shift, content.collection.areal
    begin = literal('{"type":"Feature","id":', Text).concat(cast(content.found.id, Text))
    properties = literal(',"properties":', Text).concat(_properties(content)).concat("}")
    if shift is None:
        geometry = func.coalesce(CRS84.written(content.found.table, areal=areal), "null")
        for batch in content.select(begin.concat(',"geometry":').concat(geometry).concat(properties)):
            yield [row[0] for row in batch]
        return
    for batch in content.select(begin, content.wkb, properties):
        shapes = content.system.shapes([row[1] for row in batch])
        # What is shifted says so in each feature: none can be taken for a true position.
        texts = shapely.to_geojson(_rounded(content, shapes))
        yield [
            f'{row[0]},"coordinates":"{shift}","geometry":{text or "null"}{row[2]}'
            for row, text in zip(batch, texts, strict=True)
        ]


def _rounded(content: Content, shapes: Any) -> Any:
    if content.collection.areal:
        shapes = shapely.orient_polygons(shapes)
    return shapely.transform(shapes, lambda coordinates: coordinates.round(content.system.digits))


def _fg_features(content: Content) -> Iterator[list[str]]:
    table, areal, crs = content.found.table, content.collection.areal, content.system.crs
    written = func.coalesce(crs.written(table, areal=areal), "null")
    null = literal("null", Text)
    geometry, place = (written, null) if crs == CRS84 else (null, written)
    text = (
        literal('{"type":"Feature","id":', Text)
        .concat(cast(content.found.id, Text))
        .concat(',"time":')
        .concat(_time(content))
        .concat(',"place":')
        .concat(place)
        .concat(',"geometry":')
        .concat(geometry)
        .concat(',"properties":')
        .concat(_properties(content))
        .concat("}")
    )
    for batch in content.select(text):
        yield [row[0] for row in batch]


def _time(content: Content) -> ColumnElement[str]:
    """From the first day in force to the last, both meant; open ends as two dots."""
    if content.collection.dates is None:
        return literal("null", Text)
    start, end = (content.found.columns[name] for name in content.collection.dates)
    ends = [func.coalesce(cast(day, Text), "..") for day in (start, end - 1)]
    return cast(func.json_build_object("interval", func.json_build_array(*ends), type_=JSON), Text)


def _properties(content: Content) -> ColumnElement[str]:
    pairs: list[Any] = []
    for name in content.collection.properties:
        pairs += [literal(content.heads[name], Text), content.found.columns[name]]
    return cast(func.json_build_object(*pairs, type_=JSON), Text)


GEOJSON = Format("geojson", (".geojson", ".json"), _GEOJSON, write_collection, systems="web")
GEOJSONSEQ = Format(
    "geojsonseq", (".geojsons", ".geojsonl", ".geojsonseq"), _SEQUENCE, write_sequence, systems="web", beside=True
)
JSONFG = Format("jsonfg", (".fg.json", ".jsonfg"), _FG, write_fg)
