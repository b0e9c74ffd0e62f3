"""Names with their days as one cell holds them: 老城路（1950-01-01至1986-05-01）."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

EARLIER = "标准名称"
_DAY = r"(\d{4}-\d{2}-\d{2})?"
_DATED = re.compile(rf"(.+?)\s*[（(]\s*({EARLIER})?\s*(?:{_DAY}\s*至\s*{_DAY})?\s*[）)]")


@dataclass(frozen=True, slots=True)
class DatedName:
    """A name of a cell; `standard` where it says that it was the standard one."""

    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    standard: bool = False


def parse_dated(text: str) -> DatedName:
    """A name as a cell holds it; what is no pair of days in their order is a part of the name.

    Examples
    --------
    >>> parse_dated("老城路（标准名称1950-01-01至1986-05-01）").valid_to
    datetime.date(1986, 5, 1)
    >>> parse_dated("老城路（至1986-05-01）").valid_from is None, parse_dated("老城路").name
    (True, '老城路')
    >>> parse_dated("老城路（东段）").name, parse_dated("老城路（1986-13-01至）").name
    ('老城路（东段）', '老城路（1986-13-01至）')
    """
    found = _DATED.fullmatch(text)
    if not found or not any(found.groups()[1:]):
        return DatedName(text)
    try:
        start, end = (None if day is None else date.fromisoformat(day) for day in found.groups()[2:])
    except ValueError:
        return DatedName(text)
    if start is not None and end is not None and start >= end:
        return DatedName(text)
    return DatedName(found[1], start, end, found[2] is not None)


def dated_name(name: Mapping[str, Any]) -> str:
    """The reverse of `parse_dated`, of a name with its kind.

    Examples
    --------
    >>> dated_name({"name": "老城路", "kind": "standard", "valid_from": None, "valid_to": date(1986, 5, 1)})
    '老城路（标准名称至1986-05-01）'
    >>> dated_name({"name": "城路", "kind": "alias", "valid_from": None, "valid_to": None})
    '城路'
    """
    days = [day.isoformat() if day else "" for day in (name["valid_from"], name["valid_to"])]
    span = "至".join(days) if any(days) else ""
    word = EARLIER if name["kind"] == "standard" else ""
    return f"{name['name']}（{word}{span}）" if word or span else str(name["name"])
