"""The parameters of a request for features, as text, read into what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from geoservice.database.paging import LARGEST, decode
from geoservice.errors import BadRequest
from geoservice.publish.ogc.area import area
from geoservice.publish.ogc.cql2.reading import PARAMETERS, filters
from geoservice.publish.ogc.crs import CRS84_URI, OgcCrs, chosen
from geoservice.publish.ogc.model import Collection, Property
from geoservice.publish.ogc.moments import moments
from geoservice.publish.ogc.queries import Asked
from geoservice.publish.ogc.sources import Source

DEFAULT_LIMIT = 10
# These page through what is asked for, or say how it is given out.
PAGING = ("limit", "after", "crs")
SELECTING = ("bbox", "bbox-crs", "datetime", *PARAMETERS)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Systems = Callable[[], Sequence[OgcCrs]]


def parameter_names(collection: Collection) -> tuple[str, ...]:
    """Parameters that features of a collection are asked for with."""
    return (*PAGING, *SELECTING, *(one.name for one in collection.properties.values() if one.comparable))


def asked(given: Mapping[str, str], collection: Collection, *, today: date, most: int, systems: Systems) -> Asked:
    """What a request asks for.

    Parameters
    ----------
    most
        Features of one page; a higher limit is lowered to it.
    systems
        Gives the reference systems of the collection, where any but the first is asked for.

    Raises
    ------
    BadRequest
        For the first value that is none.
    """
    return Asked(
        today=today,
        limit=min(_limit(given.get("limit")), most),
        after=None if "after" not in given else int(decode(given["after"], [int])[0]),
        crs=system("crs", given, systems),
        area=_area(given, systems),
        when=moments(given["datetime"]) if "datetime" in given else None,
        conditions=(
            *_equals(given, collection),
            *filters(given, collection, lambda: system("filter-crs", given, systems)),
        ),
    )


def system(name: str, given: Mapping[str, str], systems: Systems) -> OgcCrs:
    """The reference system of a parameter.

    Raises
    ------
    BadRequest
        ``ogc.unknown-crs``
    """
    uri = given.get(name)
    return chosen(name, uri, () if uri in (None, CRS84_URI) else systems())


def _area(given: Mapping[str, str], systems: Systems) -> Any:
    crs = system("bbox-crs", given, systems)
    if "bbox" in given:
        return area(given["bbox"], crs)
    if "bbox-crs" in given:
        raise BadRequest("ogc.goes-with", name="bbox-crs", other="bbox")
    return None


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,60}", text, re.ASCII) or int(text) < 1:
        raise BadRequest("api.bad-parameter", name="limit", value=text[:60], expected="1, 2, 3, ...")
    return min(int(text), LARGEST)


def _equals(given: Mapping[str, str], collection: Collection) -> list[Callable[[Source], ColumnElement[bool]]]:
    return [
        _equal(collection.properties[name], value) for name, value in given.items() if name in collection.properties
    ]


def _equal(wanted: Property, text: str) -> Callable[[Source], ColumnElement[bool]]:
    value = value_of(wanted, text)

    def condition(found: Source) -> ColumnElement[bool]:
        fits: ColumnElement[bool] = found.columns[wanted.name] == value
        return fits

    return condition


def value_of(wanted: Property, text: str) -> Any:
    """A value of a property from a parameter.

    Raises
    ------
    BadRequest
        ``api.bad-parameter``
    """
    reader, expected = _READERS[wanted.kind]
    try:
        return reader(text)
    except ValueError:
        raise BadRequest("api.bad-parameter", name=wanted.name, value=text[:120], expected=expected) from None


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text, re.ASCII) or abs(int(text)) > LARGEST:
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?", text, re.ASCII):
        raise ValueError(text)
    return float(text)


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "text": (str, ""),
    "code": (str, ""),
    "integer": (_integer, "0, 1, -1, ..."),
    "number": (_number, "1.5"),
    "date": (_date, "YYYY-MM-DD"),
    "boolean": (_boolean, "true, false"),
}
