"""What belongs to a case: its names, who was asked about it, and its papers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from fastapi import Path as InPath

from geoservice.access.roles import Permission
from geoservice.api.cases import IfMatch, answer, name_given, name_values
from geoservice.api.parameters import PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes_cases import (
    CaseShape,
    Decision,
    MaterialNote,
    NewName,
    NewNames,
    NewOpinion,
    OpinionChange,
)
from geoservice.api.versions import named_versions
from geoservice.database.filters import today
from geoservice.names.cases import consulting, writing

router = APIRouter(prefix="/api/cases/{case_id}", tags=["cases"], dependencies=[Depends(no_query)])

READ, EDIT = needs(Permission.READ), needs(Permission.EDIT)
_MAY_BE_UNSAID = ("answered_on", "stance", "outcome")
MaterialId = Annotated[str, InPath(max_length=60, description="Id in the list of materials", examples=["application"])]


@router.post("/names", dependencies=[EDIT])
def add_names(service: Service, response: Response, case_id: PathId, given: Annotated[NewNames, Body()]) -> CaseShape:
    """Adds names while the case is a draft or registered."""
    names = [name_given(one) for one in given.names]
    with service.read() as connection:
        writing.add_names(connection, service.catalog, service.actor, case_id, names)
        return answer(service, connection, response, case_id)


@router.patch("/names/{name_id}", dependencies=[EDIT])
def change_name(
    service: Service,
    response: Response,
    case_id: PathId,
    name_id: PathId,
    given: Annotated[NewName, Body()],
    if_match: IfMatch = None,
) -> CaseShape:
    """Changes what is applied for of one name; what is left out stays, verdicts and decisions go."""
    versions = named_versions(if_match)
    values = name_values(given, given.model_dump(exclude_unset=True))
    with service.read() as connection:
        writing.change_name(connection, service.catalog, service.actor, case_id, name_id, versions, values=values)
        return answer(service, connection, response, case_id)


@router.delete("/names/{name_id}", dependencies=[EDIT])
def remove_name(
    service: Service, response: Response, case_id: PathId, name_id: PathId, if_match: IfMatch = None
) -> CaseShape:
    """Takes a name out while the case is a draft or registered."""
    versions = named_versions(if_match)
    with service.read() as connection:
        writing.remove_name(connection, service.actor, case_id, name_id, versions)
        return answer(service, connection, response, case_id)


@router.patch("/names/{name_id}/decision", dependencies=[READ])
def decide_name(
    service: Service,
    response: Response,
    case_id: PathId,
    name_id: PathId,
    given: Annotated[Decision, Body()],
    if_match: IfMatch = None,
) -> CaseShape:
    """Keeps what those who edit, review or approve find and decide of a name, until the case is approved."""
    versions = named_versions(if_match)
    decided = writing.Decided(**given.model_dump())
    with service.read() as connection:
        writing.decide(connection, service.actor, case_id, name_id, versions, decided)
        return answer(service, connection, response, case_id)


@router.post("/opinions", dependencies=[EDIT])
def ask(service: Service, response: Response, case_id: PathId, given: Annotated[NewOpinion, Body()]) -> CaseShape:
    """Notes that somebody was asked."""
    day = today()
    with service.read() as connection:
        consulting.ask(connection, service.actor, case_id, given.asked, given.asked_on or day, today=day)
        return answer(service, connection, response, case_id)


@router.patch("/opinions/{opinion_id}", dependencies=[EDIT])
def change_opinion(
    service: Service,
    response: Response,
    case_id: PathId,
    opinion_id: PathId,
    given: Annotated[OpinionChange, Body()],
    if_match: IfMatch = None,
) -> CaseShape:
    """Notes what they say and what became of it."""
    versions = named_versions(if_match)
    given_ones = given.model_dump(exclude_unset=True)
    values = {name: value for name, value in given_ones.items() if value is not None or name in _MAY_BE_UNSAID}
    with service.read() as connection:
        consulting.answer(connection, service.actor, case_id, opinion_id, versions, values, today=today())
        return answer(service, connection, response, case_id)


@router.delete("/opinions/{opinion_id}", dependencies=[EDIT])
def remove_opinion(
    service: Service, response: Response, case_id: PathId, opinion_id: PathId, if_match: IfMatch = None
) -> CaseShape:
    """Takes a question out that nobody has answered."""
    versions = named_versions(if_match)
    with service.read() as connection:
        consulting.withdraw_question(connection, service.actor, case_id, opinion_id, versions)
        return answer(service, connection, response, case_id)


@router.put("/materials/{material}", dependencies=[EDIT])
def note_material(
    service: Service,
    response: Response,
    case_id: PathId,
    material: MaterialId,
    given: Annotated[MaterialNote, Body()],
) -> CaseShape:
    """Notes whether a paper is there."""
    with service.read() as connection:
        consulting.note_material(connection, service.actor, case_id, material, **given.model_dump())
        return answer(service, connection, response, case_id)
