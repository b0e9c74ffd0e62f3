"""Points of a grid over land, so many metres apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.crs import metric_crs
from geoservice.errors import BadInput
from geoservice.network.arrays import Floats

MOST_POINTS = 20_000
LEAST_M, MOST_M = 10, 20_000


@dataclass(frozen=True)
class Grid:
    """Points by column and row.

    Attributes
    ----------
    name
        ``G<column>-<row>``: multiples of the spacing in the metric projection of the land's middle, so that a point
        keeps its name while the land stays about where it is.
    lon, lat
        Degrees, EPSG:4490.
    """

    name: tuple[str, ...]
    lon: Floats
    lat: Floats


def spacing_of(text: str) -> int:
    """Whole metres.

    Raises
    ------
    BadInput
        ``siting.bad-spacing``

    Examples
    --------
    >>> spacing_of("500")
    500
    """
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not LEAST_M <= int(text) <= MOST_M:
        raise BadInput("siting.bad-spacing", value=text[:40], least=LEAST_M, most=MOST_M)
    return int(text)


def grid_over(outlines: NDArray[Any], spacing_m: int) -> Grid:
    """The points of a grid that lie in areas or on their edge.

    Raises
    ------
    BadInput
        ``siting.no-land`` where there are no areas, ``siting.grid-too-fine``.

    Examples
    --------
    >>> grid = grid_over(np.array([shapely.box(113.0, 30.0, 113.02, 30.02)], dtype=object), 500)
    >>> len(grid.name), grid.name[0]
    (12, 'G808-6642')
    """
    if not outlines.size:
        raise BadInput("siting.no-land")
    west, south, east, north = shapely.total_bounds(outlines)
    metric = metric_crs((west + east) / 2, (south + north) / 2)
    land = np.asarray(metric.to_metres(outlines), dtype=object)
    least = math.sqrt(float(shapely.area(land).sum()) / MOST_POINTS)
    if spacing_m < least * 0.98:
        raise BadInput("siting.grid-too-fine", spacing=spacing_m, most=MOST_POINTS, least=math.ceil(least))
    left, bottom, right, top = shapely.total_bounds(land)
    columns = np.arange(math.ceil(left / spacing_m), math.floor(right / spacing_m) + 1)
    rows = np.arange(math.ceil(bottom / spacing_m), math.floor(top / spacing_m) + 1)
    column, row = (one.ravel() for one in np.meshgrid(columns, rows))
    inside = np.zeros(column.size, dtype=np.bool_)
    for one in land:
        shapely.prepare(one)
        inside |= shapely.intersects_xy(one, column * spacing_m, row * spacing_m)
    column, row = column[inside], row[inside]
    if column.size > MOST_POINTS:
        raise BadInput("siting.grid-too-fine", spacing=spacing_m, most=MOST_POINTS, least=math.ceil(spacing_m * 1.1))
    lon, lat = metric.unproject(column * float(spacing_m), row * float(spacing_m))
    names = tuple(f"G{x}-{y}" for x, y in zip(column.tolist(), row.tolist(), strict=True))
    return Grid(names, np.asarray(lon), np.asarray(lat))
