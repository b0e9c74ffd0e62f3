"""What-if scenarios: tried live, kept, shared, compared, discarded. The real data are never touched."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import Field
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import scenarios
from geoservice.api.cases import IfMatch
from geoservice.api.parameters import Paged, Parameters, PathId, RecordId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes_scenarios import (
    ChangeOrder,
    CircleOrder,
    Comparison,
    CopyOrder,
    Difference,
    NewScenario,
    ScenarioChange,
    ScenarioLine,
    ScenarioList,
    ScenarioShape,
    Standing,
    Trial,
    TrialOrder,
    changes_in,
)
from geoservice.api.shapes_uploads import Nothing
from geoservice.api.versions import named_versions
from geoservice.coverage.scenarios import store, telling
from geoservice.coverage.scenarios.changes import MOST_CHANGES, Change
from geoservice.coverage.scenarios.circle import circle_at
from geoservice.errors import BadInput, Conflict

COMPUTE = needs(Permission.COMPUTE)
router = APIRouter(prefix="/api/scenarios", tags=["scenarios"], dependencies=[COMPUTE])

CAP = 500
NO_QUERY = Depends(no_query)


@router.post("/trial", dependencies=[NO_QUERY])
def try_out(service: Service, response: Response, given: Annotated[TrialOrder, Body()]) -> Trial:
    """What some changes come to: totals by township and county, and who gains or loses. Nothing is kept."""
    scenarios.private(response)
    case, changes = scenarios.case_asked(service, given), changes_in(given.changes)
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
    return Trial.model_validate(scenarios.trial(state))


@router.post("/standing", dependencies=[NO_QUERY])
def standing(service: Service, response: Response, given: Annotated[TrialOrder, Body()]) -> Standing:
    """Every facility with what its closing costs, and every community, as they stand after some changes."""
    scenarios.private(response)
    case, changes = scenarios.case_asked(service, given), changes_in(given.changes)
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
    places = telling.places_in(state)
    return Standing.model_validate(
        {
            "case": telling.case_told(state.ground),
            "facilities": telling.facilities_of(state),
            "communities": telling.communities_of(state),
            "places": None if places is None else places.as_dict(),
            "resizable": state.ground.rule is not None,
        }
    )


@router.post("/circle", response_model=dict[str, Any], dependencies=[NO_QUERY])
def circle(service: Service, response: Response, given: Annotated[CircleOrder, Body()]) -> dict[str, Any]:
    """The circle of one place alone as a GeoJSON FeatureCollection, the widest first: a picture, no figure."""
    scenarios.private(response)
    case = scenarios.case_asked(service, given)
    with service.read() as connection:
        _, ground = scenarios.ground_of(service, connection, case)
    return circle_at(ground, given.lon, given.lat)


@router.get("")
def listed(service: Service, response: Response, given: Annotated[Paged, Query()]) -> ScenarioList:
    """One's own scenarios and those that others share, the newest first."""
    scenarios.private(response)
    with service.read() as connection:
        rows, following = store.scenarios(connection, limit=given.capped(CAP), after=given.after)
        items = [
            ScenarioLine(**scenarios.line(service, row, scenarios.stale(connection, row)), changes=len(row.changes))
            for row in rows
        ]
    return ScenarioList(items=items, next=following)


@router.post("", status_code=201, dependencies=[NO_QUERY])
def new(service: Service, response: Response, given: Annotated[NewScenario, Body()]) -> ScenarioShape:
    """Keeps a scenario; every change has to be one that can be made."""
    case, changes = scenarios.case_asked(service, given), changes_in(given.changes)
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
        order = store.Order(given.name, case, changes, state.ground.revisions, given.shared)
        made = store.make(connection, service.actor.name, order)
        return _answer(service, connection, response, made)


class Pair(Parameters):
    """Two scenarios."""

    one: RecordId = Field(description="Id of the first")
    other: RecordId = Field(description="Id of the second")


@router.get("/compare")
def compare(service: Service, response: Response, given: Annotated[Pair, Query()]) -> Comparison:
    """Two scenarios of one standard, type and day side by side, and what changes from the first to the second."""
    scenarios.private(response)
    with service.read() as connection:
        first, second = (store.scenario(connection, number) for number in (given.one, given.other))
        store.refuse_unlike(first, second)
        (one, before), (other, after) = (scenarios.whole(service, connection, row) for row in (first, second))
    difference = Difference.model_validate(telling.told(before, after))
    return Comparison(
        one=ScenarioShape.model_validate(one), other=ScenarioShape.model_validate(other), difference=difference
    )


@router.get("/{scenario_id}", dependencies=[NO_QUERY])
def one_scenario(service: Service, response: Response, scenario_id: PathId) -> ScenarioShape:
    """A scenario with its figures, from the data of this moment; what has changed since its last change is named."""
    with service.read() as connection:
        return _answer(service, connection, response, scenario_id)


@router.patch("/{scenario_id}", dependencies=[NO_QUERY])
def change(
    service: Service,
    response: Response,
    scenario_id: PathId,
    given: Annotated[ScenarioChange, Body()],
    if_match: IfMatch = None,
) -> ScenarioShape:
    """Renames, shares, or replaces the changes of one's own scenario."""
    versions = named_versions(if_match)
    values = given.model_dump(exclude_none=True, exclude={"changes"})
    if "name" in values:
        values["name"] = store.name_of(values["name"])
    with service.read() as connection:
        if given.changes is not None:
            values |= _checked(service, connection, scenario_id, changes_in(given.changes))
        store.change(connection, service.actor.name, scenario_id, versions, values)
        return _answer(service, connection, response, scenario_id)


@router.post("/{scenario_id}/changes", dependencies=[NO_QUERY])
def append(
    service: Service,
    response: Response,
    scenario_id: PathId,
    given: Annotated[ChangeOrder, Body()],
    if_match: IfMatch = None,
) -> ScenarioShape:
    """Adds one change at the end."""
    versions = named_versions(if_match)
    with service.read() as connection:
        changes = (*store.scenario(connection, scenario_id).changes, *changes_in([given]))
        if len(changes) > MOST_CHANGES:
            raise BadInput("scenario.too-many-changes", count=len(changes), most=MOST_CHANGES)
        values = _checked(service, connection, scenario_id, changes)
        store.change(connection, service.actor.name, scenario_id, versions, values)
        return _answer(service, connection, response, scenario_id)


@router.post("/{scenario_id}/undo", dependencies=[NO_QUERY])
def undo(
    service: Service, response: Response, scenario_id: PathId, _: Annotated[Nothing, Body()], if_match: IfMatch = None
) -> ScenarioShape:
    """Takes the last change back."""
    versions = named_versions(if_match)
    with service.read() as connection:
        changes = store.scenario(connection, scenario_id).changes
        if not changes:
            raise Conflict("scenario.nothing-to-undo")
        values = {"changes": [one.as_dict() for one in changes[:-1]]}
        store.change(connection, service.actor.name, scenario_id, versions, values)
        return _answer(service, connection, response, scenario_id)


@router.post("/{scenario_id}/copy", status_code=201, dependencies=[NO_QUERY])
def copy(
    service: Service, response: Response, scenario_id: PathId, given: Annotated[CopyOrder, Body()]
) -> ScenarioShape:
    """A copy of one's own; of another's where it is shared."""
    with service.read() as connection:
        row = store.scenario(connection, scenario_id)
        case = row.case(service.catalog)
        order = store.Order(given.name or row.name, case, row.changes, row.base)
        made = store.make(connection, service.actor.name, order)
        return _answer(service, connection, response, made)


@router.delete("/{scenario_id}", dependencies=[NO_QUERY])
def discard(service: Service, response: Response, scenario_id: PathId, if_match: IfMatch = None) -> ScenarioLine:
    """Throws a scenario away. The answer is what it was."""
    scenarios.private(response)
    versions = named_versions(if_match)
    with service.read() as connection:
        row = store.discard(connection, scenario_id, versions)
        return ScenarioLine(**scenarios.line(service, row, scenarios.stale(connection, row)), changes=len(row.changes))


def _answer(service: Services, connection: Connection, response: Response, scenario_id: int) -> ScenarioShape:
    row = store.scenario(connection, scenario_id)
    scenarios.private(response, row)
    told, _ = scenarios.whole(service, connection, row)
    return ScenarioShape.model_validate(told)


def _checked(
    service: Services, connection: Connection, scenario_id: int, changes: tuple[Change, ...]
) -> dict[str, Any]:
    """Changes as columns, with what they were checked against; refused where one of them cannot be made."""
    case = store.scenario(connection, scenario_id).case(service.catalog)
    state = scenarios.state_of(service, connection, case, changes)
    return {"changes": [one.as_dict() for one in changes], "base": dict(state.ground.revisions)}
