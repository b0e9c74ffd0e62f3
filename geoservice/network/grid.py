"""Straight segments in the cells of a grid: which are near a place, which cross a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s, frozen
from geoservice.network.compiled import kernel

# Segments a cell on average; fewer make more cells to visit, more make longer lists.
_PER_CELL = 6
# A side of a cell is at least this share of the mean segment: a million long roads side by side fill few cells each.
_LEAST_SIDE = 0.25
# A segment is listed in each cell that it touches, with this margin in cells.
_MARGIN = 1e-9

Parts = tuple[Floats, Floats, Int32s, Floats, Int64s, Int32s]


@dataclass(frozen=True)
class Frame:
    """Cell (column, row) spans ``west + column / per_x`` and ``south + row / per_y`` onwards, in any unit."""

    west: float
    south: float
    per_x: float
    per_y: float
    columns: int
    rows: int

    def numbers(self) -> Floats:
        """West, south, cells a unit eastwards and northwards, columns, rows: as kernels take them."""
        return np.array([self.west, self.south, self.per_x, self.per_y, self.columns, self.rows], dtype=np.float64)


@dataclass(frozen=True)
class SegmentGrid:
    """Segments ``(x[s], y[s])`` to ``(x[s + 1], y[s + 1])`` for s in `start`, listed by cell.

    Attributes
    ----------
    x, y
        Vertices, degrees or metres.
    start
        int32, first vertex of each segment.
    frame
        `Frame.numbers`.
    offset, listed
        int64 and int32: the segments of cell c are ``listed[offset[c]:offset[c + 1]]``, cells counted by rows.
    """

    x: Floats
    y: Floats
    start: Int32s
    frame: Floats
    offset: Int64s
    listed: Int32s

    @classmethod
    def build(cls, x: Floats, y: Floats, start: Int32s, *, x_per_y: float = 1.0) -> SegmentGrid:
        """List segments by cell.

        Parameters
        ----------
        x_per_y
            Length of a unit of x in units of y: the cosine of the latitude for degrees.

        Examples
        --------
        >>> line = SegmentGrid.build(np.array([0.0, 10.0]), np.array([0.0, 10.0]), np.array([0], dtype=np.int32))
        >>> set(line.listed.tolist())
        {0}
        """
        frame = _frame(x, y, start, x_per_y).numbers()
        counts = np.zeros(int(frame[4] * frame[5]) + 1, dtype=np.int64)
        nothing = np.empty(0, dtype=np.int32)
        _list(x, y, start, frame, counts, nothing)
        offset = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int64)
        listed = np.empty(int(offset[-1]), dtype=np.int32)
        _list(x, y, start, frame, offset[:-1].copy(), listed)
        for array in (x, y, start, frame, offset, listed):
            frozen(array)
        return cls(x, y, start, frame, offset, listed)

    @property
    def parts(self) -> Parts:
        """The arrays, as kernels take them."""
        return self.x, self.y, self.start, self.frame, self.offset, self.listed

    def crossed(self, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Bools:
        """Whether each straight line from (x0, y0) to (x1, y1) crosses a segment; a touch from one side is none."""
        if self.start.size == 0 or x0.size == 0:
            return np.zeros(x0.size, dtype=bool)
        return _crossed(self.parts, np.stack([x0, y0, x1, y1]))


def chains(vertex_offset: Int64s) -> Int32s:
    """First vertices of the segments of lines that own vertices ``vertex_offset[i]`` to ``vertex_offset[i + 1]``.

    Examples
    --------
    >>> chains(np.array([0, 3, 5])).tolist()
    [0, 1, 3]
    """
    inner = np.ones(int(vertex_offset[-1]), dtype=bool)
    inner[vertex_offset[1:] - 1] = False
    return np.flatnonzero(inner).astype(np.int32)


def _frame(x: Floats, y: Floats, start: Int32s, x_per_y: float) -> Frame:
    if start.size == 0:
        return Frame(0.0, 0.0, 1.0, 1.0, 1, 1)
    west, south = float(x.min()), float(y.min())
    width, height = (float(x.max()) - west) * x_per_y, float(y.max()) - south
    cells = start.size / _PER_CELL + 1
    mean = float(np.mean(np.abs(x[start + 1] - x[start]) * x_per_y + np.abs(y[start + 1] - y[start])))
    # A long thin extent still gets about as many cells: its short side counts as at least one cell.
    side = max(np.sqrt(width * height / cells), (width + height) / cells, _LEAST_SIDE * mean, 1e-12)
    columns, rows = int(width / side) + 1, int(height / side) + 1
    return Frame(west, south, x_per_y / side, 1.0 / side, columns, rows)


@kernel
def span(y0: float, y1: float, x0: float, x1: float, row: int) -> tuple[float, float]:
    """Least and greatest x of the part of a segment within a row of cells; all in units of cells."""
    if y0 == y1:
        return min(x0, x1), max(x0, x1)
    a = min(max((row - y0) / (y1 - y0), 0.0), 1.0)
    b = min(max((row + 1 - y0) / (y1 - y0), 0.0), 1.0)
    return min(x0 + a * (x1 - x0), x0 + b * (x1 - x0)), max(x0 + a * (x1 - x0), x0 + b * (x1 - x0))


@kernel
def clamped(value: float, count: int) -> int:
    """The whole part of a position in cells, within 0 and count - 1."""
    return int(min(max(np.floor(value), 0.0), count - 1.0))


@kernel
def _list(x: Floats, y: Floats, start: Int32s, frame: Floats, cursor: Int64s, listed: Int32s) -> None:
    """Count the segments of each cell in `cursor`, or write them at `cursor` where `listed` has room."""
    columns, rows = int(frame[4]), int(frame[5])
    for i in range(start.size):
        s = start[i]
        x0, x1 = (x[s] - frame[0]) * frame[2], (x[s + 1] - frame[0]) * frame[2]
        y0, y1 = (y[s] - frame[1]) * frame[3], (y[s + 1] - frame[1]) * frame[3]
        low, high = clamped(min(y0, y1) - _MARGIN, rows), clamped(max(y0, y1) + _MARGIN, rows)
        for row in range(low, high + 1):
            left, right = span(y0, y1, x0, x1, row)
            for column in range(clamped(left - _MARGIN, columns), clamped(right + _MARGIN, columns) + 1):
                cell = row * columns + column
                if listed.size:
                    listed[cursor[cell]] = i
                cursor[cell] += 1


@kernel
def _side(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> float:
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@kernel
def crosses(line: Floats, cx: float, cy: float, dx: float, dy: float) -> bool:
    """Whether the line (x0, y0, x1, y1) passes from one side of the segment c, d to the other.

    A corner of a chain of segments counts for exactly one of the two segments that meet there.
    """
    if (_side(line[0], line[1], line[2], line[3], cx, cy) >= 0) == (
        _side(line[0], line[1], line[2], line[3], dx, dy) >= 0
    ):
        return False
    first, last = _side(cx, cy, dx, dy, line[0], line[1]), _side(cx, cy, dx, dy, line[2], line[3])
    return (first < 0 < last) or (last < 0 < first)


@kernel
def _crossed(parts: Parts, lines: Floats) -> Bools:
    x, y, start, frame, offset, listed = parts
    columns, rows = int(frame[4]), int(frame[5])
    found = np.zeros(lines.shape[1], dtype=np.bool_)
    for i in range(lines.shape[1]):
        line = lines[:, i]
        x0, x1 = (line[0] - frame[0]) * frame[2], (line[2] - frame[0]) * frame[2]
        y0, y1 = (line[1] - frame[1]) * frame[3], (line[3] - frame[1]) * frame[3]
        for row in range(clamped(min(y0, y1) - _MARGIN, rows), clamped(max(y0, y1) + _MARGIN, rows) + 1):
            left, right = span(y0, y1, x0, x1, row)
            for column in range(clamped(left - _MARGIN, columns), clamped(right + _MARGIN, columns) + 1):
                cell = row * columns + column
                for k in range(offset[cell], offset[cell + 1]):
                    s = start[listed[k]]
                    if crosses(line, x[s], y[s], x[s + 1], y[s + 1]):
                        found[i] = True
                        break
                if found[i]:
                    break
            if found[i]:
                break
    return found
