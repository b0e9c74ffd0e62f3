"""What questions about drawn geometries look like."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat

from geoservice.api.parameters import Parameters
from geoservice.api.shapes import Shape
from geoservice.api.shapes_records import GeoJson

MOST_NEIGHBOURS = 500
MOST_POSITIONS = 1000
MOST_TARGETS = 8

Pair = tuple[FiniteFloat, FiniteFloat]
Edges = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
System = Annotated[str, Field(max_length=60, examples=["EPSG:4547"])]


class SplitQuestion(Parameters):
    """A polygon or line, and the line that cuts it."""

    geometry: GeoJson
    line: GeoJson


class MergeQuestion(Parameters):
    """Two of a kind that lie side by side."""

    geometry: GeoJson
    other: GeoJson


class CheckQuestion(Parameters):
    """A geometry, the ones beside it, and west, south, east, north that it should lie in."""

    geometry: GeoJson
    neighbours: list[GeoJson] = Field(default=[], max_length=MOST_NEIGHBOURS)
    within: Edges | None = None


class ProjectQuestion(Parameters):
    """Coordinates, east or longitude first, in one system, asked for in others.

    Targets are systems, or `zone` and `prefixed-zone`: the 3-degree zone of the place.
    """

    positions: list[Pair] = Field(min_length=1, max_length=MOST_POSITIONS)
    source: System = "CRS84"
    targets: list[System] = Field(default=["CRS84", "zone", "prefixed-zone"], min_length=1, max_length=MOST_TARGETS)


class Pieces(Shape):
    """What a cut leaves: of polygons the largest first, of a line in its order."""

    items: list[GeoJson]


class Merged(Shape):
    """The two as one."""

    geometry: GeoJson


class DrawingFault(Shape):
    """What is wrong, and where; `neighbour` counts the given neighbours from 0."""

    code: str
    reason: str
    at: tuple[float, float] | None
    neighbour: int | None
    area_m2: float | None


class Checked(Shape):
    """Faults, none where all is well; length (of polygons that of all borders) and area on the ellipsoid."""

    items: list[DrawingFault]
    length_m: float
    area_m2: float


class ProjectedShape(Shape):
    """Coordinates in one system, east or longitude first; `prefixed` ones carry the number of the zone."""

    crs: str
    geographic: bool
    prefixed: bool
    positions: list[tuple[float, float]]


class ProjectedList(Shape):
    """One a target, in their order."""

    items: list[ProjectedShape]
