"""Roads to the villages and lanes within them, in the plane (metres)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.lines import RoadLine, with_bridges
from geoservice.ingest.sample.plane import DIRECTIONS, Dice, Point, bowed, length, rounded

LONGEST_M = 5200.0
STEP_M = 380.0
BOW = 0.06
SECOND_WAY = 0.42
BRIDGE_SPACING_M = 5000.0
FROM_LAKE_M = 60.0
FROM_RIVER_M = 90.0


@dataclass(frozen=True)
class Way:
    """A possible road between two sites."""

    a: Point
    b: Point
    line: LineString
    over_river: bool


@dataclass
class Unions:
    """Which points are joined with each other."""

    parent: dict[Point, Point] = field(default_factory=dict)

    def root(self, point: Point) -> Point:
        """The one point that stands for all that are joined with this."""
        self.parent.setdefault(point, point)
        while self.parent[point] != point:
            self.parent[point] = self.parent[self.parent[point]]
            point = self.parent[point]
        return point

    def join(self, a: Point, b: Point) -> bool:
        """Joins two points; False where they already were."""
        ra, rb = self.root(a), self.root(b)
        self.parent[ra] = rb
        return ra != rb


@dataclass(frozen=True)
class Obstacles:
    """What a village road keeps away from or crosses on a bridge."""

    outline: Polygon
    rivers: tuple[Polygon, ...]
    closed: BaseGeometry
    main: tuple[LineString, ...]


def draw_village_roads(
    villages: Sequence[Point], junctions: Sequence[Point], bridges: Iterable[Point], obstacles: Obstacles, dice: Dice
) -> list[RoadLine]:
    """Joins every village with its neighbours and with the junctions of the roads already there.

    Parameters
    ----------
    villages
        Where village roads meet.
    junctions
        Nodes of main roads and gates of towns; they are joined among themselves already.
    bridges
        Middles of the bridges that stand already.
    """
    ways = _ways(villages, junctions, obstacles, dice)
    joined = Unions()
    for junction in junctions:
        joined.join(junction, junctions[0])
    chosen = _spanning(ways, joined, dice, list(bridges))
    roads = [RoadLine(tuple(rounded(way.line.coords)), "unclassified") for way in chosen]
    return [piece for road in roads for piece in with_bridges(road, obstacles.rivers)]


def draw_lanes(at: Point, roads: Sequence[RoadLine], closed: BaseGeometry, dice: Dice) -> list[RoadLine]:
    """Two or three lanes away from a village's junction, in the directions that are still free."""
    taken = [_direction(at, road) for road in roads if at in (road.points[0], road.points[-1])]
    lanes: list[RoadLine] = []
    for _ in range(2 + dice.below(2)):
        direction = min(DIRECTIONS, key=lambda d: max([d[0] * t[0] + d[1] * t[1] for t in taken], default=0.0))
        taken.append(direction)
        reach, slip = dice.between(150, 380), dice.between(-0.12, 0.12)
        dx, dy = direction[0] - slip * direction[1], direction[1] + slip * direction[0]
        half = (at[0] + 0.5 * reach * dx, at[1] + 0.5 * reach * dy)
        end = (half[0] + 0.5 * reach * direction[0], half[1] + 0.5 * reach * direction[1])
        points = tuple(rounded([at, half, end]))
        if not LineString(points).intersects(closed):
            lanes.append(RoadLine(points, "residential"))
            if reach > 260:
                lanes += _side_lane(points[1], direction, closed, dice)
    return lanes


def _side_lane(at: Point, direction: Point, closed: BaseGeometry, dice: Dice) -> list[RoadLine]:
    side = dice.between(70, 160) * dice.choice((-1.0, 1.0))
    end = rounded([(at[0] - side * direction[1], at[1] + side * direction[0])])[0]
    lane = RoadLine((at, end), dice.choice(("service", "track", "path")))
    return [] if lane.shape.intersects(closed) else [lane]


def _direction(at: Point, road: RoadLine) -> Point:
    other = road.points[1] if road.points[0] == at else road.points[-2]
    run = length(at, other)
    return (other[0] - at[0]) / run, (other[1] - at[1]) / run


def _ways(villages: Sequence[Point], junctions: Sequence[Point], obstacles: Obstacles, dice: Dice) -> list[Way]:
    """Gabriel neighbours whose road stays inside the county and crosses no main road and no lake."""
    known = set(junctions)
    tree = shapely.STRtree(obstacles.main)
    rivers = shapely.union_all(obstacles.rivers)
    for shape in (obstacles.outline, obstacles.closed, rivers):
        shapely.prepare(shape)
    ways: list[Way] = []
    for a, b in _gabriel([*villages, *junctions]):
        bow = dice.between(-BOW, BOW)
        if (a in known and b in known) or length(a, b) > LONGEST_M:
            continue
        line = LineString(bowed(a, b, STEP_M, bow))
        if obstacles.closed.intersects(line) or not obstacles.outline.contains(line):
            continue
        main = [obstacles.main[k] for k in tree.query(line, predicate="intersects")]
        if all(_only_meets(line, other) for other in main):
            ways.append(Way(a, b, line, bool(rivers.intersects(line))))
    return sorted(ways, key=lambda way: (way.over_river, way.line.length, way.a, way.b))


def _only_meets(line: LineString, other: LineString) -> bool:
    """Whether `line` touches the other at one of its own ends only."""
    shared = shapely.intersection(line, other)
    ends = shapely.MultiPoint([line.coords[0], line.coords[-1]])
    return bool(shapely.get_type_id(shared) == 0 and shared.distance(ends) < 0.05)


def _gabriel(sites: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Pairs of sites whose circle of diameter holds no third site."""
    edges = shapely.delaunay_triangles(MultiPoint(sites), only_edges=True)
    places = np.array(sites, dtype=np.float64)
    pairs: list[tuple[Point, Point]] = []
    for edge in shapely.get_parts(edges):
        a, b = sorted(rounded(edge.coords))
        gaps = (places[:, 0] - (a[0] + b[0]) / 2) ** 2 + (places[:, 1] - (a[1] + b[1]) / 2) ** 2
        if int((gaps < 0.249 * length(a, b) ** 2).sum()) == 0:
            pairs.append((a, b))
    return sorted(pairs)


def _spanning(ways: Sequence[Way], joined: Unions, dice: Dice, bridges: list[Point]) -> list[Way]:
    """A spanning tree, some second ways, and new bridges only far from the others or where nothing else leads."""
    chosen: list[Way] = []
    for way in ways:
        second = dice.unit() < SECOND_WAY
        if way.over_river:
            at = rounded([way.line.interpolate(0.5, normalized=True).coords[0]])[0]
            far = all(length(at, bridge) > BRIDGE_SPACING_M for bridge in bridges)
            if far or joined.root(way.a) != joined.root(way.b):
                bridges.append(at)
                joined.join(way.a, way.b)
                chosen.append(way)
        elif joined.join(way.a, way.b) or second:
            chosen.append(way)
    return chosen
