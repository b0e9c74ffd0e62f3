"""Rivers, lakes, canals and the railway of the sample, in the plane (metres)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.inputs import Lake, Territory
from geoservice.ingest.sample.plane import Dice, Point, band, blob, cut_corners, rounded, to_plane

ISLAND_M = (760.0, 560.0)


@dataclass(frozen=True)
class Waters:
    """Shapes by the key of the input; `islands` are holes of their lakes."""

    rivers: dict[str, Polygon]
    courses: dict[str, LineString]
    lakes: dict[str, Polygon]
    islands: dict[str, Point]
    canals: dict[str, LineString]
    railways: dict[str, LineString]

    @cached_property
    def areas(self) -> BaseGeometry:
        """All water areas together."""
        return shapely.union_all([*self.rivers.values(), *self.lakes.values()])


def draw_waters(territory: Territory, dice: Dice) -> Waters:
    """Bands along the rivers' courses, rounded lakes, lines for canals and railways."""
    courses = {river.key: _line(river.course) for river in territory.rivers}
    rivers = {river.key: band(_points(courses[river.key]), river.width_m) for river in territory.rivers}
    islands = {lake.key: to_plane(*lake.centre) for lake in territory.lakes if lake.key in territory.apart.islands}
    return Waters(
        rivers=rivers,
        courses=courses,
        lakes={lake.key: _lake(lake, islands.get(lake.key), dice) for lake in territory.lakes},
        islands=islands,
        canals={canal.key: _line(canal.course) for canal in territory.canals},
        railways={railway.key: _line(railway.course) for railway in territory.railways},
    )


def _lake(lake: Lake, island: Point | None, dice: Dice) -> Polygon:
    shore = blob(to_plane(*lake.centre), *lake.size_m, dice)
    if island is None:
        return shore
    return Polygon(shore.exterior, [blob(island, *ISLAND_M, dice).exterior])


def _line(course: tuple[tuple[float, float], ...]) -> LineString:
    return LineString(cut_corners([to_plane(*vertex) for vertex in course], 3))


def _points(line: LineString) -> list[Point]:
    return rounded(line.coords)
