"""Villages that are registered twice, as unit and as organisation: found, linked, parted."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Response
from pydantic import Field, StringConstraints

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, PathId, RecordId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.database.filters import today
from geoservice.names.twice import decide, doubles

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[Depends(no_query)])

MOST = 5000


class Registered(Shape):
    """One of the two records."""

    place_id: int
    key: str
    name: str
    class_code: str
    code: str | None
    unit_name: str | None
    lon: float | None
    lat: float | None


class DoubleShape(Shape):
    """A unit and its organisation; ``doubtful`` where several units fit and a person decides."""

    state: Literal["linked", "open", "doubtful"]
    unit: Registered
    body: Registered
    distance_m: int | None


class DoubleList(Shape):
    """Those that are not linked first, at most 5,000."""

    items: list[DoubleShape]
    linked: int
    open: int


class Decision(Parameters):
    """What becomes of an organisation's record."""

    unit_id: RecordId | None = Field(
        description="Place of the unit that it is the same as; null parts the two for good"
    )
    apart_id: RecordId | None = Field(None, description="Place that it is not, where they are not linked yet")
    reason: Annotated[str, StringConstraints(max_length=500)] | None = None


class Decided(Shape):
    """What the record is the same as now."""

    place_id: int
    same_as_id: int | None


@router.get("/doubles", dependencies=[needs(Permission.READ)])
def registered_twice(service: Service, response: Response) -> DoubleList:
    """Villages and communities that are registered both as a unit (216xx) and as an organisation (276xx)."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        found = doubles(connection, service.catalog, today())
    linked = sum(one["state"] == "linked" for one in found)
    return DoubleList(items=[DoubleShape(**one) for one in found[:MOST]], linked=linked, open=len(found) - linked)


@router.put("/doubles/{place_id}", dependencies=[needs(Permission.EDIT)])
def decide_double(service: Service, place_id: PathId, given: Annotated[Decision, Body()]) -> Decided:
    """Links an organisation's record to its unit, or parts the two for good; both ways can be taken back."""
    with service.read() as connection:
        decide(connection, service.catalog, place_id, given.unit_id, apart=given.apart_id, reason=given.reason)
    return Decided(place_id=place_id, same_as_id=given.unit_id)
