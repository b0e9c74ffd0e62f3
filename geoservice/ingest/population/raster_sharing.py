"""People of a raster over territories, by the exact part of each cell that lies in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray

from geoservice.ingest.population.apportion import MILLI, split
from geoservice.ingest.population.rasters import Float64s, Part, Raster, read_part, windows
from geoservice.ingest.population.sharing import Milli
from geoservice.ingest.population.territories import Territories

Progress = Callable[[str, int, int], None]
# The footprint is drawn on at most so many cells a side.
_FOOTPRINT_SIDE = 512
# Straight in metres is not straight in degrees: no side of a territory is longer than this when it is brought over.
_SIDE_M = 500.0


@dataclass(frozen=True)
class RasterSums:
    """What a raster gives.

    Attributes
    ----------
    milli
        Thousandths in each territory and outside.
    people
        All of them, not rounded.
    cells
        Cells that hold a number.
    missing
        Cells that hold NaN although the file does not declare it.
    area
        Where it has people, multipolygon in EPSG:4490; None where nobody is.
    """

    milli: Milli
    people: float
    cells: int
    missing: int
    area: Any


@dataclass
class _Sums:
    people: Float64s
    covered: Float64s
    total: float = 0.0
    cells: int = 0
    missing: int = 0
    inhabited: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))


def share_raster(raster: Raster, territories: Territories, progress: Progress) -> RasterSums:
    """Reads a raster once, window by window, and gives each territory its part of every cell.

    The people of a cell are spread evenly over it. Memory is bounded by a window and a block of the file, whatever
    the size of the raster.
    """
    areas = _in_raster(raster, territories)
    tree = shapely.STRtree(areas)
    factor = -(-max(raster.shape) // _FOOTPRINT_SIDE)
    sums = _Sums(np.zeros(areas.size), np.zeros(areas.size))
    sums.inhabited = np.zeros([-(-side // factor) for side in raster.shape], dtype=bool)
    parts = windows(raster)
    for number, window in enumerate(parts):
        progress("population.step.read", number, len(parts))
        part = read_part(raster, window)
        known = ~np.isnan(part.people)
        sums.cells += int(np.count_nonzero(known))
        sums.missing += part.missing
        if known.any():
            sums.total += float(np.nansum(part.people))
            _mark(sums.inhabited, part, factor, flipped=raster.data.transform.e > 0)
            _add(sums, part, areas, tree.query(shapely.box(*part.box)))
    progress("population.step.read", len(parts), len(parts))
    return RasterSums(_milli(sums), sums.total, sums.cells, sums.missing, _area(raster, sums.inhabited, factor))


def _in_raster(raster: Raster, territories: Territories) -> NDArray[np.object_]:
    """Territories in the reference system of the raster; empty where it does not reach."""
    lonlat = territories.local.to_lonlat(shapely.segmentize(territories.areas(), _SIDE_M))
    areas = np.asarray(raster.crs.from_lonlat(lonlat), dtype=object)
    coordinates, owner = shapely.get_coordinates(areas, return_index=True)
    lost = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    areas[lost] = shapely.Polygon()
    return areas


def _add(sums: _Sums, part: Part, areas: NDArray[np.object_], near: NDArray[np.int64]) -> None:
    if not near.size:
        return
    features = [
        {"type": "Feature", "id": int(one), "properties": {}, "geometry": shapely.geometry.mapping(areas[one])}
        for one in near
    ]
    found = exact_extract(NumPyRasterSource(part.people, *part.box), features, ["sum", "count"], include_cols=["id"])
    for one in found:
        if one["properties"]["count"] > 0:
            sums.people[one["id"]] += one["properties"]["sum"]
            sums.covered[one["id"]] += one["properties"]["count"]


def _milli(sums: _Sums) -> Milli:
    outside = max(0.0, sums.total - float(sums.people.sum()))
    if outside < 1e-9 * sums.total:  # rounding
        outside = 0.0
    weights = np.append(sums.people, outside)
    amount = np.array([round(sums.total * MILLI)], dtype=np.int64)
    pieces = split(amount, np.zeros(weights.size, dtype=np.int64), weights)
    return Milli({"population": pieces[:-1]}, {"population": int(pieces[-1])}, sums.covered > 1e-6)


def _mark(inhabited: NDArray[np.bool_], part: Part, factor: int, *, flipped: bool) -> None:
    """Marks the coarse cells in which somebody lives."""
    people = part.people[::-1] if flipped else part.people
    somebody = people > 0
    rows, columns = (
        (start + np.arange(size)) // factor for start, size in zip((part.row, part.column), people.shape, strict=True)
    )
    first_rows, at_rows = np.unique(rows, return_index=True)
    first_columns, at_columns = np.unique(columns, return_index=True)
    coarse = np.logical_or.reduceat(np.logical_or.reduceat(somebody, at_rows, axis=0), at_columns, axis=1)
    inhabited[np.ix_(first_rows, first_columns)] |= coarse


def _area(raster: Raster, inhabited: NDArray[np.bool_], factor: int) -> Any:
    if not inhabited.any():
        return None
    height, width = raster.shape
    boxes = []
    for row in np.flatnonzero(inhabited.any(axis=1)).tolist():
        steps = np.flatnonzero(np.diff(np.concatenate([[0], inhabited[row], [0]])))
        top, rows = row * factor, min(factor, height - row * factor)
        for start, end in steps.reshape(-1, 2).tolist():
            left, columns = start * factor, min(end * factor, width) - start * factor
            boxes.append(shapely.box(*raster.box(top, left, rows, columns)))
    whole = raster.crs.to_lonlat(shapely.union_all(boxes))
    whole = shapely.intersection(shapely.make_valid(whole), shapely.box(-180, -85, 180, 85))
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    return shapely.multipolygons(np.array(parts, dtype=object)) if parts else None
