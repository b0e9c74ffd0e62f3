"""What kept siting answers look like, and what they are told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from geoservice.api.parameters import Code, Day, Parameters
from geoservice.api.shapes import Shape, Title
from geoservice.api.shapes_jobs import JobError
from geoservice.api.shapes_scenarios import Name
from geoservice.ingest.uploads.naming import LONGEST_NAME
from geoservice.siting.county.form import QuestionForm
from geoservice.siting.county.question import Outline


class NewAnswer(Parameters):
    """A question to search an answer for."""

    question: QuestionForm
    name: Name | None = Field(None, description="Model and number of sites by default")
    shared: bool = False


class CandidateFile(Parameters):
    """A file of candidates and what is in it."""

    file: Annotated[str, StringConstraints(max_length=4 * LONGEST_NAME)] = Field(
        description="Its plain name; the ending says what it is", examples=["地块.geojson"]
    )
    kind: Literal["plots", "points"] = Field("plots", description="Areas, or points with lon and lat")
    type: Code | None = Field(None, description="Code of the facility type, for points")
    service: Code | None = Field(
        None, description="Id of the service standard of the question; the headline by default"
    )
    on: Day | None = Field(None, description="Day of the question, for the county as it is then; today by default")
    crs: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="EPSG code, GCJ02 or BD09; by default what the file says", examples=["EPSG:4547"]
    )
    encoding: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        None, description="Of the texts, where the file does not say it", examples=["gb18030"]
    )


class PlaceRead(Shape):
    """A candidate of a file as a question takes it: degrees, EPSG:4490 taken as CRS84; of a plot a point inside."""

    name: str
    lon: float
    lat: float
    places: int | None
    area_m2: float | None
    outline: Outline | None = Field(description="Of a plot, thinned: coordinates of a GeoJSON MultiPolygon")


class OutsideRead(Shape):
    """A candidate that lies outside the county, or in part: its place in `points` from 0, and the share of its area."""

    number: int
    share: float = Field(description="1: wholly outside; such a candidate is refused")
    refused: bool = Field(description="Whether the point that stands for it lies outside")


class PlacesRead(Shape):
    """The candidates of a file."""

    points: list[PlaceRead]
    outside: list[OutsideRead]


class AnswerChange(Parameters):
    """What becomes of an answer; what is left out stays."""

    name: Name | None = None
    shared: bool | None = None


class AnswerScenario(Parameters):
    """The scenario that is made of an answer; its name by default."""

    name: Name | None = None
    shared: bool = False


class Moment(Shape):
    """Value and bound from a second on."""

    seconds: float
    value: float | None
    bound: float | None


class SearchProgress(Moment):
    """What the search knows so far; `part` counts the searches of a plan in phases."""

    part: int
    trail: list[Moment]


class AnswerLine(Shape):
    """An answer in a list; value and proof are null until there are any."""

    id: int
    name: str
    owner: str
    mine: bool
    shared: bool
    service: str
    type: str
    on: date
    model: str
    job: int | None
    state: str | None = Field(description="Of the job: queued, running, succeeded, failed, cancelled, lost")
    value: float | None
    bound: float | None
    gap: float | None
    status: str | None = Field(description="optimal, feasible, infeasible, unknown")
    ended: str | None = Field(description="proven, time-limit, cancelled, crashed")
    stale: list[str] = Field(description="Layers that have changed since it was asked")
    created_at: datetime
    changed_at: datetime
    version: int


class AnswerShape(AnswerLine):
    """A question with what has come of it; times in seconds, positions in degrees, EPSG:4490 taken as CRS84."""

    question: QuestionForm
    stale_titles: list[Title] = Field(description="Titles of the layers in `stale`")
    step: str | None = Field(description="What the search is at, in words")
    workers: int | None = Field(description="While it waits: how many workers there are")
    error: JobError | None
    progress: SearchProgress | None
    answer: dict[str, Any] | None = Field(description="As `geoservice siting solve --json` tells it")


class AnswerList(Shape):
    """One page of answers."""

    items: list[AnswerLine]
    next: str | None = Field(description="Token for `after`; null on the last page")
