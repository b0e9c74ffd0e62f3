"""How much leg is left at the corners of a fine grid, worked out only where the border of a circle may run.

The value of a circle is the greatest of all its shapes' (`values`). Squares of 144 m, then blocks of 36 m, that
lie wholly in the circle or wholly outside are told by few looks; of the others every corner of 4.5 m is worked out.

A square is wholly inside if one shape holds its corners. Where times run on without a break (`smooth`: every road leads
both ways, nothing bars a leg), leg that is left at the middle of a square is enough: a metre further it is only so much less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoservice.coverage.circles.shapes import ARC_M, Shapes
from geoservice.coverage.circles.values import Point, Shape, Values, outline_value, raise_to, shape_at, value_of
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel

CELL_M = 4.5
# Cells a side of a block, blocks a side of a square.
CELLS, BLOCKS = 8, 4
BLOCK_M = CELL_M * CELLS
SQUARE_M = BLOCK_M * BLOCKS
# Values are kept between these.
MOST_M = 2.0 * CELL_M
_CORNERS = CELLS + 1
_HALF_BLOCK = BLOCK_M / 2.0 * float(np.sqrt(2.0))
# Beyond this no shape that is stopped counts; its outline reaches `ARC_M` further than the whole shape.
_FAR_M = MOST_M + ARC_M
_MOST, _ANY, _NOTHING = np.float32(MOST_M), np.float32(np.inf), np.float32(-np.inf)
# A ring so far from the middle of a square touches none of its blocks.
_AWAY_M = SQUARE_M / 2.0 * float(np.sqrt(2.0)) + MOST_M
# Shapes that are looked at in a row before it is asked whether more of them matter.
_IN_A_ROW = 8

_Frame = tuple[int, int, int, int]
_Rings = tuple[Int64s, Floats, Floats]
_Given = tuple[Floats, Bools, _Rings]
_Points = tuple[Values, Values]
# How steep values are, and whether they run on without a break.
_Rules = tuple[float, bool]


@dataclass(frozen=True)
class Painted:
    """Blocks that the border may run through.

    Attributes
    ----------
    column, row
        int32: the block's place in the grid; its south-west corner lies at ``(column, row) * BLOCK_M``.
    value
        float32, shape (b, 9, 9): values in metres at the corners of its cells, by row and column.
    """

    column: Int32s
    row: Int32s
    value: Values

    def chosen(self, keep: Bools) -> Painted:
        """Some of the blocks."""
        return Painted(self.column[keep], self.row[keep], self.value[keep])

    def mixed(self, level_m: float) -> Bools:
        """Blocks with corners on either side of a level."""
        inside = (self.value >= level_m).reshape(len(self.value), -1).sum(axis=1)
        return np.asarray((inside > 0) & (inside < _CORNERS * _CORNERS), dtype=np.bool_)


def together(parts: Sequence[Painted]) -> Painted:
    """Blocks of one grid that were found apart, no block twice, in the order in which they are found at once."""
    column, row = (np.concatenate([getattr(part, name) for part in parts]) for name in ("column", "row"))
    order = np.lexsort((column % BLOCKS, row % BLOCKS, column // BLOCKS, row // BLOCKS))
    value = np.concatenate([part.value for part in parts])
    return Painted(column[order], row[order], value[order])


def _grid(cells: int, cell_m: float, first_m: float) -> _Points:
    """Points of a square grid by row and column."""
    at = np.arange(cells * cells)
    x, y = (first_m + part * cell_m for part in (at % cells, at // cells))
    return x.astype(np.float32), y.astype(np.float32)


# Blocks around a square that its shapes are likely to fill, on each side and all in a row.
_MARGIN = 6
_WIDE = BLOCKS + 2 * _MARGIN
_CORNER_POINTS = _grid(_CORNERS, CELL_M, 0.0)
_MIDDLE_POINTS = _grid(BLOCKS, BLOCK_M, BLOCK_M / 2.0)
# Where it is told whether blocks around a square are full: in the middles of the blocks if `smooth`, else at their corners.
_AROUND = {
    True: _grid(_WIDE, BLOCK_M, (0.5 - _MARGIN) * BLOCK_M),
    False: _grid(_WIDE + 1, BLOCK_M, -_MARGIN * BLOCK_M),
}


def paint(shapes: Shapes, *, smooth: bool) -> Painted:
    """Values around the border of the union of some shapes.

    Parameters
    ----------
    smooth
        See the module.
    """
    if not len(shapes):
        nothing = np.empty(0, dtype=np.int32)
        return Painted(nothing, nothing, np.empty((0, _CORNERS, _CORNERS), dtype=np.float32))
    given = shapes.shapes, shapes.stopped, (shapes.outlines.offset, shapes.outlines.x, shapes.outlines.y)
    spans, frame = _spans(given)
    rules = _steepest(shapes.shapes), smooth
    full = _filled(given, frame, rules, _AROUND[smooth])
    listed = _listed(spans, frame, full)
    column, row, value = _painted(given, frame, (*listed, full), rules, (_MIDDLE_POINTS, _CORNER_POINTS))
    return Painted(column, row, value)


@kernel
def _steepest(shapes: Floats) -> float:
    """Metres of leg that are lost in a metre at most: along a road by its slope, across it by one."""
    slope = 0.0
    for i in range(shapes.shape[0]):
        if shapes[i, 4] > 0.0:
            slope = max(slope, abs(shapes[i, 6] - shapes[i, 5]) / shapes[i, 4])
    return float(np.sqrt(1.0 + slope * slope))


@kernel
def _box(shape: Shape) -> tuple[float, float, float, float]:
    """West, south, east and north of a shape."""
    bx, by, ux, uy, length, r0, r1 = shape
    if length < 0.0:
        # Half a disc: to the right of the tangent only.
        return (
            bx - (r0 if ux < 0.0 else r0 * abs(uy)),
            by - (r0 if uy < 0.0 else r0 * abs(ux)),
            bx + (r0 if ux > 0.0 else r0 * abs(uy)),
            by + (r0 if uy > 0.0 else r0 * abs(ux)),
        )
    ex, ey = bx + length * ux, by + length * uy
    return (
        min(bx - r0 * abs(uy), ex - r1 * abs(uy)),
        min(by - r0 * abs(ux), ey - r1 * abs(ux)),
        max(bx + r0 * abs(uy), ex + r1 * abs(uy)),
        max(by + r0 * abs(ux), ey + r1 * abs(ux)),
    )


@kernel
def _spans(given: _Given) -> tuple[Int32s, _Frame]:
    """First column, row and last column, row of squares in which each shape may count; and the frame about them all.

    Columns and rows are counted from the frame's: its west, south, number of columns and of rows.
    """
    shapes, stopped, (offset, x, y) = given
    spans = np.empty((shapes.shape[0], 4), dtype=np.int32)
    for i in range(shapes.shape[0]):
        box = _box(shape_at(shapes, i))
        if stopped[i]:
            a, b = offset[i], offset[i + 1]
            box = x[a:b].min(), y[a:b].min(), x[a:b].max(), y[a:b].max()
        spans[i, 0], spans[i, 1] = np.floor((box[0] - MOST_M) / SQUARE_M), np.floor((box[1] - MOST_M) / SQUARE_M)
        spans[i, 2], spans[i, 3] = np.floor((box[2] + MOST_M) / SQUARE_M), np.floor((box[3] + MOST_M) / SQUARE_M)
    west, south, east, north = spans[0]
    for i in range(shapes.shape[0]):
        west, south = min(west, spans[i, 0]), min(south, spans[i, 1])
        east, north = max(east, spans[i, 2]), max(north, spans[i, 3])
    for i in range(shapes.shape[0]):
        spans[i, 0], spans[i, 2] = spans[i, 0] - west, spans[i, 2] - west
        spans[i, 1], spans[i, 3] = spans[i, 1] - south, spans[i, 3] - south
    return spans, (int(west), int(south), int(east - west + 1), int(north - south + 1))


@kernel
def _holds(shape: Shape, x: float, y: float, side: float) -> bool:
    """Whether a shape holds a whole square."""
    return (
        value_of(shape, x, y) >= 0.0
        and value_of(shape, x + side, y) >= 0.0
        and value_of(shape, x, y + side) >= 0.0
        and value_of(shape, x + side, y + side) >= 0.0
    )


@kernel
def _begun(given: _Given, frame: _Frame) -> Int32s:
    """Of the shapes that begin in each square the one that reaches farthest in each quarter of directions, or -1."""
    (shapes, stopped, _), (west, south, columns, rows) = given, frame
    best = np.full((columns * rows, 4), -1, dtype=np.int32)
    for i in range(shapes.shape[0]):
        c, r = int(np.floor(shapes[i, 0] / SQUARE_M)) - west, int(np.floor(shapes[i, 1] / SQUARE_M)) - south
        if stopped[i] or c < 0 or r < 0 or c >= columns or r >= rows:
            continue
        quarter = 2 * (shapes[i, 2] > 0.0) + (shapes[i, 3] > 0.0)
        old = best[r * columns + c, quarter]
        if old < 0 or shapes[i, 5] > shapes[old, 5]:
            best[r * columns + c, quarter] = i
    return best


@kernel
def _filled(given: _Given, frame: _Frame, rules: _Rules, around: _Points) -> Bools:
    """Which blocks some of the far-reaching shapes that begin nearby fill, by row and column from `_MARGIN` before the frame."""
    west, south, columns, rows = frame
    begun = _begun(given, frame)
    left = np.full((rows * BLOCKS + 2 * _MARGIN, columns * BLOCKS + 2 * _MARGIN), _NOTHING, dtype=np.float32)
    value = np.empty(around[0].size, dtype=np.float32)
    for q in range(columns * rows):
        r, c = q // columns, q % columns
        for i in begun[q]:
            if i >= 0 and given[0][i, 5] > BLOCK_M:
                value[:] = _NOTHING
                corner = (c + west) * SQUARE_M, (r + south) * SQUARE_M
                raise_to(shape_at(given[0], i), corner, around, _ANY, value)
                _leave(left[r * BLOCKS :, c * BLOCKS :], value)
    return left >= np.float32(rules[0] * _HALF_BLOCK if rules[1] else 0.0)


@kernel
def _leave(left: Values, value: Values) -> None:
    """Raise what is left in blocks to a shape's values in their middles, or to the least at their corners."""
    if value.size == _WIDE * _WIDE:
        for r in range(_WIDE):
            for c in range(_WIDE):
                left[r, c] = max(left[r, c], value[r * _WIDE + c])
        return
    for r in range(_WIDE):
        for c in range(_WIDE):
            k = r * (_WIDE + 1) + c
            low, high = min(value[k], value[k + 1]), min(value[k + _WIDE + 1], value[k + _WIDE + 2])
            left[r, c] = max(left[r, c], min(low, high))


@kernel
def _listed(spans: Int32s, frame: _Frame, full: Bools) -> tuple[Int64s, Int32s]:
    """Shapes of each square that is not filled: those of square q are ``listed[offset[q]:offset[q + 1]]``."""
    columns, rows = frame[2], frame[3]
    filled = np.empty((rows, columns), dtype=np.bool_)
    for r in range(rows):
        for c in range(columns):
            filled[r, c] = _own(full, r, c).all()
    unfilled = _unfilled(filled)
    first, most = np.full((rows, columns), -1, dtype=np.int32), 0
    for i in range(spans.shape[0]):
        most += (spans[i, 2] - spans[i, 0] + 1) * (spans[i, 3] - spans[i, 1] + 1)
    chain, used = np.empty((most, 2), dtype=np.int32), 0
    for i in range(spans.shape[0]):
        left, low, right, high = spans[i, 0], spans[i, 1], spans[i, 2], spans[i, 3]
        if _some(unfilled, left, right, low, high):
            for r in range(low, high + 1):
                for c in range(left, right + 1):
                    if not filled[r, c]:
                        chain[used, 0], chain[used, 1] = i, first[r, c]
                        first[r, c] = used
                        used += 1
    offset, listed, n = np.zeros(columns * rows + 1, dtype=np.int64), np.empty(used, dtype=np.int32), 0
    for q in range(columns * rows):
        link = first[q // columns, q % columns]
        while link >= 0:
            listed[n], link = chain[link]
            n += 1
        offset[q + 1] = n
    return offset, listed


@kernel
def _own(full: Bools, r: int, c: int) -> Bools:
    """Those of the blocks of a square."""
    r, c = r * BLOCKS + _MARGIN, c * BLOCKS + _MARGIN
    return full[r : r + BLOCKS, c : c + BLOCKS]


@kernel
def _unfilled(filled: Bools) -> Int32s:
    """How many squares that are not filled lie south and west of each corner of a square."""
    rows, columns = filled.shape
    count = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    for r in range(rows):
        row = 0
        for c in range(columns):
            row += not filled[r, c]
            count[r + 1, c + 1] = count[r, c + 1] + row
    return count


@kernel
def _some(unfilled: Int32s, left: int, right: int, low: int, high: int) -> bool:
    """Whether some square of a range is not filled."""
    with_west = unfilled[high + 1, right + 1] - unfilled[low, right + 1]
    return bool(with_west > unfilled[high + 1, left] - unfilled[low, left])


@kernel
def _painted(
    given: _Given, frame: _Frame, lists: tuple[Int64s, Int32s, Bools], rules: _Rules, points: tuple[_Points, _Points]
) -> tuple[Int32s, Int32s, Values]:
    """Place and values of each block that is not full and that some shape touches."""
    (west, south, columns, _), (offset, listed, full) = frame, lists
    place, value = np.empty((256, 2), dtype=np.int32), np.empty((256, _CORNERS * _CORNERS), dtype=np.float32)
    most = 0
    for q in range(offset.size - 1):
        most = max(most, offset[q + 1] - offset[q])
    rows, chosen = np.empty((most, BLOCKS * BLOCKS), dtype=np.float32), np.empty(most, dtype=np.int32)
    n = 0
    for q in range(offset.size - 1):
        own = listed[offset[q] : offset[q + 1]]
        if not own.size:
            continue
        column, row = q % columns + west, q // columns + south
        here = _own(full, q // columns, q % columns).copy().reshape(BLOCKS * BLOCKS)
        _middles(given, own, (column * SQUARE_M, row * SQUARE_M), points[0], rules, (rows, here))
        if n + BLOCKS * BLOCKS > value.shape[0]:
            place, value = _more(place, value)
        for k in range(BLOCKS * BLOCKS):
            if here[k]:
                continue
            middle = rows[: own.size, k]
            touching = chosen[: _touching(middle, chosen)]
            if not touching.size:
                continue
            place[n, 0], place[n, 1] = column * BLOCKS + k % BLOCKS, row * BLOCKS + k // BLOCKS
            corner = place[n, 0] * BLOCK_M, place[n, 1] * BLOCK_M
            _corners(given, own[touching], middle[touching], corner, points[1], value[n])
            n += 1
    return place[:n, 0].copy(), place[:n, 1].copy(), value[:n].copy().reshape((n, _CORNERS, _CORNERS))


@kernel
def _more(place: Int32s, value: Values) -> tuple[Int32s, Values]:
    longer, more = (
        np.empty((2 * place.shape[0], 2), dtype=np.int32),
        np.empty((2 * value.shape[0], value.shape[1]), dtype=np.float32),
    )
    longer[: place.shape[0]], more[: value.shape[0]] = place, value
    return longer, more


@kernel
def _middles(
    given: _Given, own: Int32s, corner: Point, middles: _Points, rules: _Rules, found: tuple[Values, Bools]
) -> None:
    """The values of some shapes in the middle of each block of a square, a row each; blocks that are full are marked."""
    (shapes, stopped, _), (rows, full) = given, found
    greatest = np.full(full.size, _NOTHING, dtype=np.float32)
    for j in range(own.size):
        rows[j] = _NOTHING
        if not stopped[own[j]]:
            raise_to(shape_at(shapes, own[j]), corner, middles, _ANY, rows[j])
            for k in range(full.size):
                greatest[k] = max(greatest[k], rows[j, k])
    if rules[1]:
        full |= greatest >= np.float32(rules[0] * _HALF_BLOCK)
        return
    for j in range(own.size):
        for k in range(full.size):
            if rows[j, k] > 0.0 and not full[k]:
                x, y = corner[0] + k % BLOCKS * BLOCK_M, corner[1] + k // BLOCKS * BLOCK_M
                full[k] = _holds(shape_at(shapes, own[j]), x, y, BLOCK_M)
    for j in range(own.size):
        if stopped[own[j]]:
            _middles_behind(given, own[j], corner, rows[j], full)


@kernel
def _middles_behind(given: _Given, i: int, corner: Point, row: Values, full: Bools) -> None:
    """The same of a shape that a barrier reaches into: what is left of it is asked only where it would be whole."""
    shapes, _, (offset, ring_x, ring_y) = given
    shape, x, y = shape_at(shapes, i), ring_x[offset[i] : offset[i + 1]], ring_y[offset[i] : offset[i + 1]]
    # Where the ring stays away from a square, all of the square is inside or outside of it.
    px, py = corner[0] + SQUARE_M / 2.0, corner[1] + SQUARE_M / 2.0
    here = outline_value(x, y, px, py, _AWAY_M)
    if abs(here) == _AWAY_M:
        if here > 0.0:
            full[:] = True
        return
    for k in range(full.size):
        if full[k]:
            continue
        px, py = corner[0] + (k % BLOCKS + 0.5) * BLOCK_M, corner[1] + (k // BLOCKS + 0.5) * BLOCK_M
        if value_of(shape, px, py) >= -(_HALF_BLOCK + _FAR_M):
            row[k] = outline_value(x, y, px, py, _HALF_BLOCK + _FAR_M)
            full[k] = row[k] > _HALF_BLOCK


@kernel
def _touching(row: Values, chosen: Int32s) -> int:
    """List the shapes that touch a block, which have these values in its middle; how many they are."""
    count = 0
    for j in range(row.size):
        if row[j] >= -(_HALF_BLOCK + MOST_M):
            chosen[count] = j
            count += 1
    return count


@kernel
def _corners(given: _Given, own: Int32s, middle: Values, corner: Point, corners: _Points, value: Values) -> None:
    """The greatest values of some shapes at the corners of a block, in the middle of which they have these values."""
    shapes, stopped, _ = given
    value[:] = -_MOST
    for n in range(own.size):
        if not stopped[own[n]]:
            raise_to(shape_at(shapes, own[n]), corner, corners, _MOST, value)
            if n % _IN_A_ROW == _IN_A_ROW - 1 and value.min() >= _MOST:
                return
    # What barriers stop takes the longest to look at and is often not needed any more.
    for n in range(own.size):
        if stopped[own[n]] and (middle[n] >= 0.0 or middle[n] + _HALF_BLOCK > value.min()):
            _raise_to_outline(given, own[n], corner, corners, value)


@kernel
def _raise_to_outline(given: _Given, i: int, corner: Point, corners: _Points, value: Values) -> None:
    offset, ring_x, ring_y = given[2]
    x, y = ring_x[offset[i] : offset[i + 1]], ring_y[offset[i] : offset[i + 1]]
    for k in range(value.size):
        if value[k] < _MOST:
            new = outline_value(x, y, corner[0] + corners[0][k], corner[1] + corners[1][k], MOST_M)
            # Within a ring all that is kept is left.
            value[k] = max(value[k], _MOST if new > 0.0 else np.float32(new))
