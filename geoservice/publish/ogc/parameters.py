"""Parameters of the requests, as OpenAPI 3.0 describes them (the same words are right in 3.1)."""

from __future__ import annotations

from typing import Any

from geoservice.publish.ogc.cql2.limits import LONGEST
from geoservice.publish.ogc.cql2.reading import LANGUAGES
from geoservice.publish.ogc.model import Collection, Property
from geoservice.publish.ogc.reading import DEFAULT_LIMIT
from geoservice.publish.ogc.schemas import property_schema

Parameter = dict[str, Any]


def query(name: str, description: str, schema: dict[str, Any], **more: Any) -> Parameter:
    """A parameter of the query."""
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": schema,
        "style": "form",
        "explode": False,
        **more,
    }


FORMAT = query("f", "Format, instead of the header Accept", {"type": "string", "enum": ["json", "html"]})
LANGUAGE = query("lang", "Language of titles and pages", {"type": "string", "enum": ["zh", "en"]})
CRS = query(
    "crs",
    "Reference system of the geometries; CRS84 by default. The axis order is that of its definition.",
    {"type": "string", "format": "uri"},
)
BBOX_CRS = query("bbox-crs", "Reference system of bbox; CRS84 by default.", {"type": "string", "format": "uri"})
BBOX = query(
    "bbox",
    "Features that meet this box, and features without a geometry: lower corner, then upper corner, in the axis order of"
    " bbox-crs. A west side east of the east side means a box over the antimeridian.",
    {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    },
)
DATETIME = query(
    "datetime",
    "What is in force at a time, under its names of then: an RFC 3339 day or time, or an interval, of which one end may be"
    " open (.. or empty). Without it all that was ever in force.",
    {"type": "string"},
)
FILTER = query(
    "filter",
    "Features that fulfil this condition in CQL2 over the queryables of the collection, and every other parameter besides.",
    {"type": "string", "maxLength": LONGEST},
)
FILTER_LANG = query(
    "filter-lang", "Language of filter.", {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]}
)
FILTER_CRS = query(
    "filter-crs", "Reference system of the geometries in filter; CRS84 by default.", {"type": "string", "format": "uri"}
)
AFTER = query(
    "after",
    "Where the page begins, as the link next of the page before has it.",
    {"type": "string", "maxLength": 2000},
)


def limit(most: int) -> Parameter:
    """The parameter limit."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": DEFAULT_LIMIT}
    return query("limit", f"Most features of one page; more than {most} are never given.", schema)


def by_property(one: Property, language: str) -> Parameter:
    """Features by the value of a property."""
    schema = property_schema(one, language)
    title = schema.pop("title")
    schema.pop("description", None)
    return query(one.name, f"Features whose property “{title}” has this value", schema)


def common(most: int) -> dict[str, Parameter]:
    """Parameters that all collections share, by name."""
    known = (FORMAT, LANGUAGE, limit(most), AFTER, BBOX, BBOX_CRS, DATETIME, CRS, FILTER, FILTER_LANG, FILTER_CRS)
    return {one["name"]: one for one in known}


def of_properties(one: Collection, language: str) -> list[Parameter]:
    """Parameters for the values of a collection's properties."""
    return [by_property(found, language) for found in one.properties.values() if found.comparable]
