"""How many jobs wait and run, for whoever watches the service."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from geoservice.database.actor import SYSTEM, act
from geoservice.database.engine import Database
from geoservice.database.models import Job
from geoservice.errors import GeoserviceError

OPEN = ("queued", "running")


def jobs_by_state(database: Database) -> dict[str, int] | None:
    """Open jobs by their state; None if the database does not answer."""
    # Not by `connect`: that would start a private cluster that somebody has stopped.
    try:
        with database.engine("application").begin() as connection:
            act(connection, SYSTEM)
            counted = select(Job.state, func.count().label("jobs")).where(Job.state.in_(OPEN)).group_by(Job.state)
            found = {row.state: row.jobs for row in connection.execute(counted)}
    except (SQLAlchemyError, GeoserviceError, OSError):
        return None
    return {state: found.get(state, 0) for state in OPEN}
