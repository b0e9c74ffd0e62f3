"""Features that come in, read into changes of records."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import shapely
import shapely.geometry

from geoservice.editing.checking import Refused, told
from geoservice.editing.kept import Kept
from geoservice.editing.writing import Change
from geoservice.errors import BadRequest
from geoservice.ingest.values import ValueRefusedError
from geoservice.publish.ogc.crs import OgcCrs
from geoservice.publish.ogc.model import Collection

Feature = dict[str, Any]
MOST_LEVELS = 16
LONGEST_REASON = 500
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def read(body: bytes) -> Feature:
    """A JSON object of a body.

    Raises
    ------
    BadRequest
        ``ogc.not-json`` with the place of the first fault; ``ogc.not-a-feature`` for JSON that is no object.

    Examples
    --------
    >>> read(b'{"type": "Feature"}')
    {'type': 'Feature'}
    """
    try:
        found = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest("ogc.not-json", fault=str(error)[:120]) from None
    if not isinstance(found, dict):
        raise BadRequest("ogc.not-a-feature", fault=type(found).__name__)
    _look_over(found)
    return found


def reason_of(header: str | None) -> str | None:
    """The reason of a change as a header carries it: UTF-8, or percent-encoded; None where there is none.

    Raises
    ------
    BadRequest
        ``ogc.bad-reason``: longer than a reason may be, or no text.

    Examples
    --------
    >>> reason_of("%E5%AE%9E%E5%9C%B0%E6%A0%B8%E5%AF%B9"), reason_of("实地核对".encode().decode("latin-1"))
    ('实地核对', '实地核对')
    >>> reason_of("seen on site, 100 %"), reason_of(" ")
    ('seen on site, 100 %', None)
    """
    if header is None or not header.strip():
        return None
    try:
        # Servers read the bytes of a header as Latin-1.
        found = unquote(header.encode("latin-1").decode(), errors="strict").strip()
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise BadRequest("ogc.bad-reason", most=LONGEST_REASON) from None
    if len(found) > LONGEST_REASON or _NO_TEXT.search(found):
        raise BadRequest("ogc.bad-reason", most=LONGEST_REASON)
    return found


def _no_number(name: str) -> None:
    raise ValueError(name)


def _look_over(document: Feature) -> None:
    """Refuses what no record can hold: texts that are none, and nesting without end."""
    level: list[Any] = [document]
    for _ in range(MOST_LEVELS):
        texts = [one for one in level if isinstance(one, str)]
        texts += [name for one in level if isinstance(one, dict) for name in one]
        if any(map(_NO_TEXT.search, texts)):
            raise BadRequest("ogc.not-json", fault="U+0000, U+D800-U+DFFF")
        level = [inner for one in level if isinstance(one, (dict, list)) for inner in _inside(one)]
    if level:
        raise BadRequest("ogc.not-json", fault=f"> {MOST_LEVELS} [ {{")


def _inside(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one


def merged(target: Any, patch: Any) -> Any:
    """A document with a merge patch on it (RFC 7396).

    Examples
    --------
    >>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 4}})
    {'b': {'c': 4, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merged(found.get(name), value)
    return found


def patched(current: Feature, patch: Feature) -> Feature:
    """A feature with a merge patch on it; members that the patch takes away hold nothing from then on."""
    found = merged(current, patch)
    properties = found.get("properties")
    if isinstance(properties, dict):
        found["properties"] = {**dict.fromkeys(current["properties"]), **properties}
    return {"geometry": None, **found}


def replaced(kept: Kept, current: Feature, given: Feature) -> Feature:
    """A feature in the place of another: what it does not name falls back to its default, but for what identifies it."""
    defaults = {one.name: one.default for one in kept.fields if one.name in current["properties"]}
    for name in kept.identity:
        defaults.pop(name, None)
    properties = given.get("properties") or {}
    if not isinstance(properties, dict):
        return given
    return {**given, "properties": {**current["properties"], **defaults, **properties}}


def change(
    kept: Kept,
    collection: Collection,
    wanted: Feature,
    crs: OgcCrs,
    *,
    current: Feature | None = None,
    version: int = 0,
) -> Change:
    """What has to become of a record.

    Parameters
    ----------
    wanted
        The whole feature, its coordinates in `crs`, in the order of its axes.
    current
        The feature as it is given out in `crs`; None for a new one. What is the same stays as it is stored.

    Raises
    ------
    BadRequest
        ``ogc.not-a-feature``, ``ogc.other-id``
    Refused
        With a fault beside each property that there is not or that follows from others.
    """
    properties, geometry = _members(wanted, current)
    before = current["properties"] if current else {}
    values = {name: value for name, value in properties.items() if name not in before or value != before[name]}
    known = [one.name for one in kept.fields if one.name in collection.properties]
    faults = [
        told(0, name[:60], ValueRefusedError("ogc.read-only"), value=value)
        if name in collection.properties
        else told(0, name[:60], ValueRefusedError("records.no-field", known="、".join(known)))
        for name, value in values.items()
        if name not in known and not (name in collection.properties and value is None and current is None)
    ]
    if faults:
        raise Refused(faults)
    return Change(
        id=None if current is None else int(current["id"]),
        version=version,
        values={name: value for name, value in values.items() if name in known},
        geometry=_degrees(geometry, crs),
        drawn=current is None or geometry != current["geometry"],
    )


def _members(wanted: Feature, current: Feature | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    if wanted.get("type") != "Feature":
        raise BadRequest("ogc.not-a-feature", fault=f"type: {json.dumps(wanted.get('type'))[:60]}")
    if "geometry" not in wanted:
        raise BadRequest("ogc.not-a-feature", fault="geometry")
    properties, geometry = wanted.get("properties"), wanted["geometry"]
    if not isinstance(properties or {}, dict):
        raise BadRequest("ogc.not-a-feature", fault="properties")
    if geometry is not None and not isinstance(geometry, dict):
        raise BadRequest("ogc.not-a-feature", fault="geometry")
    # A number for a new one is given by the service.
    if current is not None and str(wanted.get("id", current["id"])) != str(current["id"]):
        raise BadRequest("ogc.other-id", given=str(wanted["id"])[:60], id=current["id"])
    return properties or {}, geometry


def _degrees(geometry: Mapping[str, Any] | None, crs: OgcCrs) -> Mapping[str, Any] | None:
    """Longitude first, EPSG:4490. What cannot be read stays, and is refused where it is written."""
    if geometry is None or not (crs.metric or crs.north_first):
        return geometry
    try:
        shape = shapely.force_2d(shapely.geometry.shape(dict(geometry)))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no geometry
        return geometry
    if crs.north_first:
        shape = shapely.transform(shape, lambda places: places[:, ::-1])
    if crs.metric:
        shape = crs.inner.to_lonlat(shape)
    found: dict[str, Any] = shapely.geometry.mapping(shape)
    return found
