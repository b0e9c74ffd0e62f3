"""What scenarios look like, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from geoservice.api.parameters import Code, Day, Parameters, RecordId
from geoservice.api.shapes import Shape
from geoservice.coverage.scenarios.changes import LONGEST_NAME, MOST_CHANGES, MOST_PLACES, Change, changes_of

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="EPSG:4490 taken as CRS84")]


class ChangeOrder(Parameters):
    """One change: which fields it takes follows from its kind."""

    kind: Literal["add", "move", "close", "resize"]
    facility: RecordId | None = Field(None, description="Id of a facility of the real data")
    site: Annotated[int, Field(ge=1, le=MOST_CHANGES)] | None = Field(
        None, description="Which of the facilities that the scenario adds, from 1"
    )
    lon: Degrees | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    places: Annotated[int, Field(ge=0, le=MOST_PLACES)] | None = Field(None, description="Of one added or resized")
    name: Name | None = Field(None, description="Of one that is added")


Changes = Annotated[tuple[ChangeOrder, ...], Field(max_length=MOST_CHANGES)]


def changes_in(orders: Sequence[ChangeOrder]) -> tuple[Change, ...]:
    """As the desk takes them.

    Raises
    ------
    BadInput
        ``scenario.bad-change``
    """
    return changes_of([one.model_dump() for one in orders])


class CaseOrder(Parameters):
    """A standard, a type and a day."""

    service: Code | None = Field(None, description="Id of the service standard; the headline by default")
    type: Code | None = Field(None, description="Code of the facility type; the standard's own by default")
    on: Day | None = Field(None, description="Day whose facilities and communities count; today by default")


class TrialOrder(CaseOrder):
    """A standard, a type, a day, and changes in order."""

    changes: Changes = ()


class CircleOrder(CaseOrder):
    """A standard and a place."""

    lon: Degrees
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


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

    status: Literal["open", "added", "moved", "resized", "closed"]
    lon: float | None
    lat: float | None
    unit_id: int | None
    places: int | None
    reasons: dict[str, str] = Field(description="Mode to why it is not on the network")


class FacilityCost(SiteLine):
    """A facility, whom it serves, who loses cover if it closes, and who keeps a single one."""

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


class Standing(Shape):
    """Everything as it stands after some changes."""

    case: CaseTold
    facilities: list[FacilityCost]
    communities: list[CommunityLine]
    places: dict[str, Any] | None
    resizable: bool = Field(description="Whether the type has a rule of places")


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
