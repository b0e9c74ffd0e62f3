"""How many people a community has: its official count, else what the sources of population give it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Label,
    Text,
    and_,
    case,
    column,
    func,
    table,
    true,
)

from geoservice.database.actor import acting
from geoservice.database.models import SCHEMA, Community

# The view of this name; where both a count and an estimate exist the count holds.
PEOPLE = table(
    "community_people",
    column("community_id", BigInteger),
    column("population", BigInteger),
    column("population_60", BigInteger),
    column("population_80", BigInteger),
    column("population_date", Date),
    column("estimated", Boolean),
    column("sources", Text),
    column("source_ids", ARRAY(BigInteger)),
    column("published", Boolean),
    schema=SCHEMA,
)


def of_community(*, public_only: bool) -> ColumnElement[bool]:
    """How the people join their community, from outside: an estimate from what is not published stays away."""
    return and_(
        PEOPLE.c.community_id == Community.id, PEOPLE.c.published if public_only and not acting.get().reads else true()
    )


def people_columns() -> tuple[Label[Any], ...]:
    """All, 60+, 80+, whether that is an estimate, and the names of its sources."""
    counted = [
        func.coalesce(PEOPLE.c[name], getattr(Community, name)).label(name)
        for name in ("population", "population_60", "population_80")
    ]
    estimated = func.coalesce(PEOPLE.c.estimated, False).label("population_estimated")
    return *counted, estimated, PEOPLE.c.sources.label("population_source")


def people_day() -> ColumnElement[date | None]:
    """The day that the people hold for: that of their estimate where they are estimated, unknown or not."""
    return case((PEOPLE.c.estimated, PEOPLE.c.population_date), else_=Community.population_date)
