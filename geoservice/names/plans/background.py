"""The check of a plan as a background job, with its submitter's rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import Connection, bindparam, update

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.database.models import NamePlan, NamePlanRow
from geoservice.errors import Forbidden
from geoservice.jobs.board import submit
from geoservice.jobs.work import Step, Workplace, perform
from geoservice.names.clashes.searching import Proposed
from geoservice.names.plans.checking import check_lines
from geoservice.names.plans.keeping import line_of, marked
from geoservice.names.plans.reading import Line, count_marks
from geoservice.names.plans.store import PlanRow, all_lines, plan_row, refuse_busy

NAMESPACE, TASK = "names", "plan"
KIND = f"{NAMESPACE}:{TASK}"
blueprint = Blueprint()


def submit_check(connection: Connection, row: PlanRow, actor: Actor) -> int:
    """Hands in the check of a plan and gives the id of the job; what an earlier one came to counts no more.

    Raises
    ------
    Conflict
        ``names.plan-busy`` while another job is at it, or too many wait.
    """
    refuse_busy(connection, row)
    job_id = submit(connection, KIND, {"plan": row.id, "submitter": actor.name}, actor.name)
    connection.execute(
        update(NamePlan).where(NamePlan.id == row.id).values(job_id=job_id, counts=None, checked_on=None)
    )
    unmarked: dict[str, Any] = {"mark": None, "checked": None, "inside": [], "inside_cut": False}
    connection.execute(update(NamePlanRow).where(NamePlanRow.plan_id == row.id).values(**unmarked))
    return job_id


@blueprint.task(name=TASK, pass_context=True)
def plan_check(context: JobContext, job_id: int) -> None:
    """The task."""
    place: Workplace = context.additional_context["place"]
    perform(place, job_id, lambda told, step, database: run(place, told, step, database))


def run(place: Workplace, told: Mapping[str, Any], step: Step, database: Database) -> None:
    """Checks a plan in the name of its submitter and keeps what came of it: all of it or nothing."""
    if not place.actor(told["submitter"]).reads:
        # Without the right to read names nothing would clash.
        raise Forbidden("access.not-allowed")
    with database.connect() as connection:
        check_kept(connection, place.catalog, told["plan"], step)


def check_kept(connection: Connection, catalog: Catalog, plan_id: int, step: Step) -> None:
    """Checks a plan that is kept, on the day of today, and keeps what came of it.

    Raises
    ------
    NotFound
        ``names.no-plan``
    """
    row, day = plan_row(connection, plan_id), today()
    lines: list[Line] = []
    proposed: dict[int, Proposed] = {}
    for one in all_lines(connection, plan_id):
        line, asked = line_of(one, row.kind, row.wishes["unit_id"])
        lines.append(line)
        if asked is not None:
            proposed[line.row] = asked
    check_lines(
        connection,
        catalog,
        lines,
        proposed,
        day=day,
        progress=lambda done, of: step("names.step.check", done, of),
        comparing=lambda done, of: step("names.step.inside", done, of),
    )
    step("names.step.keep", 0, len(lines))
    _keep(connection, plan_id, [marked(line) for line in lines])
    step("names.step.keep", len(lines), len(lines))
    counted = {"counts": count_marks(lines), "checked_on": day}
    connection.execute(update(NamePlan).where(NamePlan.id == plan_id).values(**counted))


def _keep(connection: Connection, plan_id: int, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    own = (NamePlanRow.plan_id == plan_id, NamePlanRow.row == bindparam("of_row"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "row"}
    given = [{"of_row": one["row"], **{f"new_{name}": one[name] for name in values}} for one in rows]
    connection.execute(update(NamePlanRow).where(*own).values(**values), given)
