"""Place names and places."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Boxed, Count, Day, Parameters, PathId, RecordId, Words
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Bounds, PageOf, Shape, Title
from geoservice.database.filters import today
from geoservice.errors import NotFound
from geoservice.ingest.reading_sources import is_stated
from geoservice.language import LANGUAGES, translate
from geoservice.names.places import place as find_place
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from geoservice.names.syllables import Syllable

router = APIRouter(prefix="/api", tags=["place names"], dependencies=[needs(Permission.PUBLIC)])

CAP = 50


class NameParameters(Boxed):
    """Which names."""

    q: Words = Field("", description="Han characters, pinyin with or without tones, initials, or part of a name")
    unit: RecordId | None = Field(None, description="Only places in this unit")
    limit: Count = Field(20, description=f"Most records of one page, at most {CAP}")
    on: Day | None = Field(None, description="Only names in force on this day")


class OnDay(Parameters):
    """A day."""

    on: Day | None = Field(None, description="Standard name and unit of this day; today by default")


class Registration(Shape):
    """Another registration of the same village: as unit (216xx) or as organisation (276xx)."""

    place_id: int
    name: str
    class_code: str
    code: str | None


class NameHit(Shape):
    """A place under the name that answers best."""

    id: int = Field(description="Id of the name")
    place_id: int
    name: str
    kind: str
    standard_name: str | None = Field(description="The place's standard name in force")
    class_code: str
    class_title: Title | None
    reading: str | None
    reading_source: str | None = Field(description="Whose word the reading is: a code of reading_sources")
    romanisation: str | None
    valid_from: date | None
    valid_to: date | None
    unit_name: str | None
    lon: float | None
    lat: float | None
    bbox: Bounds | None
    match: Literal["han", "pinyin", "initials", "former"]
    also: list[Registration] = Field(description="Other registrations of the same place: it is counted once")
    schematic: bool


class SyllableShape(Shape):
    """One character with its reading, and whose word that is."""

    character: str
    syllable: str
    source: str
    source_title: Title
    confirmed: bool


class CrossedShape(Shape):
    """A township that the place has a part in: metres of a line there, square metres of an area."""

    unit_id: int
    name: str
    length_m: int | None
    area_m2: int | None


class NameShape(Shape):
    """One name of a place."""

    name: str
    kind: str
    reading: str | None
    reading_source: str | None
    syllables: list[SyllableShape] = Field(description="Empty where the reading is not one syllable a character")
    romanisation: str | None
    valid_from: date | None
    valid_to: date | None
    schematic: bool


class PlaceShape(Shape):
    """A place with all its names."""

    id: int
    standard_name: str | None
    class_code: str
    class_title: Title | None
    code: str | None
    rank: int
    unit_name: str | None
    lon: float | None
    lat: float | None
    bbox: Bounds | None
    schematic: bool
    meaning: str | None = Field(description="含义")
    origin: str | None = Field(description="来历")
    history: str | None = Field(description="历史沿革")
    allusion: str | None = Field(description="典故")
    overview: str | None = Field(description="地理实体概况")
    usage: str | None = Field(description="使用时间: current or historic")
    established: str | None = Field(description="设立年份, as written")
    abolished: str | None = Field(description="废止年份, as written")
    language: str | None = Field(description="语种")
    ethnic_writing: str | None = Field(description="民族文字")
    units_stated: str | None = Field(description="所在（跨）行政区, as the source wrote it")
    units: list[CrossedShape] = Field(description="Townships of the day that its geometry lies in or runs through")
    also: list[Registration] = Field(description="Other registrations of the same place: it is counted once")
    names: list[NameShape]


@router.get("/place-names")
def place_names(service: Service, given: Annotated[NameParameters, Query()]) -> PageOf[NameHit]:
    """Places by name, the best match first; without `q` the most important places."""
    limit, box, query = given.capped(CAP), given.box, NameQuery.parse(given.q)
    with service.read() as connection:
        found = search_places(
            connection,
            query,
            today=today(),
            on=given.on,
            unit=given.unit,
            bbox=box,
            limit=limit,
            after=given.after,
        )
    items = [NameHit(**_titled(service, item)) for item in found.items]
    return PageOf(items=items, next=found.next)


@router.get("/places/{place_id}")
def place(service: Service, place_id: PathId, given: Annotated[OnDay, Query()]) -> PlaceShape:
    """One place with all its names."""
    with service.read() as connection:
        found = find_place(connection, place_id, day=given.on or today())
    if found is None:
        raise NotFound("api.no-place", id=place_id)
    names = [{**one, "syllables": [_syllable(service, each) for each in one["syllables"]]} for one in found["names"]]
    return PlaceShape(**_titled(service, {**found, "names": names}))


def _syllable(service: Services, one: Syllable) -> SyllableShape:
    entry = service.catalog.codes["reading_sources"].find(one.source) if is_stated(one.source) else None
    words = {language: translate(f"romanise.origin.{one.source}", language) for language in LANGUAGES}
    title = Title(**words) if entry is None else Title.of(entry.title)
    return SyllableShape(**asdict(one), source_title=title)


def _titled(service: Services, item: dict[str, Any]) -> dict[str, Any]:
    entry = service.catalog.codes["place_classes"].find(item["class_code"])
    return {**item, "class_title": Title.of(entry.title) if entry else None}
