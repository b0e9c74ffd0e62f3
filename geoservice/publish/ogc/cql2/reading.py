"""A filter as a request has it: its language, its text, its reference system."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from geoservice.errors import BadRequest
from geoservice.publish.ogc.cql2.limits import fits, refused
from geoservice.publish.ogc.cql2.terms import Condition, condition
from geoservice.publish.ogc.cql2.text import parse
from geoservice.publish.ogc.crs import OgcCrs
from geoservice.publish.ogc.model import Collection

LANGUAGES = ("cql2-text", "cql2-json")
PARAMETERS = ("filter", "filter-lang", "filter-crs")


def filters(given: Mapping[str, str], collection: Collection, crs: Callable[[], OgcCrs]) -> tuple[Condition, ...]:
    """The condition of a request's filter; none where there is none.

    Parameters
    ----------
    crs
        Gives the reference system of the geometries in the filter.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter`` with the reason, ``ogc.goes-with``, ``ogc.unknown-language``.
    """
    language = given.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadRequest("ogc.unknown-language", value=language[:60], allowed=", ".join(LANGUAGES))
    if "filter" not in given:
        for name in PARAMETERS[1:]:
            if name in given:
                raise BadRequest("ogc.goes-with", name=name, other="filter")
        return ()
    read = parse if language == "cql2-text" else parse_json
    return (condition(read(given["filter"]), collection, crs()),)


def parse_json(text: str) -> Any:
    """The tree of a filter in CQL2 JSON.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.json``, ``ogc.bad-filter.long``

    Examples
    --------
    >>> parse_json('{"op": "isNull", "args": [{"property": "beds"}]}')["op"]
    'isNull'
    """
    try:
        return json.loads(fits(text), parse_constant=_none)
    except (ValueError, RecursionError):
        raise refused("json", value=text[:60]) from None


def _none(name: str) -> Any:
    raise ValueError(name)
