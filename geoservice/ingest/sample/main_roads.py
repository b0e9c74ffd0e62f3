"""Main roads between seats, and the motorway above them, in the plane (metres)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.geometry import LineString

from geoservice.ingest.sample.grids import Grids
from geoservice.ingest.sample.inputs import Territory
from geoservice.ingest.sample.lines import RoadLine, cut
from geoservice.ingest.sample.plane import Dice, Point, cut_corners, length, rounded, to_plane

NODE_STEP_M = 1100.0
BOW = 0.05
HALF_MEDIAN_M = 14.0
RAMP_M = 520.0
RAMP_NODE_M = 300.0


@dataclass(frozen=True)
class MainLink:
    """A main road from one town's gate to another's."""

    between: frozenset[str]
    road: RoadLine


def draw_main_roads(territory: Territory, grids: Grids, dice: Dice) -> list[MainLink]:
    """A slightly bowed road for every link."""
    links: list[MainLink] = []
    for road in territory.main_roads:
        for a, b in (*pairwise(road.seats), *road.links):
            start = grids.of(a).gate(_middle(grids, b))
            end = grids.of(b).gate(start)
            start = grids.of(a).gate(end)
            points = tuple(bowed_by_dice(start, end, dice))
            links.append(MainLink(frozenset((a, b)), RoadLine(points, road.class_, road.name)))
    return links


def bowed_by_dice(start: Point, end: Point, dice: Dice) -> list[Point]:
    """A parabola between two gates with a node about every kilometre."""
    bow = dice.between(-BOW, BOW)
    pieces = max(2, round(length(start, end) / NODE_STEP_M))
    dx, dy = end[0] - start[0], end[1] - start[1]
    inner: list[Point] = []
    for k in range(1, pieces):
        t = (k + dice.between(-0.15, 0.15)) / pieces
        side = 4.0 * bow * t * (1.0 - t)
        inner.append((start[0] + t * dx - side * dy, start[1] + t * dy + side * dx))
    return rounded([start, *inner, end])


def draw_motorway(territory: Territory, links: Sequence[MainLink]) -> list[RoadLine]:
    """Two carriageways on level 1, cut where ramps begin and end, and the ramps."""
    motorway = territory.motorway
    middle = cut_corners([to_plane(*vertex) for vertex in motorway.course], 3)
    east = _beside(middle, -HALF_MEDIAN_M)
    west = _beside(middle, HALF_MEDIAN_M)[::-1]
    nodes = [_crossing(middle, links, frozenset(pair)) for pair in motorway.interchanges]
    return [*_carriageway(east, nodes, motorway.name), *_carriageway(west, nodes, motorway.name)]


def _carriageway(points: Sequence[Point], nodes: Sequence[Point], name: str) -> Iterator[RoadLine]:
    line = LineString(points)
    ordered = sorted(nodes, key=lambda node: line.project(shapely.Point(node)))
    rest, gone = tuple(points), 0.0
    for node in ordered:
        at = line.project(shapely.Point(node))
        for stop, leaves in ((at - RAMP_M, True), (at + RAMP_M, False)):
            piece, rest = cut(rest, stop - gone)
            gone = stop
            yield RoadLine(piece, "motorway", name, "forward", level=1, bridge=True)
            ramp = (rest[0], node) if leaves else (node, rest[0])
            yield RoadLine(ramp, "motorway", f"{name}匝道", "forward")
    yield RoadLine(rest, "motorway", name, "forward", level=1, bridge=True)


def _crossing(middle: Sequence[Point], links: Sequence[MainLink], between: frozenset[str]) -> Point:
    """The node of a main road next to its crossing with the motorway, not right below it."""
    road = next(link.road for link in links if link.between == between)
    at = shapely.intersection(road.shape, LineString(middle)).centroid
    nodes = [node for node in road.points[1:-1] if length(node, (at.x, at.y)) > RAMP_NODE_M]
    return min(nodes, key=lambda node: length(node, (at.x, at.y)))


def _beside(points: Sequence[Point], left_m: float) -> list[Point]:
    """A line beside another, `left_m` to its left."""
    moved: list[Point] = []
    for k, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[max(k - 1, 0)], points[min(k + 1, len(points) - 1)]
        run = length((ax, ay), (bx, by))
        moved.append((x - left_m * (by - ay) / run, y + left_m * (bx - ax) / run))
    return rounded(moved)


def _middle(grids: Grids, name: str) -> Point:
    west, south, east, north = grids.of(name).bounds
    return (west + east) / 2, (south + north) / 2
