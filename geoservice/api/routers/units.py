"""Administrative units."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Day, Paged, Parameters, PathId, RecordId, Words
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Bounds, CodeOf, PageOf, Position, Shape
from geoservice.database.filters import today
from geoservice.errors import NotFound
from geoservice.publish.queries import units as queries

router = APIRouter(prefix="/api/units", tags=["units"], dependencies=[needs(Permission.PUBLIC)])

CAP = 1000
Level = Literal["province", "prefecture", "county", "township"]


class UnitParameters(Paged):
    """Which units."""

    level: Level | None = None
    parent: RecordId | None = Field(None, description="Only units directly below this one")
    q: Words | None = Field(None, description="Part of the name, or the beginning of a code")
    on: Day | None = Field(None, description="Units in force on this day; today by default")


class OnDay(Parameters):
    """A day."""

    on: Day | None = Field(None, description="As it was on this day; today by default")


class UnitShape(Shape):
    """A unit as it was on a day; from the first day in force to the day before `valid_to`."""

    id: int
    code: str | None
    name: str
    level: str
    kind: str | None
    parent_id: int | None
    parent_name: str | None
    valid_from: date | None
    valid_to: date | None
    schematic: bool
    source: str
    bbox: Bounds | None
    centre: Position | None


class UnitVersionShape(Shape):
    """What a unit was between two dates."""

    name: str
    level: str
    kind: str | None
    valid_from: date | None
    valid_to: date | None


class UnitCodeShape(CodeOf):
    """A code between two dates."""

    valid_from: date | None
    valid_to: date | None


class UnitDetails(UnitShape):
    """A unit with its history."""

    codes: list[UnitCodeShape]
    versions: list[UnitVersionShape]


@router.get("")
def units(service: Service, given: Annotated[UnitParameters, Query()]) -> PageOf[UnitShape]:
    """Units in force on a day, from province to township, each level by code."""
    with service.read() as connection:
        found = queries.units(
            connection,
            day=given.on or today(),
            level=given.level,
            parent=given.parent,
            q=given.q,
            limit=given.capped(min(CAP, service.settings.server.max_results)),
            after=given.after,
        )
    return PageOf(items=[UnitShape(**_centred(item)) for item in found.items], next=found.next)


@router.get("/{unit_id}")
def unit(service: Service, unit_id: PathId, given: Annotated[OnDay, Query()]) -> UnitDetails:
    """One unit with its codes and versions."""
    with service.read() as connection:
        found = queries.unit(connection, unit_id, day=given.on or today())
    if found is None:
        raise NotFound("api.no-unit", id=unit_id)
    return UnitDetails(**_centred(found))


def _centred(item: dict[str, Any]) -> dict[str, Any]:
    lon, lat = item.pop("lon"), item.pop("lat")
    return {**item, "centre": None if lon is None else (lon, lat)}
