"""What scenarios look like, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from geoservice.api.parameters import Code, Day, Parameters, RecordId
from geoservice.api.shapes import Shape
from geoservice.coverage.scenarios.changes import (
    LONGEST_CLASS,
    LONGEST_NAME,
    MOST_CHANGES,
    MOST_CORNERS,
    MOST_PLACES,
    MOST_SPEED_KMH,
    Change,
    changes_of,
)
from geoservice.coverage.scenarios.links import LEAST_M, MOST_LINKS, MOST_M

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="EPSG:4490 taken as CRS84")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Places = Annotated[int, Field(ge=0, le=MOST_PLACES)]


RoadPath = Annotated[tuple[tuple[Degrees, Latitude], ...], Field(min_length=2, max_length=MOST_CORNERS)]


class ChangeOrder(Parameters):
    """One change: which fields it takes follows from its kind."""

    kind: Literal["add", "move", "close", "resize", "opening", "close_road", "add_road"]
    facility: RecordId | None = Field(None, description="Id of a facility of the real data")
    site: Annotated[int, Field(ge=1, le=MOST_CHANGES)] | None = Field(
        None, description="Which of the facilities that the scenario adds, from 1"
    )
    lon: Degrees | None = None
    lat: Latitude | None = None
    places: Places | None = Field(None, description="Of one added or resized")
    nursing_places: Places | None = Field(None, description="Nursing places among them")
    name: Name | None = Field(None, description="Of a facility or road that is added, or of the roads that are closed")
    opened_on: Day | None = Field(None, description="Of an opening: open from this day; null for always")
    closed_on: Day | None = Field(None, description="Of an opening: open until the day before; null for always")
    road: RecordId | None = Field(None, description="Id of the road that is closed; with a place only the piece there")
    path: RoadPath | None = Field(None, description="Corners of a road that is added, longitude first")
    road_class: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CLASS)] | None = Field(
        None, description="Class of a road that is added"
    )
    speed_kmh: Annotated[float, Field(ge=1, le=MOST_SPEED_KMH, allow_inf_nan=False)] | None = Field(
        None, description="Posted speed of a road that is added"
    )


Changes = Annotated[tuple[ChangeOrder, ...], Field(max_length=MOST_CHANGES)]


def changes_in(orders: Sequence[ChangeOrder]) -> tuple[Change, ...]:
    """As the desk takes them.

    Raises
    ------
    BadInput
        ``scenario.bad-change``
    """
    return changes_of([one.model_dump() | _days(one) for one in orders])


def _days(one: ChangeOrder) -> dict[str, str]:
    held = {"opened_on": one.opened_on, "closed_on": one.closed_on}
    return {name: day.isoformat() for name, day in held.items() if day is not None}


class CaseOrder(Parameters):
    """A standard, a type and a day."""

    service: Code | None = Field(None, description="Id of the service standard; the headline by default")
    type: Code | None = Field(None, description="Code of the facility type; the standard's own by default")
    on: Day | None = Field(None, description="Day whose facilities and communities count; today by default")


class TrialOrder(CaseOrder):
    """A standard, a type, a day, and changes in order."""

    changes: Changes = ()


class CircleOrder(TrialOrder):
    """A standard, a place, and changes, of which those of roads count."""

    lon: Degrees
    lat: Latitude


class LinkOrder(TrialOrder):
    """What kind of road links are looked for, or which are given."""

    road_class: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CLASS)] = "tertiary"
    longest_m: Annotated[float, Field(ge=LEAST_M, le=MOST_M, allow_inf_nan=False)] = 1500.0
    detour: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = Field(
        3.0, description="How many times as long as the link its ends are apart along the network, at least"
    )
    most: Annotated[int, Field(ge=1, le=MOST_LINKS)] = 10
    bridges: bool = Field(default=True, description="Whether links across water, railways and the like are listed too")
    exact: bool = Field(
        default=True, description="Whether each is tried as a road that is really built; else `gained` is null"
    )
    links: Annotated[tuple[RoadPath, ...], Field(max_length=MOST_LINKS)] = Field(
        (), description="Links to try instead of looking for some"
    )


class NewScenario(TrialOrder):
    """A scenario to keep."""

    name: Name
    shared: bool = False


class ScenarioChange(Parameters):
    """What becomes of a scenario; what is left out stays."""

    name: Name | None = None
    shared: bool | None = None
    changes: Changes | None = Field(None, description="In place of all that there are")


class CopyOrder(Parameters):
    """The name of a copy; that of the original by default."""

    name: Name | None = None


class Faulty(Shape):
    """A change that can no longer be made and is left out."""

    number: int
    code: str
    detail: str


class FacilityRef(Shape):
    """A facility of the real data, or one that the scenario adds."""

    facility: int | None
    site: int | None
    name: str | None


class CommunityLine(Shape):
    """A community: how many facilities serve it, and the nearest where it is within the limit."""

    id: int
    name: str
    unit_id: int | None
    lon: float | None
    lat: float | None
    population: int | None
    population_60: int | None
    within: int
    time_s: float | None
    nearest: FacilityRef | None


class CommunityGroup(Shape):
    """Communities by name; `count` and `population` are of all of them."""

    count: int
    population: int
    items: list[CommunityLine]


class Both(Shape):
    """The same figures before and after."""

    before: dict[str, int | None]
    after: dict[str, int | None]


class UnitBoth(Both):
    """Of one unit; null for what belongs to none."""

    unit_id: int | None
    name: str | None


class SiteLine(FacilityRef):
    """A facility that the scenario changes."""

    status: Literal["open", "added", "moved", "resized", "closed", "opened", "dated", "idle"]
    lon: float | None
    lat: float | None
    unit_id: int | None
    places: int | None
    opened_on: date | None
    closed_on: date | None
    reasons: dict[str, str] = Field(description="Mode to why it is not on the network")


class FacilityCost(SiteLine):
    """A facility, whom it serves, who loses cover if it closes, and who keeps a single one."""

    inside: bool = Field(
        description="Whether it stands in a county that the data are of, so that a plan may give it up"
    )
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


class PlacesBoth(Shape):
    """Places against people before and after; null where nobody tells any."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RoadEnd(Shape):
    """An end of a road that is added; `road` is the id of the road that it is joined to."""

    lon: float
    lat: float
    road: int | None


class RoadLine(Shape):
    """A road that is closed or added.

    `bridge`: what is closed is one, or what is added crosses water, a railway or the like and needs one.
    """

    kind: str
    name: str | None
    road_class: str | None
    roads: list[int]
    length_m: float
    bridge: bool
    ends: list[RoadEnd]
    lines: list[list[list[float]]]


class AtLeast(Shape):
    """What a link brings by ways along all of it."""

    communities: int
    population: int


class LinkLine(Shape):
    """A road link; `gained` are the communities that it brings when it is really built, null where it was not tried."""

    path: list[list[float]]
    length_m: float
    time_s: float | None
    network_s: float | None = Field(description="Along the network as it is; null where there is no way or it is far")
    bridge: bool
    at_least: AtLeast
    gained: CommunityGroup | None


class LinkList(Shape):
    """Links, the one that brings most people first; `pairs`: how many of the set bring anything."""

    mode: str
    pairs: int | None
    items: list[LinkLine]


class IndicatorFigure(Shape):
    """An indicator on the day: `missing` says why there is no value, `short_of` how much is wanting."""

    value: float | None
    missing: str | None
    numerator: float | None
    denominator: float | None
    met: bool | None
    short_of: int | None
    unknown: int
    undated: int
    source: str | None


class IndicatorBoth(Shape):
    """An indicator of the plan before and after."""

    id: str
    title: dict[str, str]
    unit: dict[str, str]
    target: dict[str, Any] | None
    source: str
    same: bool
    before: IndicatorFigure
    after: IndicatorFigure


class Difference(Shape):
    """Totals of two states, and who gains or loses."""

    total: Both
    units: list[UnitBoth]
    counties: list[UnitBoth]
    gained: CommunityGroup
    lost: CommunityGroup
    single: CommunityGroup = Field(description="Had two facilities or more within the limit, and keep one")
    backed_up: CommunityGroup = Field(description="Have a second facility within the limit, and had none")
    places: PlacesBoth | None
    sites: list[SiteLine]
    indicators: list[IndicatorBoth]
    roads: list[RoadLine]


class CaseTold(Shape):
    """Standard, type and day with their assumptions, and what the figures rest on."""

    service: str
    type: str
    on: date
    limits: dict[str, Any]
    direction: str
    source: str
    unclassified_as: str
    revisions: dict[str, int]
    population_estimated: dict[str, Any]
    classification: str
    schematic: bool
    notice: str | None


class Trial(Difference):
    """What some changes come to, against the real data."""

    case: CaseTold
    touched: FacilityRef | None = Field(description="What the latest change was about")


class RoadClass(Shape):
    """A class that a road may be added in, and who may use it."""

    code: str
    title: dict[str, str]
    modes: list[str]


class Standing(Shape):
    """Everything as it stands after some changes."""

    case: CaseTold
    facilities: list[FacilityCost]
    communities: list[CommunityLine]
    idle: list[SiteLine] = Field(description="Facilities of the type that are not open on the day")
    places: dict[str, Any] | None
    resizable: bool = Field(description="Whether the type has a rule of places")
    road_classes: list[RoadClass]


class ScenarioLine(Shape):
    """A scenario in a list."""

    id: int
    name: str
    owner: str
    mine: bool
    shared: bool
    service: str
    type: str
    on: date
    changes: int
    stale: list[str] = Field(description="Layers that have changed since its last change")
    created_at: datetime
    changed_at: datetime
    version: int


class ScenarioShape(Shape):
    """A scenario with its figures, worked out from the data of this moment."""

    id: int
    name: str
    owner: str
    mine: bool
    shared: bool
    service: str
    type: str
    on: date
    changes: list[dict[str, Any]]
    faults: list[Faulty] = Field(description="Changes that can no longer be made, and are left out of the figures")
    stale: list[str] = Field(description="Layers that have changed since its last change; the figures are of now")
    created_at: datetime
    changed_at: datetime
    version: int
    trial: Trial


class Comparison(Shape):
    """Two scenarios side by side: `difference` is from the first to the second."""

    one: ScenarioShape
    other: ScenarioShape
    difference: Difference


class ScenarioList(Shape):
    """One page of scenarios."""

    items: list[ScenarioLine]
    next: str | None = Field(description="Token for `after`; null on the last page")
