"""Proposed names: checked by the rules with the article cited, and against the names that there are."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Response
from pydantic import Field, JsonValue, StringConstraints

from geoservice.access.roles import Permission
from geoservice.api.geojson import ewkb_of
from geoservice.api.parameters import Parameters, PathId, RecordId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.api.shapes_names import Answer, Bearers, Kind
from geoservice.database.filters import today
from geoservice.errors import BadRequest, NotFound
from geoservice.language import current_language
from geoservice.names import telling
from geoservice.names.bearing import bearers
from geoservice.names.clashes.searching import Proposed
from geoservice.names.rules.checking import check_name
from geoservice.names.rules.declared import naming_rules, packs_on

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[Depends(no_query), needs(Permission.READ)])


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
    case_id: RecordId | None = Field(None, description="Of the case that asks for it: its own names do not count")
    case_name_id: RecordId | None = Field(
        None, description="Which of the names of that case it is: then the others count"
    )
    brands: list[Annotated[str, StringConstraints(max_length=100)]] = Field(default_factory=list, max_length=20)
    packs: list[Annotated[str, StringConstraints(max_length=60)]] | None = Field(None, max_length=20)


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


class PackShape(Shape):
    """Rules of one source, and whether they are switched on here."""

    id: str
    title: str
    source: str
    on: bool


class RuleList(Shape):
    """All of them."""

    packs: list[PackShape]
    items: list[RuleShape]


@router.get("/rules")
def rules() -> RuleList:
    """The rules that names are checked by."""
    packs = {pack.id: pack for pack in naming_rules().packs}
    return RuleList(
        packs=[
            PackShape(
                id=one.id, title=getattr(one.title, current_language.get()), source=one.source, on=one.id in packs_on()
            )
            for one in packs.values()
        ],
        items=[
            RuleShape(
                id=one.id,
                title=getattr(one.title, current_language.get()),
                pack=one.pack,
                source=f"{packs[one.pack].source} {one.article}",
                force=one.force,
                setting=one.setting,
                kinds=list(one.kinds),
                passes=list(one.examples.passing),
                fails=list(one.examples.fail),
            )
            for one in naming_rules().rules
        ],
    )


@router.get("/bearers/{place_id}")
def name_bearers(service: Service, response: Response, place_id: PathId) -> Bearers:
    """What near a place bears its name and would have to be changed with it."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        found = bearers(connection, place_id, day=today())
    if found is None:
        raise NotFound("api.no-place", id=place_id)
    return Bearers.model_validate(found)


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
        shape=None if given.geometry is None else ewkb_of(given.geometry),
        unit_id=given.unit_id,
        place_id=given.place_id,
        case_id=given.case_id,
        case_name_id=given.case_name_id,
    )
    with service.read() as connection:
        outcome = check_name(connection, service.catalog, proposed, day=today(), brands=given.brands, packs=given.packs)
    return Answer(**telling.checked(outcome))
