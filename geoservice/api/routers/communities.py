"""Communities."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Boxed, Day, PathId, RecordId, Words, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import CodeOf, PageOf, Shape
from geoservice.database.filters import today
from geoservice.errors import NotFound
from geoservice.publish.queries import communities as queries
from geoservice.publish.queries.runs import latest_run

router = APIRouter(prefix="/api/communities", tags=["communities"], dependencies=[needs(Permission.PUBLIC)])


class CommunityParameters(Boxed):
    """Which communities."""

    unit: RecordId | None = Field(None, description="Only those in this unit")
    class_: Literal["urban", "rural", "none"] | None = Field(
        None, alias="class", description="none: those that nobody has classified"
    )
    q: Words | None = Field(None, description="Part of the name, or the beginning of a code")
    on: Day | None = Field(None, description="In force on this day; today by default")


class CommunityShape(Shape):
    """A community; its point is in CRS84 and null where nobody has placed it."""

    id: int
    name: str
    code: str | None
    class_: str | None = Field(alias="class")
    unit_id: int | None
    unit_name: str | None
    population: int | None
    population_60: int | None
    population_80: int | None
    population_estimated: bool = Field(description="Not an official count, but shared out from population_source")
    population_source: str | None
    households: int | None
    population_date: date | None
    lon: float | None
    lat: float | None
    schematic: bool


class ReachShape(Shape):
    """Reach time to the nearest facility of a type, judged by a service standard."""

    service: str
    type: str
    facility_id: int | None
    facility_name: str | None
    time_s: float | None
    limit_s: float
    covered: bool
    reason: str | None = Field(description="Why there is no time: off_network, no_path, no_facility")


class CommunityDetails(CommunityShape):
    """A community with its codes and the results of the newest run."""

    codes: list[CodeOf]
    run_id: int | None
    reach: list[ReachShape]


@router.get("")
def communities(service: Service, given: Annotated[CommunityParameters, Query()]) -> PageOf[CommunityShape]:
    """Communities in force on a day, by id."""
    limit, box = given.capped(service.settings.server.max_results), given.box
    with service.read() as connection:
        found = queries.communities(
            connection,
            day=given.on or today(),
            class_=given.class_,
            unit=given.unit,
            bbox=box,
            q=given.q,
            limit=limit,
            after=given.after,
        )
    return PageOf(items=[CommunityShape(**item) for item in found.items], next=found.next)


@router.get("/{community_id}", dependencies=[Depends(no_query)])
def community(service: Service, community_id: PathId) -> CommunityDetails:
    """One community with the results of the newest run."""
    with service.read() as connection:
        found = queries.community(connection, community_id, day=today(), run_id=latest_run(connection))
    if found is None:
        raise NotFound("api.no-community", id=community_id)
    return CommunityDetails(**found)
