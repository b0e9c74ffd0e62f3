"""Place names of the sample: the county, its units, towns, natural villages, rivers, lakes and city streets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, MultiPolygon
from shapely.geometry import Point as PointShape
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.inputs import Township
from geoservice.ingest.sample.names import Name, hamlet_name
from geoservice.ingest.sample.people import Resident
from geoservice.ingest.sample.plane import Dice, Point, to_plane
from geoservice.ingest.sample.roads import Scene
from geoservice.ingest.sample.streets import column_points, row_points, street_name

ALIAS_SHARE = 0.08
WATER, UNIT, TOWN, VILLAGE, ROAD = "12", "21", "22100", "22200", "23"


@dataclass(frozen=True)
class NamedPlace:
    """A place with one standard name; shape in the plane (metres)."""

    key: str
    name: str
    class_code: str
    shape: BaseGeometry
    rank: int
    reading: str
    romanisation: str
    township: Township | None = None
    alias: str | None = None
    former_name: str | None = None


def name_places(scene: Scene, residents: Sequence[Resident], dice: Dice) -> list[NamedPlace]:
    """All place names."""
    return [*_units(scene), *_waters(scene), *_streets(scene), *_villages(scene, residents, dice)]


def _units(scene: Scene) -> Iterator[NamedPlace]:
    county = scene.territory.county
    seat = PointShape(to_plane(*scene.territory.townships[0].seat))
    yield NamedPlace(
        "unit-" + county.code, county.name, UNIT, seat, 1, county.reading, county.romanisation, former_name="天门县"
    )
    for township in scene.territory.townships:
        at = PointShape(to_plane(*township.seat))
        yield NamedPlace(
            f"unit-{township.code}", township.name, UNIT, at, 2, township.reading, township.romanisation, township
        )
        if township.kind != "街道":
            reading = " ".join(township.reading.split(" ")[:-1])
            town = Name(township.short, reading)
            yield NamedPlace(f"town-{township.code}", town.han, TOWN, at, 3, reading, town.joined, township)


def _waters(scene: Scene) -> Iterator[NamedPlace]:
    for river in scene.territory.rivers:
        shape = scene.waters.courses[river.key]
        yield NamedPlace(f"water-{river.key}", river.name, WATER, shape, 3, river.reading, river.romanisation)
    for lake in scene.territory.lakes:
        area = MultiPolygon([scene.waters.lakes[lake.key]])
        name = Name(lake.name, lake.reading)
        spelt = name.split(len(lake.name) - 2)
        yield NamedPlace(f"water-{lake.key}", lake.name, WATER, area, 4, lake.reading, spelt)


def _streets(scene: Scene) -> Iterator[NamedPlace]:
    """Each street of the city as one line."""
    grid = scene.grids.core
    lines: list[tuple[str, tuple[str, str], list[Point]]] = [
        (f"street-e{row}", street_name(scene.words, row=row), row_points(grid, row)) for row in range(grid.rows)
    ]
    lines += [
        (f"street-n{column}", street_name(scene.words, column=column), column_points(grid, column))
        for column in range(grid.columns)
    ]
    for key, (han, reading), points in lines:
        spelt = Name(han, reading).split(2 if han.endswith("大道") else 1)
        yield NamedPlace(key, han, ROAD, LineString(points), 6, reading, spelt)


def _villages(scene: Scene, residents: Sequence[Resident], dice: Dice) -> Iterator[NamedPlace]:
    """The natural village that gives a rural community its name, and up to two hamlets around it."""
    water = scene.waters.areas
    shapely.prepare(water)
    for resident in residents:
        if resident.site.urban:
            continue
        yield _village(f"village-{resident.code}", resident.root, resident.at, resident, 5, dice)
        unit = scene.land.units[resident.site.township]
        for k in range(dice.below(3)):
            at = dice.around(resident.at, 280, 620)
            name = hamlet_name(scene.words, dice)
            if unit.contains(PointShape(at)) and not water.intersects(PointShape(at)):
                yield _village(f"hamlet-{resident.code}-{k + 1}", name, at, resident, 6, dice)


def _village(key: str, name: Name, at: Point, of: Resident, rank: int, dice: Dice) -> NamedPlace:
    """A point; some of the villages in 湾 are also written 塆, as people there do."""
    alias = name.han[:-1] + "塆" if name.han.endswith("湾") and dice.unit() < ALIAS_SHARE else None
    return NamedPlace(key, name.han, VILLAGE, PointShape(at), rank, name.reading, name.joined, of.township, alias=alias)
