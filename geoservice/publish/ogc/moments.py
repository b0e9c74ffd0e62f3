"""The parameter datetime: an instant or an interval, in days here, since records are in force by days."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from geoservice.errors import BadRequest

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_DURATION = re.compile(
    r"P(?=.)(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=.)(?:([0-9]{1,7})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?",
    re.ASCII,
)
OPEN = ("", "..")


@dataclass(frozen=True, slots=True)
class Moments:
    """From the first to the last day, both meant; None is open."""

    first: date | None
    last: date | None

    def meets(self, start: Any, end: Any) -> ColumnElement[bool]:
        """Whether a record in force from `start` to the day before `end` (null: open) is in force in between."""
        conditions = []
        if self.last is not None:
            conditions.append(or_(start.is_(None), start <= self.last))
        if self.first is not None:
            conditions.append(or_(end.is_(None), end > self.first))
        return and_(*conditions)

    def day(self, today: date) -> date:
        """The day whose names are told: the last, today where that is open, or the first where that is still to come."""
        if self.last is not None:
            return self.last
        return max(today, self.first or today)


def moments(text: str) -> Moments:
    """Reads RFC 3339 days and times: ``2020-01-01``, ``2020-01-01T08:00:00Z``, ``a/b``, ``../b``, ``a/..``.

    One end may also be an ISO 8601 duration.

    Raises
    ------
    BadRequest
        ``ogc.bad-datetime``

    Examples
    --------
    >>> moments("2020-01-01/..")
    Moments(first=datetime.date(2020, 1, 1), last=None)
    >>> moments("2020-01-31/P1M2D").last
    datetime.date(2020, 3, 2)
    """
    parts = text.split("/")
    try:
        if len(parts) == 1:
            day = _day(text)
            return Moments(day, day)
        if len(parts) == 2:
            return _interval(*parts)
    except (ValueError, OverflowError):
        pass
    raise BadRequest("ogc.bad-datetime", value=text[:120])


def _interval(begin: str, end: str) -> Moments:
    if begin in OPEN and end in OPEN:
        raise ValueError(begin)
    if end.startswith("P"):
        first = _day(begin)
        return Moments(first, _shifted(first, end, 1))
    if begin.startswith("P"):
        last = _day(end)
        return Moments(_shifted(last, begin, -1), last)
    first_or_open = None if begin in OPEN else _day(begin)
    last_or_open = None if end in OPEN else _day(end)
    if first_or_open is not None and last_or_open is not None and first_or_open > last_or_open:
        raise ValueError(begin)
    return Moments(first_or_open, last_or_open)


def _day(text: str) -> date:
    """The day here of a moment."""
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, clock, zone = match.groups()
    # A leap second is the last of its minute.
    clock = clock[:6] + "59" if clock.endswith(":60") else clock
    return datetime.fromisoformat(f"{day}T{clock}{zone.upper()}").astimezone().date()


def _shifted(day: date, text: str, sign: int) -> date:
    """A day moved by a duration: by its months in the calendar, then by its whole days."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    years, months, weeks, days, hours, minutes, seconds = (sign * int(part or 0) for part in match.groups())
    year, month = divmod(day.year * 12 + day.month - 1 + years * 12 + months, 12)
    last = monthrange(year, month + 1)[1]
    rest = timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds)
    return date(year, month + 1, min(day.day, last)) + timedelta(days=int(rest / timedelta(days=1)))
