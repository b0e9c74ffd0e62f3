"""Inputs of a process as a form declares them: its fields, with schemas in the words of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from geoservice.publish.ogc.processes.parts import MOST_VALUES, Input, Kind, Schema

_KINDS: Mapping[str, Kind] = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
# Texts for readers stand in the language files; the others OpenAPI 3.0 does not know, or not so.
_LEFT_OUT = ("title", "description", "discriminator")


def inputs_of(form: type[BaseModel], known: Mapping[str, Schema]) -> Iterator[Input]:
    """One input a field, in their order.

    Parameters
    ----------
    known
        Schemas that take the place of the form's own, by name.

    Examples
    --------
    >>> from geoservice.siting.county.form import QuestionForm
    >>> found = {one.id: one for one in inputs_of(QuestionForm, {})}
    >>> found["p"]
    Input(id='p', kind='integer', schema={'maximum': 1000, 'minimum': 0, 'type': 'integer'}, required=False, many=False, most=50)
    >>> found["phases"].many, found["phases"].most, found["existing"].kind
    (True, 10, 'object')
    """
    whole = form.model_json_schema()
    required = whole.get("required", ())
    for name, told in whole["properties"].items():
        schema = known.get(name) or as_openapi(told, whole.get("$defs", {}))
        many = schema.get("type") == "array"
        one = schema["items"] if many else schema
        yield Input(
            name,
            "day" if one.get("format") == "date" else _KINDS.get(one.get("type", ""), "object"),
            one,
            required=name in required,
            many=many,
            most=schema.get("maxItems", MOST_VALUES) if many else MOST_VALUES,
        )


def as_openapi(told: Any, parts: Mapping[str, Any]) -> Any:
    """A schema with what it refers to in its place, in the words of OpenAPI 3.0.

    Examples
    --------
    >>> as_openapi({"anyOf": [{"exclusiveMinimum": 0, "type": "number"}, {"type": "null"}], "default": None}, {})
    {'minimum': 0, 'exclusiveMinimum': True, 'type': 'number'}
    >>> as_openapi({"$ref": "#/$defs/One", "default": 1}, {"One": {"const": 1, "title": "One"}})
    {'enum': [1], 'default': 1}
    >>> as_openapi({"prefixItems": [{"type": "integer"}, {"type": "string"}], "type": "array"}, {})
    {'items': {'anyOf': [{'type': 'integer'}, {'type': 'string'}]}, 'type': 'array'}
    """
    if isinstance(told, list):
        return [as_openapi(one, parts) for one in told]
    if not isinstance(told, dict):
        return told
    found: Schema = {}
    for name, value in told.items():
        if name == "$ref":
            found |= as_openapi(parts[value.rpartition("/")[2]], parts)
        elif name == "anyOf":
            found |= _any(as_openapi([one for one in value if one != {"type": "null"}], parts))
        elif name == "properties":
            found[name] = {inner: as_openapi(one, parts) for inner, one in value.items()}
        elif name == "prefixItems":
            # Places of an array have no schemas of their own there: each value fits one of them.
            found["items"] = {"anyOf": as_openapi(value, parts)}
        elif name == "const":
            found["enum"] = [value]
        elif name == "exclusiveMinimum":
            found |= {"minimum": value, name: True}
        elif name not in _LEFT_OUT and not (name == "default" and value in (None, [])):
            found[name] = as_openapi(value, parts)
    return found


def _any(found: list[Schema]) -> Schema:
    return found[0] if len(found) == 1 else {"anyOf": found}
