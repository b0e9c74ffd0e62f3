"""Places that are written in several ways (一地多写)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, RecordId
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.database.filters import today
from geoservice.names.clashes.scopes import units_below
from geoservice.names.clashes.spellings import spellings

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[needs(Permission.READ)])

MOST_PLACES = 1000


class AskedSpellings(Parameters):
    """Where."""

    unit: RecordId | None = Field(None, description="Only names in this unit; all by default")


class WrittenShape(Shape):
    """One record and where its spelling comes from."""

    kind: Literal["place", "community", "unit"]
    id: int
    name: str
    unit_name: str | None
    code: str | None
    class_code: str | None
    source: str | None
    lon: float | None
    lat: float | None


class SpeltShape(Shape):
    """Records of one place: ``variant`` for variants of one word (塆/湾), ``lookalike`` for characters that look alike."""

    how: Literal["variant", "lookalike"]
    spellings: list[str]
    records: list[WrittenShape]


class SpeltList(Shape):
    """Variants first, at most 1,000; `cut` where there are more names than are compared."""

    items: list[SpeltShape]
    places_in_all: int
    cut: bool


@router.get("/spellings")
def name_spellings(service: Service, response: Response, given: Annotated[AskedSpellings, Query()]) -> SpeltList:
    """Places, communities and units that are one place and are written differently, in one source or across sources."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        units = None if given.unit is None else units_below(connection, given.unit)
        found, cut = spellings(connection, today(), units=units)
    items = [
        SpeltShape(
            how=one.how,
            spellings=list(one.spellings),
            records=[
                WrittenShape(**{name: getattr(each, name) for name in WrittenShape.model_fields})
                for each in one.records
            ],
        )
        for one in found[:MOST_PLACES]
    ]
    return SpeltList(items=items, places_in_all=len(found), cut=cut)
