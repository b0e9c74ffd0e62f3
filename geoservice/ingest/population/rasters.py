"""A GeoTIFF of people: opened, checked, and read in windows of bounded size."""

from __future__ import annotations

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

# Cells in a window: with its mask and its copies some 100 MiB.
MOST_CELLS = 1 << 22
# Blocks of the file that GDAL keeps: without a bound it takes a part of all memory.
CACHE_MIB = 64
Float64s = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """One band whose cells hold numbers of people, north up or south up.

    Attributes
    ----------
    band
        From 1.
    nodata
        In place of what the file declares; None to go by the file.
    crs
        In which its corners are given.
    """

    file: str
    data: Any
    band: int
    nodata: float | None
    crs: Crs

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.data.height), int(self.data.width)

    def box(self, row: int, column: int, rows: int, columns: int) -> tuple[float, float, float, float]:
        """West, south, east, north of a part, in its reference system."""
        grid = self.data.transform
        xs = [grid.c + grid.a * side for side in (column, column + columns)]
        ys = [grid.f + grid.e * side for side in (row, row + rows)]
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Part:
    """People of a window, NaN where nothing is known; the first row is the northern one.

    Attributes
    ----------
    row, column
        Of its first cell in the file.
    box
        West, south, east, north in the reference system of the raster.
    people
        Rows by columns; a single NaN where nothing is known anywhere in it.
    missing
        Cells that hold NaN although the file does not declare it.
    """

    row: int
    column: int
    box: tuple[float, float, float, float]
    people: Float64s
    missing: int


@contextmanager
def opened(path: Path, *, crs: str | None, band: int | None, nodata: float | None) -> Iterator[Raster]:
    """A checked raster.

    Raises
    ------
    BadInput
        ``population.not-tiff``, ``population.not-georeferenced``, ``population.no-crs``, ``population.rotated``,
        ``population.which-band``, ``population.no-band``, ``population.shifted-metres`` or what `Crs.parse` raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, with the way to mend it
        try:
            data = rasterio.open(path, driver="GTiff")
        except RasterioError as error:
            raise BadInput("population.not-tiff", file=path.name, reason=str(error).splitlines()[0][:200]) from None
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MIB), data:
        system = _crs(data, path.name, crs)
        _check_grid(data, path.name)
        yield Raster(path.name, data, _band(data, path.name, band), nodata, system)


def windows(raster: Raster) -> list[Window]:
    """Parts that cover it once, along the blocks of the file, none larger than `MOST_CELLS` unless a block is."""
    height, width = raster.shape
    block_rows, block_columns = raster.data.block_shapes[raster.band - 1]
    columns = min(width, max(block_columns, block_columns * (2048 // block_columns)))
    rows = max(1, MOST_CELLS // columns)
    if rows > block_rows:
        rows -= rows % block_rows
    return [
        Window(column, row, min(columns, width - column), min(rows, height - row))
        for row in range(0, height, rows)
        for column in range(0, width, columns)
    ]


def read_part(raster: Raster, window: Window) -> Part:
    """People of a window.

    Raises
    ------
    BadInput
        ``population.negative``, ``population.infinite`` or ``population.unreadable``
    """
    row, column = int(window.row_off), int(window.col_off)
    try:
        raw, hidden = _read(raster, window)
    except RasterioError as error:
        raise BadInput("population.unreadable", file=raster.file, row=row + 1, reason=str(error)[:200]) from None
    if hidden.all():
        return Part(row, column, raster.box(row, column, *raw.shape), np.full((1, 1), np.nan), 0)
    scale, offset = raster.data.scales[raster.band - 1], raster.data.offsets[raster.band - 1]
    people = raw.astype(np.float64) * scale + offset
    people[hidden] = np.nan
    missing = int(np.count_nonzero(np.isnan(people) & ~hidden))
    _refuse_values(raster, people, row, column)
    box = raster.box(row, column, *people.shape)
    if raster.data.transform.e > 0:  # the first row of the file is the southern one
        people = people[::-1]
    return Part(row, column, box, np.ascontiguousarray(people), missing)


def _read(raster: Raster, window: Window) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Cells of a window, and which of them mean no data."""
    data, band = raster.data, raster.band
    nodata = data.nodatavals[band - 1] if raster.nodata is None else raster.nodata
    if nodata is not None:
        raw = data.read(band, window=window)
        return raw, _equal(raw, nodata)
    read = data.read(band, window=window, masked=True)  # a mask or an alpha band of its own
    return np.ma.getdata(read), np.ma.getmaskarray(read)


def _equal(raw: NDArray[Any], value: float) -> NDArray[np.bool_]:
    """Whether cells hold a value, as far as their type can hold it."""
    held = np.float32(value) if raw.dtype == np.float32 else value
    return np.asarray(np.isnan(raw) if np.isnan(held) else raw == held)


def _refuse_values(raster: Raster, people: Float64s, row: int, column: int) -> None:
    for code, wrong in (("population.infinite", np.isinf(people)), ("population.negative", people < 0)):
        if wrong.any():
            at = np.argwhere(wrong)[0]
            where = {"row": row + int(at[0]) + 1, "column": column + int(at[1]) + 1}
            value = f"{people[tuple(at)]:.10g}"
            raise BadInput(code, file=raster.file, value=value, count=int(wrong.sum()), **where)


def _crs(data: Any, file: str, given: str | None) -> Crs:
    if given is None and data.crs is None:
        raise BadInput("population.no-crs", file=file)
    system = Crs.parse(given if given is not None else _named(data.crs))
    if system.shifted and data.crs is not None and not data.crs.is_geographic:
        raise BadInput("population.shifted-metres", file=file, crs=system.name, found=data.crs.to_string()[:80])
    return system


def _named(system: Any) -> str:
    """The code of a system, which tells its transformation best; its definition where it has none."""
    authority = system.to_authority()
    return ":".join(authority) if authority else str(system.to_wkt())


def _check_grid(data: Any, file: str) -> None:
    grid = data.transform
    if grid.is_identity:
        raise BadInput("population.not-georeferenced", file=file)
    if grid.b or grid.d or grid.a <= 0:
        raise BadInput("population.rotated", file=file)


def _band(data: Any, file: str, given: int | None) -> int:
    names = [f"{number} {name or ''}".strip() for number, name in enumerate(data.descriptions, start=1)]
    listed = "; ".join(names[:20])
    if given is None and data.count > 1:
        raise BadInput("population.which-band", file=file, count=data.count, bands=listed)
    if given is not None and given > data.count:
        raise BadInput("population.no-band", file=file, band=given, bands=listed)
    if np.dtype(data.dtypes[(given or 1) - 1]).kind == "c":
        raise BadInput("population.complex", file=file, type=data.dtypes[(given or 1) - 1])
    return given or 1
