"""Planar cover instances: points with coordinates and demand, each a client and a candidate.

A line has x, y and demand, or a running number before them; a head that names the columns, or a first line with the number
of points, may stand above. A point covers another if their Euclidean distance <= radius. Equality counts, and near it
the comparison is made in the decimals as they are written, so that no rounding decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from geoservice.errors import BadInput
from geoservice.network.arrays import Floats, Int64s
from geoservice.siting.instances.lines import lines_of, wrong
from geoservice.siting.problem import Model, Problem, Times

# Distances are kept in thousandths of the file's unit, or coarser where they would not fit.
_PER_UNIT = (1000, 100, 10, 1)
_FAR = Decimal(10**9)
_NAMES = {
    "x": ("x", "lon", "xcoord", "x_coord"),
    "y": ("y", "lat", "ycoord", "y_coord"),
    "demand": ("demand", "weight", "w", "pop", "population", "需求", "人口"),
}
Point = tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True)
class Plane:
    """Points as they are written, in the order of the file."""

    points: tuple[Point, ...]

    @property
    def xy(self) -> Floats:
        """float64, shape (points, 2)."""
        return np.array([[float(x), float(y)] for x, y, _ in self.points])

    def problem(self, radius: Decimal, p: int | None, model: Model = Model.MCLP) -> Problem:
        """Every point is a client and a candidate.

        Raises
        ------
        BadInput
            ``siting.bad-radius``, ``siting.not-planar``.
        """
        if not model.covers:
            raise BadInput("siting.not-planar", model=model.value)
        if not radius.is_finite() or not 0 <= radius <= _FAR:
            raise BadInput("siting.bad-radius", radius=radius)
        number = len(self.points)
        first, second = self._near(radius)
        away = np.hypot(*(self.xy[first] - self.xy[second]).T)
        per_unit = next(one for one in _PER_UNIT if radius * one < 2**31)
        limit = int(radius * per_unit)
        time = np.minimum(np.rint(away * per_unit), limit).astype(np.int32)
        weight, scale = self._weights()
        return Problem(
            model=model,
            weight=weight,
            times=Times.of(number, first.astype(np.int32), second.astype(np.int32), time),
            sites=number,
            p=p,
            limit=np.full(number, limit, dtype=np.int32),
            scale=scale,
            per_unit=per_unit,
        )

    def _near(self, radius: Decimal) -> tuple[Int64s, Int64s]:
        """Ordered pairs of points at most a radius apart."""
        xy, most = self.xy, float(radius)
        slack = 1e-9 * max(1.0, most, float(np.abs(xy).max(initial=0)))
        pairs = cKDTree(xy).query_pairs(most + slack, output_type="ndarray").astype(np.int64).reshape(-1, 2)
        away = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
        kept = away < most - slack
        for number in np.flatnonzero(~kept):
            kept[number] = self._squared(*pairs[number]) <= Fraction(radius) ** 2
        pairs = pairs[kept]
        self_ = np.arange(len(self.points))
        return np.concatenate((pairs[:, 0], pairs[:, 1], self_)), np.concatenate((pairs[:, 1], pairs[:, 0], self_))

    def _squared(self, a: int, b: int) -> Fraction:
        return sum((Fraction(self.points[a][k]) - Fraction(self.points[b][k])) ** 2 for k in (0, 1))  # type: ignore[return-value]

    def _weights(self) -> tuple[Int64s, int]:
        whole = all(demand == demand.to_integral_value() for _, _, demand in self.points)
        scale = 1 if whole else 1000
        return np.array([int(demand * scale) for _, _, demand in self.points], dtype=np.int64), scale


def read_planar(path: Path) -> Plane:
    """Reads points with coordinates and demand.

    Raises
    ------
    BadInput
        ``siting.bad-line`` with the line and what is wrong; ``siting.no-lines``.
    """
    columns: tuple[int, int, int] | None = None
    told: tuple[int, int] | None = None
    width = 0
    points: list[Point] = []
    number = 0
    for number, words in lines_of(path):
        if not points and columns is None and not _is_number(words[0]):
            columns, width = _named(path, number, words), len(words)
            continue
        if not points and columns is None and told is None and len(words) < 3:
            told = (number, _count(path, number, words[0]))
            continue
        if columns is None:
            columns, width = _by_place(path, number, words), len(words)
        if len(words) != width:
            wrong(path, number, "columns", found=len(words), expected=width)
        values = [_number(path, number, words[place]) for place in columns]
        points.append(_point(path, number, values))
    if not points:
        raise BadInput("siting.no-lines", file=path.name)
    if told and told[1] != len(points):
        wrong(path, told[0], "points", found=len(points), told=told[1])
    return Plane(tuple(points))


def _named(path: Path, line: int, words: list[str]) -> tuple[int, int, int]:
    lower = [word.lower().strip("\"'#") for word in words]
    lower = [word for word in lower if word]
    places = [[lower.index(name) for name in names if name in lower][:1] for names in _NAMES.values()]
    if not all(places):
        wrong(path, line, "names", found=" ".join(words))
    x, y, demand = (place[0] for place in places)
    return x, y, demand


def _by_place(path: Path, line: int, words: list[str]) -> tuple[int, int, int]:
    match len(words):
        case 3:
            return 0, 1, 2
        case 4:
            return 1, 2, 3
        case _:
            return wrong(path, line, "point", found=len(words))


def _is_number(word: str) -> bool:
    try:
        Decimal(word)
    except InvalidOperation:
        return False
    return True


def _count(path: Path, line: int, word: str) -> int:
    if not word.isdecimal():
        wrong(path, line, "count", word=word)
    return int(word)


def _number(path: Path, line: int, word: str) -> Decimal:
    if not _is_number(word) or not Decimal(word).is_finite() or abs(Decimal(word)) > _FAR:
        wrong(path, line, "not-number", word=word)
    return Decimal(word)


def _point(path: Path, line: int, values: list[Decimal]) -> Point:
    x, y, demand = values
    if demand < 0:
        wrong(path, line, "negative", word=demand)
    if demand * 1000 != (demand * 1000).to_integral_value():
        wrong(path, line, "decimals", word=demand)
    return x, y, demand
