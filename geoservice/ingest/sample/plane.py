"""The local plane in which the sample is drawn, and its dice.

Only additions, products and square roots are used, whose results are the same on every machine; coordinates are
rounded on the way out. The plane is a drawing aid: nothing is measured in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from geoservice.errors import BadInput

Point = tuple[float, float]
T = TypeVar("T")

ORIGIN = (113.0, 30.62)
M_PER_DEGREE = (95_881.0, 110_863.0)
DECIMALS = 6

# Sixteen directions around the compass; literals, because sines may differ by machine.
DIRECTIONS: tuple[Point, ...] = (
    (1.0, 0.0),
    (0.92388, 0.382683),
    (0.707107, 0.707107),
    (0.382683, 0.92388),
    (0.0, 1.0),
    (-0.382683, 0.92388),
    (-0.707107, 0.707107),
    (-0.92388, 0.382683),
    (-1.0, 0.0),
    (-0.92388, -0.382683),
    (-0.707107, -0.707107),
    (-0.382683, -0.92388),
    (0.0, -1.0),
    (0.382683, -0.92388),
    (0.707107, -0.707107),
    (0.92388, -0.382683),
)


def to_plane(lon: float, lat: float) -> Point:
    """Metres east and north of the origin of a longitude and latitude in degrees (EPSG:4490), rounded to 1 cm.

    Examples
    --------
    >>> to_plane(113.0, 30.62)
    (0.0, 0.0)
    """
    return round((lon - ORIGIN[0]) * M_PER_DEGREE[0], 2), round((lat - ORIGIN[1]) * M_PER_DEGREE[1], 2)


def to_lonlat(point: Sequence[float]) -> Point:
    """Longitude and latitude in degrees (EPSG:4490) of a point of the plane, rounded to six decimals.

    Examples
    --------
    >>> to_lonlat((0.0, 0.0))
    (113.0, 30.62)
    """
    lon = round(ORIGIN[0] + float(point[0]) / M_PER_DEGREE[0], DECIMALS)
    lat = round(ORIGIN[1] + float(point[1]) / M_PER_DEGREE[1], DECIMALS)
    return lon, lat


def cannot_draw(name: str, reason: str) -> BadInput:
    """The error of inputs that do not make a county."""
    return BadInput("sample.cannot-draw", name=name, reason=reason)


class Dice:
    """Random draws from the raw stream of PCG64, which numpy keeps the same for ever (its distributions are not)."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def unit(self) -> float:
        """A number of [0, 1)."""
        return (int(self._bits.random_raw()) >> 11) / 9007199254740992.0

    def between(self, low: float, high: float) -> float:
        """A number of [low, high)."""
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """A whole number of [0, count)."""
        return min(int(self.unit() * count), count - 1)

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in a random order."""
        pool = list(items)
        for last in range(len(pool) - 1, 0, -1):
            other = self.below(last + 1)
            pool[last], pool[other] = pool[other], pool[last]
        return pool

    def around(self, point: Point, low: float, high: float) -> Point:
        """A point between `low` and `high` metres away in one of the sixteen directions."""
        direction = self.choice(DIRECTIONS)
        reach = self.between(low, high)
        return round(point[0] + reach * direction[0], 2), round(point[1] + reach * direction[1], 2)


def length(a: Point, b: Point) -> float:
    """Metres between two points of the plane."""
    return sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def rounded(points: Iterable[Sequence[float]]) -> list[Point]:
    """The points on a grid of 1 cm."""
    return [(round(float(x), 2), round(float(y), 2)) for x, y, *_ in points]


def cut_corners(points: Sequence[Point], times: int = 2, *, closed: bool = False) -> list[Point]:
    """Chaikin's corner cutting; an open line keeps its ends, a doubled point stays a corner.

    Examples
    --------
    >>> cut_corners([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)], 1)
    [(0.0, 0.0), (3.0, 0.0), (4.0, 1.0), (4.0, 4.0)]
    """
    line = list(points)
    for _ in range(times):
        ring = [*line, line[0]] if closed else line
        cut: list[Point] = []
        for (ax, ay), (bx, by) in pairwise(ring):
            cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        line = cut if closed else [line[0], *cut[1:-1], line[-1]]
    return rounded(line)


def bowed(a: Point, b: Point, step: float, bow: float) -> list[Point]:
    """Points about every `step` metres from `a` to `b` on a parabola that leaves the chord by `bow` of its length."""
    pieces = max(1, round(length(a, b) / step))
    dx, dy = b[0] - a[0], b[1] - a[1]
    line = [a]
    for k in range(1, pieces):
        t = k / pieces
        side = 4.0 * bow * t * (1.0 - t)
        line.append((a[0] + t * dx - side * dy, a[1] + t * dy + side * dx))
    return rounded([*line, b])


def blob(centre: Point, width: float, height: float, dice: Dice) -> Polygon:
    """A rounded lake-like polygon about `width` by `height` metres."""
    ring: list[Point] = []
    for dx, dy in DIRECTIONS:
        reach = dice.between(0.75, 1.1)
        ring.append((centre[0] + 0.5 * width * reach * dx, centre[1] + 0.5 * height * reach * dy))
    return Polygon(cut_corners(ring, closed=True))


def band(line: Sequence[Point], width: float) -> Polygon:
    """The polygon along a line, `width` metres wide, with flat ends."""
    shape = shapely.buffer(LineString(line), width / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    if not isinstance(shape, Polygon):
        raise cannot_draw(f"{width} m", "a band falls into pieces")
    return Polygon(rounded(shape.exterior.coords))
