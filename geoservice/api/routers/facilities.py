"""Facilities."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Boxed, Code, Day, PathId, RecordId, Words, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import PageOf, Shape
from geoservice.database.filters import today
from geoservice.errors import NotFound
from geoservice.publish.queries import facilities as queries

router = APIRouter(prefix="/api/facilities", tags=["facilities"], dependencies=[needs(Permission.PUBLIC)])


class FacilityParameters(Boxed):
    """Which facilities."""

    type: Code | None = Field(None, description="Code of the facility type")
    unit: RecordId | None = Field(None, description="Only those in this unit")
    q: Words | None = Field(None, description="Part of the name or of the address")
    on: Day | None = Field(None, description="Open on this day; today by default")


class FacilityShape(Shape):
    """A facility at a point in CRS84; open from `opened_on` to the day before `closed_on`."""

    id: int
    name: str
    type: str
    unit_id: int | None
    unit_name: str | None
    address: str | None
    beds: int | None
    nursing_beds: int | None
    area_m2: float | None
    opened_on: date | None
    closed_on: date | None
    lon: float
    lat: float
    schematic: bool


@router.get("")
def facilities(service: Service, given: Annotated[FacilityParameters, Query()]) -> PageOf[FacilityShape]:
    """Facilities open on a day, by id."""
    limit, box = given.capped(service.settings.server.max_results), given.box
    with service.read() as connection:
        found = queries.facilities(
            connection,
            day=given.on or today(),
            type_=given.type,
            unit=given.unit,
            bbox=box,
            q=given.q,
            limit=limit,
            after=given.after,
        )
    return PageOf(items=[FacilityShape(**item) for item in found.items], next=found.next)


@router.get("/{facility_id}", dependencies=[Depends(no_query)])
def facility(service: Service, facility_id: PathId) -> FacilityShape:
    """One facility, open or closed."""
    with service.read() as connection:
        found = queries.facility(connection, facility_id, day=today())
    if found is None:
        raise NotFound("api.no-facility", id=facility_id)
    return FacilityShape(**found)
