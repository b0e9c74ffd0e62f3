"""What exclusion rules look like over HTTP, and what they are asked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from geoservice.api.parameters import Code, Day, Parameters
from geoservice.api.shapes import Shape
from geoservice.api.shapes_scenarios import Degrees
from geoservice.siting.exclusion.asked import ON

MOST_POINTS = 2000
Wanted = Annotated[str, StringConstraints(max_length=1000), Field(description="on, off, or ids of rules with commas")]


class RulesAsked(Parameters):
    """A type and a day."""

    type: Code | None = Field(None, description="Code of the facility type; all types by default")
    on: Day | None = Field(None, description="Day on which texts hold; today by default")


class LandAsked(Parameters):
    """A type, a day and rules."""

    type: Code
    on: Day | None = None
    rules: Wanted = ON


class PlaceAsked(Parameters):
    """A place, with the size of its plot where that is known."""

    lon: Degrees
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    area_m2: Annotated[float, Field(gt=0, le=1e10, allow_inf_nan=False)] | None = None


class ExclusionsAsked(LandAsked):
    """Places to hold rules against."""

    points: Annotated[tuple[PlaceAsked, ...], Field(min_length=1, max_length=MOST_POINTS)]


class RuledType(Shape):
    """A type of facilities that rules are for, with its title in the reader's language."""

    type: str
    title: str


class RuleList(Shape):
    """Texts and rules with the day that they are told for."""

    type: str | None
    on: str
    types: list[str] = Field(description="Types that texts are declared for")
    ruled: list[RuledType] = Field(description="Types that rules are laid down for")
    texts: list[dict[str, Any]]
    rules: list[dict[str, Any]]


class PlaceTold(Shape):
    """A place: whether it may be chosen, and each rule with the distance and by how much it is broken."""

    lon: float
    lat: float
    allowed: bool
    rules: list[dict[str, Any]]


class ExclusionsTold(Shape):
    """Places in the order given; `applied` says which texts were held against them and which were not."""

    applied: dict[str, Any]
    points: list[PlaceTold]
    notice: str | None


class LandTold(Shape):
    """A GeoJSON FeatureCollection in CRS84: what remains, then what each rule takes."""

    type: str
    facility_type: str
    on: str
    county_km2: float
    allowed_km2: float
    schematic: bool
    texts: list[dict[str, Any]]
    not_applied: list[dict[str, Any]]
    features: list[dict[str, Any]]
