"""A question about the county with how to look for its answer, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geoservice.catalog import Catalog
from geoservice.coverage.uncertainty.query import case_of
from geoservice.errors import BadInput
from geoservice.siting.county.question import (
    ALL_STAY,
    MOST_GIVEN_UP,
    MOST_PLACES,
    SCALE,
    Existing,
    Group,
    Limits,
    Place,
    Question,
)
from geoservice.siting.exclusion.asked import ON, Asked
from geoservice.siting.exclusion.grid import LEAST_M, MOST_M
from geoservice.siting.phased import Order, Years, years_of
from geoservice.siting.problem import Model
from geoservice.siting.solve import Effort

MOST_POINTS, MOST_FLOORS, MOST_PHASES, MOST_SITES = 5000, 500, 10, 1000
# Of an outline; those of files are thinned to it.
MOST_CORNERS = 100
LONGEST_S = 600.0
LONGEST_NAME = 80
Key = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Number = Annotated[int, Field(ge=1, le=MOST_SITES)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Ring = Annotated[tuple[tuple[Longitude, Latitude], ...], Field(min_length=4, max_length=MOST_CORNERS)]
Area = Annotated[tuple[Ring, ...], Field(min_length=1, max_length=MOST_CORNERS)]


class Point(_Strict):
    """A place where a site may go; degrees, EPSG:4490 taken as CRS84."""

    name: Name
    lon: Longitude
    lat: Latitude
    places: Annotated[int, Field(ge=0, le=MOST_PLACES)] | None = None
    cost: Whole | None = None
    area_m2: Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)] | None = Field(
        None, description="Of the plot that it stands for"
    )
    outline: Annotated[tuple[Area, ...], Field(min_length=1, max_length=MOST_CORNERS)] | None = Field(
        None, description="Of the plot, as coordinates of a GeoJSON MultiPolygon, to be shown", repr=False
    )


class Villages(_Strict):
    """The places of all communities."""

    source: Literal["villages"] = Field("villages", alias="from")


class Points(_Strict):
    """Places that are named one by one."""

    source: Literal["points"] = Field(alias="from")
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_POINTS)]


class Grid(_Strict):
    """Points of a grid over the county, so many metres apart."""

    source: Literal["grid"] = Field(alias="from")
    spacing_m: Annotated[int, Field(ge=LEAST_M, le=MOST_M)]


class Floor(_Strict):
    """The least share of a township's people who must be covered."""

    unit_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    share: Share


class Weights(_Strict):
    """What a person counts: all, and more from 60 and from 80 on, which is added up."""

    all: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 0
    from_60: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False, alias="60+")] = 0
    from_80: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False, alias="80+")] = 0

    def milli(self) -> tuple[tuple[Group, int], ...]:
        """Thousandths by group, of those that count."""
        pairs = ((Group.ALL, self.all), (Group.FROM_60, self.from_60), (Group.FROM_80, self.from_80))
        return tuple((group, round(value * SCALE)) for group, value in pairs if round(value * SCALE))


Count = Annotated[int, Field(ge=0, le=MOST_GIVEN_UP)]


class Stock(_Strict):
    """What may become of the facilities that exist in the county."""

    close: Count = Field(0, description="So many are given up and nothing takes their place")
    move: Count = Field(0, description="At most so many more are given up, each for a new site beside the p new ones")
    facilities: Annotated[tuple[Annotated[int, Field(ge=1, le=2**63 - 1)], ...], Field(max_length=MOST_SITES)] = Field(
        (), description="Ids of those that may be given up; all by default"
    )
    year: Annotated[int, Field(ge=1, le=MOST_PHASES)] = Field(
        1, description="Year of a plan in phases in which they may be given up; before it all of them stay"
    )

    def existing(self) -> Existing:
        """The same as a question has it."""
        return Existing(self.close, self.move, self.facilities, self.year)


class QuestionForm(_Strict):
    """A question as a person fills it in; what is left out is as `geoservice siting solve` has it."""

    service: Key | None = Field(None, description="Id of the service standard; the headline by default")
    type: Key | None = Field(None, description="Code of the facility type; the standard's own by default")
    on: date | None = Field(None, description="Day whose facilities and communities count; today by default")
    model: Model = Model.MCLP
    group: Group | None = Field(None, description="Whose people count; all by default")
    weights: Weights | None = Field(None, description="In place of a group")
    p: Annotated[int, Field(ge=0, le=MOST_SITES)] | None = Field(
        None, description="New sites at most; 0 only with `existing`"
    )
    existing: Stock | None = Field(None, description="Facilities that may be closed or moved; all stay by default")
    phases: Annotated[tuple[Number, ...], Field(max_length=MOST_PHASES)] = Field(
        (), description="New sites up to the end of each year, rising; in place of p"
    )
    order: Order = Order.FIRST
    candidates: Annotated[Villages | Points | Grid, Field(discriminator="source")] = Villages.model_validate({})
    rules: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[A-Za-z0-9_.,-]+$")] = Field(
        ON, description="Exclusion rules that hold for candidates: `on`, `off`, or ids with commas"
    )
    prices: Annotated[bool, Field(description="Whether to work out what each rule costs")] = False
    places: Annotated[int, Field(ge=1, le=MOST_PLACES)] | None = Field(None, description="Of each new site")
    cost: Whole | None = Field(None, description="Of each new site that tells none")
    budget: Whole | None = Field(None, description="The most that new sites cost together")
    spacing_m: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = Field(
        None, description="Two facilities, of which one at least is new, are at least so far apart; metres"
    )
    floor: Share | None = Field(None, description="For every township that `floors` does not name")
    floors: Annotated[tuple[Floor, ...], Field(max_length=MOST_FLOORS)] = ()
    ties: Annotated[bool, Field(description="Of equal choices the one with the least travel")] = False
    time_limit_s: Annotated[float, Field(ge=1, le=LONGEST_S, allow_inf_nan=False)] = 60.0
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1

    def question(self, catalog: Catalog, on: date) -> Question:
        """The question; `on` is the day where the form names none.

        Raises
        ------
        BadInput
            As `Question`, `case_of` and `Asked.parse`; ``siting.phases``, ``siting.no-weight``.
        """
        self._check()
        case = case_of(catalog, self.service, self.type, self.on or on)
        Asked.parse(case.type, case.on, self.rules)
        return Question(
            case=case,
            model=self.model,
            p=self.phases[-1] if self.phases else self.p,
            group=self.group,
            places=self.places,
            ties=self.ties,
            weights=self.weights.milli() if self.weights else (),
            points=_places(self.candidates),
            limits=Limits(self.cost, self.budget, self.spacing_m, self._floors()),
            grid_m=self.candidates.spacing_m if isinstance(self.candidates, Grid) else None,
            rules=self.rules,
            existing=self.existing.existing() if self.existing else ALL_STAY,
        )

    def years(self) -> Years | None:
        """The years of a plan in phases.

        Raises
        ------
        BadInput
            ``siting.phases``, ``siting.no-year``.
        """
        return years_of(self.phases, self.order, self.existing.year if self.existing else 1)

    def effort(self) -> Effort:
        """How long to look, and from which seed."""
        return Effort(self.time_limit_s, self.seed)

    def as_json(self) -> dict[str, Any]:
        """What is told, as JSON.

        Examples
        --------
        >>> QuestionForm(p=2).as_json()
        {'p': 2}
        """
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> QuestionForm:
        """What `as_json` wrote.

        Examples
        --------
        >>> QuestionForm.from_json({"phases": [2, 5], "weights": {"60+": 1, "80+": 0.5}}).weights.milli()
        ((<Group.FROM_60: '60+'>, 1000), (<Group.FROM_80: '80+'>, 500))
        """
        return cls.model_validate(told)

    def _check(self) -> None:
        if self.phases and self.model is Model.LSCP:
            raise BadInput("siting.not-with", model=self.model.value, name="phases")
        self.years()
        if self.weights and not self.weights.milli():
            raise BadInput("siting.no-weight")

    def _floors(self) -> tuple[tuple[int | None, int], ...]:
        own: list[tuple[int | None, int]] = [(one.unit_id, round(one.share * SCALE)) for one in self.floors]
        return (*own, *([] if self.floor is None else [(None, round(self.floor * SCALE))]))


def _places(candidates: Villages | Points | Grid) -> tuple[Place, ...]:
    if not isinstance(candidates, Points):
        return ()
    return tuple(
        Place(one.name, one.lon, one.lat, one.places, one.cost, one.area_m2, one.outline) for one in candidates.points
    )
