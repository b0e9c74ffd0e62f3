"""Requests to execute a process: read, checked against the description, their references followed."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from geoservice.errors import BadRequest
from geoservice.publish.ogc.changing import read as read_object
from geoservice.publish.ogc.processes.parts import Input, Process

# Members of a request that are understood.
_MEMBERS = ("inputs", "outputs", "response")
RAW, DOCUMENT = "raw", "document"
_SHOWN = 60

Feature = Callable[[str, str], Any]


@dataclass(frozen=True)
class Wanted:
    """What to do, and how to tell it.

    Attributes
    ----------
    values
        Of the inputs that were given.
    outputs
        Ids of those that are wanted, in the order of the description.
    response
        ``raw`` or ``document``.
    """

    values: Mapping[str, Any]
    outputs: tuple[str, ...]
    response: str

    @property
    def told(self) -> dict[str, Any]:
        """How the results are told, as a job keeps it."""
        return {"outputs": list(self.outputs), "response": self.response}


def wanted(process: Process, body: bytes, root: str, feature: Feature) -> Wanted:
    """What a body asks for.

    Parameters
    ----------
    root
        Address of the landing page: references lead to features below it.
    feature
        Gives the feature of a collection's and a feature's id.

    Raises
    ------
    BadRequest
        ``ogc.process.*``: names the member, the value and what would be right; ``ogc.not-json``.
    NotFound
        As `feature`.
    """
    told = _object(body)
    unknown = sorted(set(told) - set(_MEMBERS))
    if unknown:
        raise BadRequest("ogc.process.no-member", name=unknown[0][:_SHOWN], allowed=", ".join(_MEMBERS))
    given = told.get("inputs", {})
    if not isinstance(given, dict):
        raise _bad("inputs", given, "{…}")
    values = _values(process, given, lambda href: _followed(href, root, feature))
    response = told.get("response", RAW)
    if response not in (RAW, DOCUMENT):
        raise _bad("response", response, f"{RAW}, {DOCUMENT}")
    return Wanted(values, _outputs(process, told.get("outputs")), response)


def _object(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except BadRequest as error:
        if error.code == "ogc.not-a-feature":
            raise BadRequest("ogc.process.not-a-request", fault=error.values["fault"]) from None
        raise


def _values(process: Process, given: Mapping[str, Any], follow: Callable[[str], Any]) -> dict[str, Any]:
    for name in given:
        if name not in process.inputs:
            raise BadRequest("ogc.process.no-input", name=name[:_SHOWN], known=", ".join(process.inputs))
    found = {}
    for one in process.inputs.values():
        if one.id in given:
            found[one.id] = _value(one, given[one.id], follow)
        elif one.required:
            raise BadRequest("ogc.process.missing-input", name=one.id)
    return found


def _value(one: Input, given: Any, follow: Callable[[str], Any]) -> Any:
    read = _READ[one.kind]
    if not one.many:
        if isinstance(given, list):
            raise _bad(one.id, given, "1")
        return read(one, _inner(one, given, follow))
    several = given if isinstance(given, list) else [given]
    if len(several) > one.most:
        raise _bad(one.id, len(several), f"≤ {one.most}")
    return tuple(read(one, _inner(one, value, follow)) for value in several)


def _inner(one: Input, given: Any, follow: Callable[[str], Any]) -> Any:
    """A value that is given as it is, under ``value``, or by reference."""
    if not isinstance(given, dict):
        return given
    if "href" in given:
        if not isinstance(given["href"], str):
            raise _bad(f"{one.id}.href", given["href"], "URL")
        return follow(given["href"])
    return given.get("value", given)


def _followed(href: str, root: str, feature: Feature) -> Any:
    """What a reference leads to. No request leaves the service: it may hold the value itself, or name a feature here."""
    if href[:5].lower() == "data:":
        return _data(href)
    path = href.partition("#")[0].partition("?")[0]
    own = path.removeprefix(f"{root}/collections/").split("/") if path.startswith(f"{root}/collections/") else []
    if len(own) == 3 and own[1] == "items":
        return feature(unquote(own[0]), unquote(own[2]))
    raise BadRequest("ogc.process.reference", href=href[:_SHOWN], root=root)


def _data(href: str) -> Any:
    """The value of a data URL (RFC 2397): JSON, or a text."""
    head, comma, content = href[5:].partition(",")
    found: Any = None
    media, *rest = head.split(";")
    try:
        body = base64.b64decode(content, validate=True) if "base64" in rest else unquote_to_bytes(content)
        text = body.decode()
        found = read_object(b'{"value":%s}' % body)["value"] if media.endswith("json") else text
    except (ValueError, binascii.Error, BadRequest, KeyError):
        comma = ""
    if not comma:
        raise _bad("href", href, "data:application/json,…")
    return found


def _outputs(process: Process, given: Any) -> tuple[str, ...]:
    """The outputs that are named; all where none is."""
    if given is None or given == {}:
        return tuple(process.outputs)
    if not isinstance(given, dict):
        raise _bad("outputs", given, "{…}")
    for name, how in given.items():
        if name not in process.outputs:
            raise BadRequest("ogc.process.no-output", name=name[:_SHOWN], known=", ".join(process.outputs))
        if not isinstance(how, dict):
            raise _bad(f"outputs.{name}", how, "{…}")
        if how.get("transmissionMode", "value") != "value":
            raise _bad(f"outputs.{name}.transmissionMode", how["transmissionMode"], "value")
        form, right = how.get("format", {}), process.outputs[name].media_type
        media_type = form.get("mediaType", right) if isinstance(form, dict) else form
        if media_type != right:
            raise _bad(f"outputs.{name}.format.mediaType", media_type, right)
    return tuple(name for name in process.outputs if name in given)


def _text(one: Input, value: Any) -> str:
    allowed = one.schema.get("enum")
    if not isinstance(value, str) or (allowed is not None and value not in allowed):
        raise _bad(one.id, value, ", ".join(allowed or (one.schema.get("pattern", "…"),)))
    return value


def _integer(one: Input, value: Any) -> int:
    least, most = one.schema["minimum"], one.schema["maximum"]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _bad(one.id, value, f"{least} – {most}")
    return value


def _real(one: Input, value: Any) -> float:
    least, most = one.schema["minimum"], one.schema["maximum"]
    if not _is_number(value) or not least <= value <= most:
        raise _bad(one.id, value, f"{least} – {most}")
    return float(value)


def _boolean(one: Input, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(one.id, value, "true, false")
    return value


def _day(one: Input, value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _bad(one.id, value, "2026-01-31")


def _point(one: Input, value: Any) -> tuple[float, float]:
    """Longitude and latitude in degrees, CRS84, of a point or of a feature that is one."""
    found = value.get("geometry") if isinstance(value, dict) and value.get("type") == "Feature" else value
    place = found.get("coordinates") if isinstance(found, dict) and found.get("type") == "Point" else None
    if isinstance(place, list) and len(place) in (2, 3) and all(_is_number(number) for number in place):
        lon, lat = float(place[0]), float(place[1])
        if -180 <= lon <= 180 and -90 <= lat <= 90:
            return lon, lat
    raise _bad(one.id, value, '{"type":"Point","coordinates":[113.16,30.66]}')


def _object_value(one: Input, value: Any) -> Any:
    """As it is: the form that declares it looks it over."""
    if not isinstance(value, dict):
        raise _bad(one.id, value, "{…}")
    return value


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # A whole number of any length is JSON as well.
    return abs(value) < 1e9 and math.isfinite(value)


_READ: Mapping[str, Callable[[Input, Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _real,
    "boolean": _boolean,
    "day": _day,
    "point": _point,
    "object": _object_value,
}


def _bad(name: str, value: Any, expected: str) -> BadRequest:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return BadRequest("ogc.process.bad-value", name=name[:_SHOWN], value=shown[:_SHOWN], expected=expected)
