"""Which jobs and processes a list is to hold: parameters of a request, read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from geoservice.errors import BadRequest
from geoservice.jobs.board import Wanted
from geoservice.publish.ogc.moments import OPEN
from geoservice.publish.ogc.parameters import Parameter, query
from geoservice.publish.ogc.processes.documents import ACCEPTED, DISMISSED, FAILED, RUNNING, STATES, SUCCESSFUL
from geoservice.publish.ogc.processes.parts import Process

T = TypeVar("T")
DEFAULT_LIMIT, MOST = 10, 100
_KEPT_AS: Mapping[str, tuple[tuple[str, bool | None], ...]] = {
    ACCEPTED: (("queued", None),),
    RUNNING: (("running", False),),
    SUCCESSFUL: (("succeeded", None),),
    FAILED: (("failed", None), ("lost", None)),
    DISMISSED: (("cancelled", None), ("running", True)),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9-]{10}[Tt][0-9:]{8}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)

LIMIT = query(
    "limit",
    f"Most entries of one page; more than {MOST} are never given.",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
)
AFTER = query("after", "Where the page begins, as the link next of the page before has it.", {"type": "string"})
_TEXTS = {"type": "array", "items": {"type": "string"}}


def job_parameters(known: Mapping[str, Process]) -> list[Parameter]:
    """Parameters of the list of jobs."""
    seconds = {"type": "integer", "minimum": 0}
    return [
        query("type", "Jobs of these types", {"type": "array", "items": {"type": "string", "enum": ["process"]}}),
        query("processID", f"Jobs of these processes: {', '.join(known)}", _TEXTS),
        query("status", "Jobs in these states", {"type": "array", "items": {"type": "string", "enum": list(STATES)}}),
        query("datetime", "Jobs handed in at a time or in an interval (RFC 3339)", {"type": "string"}),
        query("minDuration", "Jobs that ran, or have run until now, at least so many seconds", seconds),
        query("maxDuration", "Jobs that ran, or have run until now, at most so many seconds", seconds),
        LIMIT,
        AFTER,
    ]


def limit(given: Mapping[str, str]) -> int:
    """Entries of a page.

    Raises
    ------
    BadRequest
        ``api.bad-parameter``
    """
    text = given.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise _bad("limit", text, "1, 2, 3, …")
    return min(int(text), MOST)


def wanted(known: Mapping[str, Process], given: Mapping[str, str]) -> Wanted:
    """The jobs that a request asks for; an unknown process has none.

    Raises
    ------
    BadRequest
        ``api.bad-parameter``
    """
    _several(given, "type", ("process",))
    named = _several(given, "processID", tuple(known))
    states = _several(given, "status", STATES)
    first, last = _interval(given.get("datetime"))
    after = _read(given, "after", _NUMBER, int, "1, 2, 3, …")
    return Wanted(
        kinds=[one.job for one in known.values() if not named or one.id in named],
        states=[pair for state in states for pair in _KEPT_AS[state]],
        first=first,
        last=last,
        least_s=_read(given, "minDuration", _SECONDS, float, "0, 1, 2, …"),
        most_s=_read(given, "maxDuration", _SECONDS, float, "0, 1, 2, …"),
        after=None if after is None else min(after, 2**63 - 1),
    )


def _several(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> list[str]:
    found = given[name].split(",") if name in given else []
    for one in found:
        if one not in allowed:
            raise _bad(name, one, ", ".join(allowed))
    return found


def _read(given: Mapping[str, str], name: str, form: re.Pattern[str], as_: Callable[[str], T], told: str) -> T | None:
    if name not in given:
        return None
    if not form.fullmatch(given[name]):
        raise _bad(name, given[name], told)
    return as_(given[name])


def _interval(text: str | None) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment; None is open. A day is one of UTC, as the times of jobs are told."""
    if text is None:
        return None, None
    begin, slash, end = text.partition("/")
    try:
        first = None if slash and begin in OPEN else _moment(begin)[0]
        last = None if slash and end in OPEN else _moment(end if slash else begin)[1]
    except (ValueError, OverflowError):
        raise BadRequest("ogc.bad-datetime", value=text[:120]) from None
    if (first is None and last is None) or (first is not None and last is not None and first > last):
        raise BadRequest("ogc.bad-datetime", value=text[:120])
    return first, last


def _moment(text: str) -> tuple[datetime, datetime]:
    if _DAY.fullmatch(text):
        begin = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
        return begin, begin + timedelta(days=1, microseconds=-1)
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text.upper()).astimezone(UTC)
    # Times are told in milliseconds: what is asked for by such a time is found.
    return found, found if found.microsecond % 1000 else found + timedelta(microseconds=999)


def _bad(name: str, value: str, expected: str) -> BadRequest:
    return BadRequest("api.bad-parameter", name=name, value=value[:60], expected=expected)
