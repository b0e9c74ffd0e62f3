"""Names in Roman letters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters
from geoservice.api.permits import needs
from geoservice.api.shapes import Shape
from geoservice.names.romanisation import telling
from geoservice.names.romanisation.declared import CLASSES, spelling_class
from geoservice.names.romanisation.romanise import romanise

router = APIRouter(prefix="/api/names", tags=["place names"], dependencies=[needs(Permission.PUBLIC)])


class NameToSpell(Parameters):
    """A name and its class."""

    name: Annotated[str, StringConstraints(max_length=2_000)] = Field(
        description="Han characters, at most 100; figures stand for themselves", examples=["干驿镇"]
    )
    class_: Annotated[str, StringConstraints(max_length=60)] = Field(
        alias="class", description=", ".join(CLASSES), examples=["township"]
    )
    reading: Annotated[str, StringConstraints(max_length=1_000)] | None = Field(
        None, description="Stated reading, pinyin with tone marks or numbers: it stands above every other source"
    )


class SegmentShape(Shape):
    """What stands between two spaces."""

    text: str
    spelling: str
    generic: bool


class ReadingShape(Shape):
    """How one character is read, and on whose word."""

    character: str
    syllable: str
    origin: str
    source: str | None
    readings: list[str] = Field(description="All that the dictionary has")
    confirmed: bool
    unconfirmed_polyphone: bool


class StepShape(Shape):
    """One rule of 1984 that was applied."""

    rule: int
    part: str
    text: str


class Spelling(Shape):
    """A spelling with its proof."""

    name: str
    class_: str = Field(alias="class")
    spelling: str
    plain: str = Field(description="Without tone marks")
    segments: list[SegmentShape]
    breaks: list[int] = Field(description="Offsets in the spelling before which a line may end, with a hyphen")
    readings: list[ReadingShape]
    unconfirmed: list[str] = Field(description="Characters with several readings that nobody confirmed")
    outside_table: list[str] = Field(description="Characters that are not in 通用规范汉字表")
    proof: list[StepShape]


@router.get("/romanisation")
def romanisation(given: Annotated[NameToSpell, Query()]) -> Spelling:
    """A name spelt by the rules of 1984 (汉语地名部分), with the rule of every split, capital, apostrophe and figure."""
    return Spelling(**telling.romanised(romanise(given.name, spelling_class(given.class_), given.reading)))
