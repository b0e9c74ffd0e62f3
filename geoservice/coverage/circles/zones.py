"""Where several facilities are in reach, and whose circle a place lies in: told at the corners of a grid.

Times are those of `nearest_facilities`, exact at each corner. Corners lie 96 m apart; where two neighbours differ the
block between them is told at 12 m, and so on along the border until it closes. Borders between two zones run where the
times are equal and are the same from either side. A zone that is narrower than 96 m everywhere may be missed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.circles.drawn import region_of
from geoservice.coverage.circles.frame import Frame
from geoservice.coverage.circles.painting import CELLS, Painted
from geoservice.coverage.circles.tracing import trace, whole
from geoservice.coverage.reach import Field
from geoservice.network.arrays import Floats, Int32s, Int64s
from geoservice.network.graph import Csr
from geoservice.network.join import Joins

STEP_M = 12.0
BLOCK_M = STEP_M * CELLS
# Holes below this, about a block, are filled.
MIN_HOLE_M2 = 5_000.0
NOBODY = -1
_AT_ONCE = 65_536
_LEAST_M = 1e-3
_SHIFT = 1 << 20
_LINE = np.arange(CELLS + 1)

Join = Callable[[Floats, Floats], Joins]


@dataclass(frozen=True)
class Ask:
    """What the times at a place are told from.

    Attributes
    ----------
    field
        From all facilities of a type, up to the limit at least.
    rows
        As for `nearest_facilities`.
    join
        Feet of places, longitude and latitude, by the mode of the field.
    limit_ds
        Limit of the circle.
    metres_per_ds
        Off the network: turns differences of time into metres.
    """

    field: Field
    rows: Csr
    join: Join
    limit_ds: int
    metres_per_ds: float


@dataclass(frozen=True)
class Zone:
    """A part of a circle: valid MultiPolygon in EPSG:4490 by longitude and latitude, with its area in the plane."""

    key: int
    geometry: shapely.MultiPolygon
    area_km2: float


@dataclass(frozen=True)
class _Told:
    """Times in ds (infinite beyond the limit) and facilities at corners, the nearest first; shape (n, k)."""

    time: Floats
    owner: Int32s


def overlaps(ask: Ask, circle: BaseGeometry, most: int = 3) -> list[Zone]:
    """Where at least two, three ... up to `most` facilities are in reach; keys are these numbers.

    Parameters
    ----------
    circle
        The circle itself, in degrees: nothing outside of it is asked for.
    """

    def level(told: _Told, k: int) -> Floats:
        return _metres(ask, ask.limit_ds - told.time[..., k - 1])

    blocks = _Blocks(ask, circle, most, lambda told: (told.owner >= 0).sum(axis=-1).astype(np.int32))
    found = [blocks.zone(k, level(blocks.told, k)) for k in range(2, most + 1)]
    return [zone for zone in found if not zone.geometry.is_empty]


def nearest(ask: Ask, circle: BaseGeometry) -> list[Zone]:
    """The circle split by the facility that is nearest; keys are numbers of facilities in the field.

    Parameters
    ----------
    circle
        As for `overlaps`.
    """

    def owner(told: _Told) -> Int32s:
        return told.owner[..., 0]

    blocks = _Blocks(ask, circle, 2, owner)
    mine = np.setdiff1d(owner(blocks.told), [NOBODY])
    zones = [blocks.zone(int(each), *_ahead(ask, blocks.told, int(each))) for each in mine]
    return [zone for zone in zones if not zone.geometry.is_empty]


def _ahead(ask: Ask, told: _Told, mine: int) -> tuple[Floats, NDArray[np.bool_]]:
    """By how much a facility is before all others and within the limit, in metres; and the blocks that it enters."""
    entered = (told.owner[..., 0] == mine).any(axis=(1, 2))
    time, owner = told.time[entered], told.owner[entered]
    is_first = owner[..., 0] == mine
    own = np.where(is_first, time[..., 0], np.where(owner[..., 1] == mine, time[..., 1], ask.limit_ds + 1e6))
    other = np.where(is_first, time[..., 1], time[..., 0])
    lead = _metres(ask, np.minimum(other, ask.limit_ds) - own)
    # Of two that are equally near the first one has the place.
    return np.where(is_first, np.maximum(lead, _LEAST_M), np.minimum(lead, -_LEAST_M)), entered


def _metres(ask: Ask, ds: Floats) -> Floats:
    return np.clip(ds * ask.metres_per_ds, -STEP_M, STEP_M)


class _Blocks:
    """The blocks that a border runs through, with what is told at their corners."""

    def __init__(self, ask: Ask, circle: BaseGeometry, k: int, label: Callable[[_Told], Int32s]) -> None:
        self._ask, self._k = ask, k
        facilities = ask.field.facilities
        self._frame = Frame(float(facilities.lon.mean()), float(facilities.lat.mean()))
        keys, told = np.empty(0, dtype=np.int64), []
        coming = self._mixed(circle, label)
        while coming.size:
            here = self._tell(*_corners(coming))
            told.append(here)
            keys = np.concatenate([keys, coming])
            coming = np.setdiff1d(_entered(coming, label(here)), keys)
        self.column, self.row = _unkeyed(keys)
        size = CELLS + 1
        self.told = _Told(
            np.concatenate([one.time for one in told]) if told else np.empty((0, size, size, k)),
            np.concatenate([one.owner for one in told]) if told else np.empty((0, size, size, k), dtype=np.int32),
        )

    def zone(self, key: int, value: Floats, of: NDArray[np.bool_] | slice = slice(None)) -> Zone:
        """Where a value is not negative, in the blocks that it belongs to."""
        painted = Painted(self.column[of].astype(np.int32), self.row[of].astype(np.int32), value.astype(np.float32))
        if not (painted.value >= 0.0).any():
            return Zone(key, shapely.MultiPolygon(), 0.0)
        region, area_m2 = region_of(trace(painted, 0.0, STEP_M), self._frame, MIN_HOLE_M2)
        if not region.is_valid:
            region, area_m2 = region_of(whole(painted, 0.0, STEP_M), self._frame, MIN_HOLE_M2)
        return Zone(key, region, area_m2 / 1e6)

    def _mixed(self, circle: BaseGeometry, label: Callable[[_Told], Int32s]) -> Int64s:
        """Blocks in the circle whose corners differ."""
        region = shapely.transform(circle, lambda at: np.column_stack(self._frame.to_metres(at[:, 0], at[:, 1])))
        if region.is_empty:
            return np.empty(0, dtype=np.int64)
        west, south, east, north = np.floor(np.array(region.bounds) / BLOCK_M).astype(np.int64)
        column, row = np.meshgrid(np.arange(west - 1, east + 3), np.arange(south - 1, north + 3))
        shapely.prepare(region)
        within = shapely.contains_xy(region, column * BLOCK_M, row * BLOCK_M)
        nobody = _Told(np.full((1, self._k), np.inf), np.full((1, self._k), NOBODY, dtype=np.int32))
        found = np.full(column.shape, label(nobody)[0], dtype=np.int32)
        if within.any():
            found[within] = label(self._tell(column[within] * CELLS, row[within] * CELLS))
        corners = (found[:-1, :-1], found[:-1, 1:], found[1:, :-1], found[1:, 1:])
        mixed = np.logical_or.reduce([corner != corners[0] for corner in corners[1:]])
        return np.union1d(_keyed(column[:-1, :-1][mixed], row[:-1, :-1][mixed]), _narrow(region))

    def _tell(self, column: Int64s, row: Int64s) -> _Told:
        """Times at corners, given in steps; each place is asked for once."""
        places, back = np.unique(_keyed(column.ravel(), row.ravel()), return_inverse=True)
        parts = [places[i : i + _AT_ONCE] for i in range(0, places.size, _AT_ONCE)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(self._times, parts))
        shape = (*column.shape, self._k)
        return _Told(
            np.concatenate([time for time, _ in found])[back].reshape(shape),
            np.concatenate([owner for _, owner in found])[back].reshape(shape),
        )

    def _times(self, keys: Int64s) -> tuple[Floats, Int32s]:
        column, row = _unkeyed(keys)
        at = self._frame.to_lonlat(*(each.astype(np.float64) * STEP_M for each in (column, row)))
        places = self._ask.join(np.ascontiguousarray(at[:, 0]), np.ascontiguousarray(at[:, 1]))
        found = nearest_facilities(self._ask.field, self._ask.rows, places, self._k)
        beyond = (found.time_ds < 0) | (found.time_ds > self._ask.limit_ds)
        return np.where(beyond, np.inf, found.time_ds), np.where(beyond, NOBODY, found.source).astype(np.int32)


def _narrow(region: BaseGeometry) -> Int64s:
    """Blocks along the border of parts that may lie between all corners."""
    parts = shapely.get_parts(region)
    at = shapely.get_coordinates(parts[shapely.area(parts) < 16.0 * BLOCK_M * BLOCK_M])
    return _keyed(*np.floor(at / BLOCK_M).astype(np.int64).T)


def _corners(keys: Int64s) -> tuple[Int64s, Int64s]:
    """Corners of blocks in steps, shape (n, 9, 9) by row and column."""
    column, row = _unkeyed(keys)
    east, north = np.meshgrid(_LINE, _LINE)
    return column[:, None, None] * CELLS + east, row[:, None, None] * CELLS + north


def _entered(keys: Int64s, label: Int32s) -> Int64s:
    """Neighbours into which a border runs on."""
    column, row = _unkeyed(keys)
    sides = (
        (label[:, 0, :], 0, -1),
        (label[:, -1, :], 0, 1),
        (label[:, :, 0], -1, 0),
        (label[:, :, -1], 1, 0),
    )
    found = []
    for side, east, north in sides:
        crossed = (side != side[:, :1]).any(axis=1)
        found.append(_keyed(column[crossed] + east, row[crossed] + north))
    return np.unique(np.concatenate(found))


def _keyed(column: Int64s, row: Int64s) -> Int64s:
    return (row + _SHIFT) * (2 * _SHIFT) + column + _SHIFT


def _unkeyed(keys: Int64s) -> tuple[Int64s, Int64s]:
    return keys % (2 * _SHIFT) - _SHIFT, keys // (2 * _SHIFT) - _SHIFT
