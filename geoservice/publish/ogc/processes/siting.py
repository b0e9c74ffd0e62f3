"""The siting process: its inputs, and how they make a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from geoservice.errors import BadRequest
from geoservice.publish.ogc.processes.parts import Input, Schema
from geoservice.siting.county.form import LONGEST_S, MOST_PHASES, MOST_POINTS, MOST_SITES, QuestionForm
from geoservice.siting.county.question import MOST_PLACES, Group
from geoservice.siting.problem import Model

_POINTS: Schema = {
    "type": "object",
    "format": "geojson-feature-collection",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "minItems": 1, "maxItems": MOST_POINTS, "items": {"type": "object"}},
    },
}
_OF_A_POINT = ("name", "places", "cost")


def siting_inputs(service: Schema, type_: Schema, day: Schema) -> tuple[Input, ...]:
    """The inputs, of which none is required by itself: the model says what goes with it."""
    sites = _whole(1, MOST_SITES)
    return (
        Input("service", "text", service),
        Input("type", "text", type_),
        Input("on", "day", day),
        Input("model", "text", {"type": "string", "enum": [one.value for one in Model], "default": Model.MCLP.value}),
        Input("group", "text", {"type": "string", "enum": [one.value for one in Group]}),
        Input("p", "integer", sites),
        Input("phases", "integer", sites, many=True, most=MOST_PHASES),
        Input("candidates", "collection", _POINTS),
        Input("places", "integer", _whole(1, MOST_PLACES)),
        Input("cost", "integer", _whole(0, 10**9)),
        Input("budget", "integer", _whole(0, 10**9)),
        Input("spacing_m", "number", _number(0, 100_000)),
        Input("floor", "number", _number(0, 1)),
        Input("ties", "boolean", {"type": "boolean", "default": False}),
        Input("time_limit_s", "number", _number(1, LONGEST_S)),
        Input("seed", "integer", _whole(0, 2**31 - 1)),
    )


def form_of(values: Mapping[str, Any]) -> QuestionForm:
    """The question that inputs ask.

    Raises
    ------
    BadRequest
        ``ogc.process.bad-value``
    """
    told = dict(values)
    if "candidates" in told:
        told["candidates"] = {"from": "points", "points": [_point(n, one) for n, one in enumerate(told["candidates"])]}
    try:
        return QuestionForm.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if part != "points")
        shown = str(first.get("input"))[:60].encode("utf-8", "replace").decode()
        raise BadRequest("ogc.process.bad-value", name=name[:60], value=shown, expected=first["msg"][:120]) from None


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


def _point(number: int, feature: tuple[tuple[float, float], Mapping[str, Any]]) -> dict[str, Any]:
    (lon, lat), properties = feature
    told = {name: properties[name] for name in _OF_A_POINT if properties.get(name) is not None}
    return {"name": f"{number + 1}", **told, "lon": lon, "lat": lat}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _number(least: float, most: float) -> Schema:
    return {"type": "number", "minimum": least, "maximum": most}
