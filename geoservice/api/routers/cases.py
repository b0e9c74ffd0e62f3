"""Cases of the approval desk: listed, made, changed, checked, and taken from step to step."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.cases import IfMatch, answer, name_given
from geoservice.api.parameters import Code, Paged, PathId, RecordId, Words, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes_cases import (
    CaseChange,
    CaseKind,
    CaseLine,
    CaseList,
    CaseShape,
    NewCase,
    NewMove,
    RulesShape,
)
from geoservice.api.shapes_names import Kind
from geoservice.api.versions import named_versions
from geoservice.database.filters import today
from geoservice.names.cases import listing, moving, telling, writing

router = APIRouter(prefix="/api/cases", tags=["cases"])

CAP = 500
READ, EDIT = needs(Permission.READ), needs(Permission.EDIT)


class Listed(Paged):
    """Which cases: all conditions hold together."""

    state: Code | None = Field(
        None, description="A step, draft, refused or withdrawn; open for all that have not ended"
    )
    kind: CaseKind | None = None
    name_kind: Kind | None = None
    unit: RecordId | None = Field(None, description="Of this unit or one below it")
    mine: bool = Field(default=False, description="Made by whoever asks")
    waiting: bool = Field(default=False, description="Whose next step whoever asks may take")
    overdue: bool = Field(default=False, description="With a term that has run out")
    q: Words | None = Field(None, description="Part of a title, an applicant or a name")


@router.get("/rules", dependencies=[READ, Depends(no_query)])
def rules(response: Response) -> RulesShape:
    """Kinds, steps, terms, authorities and materials as they are declared, each with its article."""
    response.headers["Cache-Control"] = "no-store"
    return RulesShape.model_validate(telling.rules())


@router.get("", dependencies=[READ])
def listed(service: Service, response: Response, given: Annotated[Listed, Query()]) -> CaseList:
    """Cases, the newest first, each with its most urgent term."""
    response.headers["Cache-Control"] = "no-store"
    actor, day = service.actor, today()
    wanted = listing.Wanted(
        state=None if given.state is None else listing.known_state(given.state),
        kind=given.kind,
        name_kind=given.name_kind,
        unit=given.unit,
        mine=actor.name if given.mine else None,
        waits_for=actor if given.waiting else None,
        overdue=given.overdue,
        q=given.q or None,
    )
    with service.read() as connection:
        found, following = listing.cases(connection, wanted, today=day, limit=given.capped(CAP), after=given.after)
    return CaseList(items=[CaseLine.model_validate(telling.line(one, day)) for one in found], next=following)


@router.post("", status_code=201, dependencies=[EDIT, Depends(no_query)])
def new_case(service: Service, response: Response, given: Annotated[NewCase, Body()]) -> CaseShape:
    """Makes a case as a draft."""
    values = given.model_dump(exclude={"names"})
    order = writing.CaseGiven(**values, names=[name_given(one) for one in given.names])
    with service.read() as connection:
        case_id = writing.create(connection, service.catalog, service.actor, order, day=today())
        return answer(service, connection, response, case_id)


@router.get("/{case_id}", dependencies=[READ, Depends(no_query)])
def one_case(service: Service, response: Response, case_id: PathId) -> CaseShape:
    """A case with everything that belongs to it, and what whoever asks may do with it now."""
    with service.read() as connection:
        return answer(service, connection, response, case_id)


@router.patch("/{case_id}", dependencies=[EDIT, Depends(no_query)])
def change_case(
    service: Service,
    response: Response,
    case_id: PathId,
    given: Annotated[CaseChange, Body()],
    if_match: IfMatch = None,
) -> CaseShape:
    """Changes what is applied for, while it is a draft or registered."""
    versions = named_versions(if_match)
    values = given.model_dump(exclude_none=True)
    with service.read() as connection:
        writing.change(connection, service.catalog, service.actor, case_id, versions, values=values)
        return answer(service, connection, response, case_id)


@router.post("/{case_id}/check", dependencies=[READ, Depends(no_query)])
def check_case(service: Service, response: Response, case_id: PathId) -> CaseShape:
    """Checks its names against the rules and the names of this moment; the verdicts are kept."""
    with service.read() as connection:
        moving.check(connection, service.catalog, service.actor, case_id, today=today())
        return answer(service, connection, response, case_id)


@router.post("/{case_id}/moves", dependencies=[READ, Depends(no_query)])
def move_case(
    service: Service, response: Response, case_id: PathId, given: Annotated[NewMove, Body()], if_match: IfMatch = None
) -> CaseShape:
    """Takes a case to another state; the right that it wants is that of the step, in the unit of the case."""
    versions = named_versions(if_match)
    day = today()
    order = moving.Order(**{**given.model_dump(), "on": given.on or day})
    with service.read() as connection:
        moving.take(connection, service.catalog, service.actor, case_id, versions, order, today=day)
        return answer(service, connection, response, case_id)
