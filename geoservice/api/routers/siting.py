"""Where new facilities go: questions searched in the background, kept with their answers and proofs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import scenarios
from geoservice.api.cases import IfMatch
from geoservice.api.parameters import Paged, PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Title
from geoservice.api.shapes_jobs import error_told
from geoservice.api.shapes_scenarios import ScenarioLine
from geoservice.api.shapes_siting import (
    AnswerChange,
    AnswerLine,
    AnswerList,
    AnswerScenario,
    AnswerShape,
    NewAnswer,
)
from geoservice.api.shapes_uploads import Nothing
from geoservice.api.versions import named_versions, version_tag
from geoservice.coverage.scenarios import store as kept_scenarios
from geoservice.coverage.scenarios.changes import changes_of
from geoservice.jobs import board
from geoservice.jobs.queue import workers
from geoservice.language import translate
from geoservice.siting.answers import showing, store
from geoservice.siting.answers.background import submit_question
from geoservice.siting.answers.store import AnswerRow
from geoservice.siting.county.asking import County, ask
from geoservice.siting.county.candidates import candidates_of
from geoservice.siting.county.form import QuestionForm
from geoservice.siting.county.kept import CheckedCounty, Wanted, check_sites
from geoservice.siting.county.named import explained_by_name
from geoservice.siting.county.question import Question
from geoservice.siting.explain import explain

router = APIRouter(prefix="/api/siting", tags=["siting"], dependencies=[needs(Permission.COMPUTE)])

CAP = 500
NO_QUERY = Depends(no_query)


@router.post("", status_code=202, dependencies=[NO_QUERY])
def new(service: Service, response: Response, given: Annotated[NewAnswer, Body()]) -> AnswerShape:
    """Hands in a question; a first answer is told about a second after its job begins, the proof follows."""
    with service.read() as connection:
        answer_id = submit_question(
            connection, service.catalog, given.question, service.actor, name=given.name, shared=given.shared
        )
        return _answer(service, connection, response, answer_id)


@router.get("")
def listed(service: Service, response: Response, given: Annotated[Paged, Query()]) -> AnswerList:
    """One's own answers and those that others share, the newest first."""
    scenarios.private(response)
    with service.read() as connection:
        rows, following = store.answers(connection, limit=given.capped(CAP), after=given.after)
        items = [AnswerLine(**_line(service, connection, row)) for row in rows]
    return AnswerList(items=items, next=following)


@router.get("/{answer_id}", dependencies=[NO_QUERY])
def one_answer(service: Service, response: Response, answer_id: PathId) -> AnswerShape:
    """A question with its answer, or with what its search knows so far."""
    with service.read() as connection:
        return _answer(service, connection, response, answer_id)


@router.patch("/{answer_id}", dependencies=[NO_QUERY])
def change(
    service: Service,
    response: Response,
    answer_id: PathId,
    given: Annotated[AnswerChange, Body()],
    if_match: IfMatch = None,
) -> AnswerShape:
    """Renames or shares one's own answer."""
    versions = named_versions(if_match)
    values = given.model_dump(exclude_none=True)
    if "name" in values:
        values["name"] = kept_scenarios.name_of(values["name"])
    with service.read() as connection:
        store.change(connection, service.actor.name, answer_id, versions, values)
        return _answer(service, connection, response, answer_id)


@router.delete("/{answer_id}", dependencies=[NO_QUERY])
def discard(service: Service, response: Response, answer_id: PathId, if_match: IfMatch = None) -> AnswerLine:
    """Throws an answer away whose search has ended. The answer is what it was."""
    scenarios.private(response)
    versions = named_versions(if_match)
    with service.read() as connection:
        row = store.remove(connection, answer_id, versions)
        return AnswerLine(**_line(service, connection, row))


@router.get("/{answer_id}/explain", response_model=dict[str, Any], dependencies=[NO_QUERY])
def reasons(service: Service, response: Response, answer_id: PathId) -> dict[str, Any]:
    """Why each site and who comes next, who is not covered and what would cover them; on the data of this moment."""
    scenarios.private(response)
    with service.read() as connection:
        checked = _checked(service, connection, store.answered(connection, answer_id))
    return explained_by_name(checked.county, explain(checked.county.problem, checked.sites))


@router.post("/{answer_id}/check", response_model=dict[str, Any], dependencies=[NO_QUERY])
def check(service: Service, response: Response, answer_id: PathId, _: Annotated[Nothing, Body()]) -> dict[str, Any]:
    """Recomputes the value from the sites alone, by the checker and by the what-if, on the data of this moment."""
    scenarios.private(response)
    with service.read() as connection:
        return _checked(service, connection, store.answered(connection, answer_id)).as_dict()


@router.post("/{answer_id}/scenario", status_code=201, dependencies=[NO_QUERY])
def make_scenario(
    service: Service, response: Response, answer_id: PathId, given: Annotated[AnswerScenario, Body()]
) -> ScenarioLine:
    """Keeps a scenario that builds the sites of an answer."""
    scenarios.private(response)
    with service.read() as connection:
        row = store.answered(connection, answer_id)
        assert row.answer is not None
        case, changes = _question(service, row).case, changes_of(row.answer["changes"])
        state = scenarios.state_of(service, connection, case, changes)
        order = kept_scenarios.Order(given.name or row.name, case, changes, state.ground.revisions, given.shared)
        made = kept_scenarios.scenario(connection, kept_scenarios.make(connection, service.actor.name, order))
        return ScenarioLine(**scenarios.line(service, made, []), changes=len(made.changes))


def _question(service: Services, row: AnswerRow) -> Question:
    return QuestionForm.from_json(row.question).question(service.catalog, row.on_date)


def _county(service: Services, connection: Connection, row: AnswerRow) -> County:
    """The question asked again of the data of this moment."""
    question = _question(service, row)
    _, ground = scenarios.ground_of(service, connection, question.case)
    candidates = candidates_of(connection, service.catalog, service.settings, ground, question)
    return ask(ground, question, candidates)


def _checked(service: Services, connection: Connection, row: AnswerRow) -> CheckedCounty:
    assert row.answer is not None
    county = _county(service, connection, row)
    return check_sites(county, Wanted.of(row.answer), row.answer["value"], row.base or {})


def _line(service: Services, connection: Connection, row: AnswerRow) -> dict[str, Any]:
    return showing.line(row, store.stale(connection, row)) | {"mine": row.owner == service.actor.name}


def _answer(service: Services, connection: Connection, response: Response, answer_id: int) -> AnswerShape:
    row = store.answer(connection, answer_id)
    scenarios.private(response)
    response.headers["ETag"] = version_tag(row.version)
    job = None if row.job_id is None else board.job(connection, row.job_id)
    line = _line(service, connection, row)
    return AnswerShape.model_validate(
        line
        | {
            "stale_titles": [Title.of(service.catalog.layers[one].title) for one in line["stale"]],
            "question": row.question,
            "step": translate(job.step) if job and job.step and row.searching else None,
            "workers": workers(connection) if row.state == "queued" else None,
            "error": error_told(None if job is None else job.failure),
            "progress": store.progress(connection, answer_id),
            "answer": None if row.answer is None else showing.in_words(row.answer),
        }
    )
