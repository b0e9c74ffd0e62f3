"""Mixed integer programs as sparse arrays, put together block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s


@dataclass(frozen=True)
class Program:
    """Least (or greatest) cost @ x, lower <= x <= upper, row_lower <= A x <= row_upper, some x whole.

    Attributes
    ----------
    start, column, value
        A in compressed sparse rows: int32, shape (rows + 1,); int32 and float64, shape (entries,).
    offset
        Added to the cost.
    """

    maximise: bool
    offset: float
    cost: Floats
    lower: Floats
    upper: Floats
    whole: Bools
    row_lower: Floats
    row_upper: Floats
    start: Int32s
    column: Int32s
    value: Floats


class Builder:
    """Columns and rows in blocks; the numbers of a block's first column or row are given back."""

    def __init__(self, *, maximise: bool) -> None:
        self.maximise = maximise
        self.offset = 0.0
        self._columns: list[tuple[Floats, Floats, Floats, Bools]] = []
        self._rows: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Int64s, Int64s, Floats]] = []
        self.width = 0
        self.height = 0

    def columns(
        self, count: int, *, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0, upper: ArrayLike = 1.0, whole: bool = False
    ) -> int:
        """Adds columns; scalars hold for all of them."""
        spread = [np.broadcast_to(np.asarray(one, dtype=np.float64), (count,)) for one in (cost, lower, upper)]
        self._columns.append((spread[0], spread[1], spread[2], np.full(count, whole)))
        self.width += count
        return self.width - count

    def rows(self, count: int, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf) -> int:
        """Adds empty rows."""
        spread = [np.broadcast_to(np.asarray(one, dtype=np.float64), (count,)) for one in (lower, upper)]
        self._rows.append((spread[0], spread[1]))
        self.height += count
        return self.height - count

    def entries(self, row: ArrayLike, column: ArrayLike, value: ArrayLike) -> None:
        """Adds entries; scalars hold for all of them. No two may meet."""
        parts = np.broadcast_arrays(
            np.asarray(row, dtype=np.int64), np.asarray(column, dtype=np.int64), np.asarray(value, dtype=np.float64)
        )
        self._entries.append((parts[0].ravel(), parts[1].ravel(), parts[2].ravel()))

    def row(self, column: ArrayLike, value: ArrayLike, *, lower: float = -np.inf, upper: float = np.inf) -> None:
        """Adds one row with its entries."""
        self.entries(self.rows(1, lower=lower, upper=upper), column, value)

    def build(self) -> Program:
        """The program."""
        cost, lower, upper, whole = (np.concatenate(part) for part in zip(*self._columns, strict=True))
        bounds = [np.concatenate(part) for part in zip(*self._rows, strict=True)] or [np.empty(0), np.empty(0)]
        entries = [np.concatenate(part) for part in zip(*self._entries, strict=True)] or [np.empty(0)] * 3
        row, column, value = entries
        order = np.lexsort((column, row))
        start = np.zeros(self.height + 1, dtype=np.int32)
        np.cumsum(np.bincount(row.astype(np.int64), minlength=self.height), out=start[1:])
        return Program(
            maximise=self.maximise,
            offset=self.offset,
            cost=cost,
            lower=lower,
            upper=upper,
            whole=whole,
            row_lower=bounds[0],
            row_upper=bounds[1],
            start=start,
            column=column[order].astype(np.int32),
            value=value[order],
        )
