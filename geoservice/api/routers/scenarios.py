"""What-if scenarios: tried live, kept, shared, compared, discarded. The real data are never touched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
    LinkList,
    LinkOrder,
    NewScenario,
    RoadLine,
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
from geoservice.coverage.scenarios.changes import MOST_CHANGES, ROAD_KINDS, Change
from geoservice.coverage.scenarios.circle import circle_at
from geoservice.coverage.scenarios.roads import described, picked
from geoservice.errors import BadInput, Conflict
from geoservice.publish.scenarios import Form, make, read_content
from geoservice.publish.scenarios.making import MEDIA

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
            "idle": telling.idle_of(state),
            "places": None if places is None else places.as_dict(),
            "resizable": state.ground.rule is not None,
            "road_classes": scenarios.road_classes(service, state.ground),
        }
    )


@router.post("/circle", response_model=dict[str, Any], dependencies=[NO_QUERY])
def circle(service: Service, response: Response, given: Annotated[CircleOrder, Body()]) -> dict[str, Any]:
    """The circle of one place alone as a GeoJSON FeatureCollection, the widest first: a picture, no figure."""
    scenarios.private(response)
    case = scenarios.case_asked(service, given)
    # Roads alone move a circle, and are the same while facilities are dragged.
    changes = [one for one in changes_in(given.changes) if one.kind in ROAD_KINDS]
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
    return circle_at(state.situation.inputs, case, given.lon, given.lat)


@router.post("/road", dependencies=[NO_QUERY])
def road(service: Service, response: Response, given: Annotated[CircleOrder, Body()]) -> RoadLine:
    """The piece of road nearest to a place after some changes: what closing it there would close."""
    scenarios.private(response)
    case = scenarios.case_asked(service, given)
    changes = [one for one in changes_in(given.changes) if one.kind in ROAD_KINDS]
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
        lines = state.lines or state.ground.book.read(connection)
    meant = Change("close_road", lon=given.lon, lat=given.lat)
    spot = picked(lines, meant, lambda code, **told: BadInput(code, number=1, **told))
    return RoadLine.model_validate(described(lines, spot).as_dict())


@router.post("/links", dependencies=[NO_QUERY])
def road_links(service: Service, response: Response, given: Annotated[LinkOrder, Body()]) -> LinkList:
    """Which single road link would buy most after some changes: of a defined set, or of given links."""
    scenarios.private(response)
    case, changes = scenarios.case_asked(service, given), changes_in(given.changes)
    with service.read() as connection:
        state = scenarios.state_of(service, connection, case, changes)
        state.ground.book.read(connection)
    return LinkList.model_validate(scenarios.links_told(state, given))


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


# pages, maps, workbooks: what a browser keeps as a file
_CONTENT: dict[str, dict[str, str]] = {media.partition(";")[0]: {} for media in MEDIA.values()}


class WantedForm(Parameters):
    """Which report."""

    form: Form = Field("page", description="page prints on A4, map opens offline, xlsx and gpkg are tables")


class PairForm(Pair, WantedForm):
    """Two scenarios, and which report."""


@router.get("/compare/report", responses={200: {"content": _CONTENT}}, response_class=Response)
def report_of_two(service: Service, given: Annotated[PairForm, Query()]) -> Response:
    """The report of two scenarios side by side as a file."""
    return _file(service, (given.one, given.other), given.form)


@router.get("/{scenario_id}/report", responses={200: {"content": _CONTENT}}, response_class=Response)
def report(service: Service, scenario_id: PathId, given: Annotated[WantedForm, Query()]) -> Response:
    """The report of a scenario as a file, from the data of this moment."""
    return _file(service, (scenario_id,), given.form)


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


def _file(service: Services, numbers: Sequence[int], form: Form) -> Response:
    with service.read() as connection:
        rows = [store.scenario(connection, number) for number in numbers]
        store.refuse_unlike(rows[0], rows[-1])
        plans = [scenarios.plan_of(service, connection, row) for row in rows]
        content = read_content(connection, service.catalog, plans, datetime.now(), service.approval)  # noqa: DTZ005
    made = make(content, form)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"}
    return Response(made.content, media_type=made.media_type, headers=headers)


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
