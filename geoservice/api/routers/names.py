"""Proposed names: checked by the rules with the article cited, and against the names that there are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import shapely
from fastapi import APIRouter, Body, Depends, Response
from pydantic import Field, JsonValue, StringConstraints

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, RecordId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.database.filters import today
from geoservice.database.models import SRID
from geoservice.errors import BadRequest
from geoservice.names import telling
from geoservice.names.clashes.searching import Proposed
from geoservice.names.rules.checking import check_name
from geoservice.names.rules.declared import naming_rules

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[Depends(no_query), needs(Permission.READ)])

Kind = Literal["province", "prefecture", "county", "township", "village", "street", "estate", "water", "mountain", "facility"]  # fmt: skip
MOST_POINTS = 20_000


class Question(Parameters):
    """A name that is asked for, and where."""

    name: Annotated[str, StringConstraints(max_length=20_000)]
    kind: Kind
    reading: Annotated[str, StringConstraints(max_length=400)] | None = Field(
        None, description="As it was stated, with tone marks or numbers"
    )
    geometry: dict[str, JsonValue] | None = Field(None, description="GeoJSON, EPSG:4490, longitude first")
    unit_id: RecordId | None = Field(None, description="Unit that it lies in, where there is no geometry")
    place_id: RecordId | None = Field(None, description="Of the place itself, where it has a name already")
    brands: list[Annotated[str, StringConstraints(max_length=100)]] = Field(default_factory=list, max_length=20)
    packs: list[Annotated[str, StringConstraints(max_length=60)]] | None = Field(None, max_length=20)


class Ruled(Shape):
    """What one rule says."""

    rule: str
    title: str
    verdict: Literal["violates", "argue", "hint", "passes"]
    force: Literal["hard", "soft", "hint"]
    source: str
    setting: bool
    reason: str | None
    exemption: str


class ClashShape(Shape):
    """A name that may be taken for the proposed one."""

    name_id: int
    place_id: int
    name: str
    reading: str | None
    kind: str
    state: Literal["in_force", "retired", "former"]
    class_code: str
    unit_id: int | None
    unit_name: str | None
    valid_from: date | None
    valid_to: date | None
    lon: float | None
    lat: float | None
    tier: Literal["same", "same_sound", "other_tone", "near_sound", "near_form"]
    whole: bool
    unlikely: bool
    why: str


class ScopeShape(Shape):
    """Where names may not repeat by law, and where it was looked."""

    scope: Literal["nation", "province", "county", "built_up"]
    applied: Literal["all", "province", "county", "built_up"]
    title: str
    article: str
    names: list[str]
    words: str
    cut: bool


class Answer(Shape):
    """Verdicts, the gravest first, and the clashes that they rest on."""

    name: str
    kind: str
    verdict: Literal["violates", "argue", "hint", "passes"]
    verdicts: list[Ruled]
    clashes: list[ClashShape]
    scope: ScopeShape | None


class RuleShape(Shape):
    """A rule as it is declared, with its own examples."""

    id: str
    title: str
    pack: str
    source: str
    force: Literal["hard", "soft", "hint"]
    setting: bool
    kinds: list[str]
    passes: list[str]
    fails: list[str]


class RuleList(Shape):
    """All of them."""

    items: list[RuleShape]


@router.get("/rules")
def rules() -> RuleList:
    """The rules that names are checked by."""
    packs = {pack.id: pack for pack in naming_rules().packs}
    return RuleList(
        items=[
            RuleShape(
                id=one.id,
                title=one.title.zh,
                pack=one.pack,
                source=f"{packs[one.pack].source} {one.article}",
                force=one.force,
                setting=one.setting,
                kinds=list(one.kinds),
                passes=list(one.examples.passing),
                fails=list(one.examples.fail),
            )
            for one in naming_rules().rules
        ]
    )


@router.post("/check")
def check(service: Service, response: Response, given: Annotated[Question, Body()]) -> Answer:
    """Checks a name by every rule in force, against the names in the scope of the law. Nothing is kept."""
    response.headers["Cache-Control"] = "no-store"
    known = {pack.id for pack in naming_rules().packs}
    unknown = [one for one in given.packs or () if one not in known]
    if unknown:
        raise BadRequest("names.unknown-pack", value=unknown[0], known=", ".join(sorted(known)))
    proposed = Proposed(
        name=given.name,
        kind=given.kind,
        reading=given.reading,
        shape=None if given.geometry is None else _shape(given.geometry),
        unit_id=given.unit_id,
        place_id=given.place_id,
    )
    with service.read() as connection:
        outcome = check_name(connection, service.catalog, proposed, day=today(), brands=given.brands, packs=given.packs)
    return Answer(**telling.checked(outcome))


def _shape(geometry: dict[str, JsonValue]) -> str:
    try:
        shape = shapely.geometry.shape(geometry)
        usable = not shape.is_empty and shape.is_valid and shapely.get_num_coordinates(shape) <= MOST_POINTS
        west, south, east, north = shape.bounds
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no geometry
        raise BadRequest("names.bad-geometry") from None
    if not usable or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadRequest("names.bad-geometry")
    return shapely.to_wkb(shapely.set_srid(shapely.force_2d(shape), SRID), hex=True, include_srid=True)
