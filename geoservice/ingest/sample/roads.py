"""The whole road network of the sample, and the villages that it does not reach, in the plane (metres)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as PointShape
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.grids import Grids
from geoservice.ingest.sample.inputs import Territory, Words
from geoservice.ingest.sample.lines import RoadLine, with_bridges
from geoservice.ingest.sample.main_roads import draw_main_roads, draw_motorway
from geoservice.ingest.sample.plane import Dice, Point, cannot_draw, length, rounded
from geoservice.ingest.sample.settlements import Site
from geoservice.ingest.sample.streets import draw_streets
from geoservice.ingest.sample.territory import Land
from geoservice.ingest.sample.village_roads import (
    FROM_LAKE_M,
    FROM_RIVER_M,
    Obstacles,
    draw_lanes,
    draw_village_roads,
)
from geoservice.ingest.sample.waters import Waters

OFF_ROAD_M = 900.0
FROM_MOTORWAY_M = 30.0
REACH_M = 800.0
BANK_M = 150.0
APART_STEP_M = 250.0


@dataclass(frozen=True)
class Network:
    """All roads, and the sites of villages that stand apart from them."""

    roads: tuple[RoadLine, ...]
    apart: tuple[Site, ...]


@dataclass(frozen=True)
class Scene:
    """What is on the ground before roads are drawn."""

    territory: Territory
    land: Land
    waters: Waters
    grids: Grids
    words: Words


def draw_network(scene: Scene, villages: Sequence[Site], islands: Sequence[Site], dice: Dice) -> Network:
    """Main roads, streets, village roads and lanes; then the villages apart, some with lanes of their own."""
    rivers = tuple(scene.waters.rivers.values())
    links = draw_main_roads(scene.territory, scene.grids, dice)
    main = [piece for link in links for piece in with_bridges(link.road, rivers)]
    motorway = draw_motorway(scene.territory, links)
    streets = draw_streets(scene.territory, scene.grids, scene.words, dice)
    junctions = _junctions(scene, [link.road for link in links])
    bridges = [rounded([road.shape.centroid.coords[0]])[0] for road in main if road.bridge]
    at = [village.at for village in villages]
    tracks = draw_village_roads(at, junctions, bridges, _obstacles(scene, main, streets), dice)
    roads = [*main, *motorway, *streets, *tracks]
    closed = shapely.union_all(
        [scene.waters.areas, *(shapely.buffer(road.shape, FROM_MOTORWAY_M) for road in motorway)]
    )
    shapely.prepare(closed)
    lanes = list(_lanes(at, tracks, closed, dice))
    apart = [*_off_road(scene, [*roads, *lanes], villages), *_across_rivers(scene, [*roads, *lanes])]
    with_lanes = [site.at for site in (*islands, *apart[len(scene.territory.apart.off_road) :])]
    lanes += _lanes(with_lanes, [], closed, dice)
    return Network((*roads, *lanes), (*islands, *apart))


def _lanes(at: Sequence[Point], roads: Sequence[RoadLine], closed: BaseGeometry, dice: Dice) -> Iterator[RoadLine]:
    ending: dict[Point, list[RoadLine]] = {}
    for road in roads:
        for end in (road.points[0], road.points[-1]):
            ending.setdefault(end, []).append(road)
    for point in at:
        yield from draw_lanes(point, ending.get(point, []), closed, dice)


def _junctions(scene: Scene, main: Sequence[RoadLine]) -> list[Point]:
    """Nodes of main roads away from rivers, and the gates of the towns."""
    rivers = shapely.union_all(list(scene.waters.rivers.values()))
    nodes = {point for road in main for point in road.points[1:-1]}
    dry = [node for node in nodes if rivers.distance(PointShape(node)) > FROM_RIVER_M]
    gates = [gate for grid in scene.grids.all for gate in grid.gates]
    return sorted({*dry, *gates})


def _obstacles(scene: Scene, main: Sequence[RoadLine], streets: Sequence[RoadLine]) -> Obstacles:
    waters = scene.waters
    minor = [waters.rivers[river.key] for river in scene.territory.rivers if river.width_m < 200]
    broad = [waters.rivers[river.key] for river in scene.territory.rivers if river.width_m >= 200]
    lakes = [shapely.buffer(Polygon(lake.exterior), FROM_LAKE_M, quad_segs=2) for lake in waters.lakes.values()]
    towns = [shapely.box(*grid.bounds).buffer(-30, join_style="mitre") for grid in scene.grids.all]
    return Obstacles(
        outline=scene.land.outline,
        rivers=tuple(minor),
        closed=shapely.union_all([*broad, *lakes, *towns]),
        main=tuple(road.shape for road in (*main, *streets)),
    )


def _off_road(scene: Scene, roads: Sequence[RoadLine], villages: Sequence[Site]) -> list[Site]:
    """In each named township the place farthest from any road."""
    network = shapely.union_all([road.shape for road in roads])
    shapely.prepare(network)
    names = [township.name for township in scene.territory.townships]
    sites: list[Site] = []
    for name in scene.territory.apart.off_road:
        unit = names.index(name)
        places = list(_places(scene, unit, villages))
        best = max(places, key=lambda at: round(network.distance(PointShape(at)), 2))
        if network.distance(PointShape(best)) < OFF_ROAD_M:
            raise cannot_draw(name, f"no place is {OFF_ROAD_M} m from a road")
        sites.append(Site(unit, best, on_network=False))
    return sites


def _places(scene: Scene, unit: int, villages: Sequence[Site]) -> Iterator[Point]:
    """A lattice over the dry inner land of a unit, away from its other villages."""
    inner = shapely.difference(scene.land.units[unit].buffer(-300), scene.waters.areas.buffer(150))
    shapely.prepare(inner)
    others = [site.at for site in villages if site.township == unit]
    west, south, east, north = inner.bounds
    for i in range(int((east - west) / APART_STEP_M)):
        for j in range(int((north - south) / APART_STEP_M)):
            at = (round(west + i * APART_STEP_M, 2), round(south + j * APART_STEP_M, 2))
            if inner.contains(PointShape(at)) and all(length(at, other) > OFF_ROAD_M for other in others):
                yield at


def _across_rivers(scene: Scene, roads: Sequence[RoadLine]) -> list[Site]:
    """Places on river banks from which every road within reach lies behind the water, one a township."""
    network = shapely.STRtree([road.shape for road in roads])
    names = [township.name for township in scene.territory.townships]
    sites: list[Site] = []
    for name in scene.territory.apart.across_river:
        unit = names.index(name)
        places = [at for at in _banks(scene, unit) if _cut_off(at, network, scene.waters)]
        if not places:
            raise cannot_draw(name, "no place lies cut off behind a river")
        sites.append(Site(unit, min(places), on_network=False))
    return sites


def _banks(scene: Scene, unit: int) -> Iterator[Point]:
    """Points beside the rivers of a unit."""
    inner = scene.land.units[unit].buffer(-150)
    for river in scene.territory.rivers:
        course = scene.waters.courses[river.key]
        away = river.width_m / 2 + BANK_M
        for k in range(int(course.length / APART_STEP_M)):
            (ax, ay), (bx, by) = (course.interpolate(APART_STEP_M * k + d).coords[0] for d in (0.0, 50.0))
            run = length((ax, ay), (bx, by))
            for side in (away, -away):
                at = (round(ax - side * (by - ay) / run, 2), round(ay + side * (bx - ax) / run, 2))
                if run > 1 and inner.contains(PointShape(at)) and scene.waters.areas.distance(PointShape(at)) > 90:
                    yield at


def _cut_off(at: Point, network: shapely.STRtree, waters: Waters) -> bool:
    """Whether roads are within reach, but none on this side of the water."""
    around = shapely.buffer(PointShape(at), REACH_M, quad_segs=8)
    shore = shapely.difference(around, waters.areas)
    side = next(part for part in shapely.get_parts(shore) if part.intersects(PointShape(at)))
    shapely.prepare(side)
    near = [network.geometries[k] for k in network.query(around, predicate="intersects")]
    return bool(near) and not any(isinstance(road, LineString) and side.intersects(road) for road in near)
