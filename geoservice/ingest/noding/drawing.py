"""Lines as flat arrays, and their image in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

GRID_M = 1e-4
DEGREE_DIGITS = 9
METRES_PER_DEGREE_LAT = 110_950.0
METRES_PER_DEGREE_LON = 111_320.0

# To which vertex of a joint the others move: one drawn in the middle of a line before one inserted before an end.
MIDDLE, INSERTED, END = 0, 1, 2


@dataclass(frozen=True)
class Lines:
    """Lines as flat arrays.

    Attributes
    ----------
    offset
        First vertex of each line, and the number of all vertices; int64[n + 1].
    lon, lat
        Position of each vertex in degrees.
    level
        Level of each line; int64[n].
    structure
        0 on the ground, 1 a bridge, 2 a tunnel; int64[n].
    crossable
        Whether lines of its level may cross it; false for motorways; bool[n].
    """

    offset: Integers
    lon: Floats
    lat: Floats
    level: Integers
    structure: Integers
    crossable: Flags

    @property
    def line(self) -> Integers:
        """Line of each vertex."""
        return np.repeat(np.arange(len(self.level)), np.diff(self.offset))


@dataclass(frozen=True)
class Plane:
    """An affine image of longitude and latitude in metres: what is straight in one is straight in the other.

    Within a degree of its middle latitude it is true to 2 percent, which is enough for a tolerance.
    """

    east: float
    north: float = METRES_PER_DEGREE_LAT

    @classmethod
    def around(cls, lat: Floats) -> Plane:
        """The plane for lines in these latitudes."""
        middle = round(float(lat.min() + lat.max()) / 2) if len(lat) else 0
        return cls(METRES_PER_DEGREE_LON * float(np.cos(np.radians(middle))))

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """East and north, on a grid of a tenth of a millimetre."""
        return np.round(lon * self.east / GRID_M) * GRID_M, np.round(lat * self.north / GRID_M) * GRID_M

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude."""
        return np.round(x / self.east, DEGREE_DIGITS), np.round(y / self.north, DEGREE_DIGITS)


def kinds(offset: Integers, x: Floats, y: Floats) -> Integers:
    """The kind of each vertex: `END` or `MIDDLE`; where a ring begins and closes is no end."""
    kind = np.full(len(x), MIDDLE)
    first, last = offset[:-1], offset[1:] - 1
    kind[first] = kind[last] = END
    ring = (x[first] == x[last]) & (y[first] == y[last]) & (last - first > 2)
    kind[first[ring]] = kind[last[ring]] = MIDDLE
    return kind


@dataclass(frozen=True)
class Drawing:
    """Lines with their vertices in metres beside their degrees, and the kind of each vertex."""

    offset: Integers
    x: Floats
    y: Floats
    lon: Floats
    lat: Floats
    kind: Integers
    level: Integers
    structure: Integers
    crossable: Flags
    plane: Plane

    @classmethod
    def of(cls, lines: Lines, plane: Plane) -> Drawing:
        """The drawing of lines; the closing vertex of a ring is no end."""
        x, y = plane.metres(lines.lon, lines.lat)
        kind = kinds(lines.offset, x, y)
        return cls(lines.offset, x, y, lines.lon, lines.lat, kind, lines.level, lines.structure, lines.crossable, plane)

    def lines(self) -> Lines:
        """Back to degrees."""
        return Lines(self.offset, self.lon, self.lat, self.level, self.structure, self.crossable)

    def part(self, members: Integers) -> Drawing:
        """The drawing of some lines only, in rising order."""
        kept = np.zeros(len(self.level), dtype=bool)
        kept[members] = True
        at = kept[self.line]
        return Drawing(
            np.concatenate([[0], np.cumsum(np.diff(self.offset)[members])]),
            self.x[at],
            self.y[at],
            self.lon[at],
            self.lat[at],
            self.kind[at],
            self.level[members],
            self.structure[members],
            self.crossable[members],
            self.plane,
        )

    def with_part(self, members: Integers, part: Drawing) -> Drawing:
        """The drawing with those lines as they are in `part`."""
        if len(members) == len(self.level):
            return part
        replaced = np.zeros(len(self.level), dtype=bool)
        replaced[members] = True
        kept = ~replaced[self.line]
        line = np.concatenate([self.line[kept], members[part.line]])
        order = np.argsort(line, kind="stable")
        return Drawing(
            np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(self.level)))]),
            np.concatenate([self.x[kept], part.x])[order],
            np.concatenate([self.y[kept], part.y])[order],
            np.concatenate([self.lon[kept], part.lon])[order],
            np.concatenate([self.lat[kept], part.lat])[order],
            np.concatenate([self.kind[kept], part.kind])[order],
            self.level,
            self.structure,
            self.crossable,
            self.plane,
        )

    @property
    def line(self) -> Integers:
        """Line of each vertex."""
        return np.repeat(np.arange(len(self.level)), np.diff(self.offset))

    @property
    def open_ground(self) -> Flags:
        """Lines on the ground that others may cross."""
        ground: Flags = self.structure == 0
        return self.crossable & ground

    @property
    def pieces(self) -> Integers:
        """First vertex of each straight piece."""
        starts = np.ones(len(self.x), dtype=bool)
        starts[self.offset[1:] - 1] = False
        return np.flatnonzero(starts)

    @property
    def along(self) -> Floats:
        """Metres along the lines up to each vertex; only differences within one line mean anything."""
        steps = np.hypot(np.diff(self.x), np.diff(self.y))
        return np.concatenate([[0.0], np.cumsum(steps)])

    def boxes(self, pieces: Integers, margin_m: float) -> NDArray[np.object_]:
        """The boxes around the pieces, as shapely polygons."""
        x = np.stack([self.x[pieces], self.x[pieces + 1]])
        y = np.stack([self.y[pieces], self.y[pieces + 1]])
        west, south = x.min(axis=0) - margin_m, y.min(axis=0) - margin_m
        east, north = x.max(axis=0) + margin_m, y.max(axis=0) + margin_m
        return np.asarray(shapely.box(west, south, east, north))

    def points(self, vertices: Integers) -> NDArray[np.object_]:
        """The vertices as shapely points."""
        return np.asarray(shapely.points(self.x[vertices], self.y[vertices]))

    def segments(self, pieces: Integers) -> NDArray[np.object_]:
        """The pieces as shapely lines."""
        ends = np.stack([pieces, pieces + 1], axis=1)
        return np.asarray(shapely.linestrings(np.stack([self.x[ends], self.y[ends]], axis=2)))
