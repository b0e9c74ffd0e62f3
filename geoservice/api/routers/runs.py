"""Coverage runs and their results; a run never changes, so its answers are kept by their ETag."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, TypeAdapter
from sqlalchemy import Connection

from geoservice.api.conditional import Conditional
from geoservice.api.parameters import Code, Paged, Parameters, PathId, no_query
from geoservice.api.services import Service
from geoservice.api.shapes import PageOf, Shape
from geoservice.errors import NotFound
from geoservice.publish.queries import runs as queries
from geoservice.publish.queries.circles import Circle, circles
from geoservice.publish.revisions import etag, layer_revision

router = APIRouter(prefix="/api/runs", tags=["coverage runs"])

CAP = 1000


class Choice(Parameters):
    """One service standard and one facility type."""

    service: Code = Field(description="Id of the service standard")
    type: Code = Field(description="Code of the facility type")


class RunShape(Shape):
    """A run with its inputs; `stale` says that an input has changed since."""

    id: int
    started_at: datetime
    finished_at: datetime
    on_date: date
    network_revision: str
    input_revisions: dict[str, Any]
    parameters: dict[str, Any]
    figures: dict[str, Any]
    stale: bool
    schematic: bool


class UnitFigures(Shape):
    """Coverage of a unit; the unit is null where communities belong to none, and in the total."""

    unit_id: int | None
    name: str | None
    facilities: int
    communities: int
    communities_covered: int
    communities_unjoined: int
    communities_without_population: int
    population: int
    population_covered: int
    population_60: int
    population_60_covered: int
    population_80: int
    population_80_covered: int


class RunUnits(Shape):
    """Coverage by unit."""

    total: UnitFigures | None
    items: list[UnitFigures]


class CommunityReach(Shape):
    """The result of one community."""

    community_id: int
    name: str
    class_: str | None = Field(alias="class")
    lon: float | None
    lat: float | None
    unit_id: int | None
    facility_id: int | None
    time_s: float | None
    limit_s: float
    covered: bool
    reason: str | None
    population: int | None


class RunCommunities(Shape):
    """The result of every community."""

    items: list[CommunityReach]
    truncated: bool = Field(description="Whether there are more than one answer may hold")


_COMMUNITIES = TypeAdapter(RunCommunities)


@router.get("")
def runs(service: Service, given: Annotated[Paged, Query()]) -> PageOf[RunShape]:
    """Runs, the newest first."""
    with service.read() as connection:
        found = queries.runs(connection, limit=given.capped(CAP), after=given.after)
    return PageOf(items=[RunShape(**item) for item in found.items], next=found.next)


@router.get("/{run_id}", response_model=RunShape, dependencies=[Depends(no_query)])
def run(service: Service, run_id: PathId, condition: Conditional) -> Response:
    """One run."""
    with service.read() as connection:
        found = _run(connection, run_id)
    return condition.answer(_tag(found, "run"), lambda: _json(RunShape(**found)))


@router.get("/{run_id}/units", response_model=RunUnits)
def run_units(service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional) -> Response:
    """Figures of each unit and of all together, with the names of the units in force on the run's date."""
    with service.read() as connection:
        found = _run(connection, run_id)

        def body() -> Response:
            rows = queries.run_units(connection, run_id, service=given.service, type_=given.type, day=found["on_date"])
            total = [row for row in rows if row["is_total"]]
            items = [UnitFigures(**row) for row in rows if not row["is_total"]]
            return _json(RunUnits(total=UnitFigures(**total[0]) if total else None, items=items))

        # Names may be corrected after the run.
        return condition.answer(_tag(found, "units", given, layer_revision(connection, "units")), body)


@router.get("/{run_id}/communities", response_model=RunCommunities)
def run_communities(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """The result of every community, by id."""
    with service.read() as connection:
        found = _run(connection, run_id)

        def body() -> Response:
            rows = queries.run_communities(connection, run_id, service=given.service, type_=given.type)
            truncated = len(rows) >= queries.MOST_COMMUNITIES
            answer = _COMMUNITIES.validate_python({"items": rows, "truncated": truncated})
            return Response(_COMMUNITIES.dump_json(answer, by_alias=True), media_type="application/json")

        # Name and point come from the community as it is now.
        return condition.answer(_tag(found, "communities", given, layer_revision(connection, "communities")), body)


@router.get("/{run_id}/circles", responses={200: {"content": {"application/geo+json": {}}}})
def run_circles(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """Service circles as a GeoJSON FeatureCollection, the widest first: pictures, no figure comes from them."""
    with service.read() as connection:
        found = _run(connection, run_id)

        def body() -> Response:
            features = circles(connection, run_id, service=given.service, type_=given.type)
            text = ",".join(map(_feature, features))
            return Response(f'{{"type":"FeatureCollection","features":[{text}]}}', media_type="application/geo+json")

        return condition.answer(_tag(found, "circles", given), body)


class CircleProperties(Shape):
    """What a circle shows."""

    mode: str
    minutes: int
    area_km2: float
    schematic: bool


def _feature(circle: Circle) -> str:
    properties = CircleProperties(
        mode=circle.mode, minutes=circle.minutes, area_km2=circle.area_km2, schematic=circle.schematic
    ).model_dump_json()
    return f'{{"type":"Feature","id":{circle.id},"properties":{properties},"geometry":{circle.geometry}}}'


def _run(connection: Connection, run_id: int) -> dict[str, Any]:
    found = queries.run(connection, run_id)
    if found is None:
        raise NotFound("api.no-run", id=run_id)
    return found


def _tag(found: dict[str, Any], what: str, *parts: object) -> str:
    return etag(what, found["id"], found["finished_at"], found["stale"], *parts)


def _json(shape: Shape) -> Response:
    return Response(shape.model_dump_json(by_alias=True), media_type="application/json")
