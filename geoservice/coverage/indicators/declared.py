"""The declarations of layers/standards/indicators.toml."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from geoservice.catalog import Catalog, Declaration, Identifier, Text, read_declaration
from geoservice.errors import BadDeclaration
from geoservice.resources import resource

Sum = Literal["beds", "nursing_beds", "area_m2"]
Group = Literal["population", "population_60", "population_80", "households"]
Class = Literal["urban", "rural"]


class Quantity(Declaration):
    """Something that is counted; the file's head says how."""

    count: Literal["facilities", "communities", "townships", "county"] | Sum | Group
    types: tuple[Identifier, ...] = ()
    class_: Class | None = Field(None, alias="class")
    having: tuple[Identifier, ...] = ()
    beside: tuple[Identifier, ...] = ()
    within_m: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.count in ("facilities", "beds", "nursing_beds", "area_m2")) != bool(self.types):
            raise ValueError(f"types go with facilities and their sums, not with {self.count!r}")
        if bool(self.beside) != (self.within_m is not None):
            raise ValueError("beside and within_m go together")
        if self.having and self.count not in ("communities", "townships", "county"):
            raise ValueError(f"having does not go with {self.count!r}")
        return self

    @property
    def all_types(self) -> set[str]:
        """Every facility type that is named."""
        return {*self.types, *self.having, *self.beside}


class Stated(Declaration):
    """A figure that the plan gives for the end of a year; `unit` where it is not the indicator's."""

    year: int
    value: float
    place: str = Field(min_length=1)
    unit: str | None = None


class Target(Declaration):
    """What is to be reached by the end of a year: at least the value, or more than it."""

    year: int
    value: float
    place: str = Field(min_length=1)
    binding: bool = False
    more_than: bool = False


class Implied(Declaration):
    """A figure and its rate, which imply how much there is of something: figure / rate x per."""

    figure: int
    rate: float = Field(gt=0)
    per: int = Field(gt=0)
    of: Quantity
    place: str = Field(min_length=1)


class Indicator(Declaration):
    """One indicator; without a numerator an officer enters its figures."""

    id: Identifier
    title: Text
    unit: Text
    numerator: Quantity | None = None
    denominator: Quantity | None = None
    factor: float = Field(1, gt=0)
    source: str = Field(min_length=1)
    note: Text | None = None
    stated: tuple[Stated, ...] = ()
    target: Target | None = None
    implied: tuple[Implied, ...] = ()

    @model_validator(mode="after")
    def _denominator_needs_numerator(self) -> Self:
        if self.denominator is not None and self.numerator is None:
            raise ValueError("a denominator without a numerator")
        return self

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Everything that is counted for it."""
        given = (self.numerator, self.denominator, *(one.of for one in self.implied))
        return tuple(one for one in given if one is not None)


class Plan(Declaration):
    """The plan whose indicators these are; `evaluations` are the days on which it is judged."""

    id: Identifier
    title: Text
    source: str
    first_year: int
    last_year: int
    evaluations: tuple[date, ...] = Field(min_length=1)
    note: str | None = None


class Belonging(Declaration):
    """How far, in metres, a facility may lie from the community that it belongs to."""

    within_m: float = Field(gt=0)
    source: str


class Indicators(Declaration):
    """The whole file."""

    plan: Plan
    belonging: Belonging
    indicators: tuple[Indicator, ...]

    def find(self, name: str) -> Indicator | None:
        """The indicator with an id or a title; None where there is none."""
        for one in self.indicators:
            if name in (one.id, one.title.zh, one.title.en):
                return one
        return None


def load_indicators(catalog: Catalog, path: Path | None = None) -> Indicators:
    """Reads and checks the indicators.

    Raises
    ------
    BadDeclaration
        With file, key and reason.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> load_indicators(load_catalog()).find("护理型床位占比").target.value
    60.0
    """
    file = path or resource("layers", "standards", "indicators.toml")
    found = read_declaration(file, Indicators)
    known = {entry.code for entry in catalog.codes["facility_types"].entries}
    seen: set[str] = set()
    for one in found.indicators:
        if one.id in seen:
            raise BadDeclaration("catalog.invalid", file=file, key="id", reason=f"{one.id!r} stands twice")
        seen.add(one.id)
        for unknown in sorted(set().union(*(q.all_types for q in one.quantities)) - known):
            raise BadDeclaration(
                "catalog.unknown-reference", file=file, key=f"{one.id}.types", value=unknown, what="facility type"
            )
    return found
