"""Features and documents in words, for pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyproj import CRS

from geoservice.language import translate
from geoservice.publish.ogc.crs import OgcCrs
from geoservice.publish.ogc.model import Collection, Property, said

# Columns of the table of features; all properties stand on the page of each.
_COLUMNS = 6
# Properties that a page asks by; all others go through the address.
_ASKED = 4


def value_words(one: Property, value: Any, language: str) -> str:
    """A value for people: codes by their titles; empty where there is none.

    Examples
    --------
    >>> from geoservice.catalog import Text
    >>> value_words(Property("beds", "integer", Text(zh="床位", en="Beds"), unit="张"), 12, "zh")
    '12'
    >>> value_words(Property("beds", "integer", Text(zh="床位", en="Beds")), None, "zh")
    ''
    """
    if value is None:
        return ""
    if one.kind == "boolean":
        return translate("ogc.yes" if value else "ogc.no", language)
    titles = {entry.code: said(entry.title, language) for entry in one.codes}
    if isinstance(value, list):
        return "、".join(titles.get(part, str(part)) for part in value)
    return titles.get(value, str(value))


def columns(one: Collection) -> list[Property]:
    """The properties that the table of features shows."""
    usual = [found for found in one.properties.values() if found.name not in ("key", "code_system", "code_edition")]
    named = [found for found in usual if found.name == "name"]
    rest = [found for found in usual if found.name not in ("name", "schematic")]
    return [*named, *rest][:_COLUMNS]


def rows(one: Collection, text: str, language: str) -> list[dict[str, Any]]:
    """Features for the table: `id` and the values of its columns."""
    shown = columns(one)
    return [
        {
            "id": feature["id"],
            "values": [value_words(found, feature["properties"][found.name], language) for found in shown],
        }
        for feature in json.loads(f"[{text}]")
    ]


def details(one: Collection, properties: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Title and value of each property that has one."""
    told = [(found, value_words(found, properties[name], language)) for name, found in one.properties.items()]
    return [(_with_unit(found, language), words) for found, words in told if words]


def fields(one: Collection, given: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    """What the page asks by."""
    asked = [found for found in columns(one) if found.kind in ("text", "code", "integer")][:_ASKED]
    return [
        {
            "name": found.name,
            "title": said(found.title, language),
            "type": "number" if found.kind == "integer" else "text",
            "choices": [(entry.code, said(entry.title, language)) for entry in found.codes],
            "value": given.get(found.name, ""),
        }
        for found in asked
    ]


def counted_words(returned: int, matched: int | None) -> str:
    """How many features there are."""
    if not returned:
        return translate("ogc.told.none")
    if matched is None:
        return translate("ogc.told.some", None, returned=returned)
    return translate("ogc.told.all", None, matched=f"{matched:,}", returned=returned)


def system_names(systems: Sequence[OgcCrs]) -> list[tuple[str, str]]:
    """Address and name of reference systems."""
    return [
        (one.uri, translate("ogc.crs.crs84") if one.epsg is None else f"EPSG:{one.epsg} {CRS.from_epsg(one.epsg).name}")
        for one in systems
    ]


def _with_unit(one: Property, language: str) -> str:
    title = said(one.title, language)
    return f"{title}（{one.unit}）" if one.unit else title
