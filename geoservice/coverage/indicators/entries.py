"""Figures that an officer enters: none is ever changed, a later entry for the same day takes its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from geoservice.coverage.indicators.declared import Indicators
from geoservice.database.models import IndicatorEntry
from geoservice.errors import BadRequest

LONGEST_SOURCE = 300


@dataclass(frozen=True)
class Entry:
    """A figure with the day that it holds for, where it comes from, and who entered it when."""

    indicator: str
    on: date
    value: float
    source: str
    actor: str
    entered_at: datetime
    published: bool


def read_entries(connection: Connection, *, public_only: bool) -> Mapping[str, Sequence[Entry]]:
    """All entries by indicator: the latest day first, of one day the newest entry first."""
    table = IndicatorEntry
    query = select(
        table.indicator, table.on_date, table.value, table.source, table.actor, table.entered_at, table.published
    ).order_by(table.on_date.desc(), table.id.desc())
    if public_only:
        query = query.where(table.published, table.classification == "public")
    found: dict[str, list[Entry]] = {}
    for row in connection.execute(query):
        found.setdefault(row.indicator, []).append(Entry(*row))
    return found


def enter(
    connection: Connection,
    declared: Indicators,
    *,
    indicator: str,
    value: float,
    on: date,
    source: str,
    actor: str,
    publish: bool,
) -> None:
    """Adds a figure.

    Raises
    ------
    BadRequest
        ``indicators.unknown``, ``indicators.computed`` (it is counted, not entered), ``indicators.bad-value``,
        ``indicators.no-source``.
    """
    one = declared.find(indicator)
    if one is None:
        known = ", ".join(each.id for each in declared.indicators if each.numerator is None)
        raise BadRequest("indicators.unknown", value=indicator, known=known)
    if one.numerator is not None:
        raise BadRequest("indicators.computed", name=one.title.zh)
    if not math.isfinite(value) or value < 0 or (one.unit.zh == "%" and value > 100):
        raise BadRequest("indicators.bad-value", value=value, name=one.title.zh, unit=one.unit.zh)
    stripped = source.strip()
    if not stripped or len(stripped) > LONGEST_SOURCE:
        raise BadRequest("indicators.no-source", name=one.title.zh, most=LONGEST_SOURCE)
    connection.execute(
        insert(IndicatorEntry).values(
            indicator=one.id,
            on_date=on,
            value=value,
            source=stripped,
            actor=actor,
            classification="public" if publish else "internal",
            published=publish,
        )
    )
