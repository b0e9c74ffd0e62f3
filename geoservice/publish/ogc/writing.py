"""A feature as GeoJSON text: type, id, geometry, properties."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func

from geoservice.publish.ogc.crs import CRS84, OgcCrs
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.sources import OF_THE_UNIT, Source
from geoservice.publish.queries.texts import fixed, joined, json_value


def feature_text(collection: Collection, found: Source, crs: OgcCrs) -> ColumnElement[str]:
    """The whole feature."""
    written = _properties(collection, found.columns, collection.properties)
    return joined([*_beginning(collection, found, crs), *written, fixed("}}")])


def is_parted(collection: Collection) -> bool:
    """Whether what is told of the unit stands together, so that a feature can be written around it."""
    told, names = _of_the_unit(collection), list(collection.properties)
    return bool(told) and names[(at := names.index(told[0])) : at + len(told)] == told


def around_the_unit(collection: Collection, found: Source) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """A feature in CRS84 up to what is told of its unit, and from there on."""
    told, names = _of_the_unit(collection), list(collection.properties)
    at = names.index(told[0])
    before, behind = (_properties(collection, found.columns, part) for part in (names[:at], names[at + len(told) :]))
    return joined([*_beginning(collection, found, CRS84), *before]), joined([*behind, fixed("}}")])


def unit_text(collection: Collection, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """What a feature tells of its unit."""
    return joined(_properties(collection, columns, _of_the_unit(collection)))


def _of_the_unit(collection: Collection) -> list[str]:
    return [name for name in collection.properties if name in OF_THE_UNIT]


def _beginning(collection: Collection, found: Source, crs: OgcCrs) -> list[ColumnElement[Any]]:
    geometry = func.coalesce(crs.written(found.table, areal=collection.areal), fixed("null"))
    return [fixed('{"type":"Feature","id":'), found.id, fixed(',"geometry":'), geometry]


def _properties(
    collection: Collection, columns: Mapping[str, ColumnElement[Any]], names: Iterable[str]
) -> list[ColumnElement[Any]]:
    return [part for name in names for part in (fixed(_key(collection, name)), json_value(columns[name]))]


def _key(collection: Collection, name: str) -> str:
    before = ',"properties":{' if name == next(iter(collection.properties)) else ","
    return f"{before}{json.dumps(name, ensure_ascii=False)}:"
