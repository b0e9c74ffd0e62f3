"""Forms of what is doubtful in the records."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from geoservice.api.shapes import Bounds, Position, Shape, Title
from geoservice.editing.quality.declared import Severity
from geoservice.editing.quality.running import State

Counted = State | Literal["not-asked"]


class CheckShape(Shape):
    """A check; `count` is exact, and null where it was not counted."""

    id: str
    layer: str
    layer_title: Title
    severity: Severity
    title: Title
    help: Title
    state: Counted = Field(description="too-long: it took longer than it may; not-yours: whoever asks sees a part only")
    count: int | None


class CheckList(Shape):
    """Every check, errors first."""

    on: date
    items: list[CheckShape]


class Mend(Shape):
    """A record of a finding and the page that opens it ready to mend."""

    id: int
    name: str
    href: str


class FindingProperties(Shape):
    """What is wrong, with figures on the ellipsoid; `pieces` counts parts, vertices or records."""

    layer: str
    what: Title
    records: list[Mend]
    pieces: int
    area_m2: float | None
    length_m: float | None
    point: Position | None = Field(description="On it; longitude, latitude")


class FindingShape(Shape):
    """A finding as a GeoJSON feature; of a shape with very many vertices the box."""

    type: Literal["Feature"] = "Feature"
    id: int = Field(description="Its place in the list, from 1")
    bbox: Bounds | None
    geometry: dict[str, Any] | None
    properties: FindingProperties


class FindingList(Shape):
    """A page of the findings of a check as a GeoJSON feature collection, the largest first."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    check: CheckShape
    on: date
    features: list[FindingShape]
    told: int = Field(description="How many findings there are to be read; the count may be higher")
    next: str | None = Field(description="Token for `after`; null on the last page")
