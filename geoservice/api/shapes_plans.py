"""What plans of proposed names look like, and what they are asked with."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from geoservice.api.parameters import Paged, Parameters, RecordId
from geoservice.api.shapes import Shape, Title
from geoservice.api.shapes_cases import Given, KeptCheck, Short
from geoservice.api.shapes_names import Kind
from geoservice.api.shapes_uploads import ColumnShape, RowsShape, Told, WorkShape
from geoservice.errors import BadRequest
from geoservice.ingest.uploads.naming import LONGEST_NAME
from geoservice.names.cases.writing import MOST_NAMES
from geoservice.names.plans.reading import Mark
from geoservice.names.plans.wishes import PlanWishes

MarkName = Literal["violates", "argue", "hint", "passes", "missing", "unread"]
SheetFormat = Literal["xlsx", "csv", "geojson"]
Tier = Literal["same", "same_sound", "other_tone", "near_sound", "near_form"]
_Text = Annotated[str, StringConstraints(max_length=200)]


class PlanOrder(Parameters):
    """A file and how it is read; what is left out is guessed."""

    file: Annotated[str, StringConstraints(max_length=4 * LONGEST_NAME)] = Field(
        description="Its plain name; the ending says what it is", examples=["规划路.dxf"]
    )
    kind: Kind = Field(description="Of all its names")
    crs: _Text | None = Field(None, description="EPSG code, GCJ02 or BD09; wanted of a DXF", examples=["EPSG:4547"])
    part: Annotated[str, StringConstraints(max_length=4000)] | None = Field(
        None, description="Sheet, layer, file of an archive; of a DXF several layers apart by commas, or TEXTS=LINES"
    )
    encoding: Annotated[str, StringConstraints(max_length=40)] | None = None
    mapping: Annotated[str, StringConstraints(max_length=4000)] | None = Field(
        None,
        description="JSON: name, reading, width_m, length_m or a position to its column",
        examples=['{"name": "路名"}'],
    )
    within_m: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Farthest that a text of a DXF stands from its line, metres"
    )
    unit_id: RecordId | None = Field(None, description="Unit that names without a position lie in")

    def wishes(self) -> PlanWishes:
        """As the reader takes them; an empty text is none.

        Raises
        ------
        BadRequest
            ``names.bad-mapping``
        """
        return PlanWishes(
            kind=self.kind,
            crs=self.crs or None,
            part=self.part or None,
            encoding=self.encoding or None,
            mapping=_mapping(self.mapping),
            within_m=self.within_m,
            unit_id=self.unit_id,
        )


def _mapping(given: str | None) -> dict[str, str]:
    if not given:
        return {}
    try:
        read = json.loads(given)
    except (ValueError, RecursionError):
        raise BadRequest("names.bad-mapping") from None
    if not isinstance(read, dict) or not all(isinstance(one, str) for one in read.values()):
        raise BadRequest("names.bad-mapping")
    return read


class RowsWanted(Paged):
    """Which rows of a plan."""

    verdict: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="One mark, or several apart by commas", examples=["violates,argue"]
    )
    row: RecordId | None = Field(None, description="That row alone")

    def marks(self) -> list[str]:
        """The marks that are asked for; none for all.

        Raises
        ------
        BadRequest
            ``names.unknown-mark``
        """
        asked = [one for one in (self.verdict or "").split(",") if one]
        wrong = next((one for one in asked if one not in set(Mark)), None)
        if wrong is not None:
            raise BadRequest("names.unknown-mark", value=wrong[:40], known=", ".join(Mark))
        return asked


class SheetWanted(Parameters):
    """Which form; that of the file by default where it can be, a workbook otherwise."""

    format: SheetFormat | None = None


class PlanCase(Parameters):
    """A case that is made of rows of a plan; its kind is a naming, its names are of the kind of the plan."""

    title: Given
    unit_id: RecordId
    applicant: Short = ""
    contact: Short = ""
    rows: list[RecordId] = Field(min_length=1, max_length=MOST_NAMES, description="Numbers of the rows")


class PlanInspection(Shape):
    """What is in a file of names; `problem` says why it cannot be read in this way."""

    parts: list[str]
    part: str | None
    format: str | None
    encoding: str | None
    crs: str | None
    crs_reason: str | None
    columns: list[ColumnShape]
    rows: RowsShape
    notices: list[Told]
    problem: Told | None


class PlanReading(Shape):
    """How a file was read: field to column, and what the reader said."""

    format: str
    part: str | None
    crs: str | None
    columns: dict[str, str]
    notices: list[str]


class PlanShape(Shape):
    """A plan: what was handed in, the latest check, and rows by mark, null until a check has ended well.

    It is thrown away at `expires_at`. `sheet` is the form that the marked sheet comes in.
    """

    id: int
    owner: str
    created_at: datetime
    expires_at: datetime
    file: str
    size: int
    kind: Kind
    rows: int
    reading: PlanReading
    unit_id: int | None
    job: WorkShape | None
    counts: dict[MarkName, int] | None
    checked_on: date | None
    sheet: SheetFormat


class FieldTitle(Shape):
    """A field that a column may hold."""

    name: str
    title: Title


class PlanList(Shape):
    """One's own plans, the newest first, and what may be handed in."""

    items: list[PlanShape]
    fields: list[FieldTitle]
    suffixes: list[str]
    max_bytes: int
    max_rows: int
    max_plans: int
    max_case: int


class InsideShape(Shape):
    """A row of the same plan that a name may be taken for."""

    row: int
    name: str
    tier: Tier
    whole: bool


class PlanLine(Shape):
    """One row: `verdict` is null until it was checked, `check` also where there is no name.

    `bounds` are west, south, east and north of where it lies, CRS84; `case_id` is of the case that was made of it.
    """

    row: int
    name: str
    verdict: MarkName | None
    spelling: str | None = Field(description="In Roman letters by the rules of 1984")
    unconfirmed: list[str] = Field(description="Characters of whose readings nobody confirmed one")
    width_m: float | None
    length_m: float | None
    fault: str | None
    notes: list[str]
    inside: list[InsideShape]
    inside_cut: bool
    check: KeptCheck | None
    bounds: tuple[float, float, float, float] | None
    case_id: int | None


class PlanLines(Shape):
    """One page of rows, in the order of the source."""

    items: list[PlanLine]
    next: str | None = Field(description="Token for `after`; null on the last page")


class PlanClash(Shape):
    """A name that rows of a plan may be taken for, with those rows."""

    name: str
    state: str
    tier: Tier
    why: str
    lon: float
    lat: float
    rows: list[int]


class PlanFeatures(Shape):
    """GeoJSON in CRS84 of the rows that lie somewhere, coarser where there are many vertices; and what they clash with.

    Not more than the first `MOST_CLASHES` of those are told.
    """

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]]
    clashes: list[PlanClash]
    clashes_cut: bool
