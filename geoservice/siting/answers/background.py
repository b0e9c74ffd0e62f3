"""The search of a siting question as a background job, with the rights of whoever asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.jobs.board import submit
from geoservice.jobs.work import Step, Workplace, perform
from geoservice.language import translate
from geoservice.siting.answers import store
from geoservice.siting.answers.solving import solve_kept
from geoservice.siting.county.form import QuestionForm

NAMESPACE, TASK = "siting", "solve"
KIND = f"{NAMESPACE}:{TASK}"
blueprint = Blueprint()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def submit_question(
    connection: Connection,
    catalog: Catalog,
    form: QuestionForm,
    actor: Actor,
    *,
    name: str | None = None,
    shared: bool = False,
    more: Mapping[str, Any] = _NOTHING,
) -> int:
    """Hands in a question and gives the id under which it and its answer are kept; its row has the id of the job.

    Parameters
    ----------
    name
        What it is called; model and number of sites by default.
    more
        What else the job keeps of the request.

    Raises
    ------
    BadInput
        As `QuestionForm.question`.
    Conflict
        ``siting.too-many``, or too many jobs wait.
    """
    day = form.on or today()
    question = form.question(catalog, day)
    given = name or _name(form)
    answer_id = store.keep(connection, actor.name, given, question, form.as_json())
    job_id = submit(connection, KIND, {"answer": answer_id, **more}, actor.name)
    store.write(connection, answer_id, job_id=job_id, shared=shared)
    return answer_id


def _name(form: QuestionForm) -> str:
    sites = form.phases[-1] if form.phases else form.p
    model = translate(f"siting.short.{form.model.value}")
    if form.existing is not None and (form.existing.close or form.existing.move):
        told = {"close": form.existing.close, "move": form.existing.move, "sites": sites or 0}
        return translate("siting.answer.name.existing", model=model, **told)
    return model if sites is None else translate("siting.answer.name", model=model, sites=sites)


@blueprint.task(name=TASK, pass_context=True)
def siting_solve(context: JobContext, job_id: int) -> None:
    """The task."""
    place: Workplace = context.additional_context["place"]

    def do(told: Mapping[str, Any], step: Step, database: Database) -> None:
        solve_kept(database, place.catalog, place.settings, told["answer"], step)

    perform(place, job_id, do)
