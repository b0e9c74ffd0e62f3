"""The declarations of layers/standards/capacity.toml: who asks for how many places."""

from __future__ import annotations

from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from geoservice.catalog import Declaration, Identifier, read_declaration
from geoservice.resources import resource

Places = Literal["beds", "nursing_beds"]
Group = Literal["population", "population_60", "population_80"]


class Capacity(Declaration):
    """Places of a facility type and the rule of demand.

    Attributes
    ----------
    per_thousand
        Places that 1,000 of the group ask for; whole, so that demand is exact in thousandths of a place.
    """

    type: Identifier
    field: Places
    group: Group
    per_thousand: int = Field(ge=1, le=1000)
    source: str = Field(min_length=1)
    setting: bool = True


class _File(Declaration):
    capacities: tuple[Capacity, ...]

    @model_validator(mode="after")
    def _types_stand_once(self) -> Self:
        types = [one.type for one in self.capacities]
        if len(set(types)) != len(types):
            raise ValueError("a type stands twice")
        return self


@cache
def capacities() -> dict[str, Capacity]:
    """The declared rules by facility type.

    Raises
    ------
    BadDeclaration
        If the file is wrong.
    """
    found = read_declaration(resource("layers", "standards", "capacity.toml"), _File).capacities
    return {one.type: one for one in found}
