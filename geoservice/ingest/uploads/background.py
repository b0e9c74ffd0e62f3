"""Checking and loading an upload as background jobs: the loader of the shell, in the name of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import Connection, update

from geoservice.database.actor import Actor
from geoservice.database.models import Upload
from geoservice.errors import BadRequest
from geoservice.ingest.importing import ImportOutcome, Submission, import_file
from geoservice.ingest.load import ImportReport
from geoservice.ingest.records import Refusal
from geoservice.ingest.uploads.inspection import noticed
from geoservice.ingest.uploads.rights import load_rights
from geoservice.ingest.uploads.store import Folder, UploadRow, refuse_busy, refuse_half, storable, upload
from geoservice.jobs.board import submit
from geoservice.jobs.work import Step, Workplace, perform

NAMESPACE = "imports"
ACTIONS = ("check", "load")
MOST_REFUSALS, MOST_NOTICES = 1000, 200
blueprint = Blueprint()


def submit_import(connection: Connection, row: UploadRow, actor: Actor, action: str) -> int:
    """Hands in the check or the load of an upload and gives the id of the job.

    Raises
    ------
    BadRequest
        ``uploads.not-whole`` or ``uploads.not-inspected``.
    Conflict
        ``uploads.busy`` while another job is at it, or too many wait.
    Forbidden
        As `rights.load_rights`.
    """
    refuse_half(row)
    refuse_busy(connection, row)
    layer = layer_of(row)
    load_rights(actor, layer, publish=row.wishes.publish)
    job_id = submit(connection, f"{NAMESPACE}:{action}", {"upload": row.id, "submitter": actor.name}, actor.name)
    connection.execute(update(Upload).where(Upload.id == row.id).values(job_id=job_id, outcome=None))
    return job_id


def layer_of(row: UploadRow) -> str:
    """The layer that was chosen, or guessed.

    Raises
    ------
    BadRequest
        ``uploads.not-inspected`` where neither was.
    """
    layer = row.wishes.layer or (row.inspection or {}).get("layer")
    if not isinstance(layer, str):
        raise BadRequest("uploads.not-inspected", id=row.id)
    return layer


@blueprint.task(name="check", pass_context=True)
def check(context: JobContext, job_id: int) -> None:
    """The task: loads it all and takes it back."""
    _perform(context, job_id, "check")


@blueprint.task(name="load", pass_context=True)
def load(context: JobContext, job_id: int) -> None:
    """The task: loads it."""
    _perform(context, job_id, "load")


def _perform(context: JobContext, job_id: int, action: str) -> None:
    place: Workplace = context.additional_context["place"]
    perform(place, job_id, lambda told, step, _: run(place, job_id, action, told, step))


def run(place: Workplace, job_id: int, action: str, told: Mapping[str, Any], step: Step) -> None:
    """Checks or loads, and keeps what it came to: with the load itself, so that both are there or neither."""
    actor = place.actor(told["submitter"])
    with place.database.connect("owner") as connection:
        row = upload(connection, told["upload"])
    if row.outcome is not None and row.outcome["job"] == job_id:
        return
    layer = layer_of(row)
    rights = load_rights(actor, layer, publish=row.wishes.publish)
    folder = Folder(place.settings, row.id)
    folder.refused.unlink(missing_ok=True)

    def keep(connection: Connection, reports: Sequence[ImportReport]) -> None:
        write_outcome(connection, row.id, as_outcome(job_id, action, ImportOutcome("loaded", list(reports))))

    submission = Submission(actor, folder.refused, rights.hold, rights.within, keep)
    request = row.wishes.request(layer, folder.main(row, place.settings), actor.name, dry_run=action == "check")
    outcome = import_file(place.database, place.catalog, place.settings, replace(request, submission=submission), step)
    if outcome.state != "loaded":
        with place.database.connect("owner") as connection:
            write_outcome(connection, row.id, as_outcome(job_id, action, outcome))


def write_outcome(connection: Connection, upload_id: int, outcome: Mapping[str, Any]) -> None:
    """Keeps what a job came to."""
    connection.execute(update(Upload).where(Upload.id == upload_id).values(outcome=storable(outcome)))


def as_outcome(job_id: int, action: str, outcome: ImportOutcome) -> dict[str, Any]:
    """What a job came to as JSON; reasons by code, to be put into words when somebody reads them."""
    counts = ("read", "loaded", "changed", "unchanged", "refused")
    return {
        "job": job_id,
        "action": action,
        "state": outcome.state,
        **{name: sum(getattr(report, name) for report in outcome.reports) for name in counts},
        "layers": [_layer(report, outcome.state) for report in outcome.reports],
    }


def _layer(report: ImportReport, state: str) -> dict[str, Any]:
    counts = ("layer", "read", "loaded", "changed", "unchanged", "refused")
    return {
        **{name: getattr(report, name) for name in counts},
        "batch": report.batch_id if state == "loaded" else None,
        "refusals": [refused(one) for one in report.refusals[:MOST_REFUSALS]],
        "notices": [noticed(one) for one in report.notices[:MOST_NOTICES]],
    }


def refused(one: Refusal) -> dict[str, Any]:
    """A refusal as JSON."""
    values = {name: str(value) for name, value in one.reason_values.items()}
    return {"row": one.row, "field": one.field, "value": one.value, "code": one.reason_code, "values": values}
