"""A GeoTIFF of heights: opened, checked, and sampled between the centres of its cells, a window at a time."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from geoservice.crs import Crs
from geoservice.errors import BadInput

Floats = NDArray[np.float64]
# Cells on a side of a window: with its mask and as doubles some 20 MiB.
SIDE = 1024
# Points turned into the raster's system at once.
POINTS = 1 << 18
# A share of a cell that comes of rounding coordinates only.
NO_PART = 1e-6
METRES = frozenset({"", "m", "metre", "metres", "meter", "meters"})


@dataclass(frozen=True)
class Dem:
    """One band of heights in metres.

    Attributes
    ----------
    nodata
        In place of what the file declares; None to go by the file.
    """

    file: str
    data: Any
    crs: Crs
    band: int = 1
    nodata: float | None = None

    def sample(self, lon: Floats, lat: Floats) -> Floats:
        """Heights at places, bilinear between the centres of cells.

        Parameters
        ----------
        lon, lat
            Degrees (EPSG:4490), shape (n,).

        Returns
        -------
        Metres; NaN outside the raster, and where one of the cells around a place has no height. In the outer half of
        the outermost cells, beyond their centres, the height is that at the nearest centres.

        Raises
        ------
        BadInput
            ``dem.unreadable``
        """
        column, row = self._cells(lon, lat)
        height, width = int(self.data.height), int(self.data.width)
        inside = (column >= -0.5) & (column <= width - 0.5) & (row >= -0.5) & (row <= height - 0.5)
        found = np.full(lon.size, np.nan)
        places = np.flatnonzero(inside)
        if not places.size:
            return found
        column, row = np.clip(column[places], 0, width - 1), np.clip(row[places], 0, height - 1)
        block = np.floor(row / SIDE).astype(np.int64) * (width // SIDE + 1) + np.floor(column / SIDE).astype(np.int64)
        order = np.argsort(block, kind="stable")
        starts = np.flatnonzero(np.diff(block[order], prepend=-1))
        for first, last in zip(starts, [*starts[1:], order.size], strict=True):
            mine = order[first:last]
            found[places[mine]] = self._between(column[mine], row[mine])
        return found

    def _cells(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Column and row of places, counted from the centre of the first cell."""
        column, row = np.empty(lon.size), np.empty(lon.size)
        back = ~self.data.transform
        for first in range(0, lon.size, POINTS):
            part = slice(first, first + POINTS)
            x, y = self.crs.project(lon[part], lat[part])
            column[part], row[part] = back.a * x + back.b * y + back.c - 0.5, back.d * x + back.e * y + back.f - 0.5
        return np.where(np.isfinite(column), column, -9.0), np.where(np.isfinite(row), row, -9.0)

    def _between(self, column: Floats, row: Floats) -> Floats:
        left, top = math.floor(column.min()), math.floor(row.min())
        cells = self._read(left, top, math.floor(column.max()) + 2 - left, math.floor(row.max()) + 2 - top)
        c, r = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
        right, down = column - c, row - r
        total = np.zeros(column.size)
        for across, along, share in (
            (0, 0, (1 - right) * (1 - down)),
            (1, 0, right * (1 - down)),
            (0, 1, (1 - right) * down),
            (1, 1, right * down),
        ):
            height = cells[
                np.minimum(r - top + along, cells.shape[0] - 1), np.minimum(c - left + across, cells.shape[1] - 1)
            ]
            # A cell that has no part in a height may be without one.
            total += np.where(share > NO_PART, share * height, 0.0)
        return total

    def _read(self, left: int, top: int, columns: int, rows: int) -> Floats:
        width, height = min(columns, self.data.width - left), min(rows, self.data.height - top)
        try:
            read = self.data.read(self.band, window=Window(left, top, width, height), masked=True)
        except RasterioError as error:
            raise BadInput("dem.unreadable", file=self.file, row=top + 1, reason=str(error)[:200]) from None
        raw = np.ma.getdata(read)
        hidden = np.ma.getmaskarray(read) if self.nodata is None else raw == raw.dtype.type(self.nodata)
        heights = raw.astype(np.float64) * self.data.scales[self.band - 1] + self.data.offsets[self.band - 1]
        heights[hidden | ~np.isfinite(heights)] = np.nan
        return np.asarray(heights)


@contextmanager
def opened(
    path: Path, *, crs: str | None = None, band: int | None = None, nodata: float | None = None
) -> Iterator[Dem]:
    """A checked raster of heights.

    Raises
    ------
    BadInput
        ``dem.not-tiff``, ``dem.not-georeferenced``, ``dem.no-crs``, ``dem.which-band``, ``dem.no-band``,
        ``dem.not-heights``, ``dem.not-metres``, or what `Crs.parse` raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, with the way to mend it
        try:
            data = rasterio.open(path, driver="GTiff")
        except RasterioError as error:
            raise BadInput("dem.not-tiff", file=path.name, reason=str(error).splitlines()[0][:200]) from None
    with data:
        if data.transform.is_identity:
            raise BadInput("dem.not-georeferenced", file=path.name)
        if crs is None and data.crs is None:
            raise BadInput("dem.no-crs", file=path.name)
        system = Crs.parse(crs if crs is not None else _named(data.crs))
        yield Dem(path.name, data, system, _band(data, path.name, band), nodata)


def _named(system: Any) -> str:
    """The code of a system, which tells its transformation best; its definition where it has none."""
    authority = system.to_authority()
    return ":".join(authority) if authority else str(system.to_wkt())


def _band(data: Any, file: str, given: int | None) -> int:
    if given is None and data.count > 1:
        raise BadInput("dem.which-band", file=file, count=data.count)
    band = given or 1
    if band > data.count:
        raise BadInput("dem.no-band", file=file, band=band, count=data.count)
    if np.dtype(data.dtypes[band - 1]).kind == "c":
        raise BadInput("dem.not-heights", file=file, type=data.dtypes[band - 1])
    unit = (data.units[band - 1] or "").strip().lower()
    if unit not in METRES:
        raise BadInput("dem.not-metres", file=file, unit=unit)
    return band
