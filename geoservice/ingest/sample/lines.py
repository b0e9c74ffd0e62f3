"""Roads of the sample: single lines, and what cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.plane import Point, length

ABUTMENT_M = 40.0


@dataclass(frozen=True)
class RoadLine:
    """A road in the plane (metres); two roads meet where they have an equal vertex."""

    points: tuple[Point, ...]
    class_: str
    name: str | None = None
    oneway: str = "no"
    level: int = 0
    bridge: bool = False

    @property
    def shape(self) -> LineString:
        """The line."""
        return LineString(self.points)


def with_bridges(road: RoadLine, rivers: Iterable[BaseGeometry]) -> list[RoadLine]:
    """The road cut at the abutments of the bridges on which it crosses the rivers; bridges lie on level 1."""
    spans: list[tuple[float, float]] = []
    for river in rivers:
        wet = shapely.intersection(road.shape, river)
        for part in [] if wet.is_empty else shapely.get_parts(wet):
            ends = [road.shape.project(shapely.Point(xy)) for xy in part.coords]
            spans.append((max(min(ends) - ABUTMENT_M, 0.0), min(max(ends) + ABUTMENT_M, road.shape.length)))
    lines: list[RoadLine] = []
    rest = road.points
    for start, end in reversed(_joined(spans)):
        before, wet_and_after = cut(rest, start)
        over, after = cut(wet_and_after, end - start)
        if len(after) > 1:
            lines.append(replace(road, points=after))
        lines.append(replace(road, points=over, level=1, bridge=True))
        rest = before
    if len(rest) > 1:
        lines.append(replace(road, points=rest))
    return lines[::-1]


def cut(points: Sequence[Point], at: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The line before and after `at` metres from its start; both have the vertex of the cut.

    Examples
    --------
    >>> cut([(0.0, 0.0), (10.0, 0.0)], 4.0)
    (((0.0, 0.0), (4.0, 0.0)), ((4.0, 0.0), (10.0, 0.0)))
    >>> cut([(0.0, 0.0), (10.0, 0.0)], 0.0)
    (((0.0, 0.0),), ((0.0, 0.0), (10.0, 0.0)))
    """
    gone = 0.0
    for k in range(1, len(points)):
        a, b = points[k - 1], points[k]
        step = length(a, b)
        if gone + step >= at - 0.01:
            t = (at - gone) / step
            middle = (round(a[0] + t * (b[0] - a[0]), 2), round(a[1] + t * (b[1] - a[1]), 2))
            return _distinct([*points[:k], middle]), _distinct([middle, *points[k:]])
        gone += step
    return tuple(points), (points[-1],)


def _distinct(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points without neighbours closer than 2 cm; of two such the vertex of the cut, at an end, stays."""
    kept = [points[0]]
    for point in points[1:]:
        if length(point, kept[-1]) >= 0.02:
            kept.append(point)
    return tuple(kept)


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Overlapping spans as one, in order."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
