"""What a reader of a format gives: cells as they stand in the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoservice.ingest.records import Notice

Cells = NDArray[np.object_]


@dataclass
class RawTable:
    """One table or feature class of a source.

    Attributes
    ----------
    format
        Name of the format, for the report.
    headers
        Names of the columns as the source writes them; one may occur twice.
    cells
        For each column its cells; missing ones are None.
    rows
        Row of a spreadsheet (header included) or number of a feature, from 1.
    geometry
        Shapely geometries in the system of the source, x (east) first; None for tables without geometry.
    crs
        What the source says about its reference system; None where it says nothing.
    encoding
        Encoding of its texts, where it was a question.
    unit
        ``row`` or ``feature``: what `rows` counts.
    part
        Name of the layer or of the sheet that was read.
    notices
        What the reader noticed.
    unreadable
        Position of a feature whose geometry could not be read, to the reason; its geometry is None.
    """

    format: str
    headers: list[str]
    cells: list[Cells]
    rows: NDArray[np.int64]
    geometry: Cells | None = None
    crs: str | None = None
    encoding: str | None = None
    unit: str = "row"
    part: str | None = None
    notices: list[Notice] = field(default_factory=list)
    unreadable: dict[int, str] = field(default_factory=dict)

    def column(self, header: str) -> Cells:
        """The cells of the first column of that name."""
        return self.cells[self.headers.index(header)]

    def head(self, count: int) -> RawTable:
        """The first rows of it."""
        return replace(
            self,
            cells=[column[:count] for column in self.cells],
            rows=self.rows[:count],
            geometry=None if self.geometry is None else self.geometry[:count],
            unreadable={at: why for at, why in self.unreadable.items() if at < count},
        )

    def __len__(self) -> int:
        return len(self.rows)


def object_array(items: Sequence[Any]) -> Cells:
    """A one-dimensional array of Python objects, whatever the items are.

    Examples
    --------
    >>> object_array([[1, 2], None]).shape
    (2,)
    """
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array


def cells_of(series: pd.Series[Any]) -> Cells:
    """The cells of a column as Python objects, missing ones as None."""
    values = series.astype(object)
    return object_array(values.where(values.notna(), None).tolist())
