"""The circle of a place as a background job; its result is kept with the job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import Connection

from geoservice.coverage.scenarios.circle import circle_told
from geoservice.coverage.scenarios.ground import read_ground
from geoservice.coverage.uncertainty.query import Case, case_of
from geoservice.database.engine import Database
from geoservice.jobs.board import keep_result, submit
from geoservice.jobs.work import Step, Workplace, perform

NAMESPACE, TASK = "circle", "draw"
KIND = f"{NAMESPACE}:{TASK}"
blueprint = Blueprint()


def submit_circle(
    connection: Connection, case: Case, place: tuple[float, float], submitter: str, *, more: Mapping[str, Any]
) -> int:
    """Hands in a circle and gives the id of its job.

    Parameters
    ----------
    place
        Longitude and latitude in degrees, EPSG:4490.
    more
        What else the job keeps of the request.

    Raises
    ------
    Conflict
        If too many wait already.
    """
    lon, lat = place
    asked = {"service": case.service.id, "type": case.type, "on": case.on.isoformat(), "lon": lon, "lat": lat}
    return submit(connection, KIND, {**asked, **more}, submitter)


@blueprint.task(name=TASK, pass_context=True)
def draw_circle(context: JobContext, job_id: int) -> None:
    """The task: draws it from the records that its submitter may see."""
    place: Workplace = context.additional_context["place"]

    def do(told: Mapping[str, Any], step: Step, database: Database) -> None:
        step("jobs.circle.reading", 0, 2)
        case = case_of(place.catalog, told["service"], told["type"], date.fromisoformat(told["on"]))
        with database.connect() as connection:
            ground = read_ground(connection, place.catalog, place.settings, database.name, case)
        step("jobs.circle.drawing", 1, 2)
        drawn = circle_told(ground, told["lon"], told["lat"])
        with database.connect() as connection:
            keep_result(connection, job_id, {"circles": drawn})

    perform(place, job_id, do)
