"""Processes that are offered, with their inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from geoservice.catalog import Catalog
from geoservice.coverage import background as coverage
from geoservice.coverage.cases import MOST_MINUTES
from geoservice.coverage.scenarios import background as circle
from geoservice.errors import NotFound
from geoservice.publish.ogc.links import GEOJSON, JSON
from geoservice.publish.ogc.processes.parts import Input, Output, Process, Schema
from geoservice.publish.ogc.processes.siting import siting_inputs
from geoservice.siting.answers import background as siting

VERSION = "1.0.0"
T = TypeVar("T", Input, Output, Process)

_POINT: Schema = {
    "type": "object",
    "format": "geojson-geometry",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "enum": ["Point"]},
        "coordinates": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}},
    },
}
_FEATURE: Schema = {
    "type": "object",
    "format": "geojson-feature",
    "required": ["type", "geometry"],
    "properties": {"type": {"type": "string", "enum": ["Feature"]}, "geometry": _POINT},
}
_CIRCLES = Output(
    "circles",
    GEOJSON,
    {"type": "object", "format": "geojson-feature-collection", "contentMediaType": GEOJSON},
)
_SITES = Output(
    "sites",
    GEOJSON,
    {"type": "object", "format": "geojson-feature-collection", "contentMediaType": GEOJSON},
)
_FIGURES, _ANSWER = (Output(name, JSON, {"type": "object", "contentMediaType": JSON}) for name in ("figures", "answer"))


def processes(catalog: Catalog) -> Mapping[str, Process]:
    """Every process, in the order of the list.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> found = processes(load_catalog())
    >>> list(found), found["coverage"].modes
    (['service-circle', 'coverage', 'siting'], ['async-execute', 'dismiss'])
    """
    services: Schema = {"type": "string", "enum": sorted(catalog.services)}
    types: Schema = {"type": "string", "enum": sorted(entry.code for entry in catalog.codes["facility_types"].entries)}
    day: Schema = {"type": "string", "format": "date"}
    one = Process(
        "service-circle",
        circle.KIND,
        _by_id(
            Input("point", "point", {"oneOf": [_POINT, _FEATURE]}, required=True),
            Input("service", "text", services | {"default": catalog.headline.id}),
            Input("type", "text", types),
            Input("on", "day", day),
        ),
        _by_id(_CIRCLES),
        at_once=True,
    )
    run = Process(
        "coverage",
        coverage.KIND,
        _by_id(
            Input("services", "text", services, many=True),
            Input("types", "text", types, many=True),
            Input("mode", "text", {"type": "string", "enum": sorted(catalog.modes)}),
            Input("minutes", "integer", {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES}),
            Input("on", "day", day),
            Input("circles", "boolean", {"type": "boolean", "default": True}),
        ),
        _by_id(_FIGURES, _CIRCLES),
        at_once=False,
    )
    sites = Process(
        "siting",
        siting.KIND,
        _by_id(*siting_inputs(services | {"default": catalog.headline.id}, types)),
        _by_id(_ANSWER, _SITES),
        at_once=True,
    )
    return _by_id(one, run, sites)


def _by_id(*found: T) -> Mapping[str, T]:
    return MappingProxyType({one.id: one for one in found})


def find(known: Mapping[str, Process], process_id: str) -> Process:
    """The process of an id.

    Raises
    ------
    NotFound
        ``ogc.no-process``
    """
    found = known.get(process_id)
    if found is None:
        raise NotFound("ogc.no-process", id=process_id[:60], known=", ".join(known))
    return found


def of_job(known: Mapping[str, Process], kind: str) -> Process | None:
    """The process that a kind of job does; None where jobs of that kind are told elsewhere."""
    return next((one for one in known.values() if one.job == kind), None)
