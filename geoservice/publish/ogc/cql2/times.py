"""Days and intervals of a filter, and the relations of time between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, not_

from geoservice.publish.ogc.cql2.limits import refused

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# From the first to the last day of one and of the other.
Relation = Callable[[Any, Any, Any, Any], ColumnElement[bool]]


def instant(given: Any) -> date:
    """A day.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.date``

    Examples
    --------
    >>> instant("2026-02-28")
    datetime.date(2026, 2, 28)
    """
    try:
        if isinstance(given, str) and _DATE.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    raise refused("date", value=str(given))


def _intersects(a: Any, b: Any, c: Any, d: Any) -> ColumnElement[bool]:
    return and_(a <= d, b >= c)


# Allen's relations as CQL2 (OGC 21-065r2, 7.9) has them, and whether both sides have to be intervals.
TEMPORAL: Mapping[str, tuple[Relation, bool]] = {
    "t_after": (lambda a, _b, _c, d: a > d, False),
    "t_before": (lambda _a, b, c, _d: b < c, False),
    "t_contains": (lambda a, b, c, d: and_(a < c, b > d), True),
    "t_disjoint": (lambda a, b, c, d: not_(_intersects(a, b, c, d)), False),
    "t_during": (lambda a, b, c, d: and_(a > c, b < d), True),
    "t_equals": (lambda a, b, c, d: and_(a == c, b == d), False),
    "t_finishedby": (lambda a, b, c, d: and_(a < c, b == d), True),
    "t_finishes": (lambda a, b, c, d: and_(a > c, b == d), True),
    "t_intersects": (_intersects, False),
    "t_meets": (lambda _a, b, c, _d: b == c, True),
    "t_metby": (lambda a, _b, _c, d: a == d, True),
    "t_overlappedby": (lambda a, b, c, d: and_(a > c, a < d, b > d), True),
    "t_overlaps": (lambda a, b, c, d: and_(a < c, b > c, b < d), True),
    "t_startedby": (lambda a, b, c, d: and_(a == c, b > d), True),
    "t_starts": (lambda a, b, c, d: and_(a == c, b < d), True),
}
