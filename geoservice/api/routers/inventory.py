"""Names that already clash: an inventory, and no error of anybody."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, RecordId
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.api.shapes_names import Kind
from geoservice.database.filters import today
from geoservice.names.clashes.comparing import Tier
from geoservice.names.clashes.inventory import inventory
from geoservice.names.clashes.keeping import names_of_kind

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[needs(Permission.READ)])

MOST_GROUPS = 500


class Asked(Parameters):
    """Names of which kind, and where."""

    kind: Kind = "township"
    unit: RecordId | None = Field(None, description="Only names in this unit; all by default")


class NameInGroup(Shape):
    """One name and a point of it; `place_id` is null for a unit or a community."""

    name: str
    unit_name: str | None
    place_id: int | None
    lon: float | None
    lat: float | None


class GroupShape(Shape):
    """Names whose specific terms are the same, or sound the same and are written differently."""

    tier: Literal["same", "same_sound"]
    terms: list[str]
    names: list[NameInGroup]


class InventoryShape(Shape):
    """Groups, the same characters first and the largest first; `groups_in_all` with those that are left out."""

    read: int = Field(description="Names that were compared")
    groups: list[GroupShape]
    groups_in_all: int


@router.get("/inventory")
def name_inventory(service: Service, response: Response, given: Annotated[Asked, Query()]) -> InventoryShape:
    """Names in force of a kind that already repeat each other or sound alike."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        kept, sounding = names_of_kind(connection, service.catalog, given.kind, today(), unit=given.unit)
    found = [group for tier in (Tier.SAME, Tier.SAME_SOUND) for group in inventory(sounding, tier)]
    groups = [
        GroupShape(
            tier=group.tier.name.lower(),
            terms=list(group.terms),
            names=[NameInGroup(**vars(kept[at])) for at in group.positions],
        )
        for group in found[:MOST_GROUPS]
    ]
    return InventoryShape(read=len(kept), groups=groups, groups_in_all=len(found))
