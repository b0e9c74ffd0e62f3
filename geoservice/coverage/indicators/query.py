"""The indicators of some days from the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.indicators.declared import load_indicators
from geoservice.coverage.indicators.entries import read_entries
from geoservice.coverage.indicators.report import IndicatorReport, report
from geoservice.coverage.indicators.situation import read_situation
from geoservice.errors import BadRequest

MOST_DAYS = 12


def indicators_on(
    connection: Connection, catalog: Catalog, days: Sequence[date], *, public_only: bool
) -> IndicatorReport:
    """All indicators on some days.

    Parameters
    ----------
    days
        None for the days on which the plan is judged; in any order.
    public_only
        Whether only published records count.

    Raises
    ------
    BadRequest
        ``indicators.too-many-days``.
    """
    declared = load_indicators(catalog)
    wanted = sorted(set(days)) or list(declared.plan.evaluations)
    if len(wanted) > MOST_DAYS:
        raise BadRequest("indicators.too-many-days", count=len(wanted), most=MOST_DAYS)
    within_m = declared.belonging.within_m
    situations = [read_situation(connection, day, within_m, public_only=public_only) for day in wanted]
    return report(declared, situations, read_entries(connection, public_only=public_only))
