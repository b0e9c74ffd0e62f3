"""A coverage run as a background job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from types import MappingProxyType
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import Connection, insert

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.coverage.run import run_coverage
from geoservice.database.engine import Database
from geoservice.database.models import JobRun
from geoservice.jobs.board import submit
from geoservice.jobs.work import Step, Workplace, perform

NAMESPACE, TASK = "coverage", "run"
KIND = f"{NAMESPACE}:{TASK}"
blueprint = Blueprint()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def submit_run(
    connection: Connection, catalog: Catalog, request: RunRequest, submitter: str, *, more: Mapping[str, Any] = _NOTHING
) -> int:
    """Hands in a run and gives the id of its job.

    Parameters
    ----------
    more
        What else the job keeps of the request.

    Raises
    ------
    BadRequest
        If a service, type or mode is not declared.
    Conflict
        If too many wait already.
    """
    cases_of(catalog, request)
    return submit(connection, KIND, {**as_json(request), **more}, submitter)


def as_json(request: RunRequest) -> dict[str, Any]:
    """A request as JSON.

    Examples
    --------
    >>> from_json(as_json(RunRequest(on=date(2026, 1, 1), types=("cemetery",)))).types
    ('cemetery',)
    """
    told = asdict(request)
    return {**told, "on": request.on.isoformat(), "services": list(request.services), "types": list(request.types)}


def from_json(told: Mapping[str, Any]) -> RunRequest:
    """The request that was written as JSON, whatever else is kept with it."""
    known = {one.name: told[one.name] for one in fields(RunRequest) if one.name in told}
    values = {**known, "on": date.fromisoformat(told["on"])}
    return RunRequest(**{**values, "services": tuple(told["services"]), "types": tuple(told["types"])})


@blueprint.task(name=TASK, pass_context=True)
def coverage_run(context: JobContext, job_id: int) -> None:
    """The task: computes and stores the run, together with the word that this job made it."""
    place: Workplace = context.additional_context["place"]

    def keep(connection: Connection, run_id: int) -> None:
        connection.execute(insert(JobRun).values(job_id=job_id, run_id=run_id))

    def do(told: Mapping[str, Any], step: Step, database: Database) -> None:
        run_coverage(database, place.catalog, place.settings, from_json(told), step, also=keep)

    perform(place, job_id, do)
