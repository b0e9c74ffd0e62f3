"""What resources of coverage runs look like."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from geoservice.api.shapes import Shape


class RunShape(Shape):
    """A run with its inputs; `stale` says that an input has changed since."""

    id: int
    started_at: datetime
    finished_at: datetime
    on_date: date
    network_revision: str
    input_revisions: dict[str, Any]
    parameters: dict[str, Any]
    figures: dict[str, Any]
    network_outside_km: dict[str, float] = Field(description="Kilometres of each network outside the county")
    stale: bool
    changed: list[str] = Field(description="Layers that have changed since")
    classification: str = Field(description="Highest classification level of what it was made from")
    schematic: bool


class UnitFigures(Shape):
    """Coverage of a unit; the unit is null where communities belong to none, and in the total.

    What is told of neighbours is null where no county has an outline; built-up land is an areal share of the circle,
    null where none is loaded or no circle was drawn.
    """

    unit_id: int | None
    name: str | None
    facilities: int
    facilities_outside: int | None
    communities: int
    communities_covered: int
    communities_backed_up: int
    communities_by_neighbour: int | None
    communities_unjoined: int
    communities_without_population: int
    communities_without_population_60: int
    communities_without_population_80: int
    communities_without_households: int
    population: int
    population_covered: int
    population_backed_up: int
    population_by_neighbour: int | None
    population_60: int
    population_60_covered: int
    population_80: int
    population_80_covered: int
    households: int
    households_covered: int
    built_up_km2: float | None
    built_up_covered_km2: float | None
    gini_time: float | None


class RunUnits(Shape):
    """Coverage by unit, and by county."""

    total: UnitFigures | None
    items: list[UnitFigures]
    counties: list[UnitFigures]


class CommunityReach(Shape):
    """The result of one community."""

    community_id: int
    name: str
    class_: str | None = Field(alias="class")
    lon: float | None
    lat: float | None
    unit_id: int | None
    facility_id: int | None
    time_s: float | None
    limit_s: float
    covered: bool
    reason: str | None
    second_facility_id: int | None
    second_time_s: float | None
    facilities_within: int
    by_neighbour: bool | None
    places_per_thousand: float | None
    places_balanced: float | None
    places_shared: float | None
    population: int | None
    population_60: int | None
    population_80: int | None
    population_estimated: bool = Field(description="Not an official count, but shared out from population_source")
    population_source: str | None
    households: int | None


class RunCommunities(Shape):
    """The result of every community."""

    items: list[CommunityReach]
    truncated: bool = Field(description="Whether there are more than one answer may hold")


class ClosingCost(Shape):
    """Whom a facility serves, who loses cover if it closes, who is left with a single facility."""

    facility_id: int
    name: str
    unit_id: int | None
    lon: float
    lat: float
    outside: bool | None
    communities_within: int
    population_within: int
    lost_communities: int
    lost_population: int
    lost_population_60: int
    lost_population_80: int
    single_communities: int
    single_population: int
    single_population_60: int
    single_population_80: int
    off_main: dict[str, str] = Field(
        description="Mode to why it is not on the main network: off_network, blocked, island; empty where it is"
    )


class RunLosses(Shape):
    """What the closing of each facility costs, the dearest first."""

    items: list[ClosingCost]
    truncated: bool = Field(description="Whether there are more than one answer may hold")


class Rule(Shape):
    """Who asks for how many places."""

    type: str
    field: str
    group: str
    per_thousand: int
    source: str
    setting: bool


class PlacesSums(Shape):
    """Places against people; what ends in milli is in whole thousandths of a place."""

    rule: Rule
    capacity: int
    facilities: int
    facilities_without_capacity: int
    facilities_full: int
    communities_without_people: int
    asked_milli: int
    asked_out_of_reach_milli: int
    given_nearest_first_milli: int
    given_at_best_milli: int
    short_at_best_milli: int
    gini_two_step: float | None
    gini_balanced: float | None
    gini_shared: float | None


class Filling(Shape):
    """How full a facility gets, nearest first; its circle ends at the effective time where it is full."""

    facility_id: int
    name: str
    unit_id: int | None
    lon: float
    lat: float
    capacity: int | None
    taken_milli: int | None
    full: bool
    effective_s: float | None = Field(description="Time of the farthest community that gets a place")


class RunCapacity(Shape):
    """Nominal and effective limits side by side."""

    limits_s: dict[str, int] = Field(description="Nominal limit by class of the community")
    places: PlacesSums | None = Field(description="Null where no facility of the type tells its places")
    items: list[Filling]


class WorstOff(Shape):
    """A community that is worst off."""

    community_id: int
    name: str
    unit_id: int | None
    time_s: float | None
    reason: str | None
    population: int | None


class RunInequality(Shape):
    """How unequal access is, and who is worst off."""

    gini_time: float | None
    people_with_time: int
    people_without_time: int
    gini_two_step: float | None
    gini_balanced: float | None
    gini_shared: float | None
    worst: list[WorstOff]


class AreaCommunity(Shape):
    """A community whose point lies inside the area."""

    community_id: int
    name: str
    covered: bool
    time_s: float | None
    reason: str | None
    population: int | None
    population_estimated: bool


class AreaFigures(Shape):
    """Figures of the communities whose point lies inside a drawn area; a point on its edge is inside."""

    run: int
    service: str
    type: str
    stale: bool
    schematic: bool
    area_km2: float
    covered_population_share: float | None
    covered_communities_share: float | None
    facilities: int
    facilities_outside: int | None
    communities: int
    communities_covered: int
    communities_backed_up: int
    communities_by_neighbour: int | None
    communities_unjoined: int
    communities_estimated: int = Field(description="Whose people are an estimate")
    communities_without_population: int
    communities_without_population_60: int
    communities_without_population_80: int
    communities_without_households: int
    population: int
    population_covered: int
    population_backed_up: int
    population_by_neighbour: int | None
    population_60: int
    population_60_covered: int
    population_80: int
    population_80_covered: int
    households: int
    households_covered: int
    gini_time: float | None
    items: list[AreaCommunity]
    truncated: bool = Field(description="Whether more communities lie inside than are listed; the sums hold all")


class CircleProperties(Shape):
    """What a circle shows."""

    mode: str
    minutes: int
    area_km2: float
    schematic: bool
