"""The siting process: its inputs are the fields of the question, and candidates may be GeoJSON as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import shapely
from pydantic import ValidationError
from shapely.errors import ShapelyError

from geoservice.errors import BadRequest
from geoservice.publish.ogc.processes.declared import as_openapi, inputs_of
from geoservice.publish.ogc.processes.parts import Input, Schema
from geoservice.siting.county.candidates import plot_told
from geoservice.siting.county.form import MOST_POINTS, QuestionForm

MOST_CORNERS = 200_000
AT_ONCE_S = 20.0
_GEOJSON: Schema = {
    "type": "object",
    "format": "geojson-feature-collection",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "minItems": 1, "maxItems": MOST_POINTS, "items": {"type": "object"}},
    },
}
_OF_A_PLACE = ("name", "places", "cost", "area_m2")
_PLOTS = ("Polygon", "MultiPolygon")
_SHOWN = 60


def siting_inputs(service: Schema, type_: Schema) -> tuple[Input, ...]:
    """One input a field of the question; none is required by itself: the model says what goes with it."""
    whole = QuestionForm.model_json_schema()
    own = as_openapi(whole["properties"]["candidates"], whole["$defs"])
    candidates = {**own, "oneOf": [_GEOJSON, *own["oneOf"]]}
    return tuple(inputs_of(QuestionForm, {"service": service, "type": type_, "candidates": candidates}))


def form_of(values: Mapping[str, Any]) -> QuestionForm:
    """The question that inputs ask.

    Raises
    ------
    BadRequest
        ``ogc.process.bad-value`` with the name of the input and of the member in it.
    """
    told = dict(values)
    if "on" in told:
        told["on"] = told["on"].isoformat()
    if isinstance(told.get("candidates"), dict) and "from" not in told["candidates"]:
        told["candidates"] = {"from": "points", "points": _places(told["candidates"])}
    try:
        # Strict as JSON is: a text is no number there.
        return QuestionForm.model_validate_json(json.dumps(told), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise _bad(name, first.get("input"), first["msg"][:120]) from None


def at_once(form: QuestionForm) -> QuestionForm:
    """The same for a client that waits: as long as that may take.

    Raises
    ------
    BadRequest
        ``ogc.process.bad-value`` for what takes longer.
    """
    if form.prices:
        raise _bad("prices", form.prices, "false, Prefer: respond-async")
    if "time_limit_s" in form.model_fields_set and form.time_limit_s > AT_ONCE_S:
        raise _bad("time_limit_s", form.time_limit_s, f"≤ {AT_ONCE_S:g}, Prefer: respond-async")
    return form.model_copy(update={"time_limit_s": min(form.time_limit_s, AT_ONCE_S)})


def _places(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Candidates of a FeatureCollection: points, or a point inside each plot with the size of the plot."""
    features = given.get("features") if given.get("type") == "FeatureCollection" else None
    if not isinstance(features, list) or not 1 <= len(features) <= MOST_POINTS:
        raise _bad("candidates", given, '{"type":"FeatureCollection","features":[…]}, {"from":"grid","spacing_m":500}')
    return [_place(number, feature) for number, feature in enumerate(features)]


def _place(number: int, feature: Any) -> dict[str, Any]:
    name = f"candidates.features.{number}"
    properties = (feature.get("properties") or {}) if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _bad(name, feature, '{"type":"Feature","geometry":{…},"properties":{…}}')
    told = {one: properties[one] for one in _OF_A_PLACE if properties.get(one) is not None}
    return {"name": f"{number + 1}", **_where(f"{name}.geometry", feature.get("geometry")), **told}


def _where(name: str, geometry: Any) -> dict[str, float]:
    """Degrees of a point or of one inside a plot, CRS84, with the plot's square metres."""
    found: Any = shapely.Point()
    with suppress(ShapelyError, ValueError):
        found = shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))
    kind = None if shapely.is_empty(found) or shapely.get_num_coordinates(found) > MOST_CORNERS else found.geom_type
    if kind == "Point" and abs(found.x) <= 180 and abs(found.y) <= 90:
        return {"lon": found.x, "lat": found.y}
    if kind in _PLOTS and shapely.is_valid(found):
        west, south, east, north = found.bounds
        if west >= -180 and east <= 180 and south >= -90 and north <= 90:
            return plot_told(found)
    raise _bad(name, geometry, '{"type":"Point","coordinates":[113.16,30.66]}, Polygon, MultiPolygon')


def _bad(name: str, value: Any, expected: str) -> BadRequest:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = shown[:_SHOWN].encode("utf-8", "replace").decode()
    return BadRequest("ogc.process.bad-value", name=name[:_SHOWN], value=shown, expected=expected)


def sites_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The sites of an answer as GeoJSON points."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {name: value for name, value in one.items() if name not in ("lon", "lat")},
                "geometry": {"type": "Point", "coordinates": [one["lon"], one["lat"]]},
            }
            for one in answer["sites"]
        ],
    }
