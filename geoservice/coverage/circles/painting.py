"""How much leg is left at the corners of a fine grid, worked out only where the border of a circle may run.

The value of a shape at a point is the leg that is left there, in metres; outside the shape it is minus the distance to
it. The value of a circle is the greatest of all its shapes'. Squares of 144 m, then blocks of 36 m, that
lie wholly in the circle or wholly outside are told by few looks; of the others every corner of 4.5 m is worked out.

A square is wholly inside if one shape holds its corners. Where times run on without a break (`smooth`: every road leads
both ways, nothing bars a leg), leg that is left at the middle of a square is enough: a metre further it is only so much less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.circles.shapes import ARC_M, Shapes
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel

CELL_M = 4.5
# Cells a side of a block, blocks a side of a square.
CELLS, BLOCKS = 8, 4
# Squares around one in which the shapes begin that may fill it.
_NEAR = 2
BLOCK_M = CELL_M * CELLS
SQUARE_M = BLOCK_M * BLOCKS
# Values are kept between these.
MOST_M = 2.0 * CELL_M
_CORNERS = CELLS + 1
_HALF_BLOCK = BLOCK_M / 2.0 * float(np.sqrt(2.0))
# Beyond this no shape that is stopped counts; its outline reaches `ARC_M` further than the whole shape.
_FAR_M = MOST_M + ARC_M
_EMPTY, _TOUCHED, _FULL = 0, 1, 2

Values = NDArray[np.float32]
_Frame = tuple[int, int, int, int]
_Box = tuple[float, float, float, float]
_Rings = tuple[Int64s, Floats, Floats]
_Given = tuple[Floats, Bools, _Rings]
_Chains = tuple[Int64s, Int64s, Floats]
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


def paint(shapes: Shapes, *, smooth: bool) -> Painted:
    """Values around the border of the union of some shapes.

    Parameters
    ----------
    smooth
        See the module.
    """
    rings = shapes.outlines.offset, shapes.outlines.x, shapes.outlines.y
    boxes = _boxes(shapes.shapes, shapes.stopped, rings)
    if not len(boxes):
        nothing = np.empty(0, dtype=np.int32)
        return Painted(nothing, nothing, np.empty((0, _CORNERS, _CORNERS), dtype=np.float32))
    west, south = np.floor(boxes[:, :2].min(axis=0) / SQUARE_M).astype(np.int64)
    east, north = np.floor(boxes[:, 2:].max(axis=0) / SQUARE_M).astype(np.int64)
    frame = int(west), int(south), int(east - west) + 1, int(north - south) + 1
    rules = _steepest(shapes.shapes), smooth
    given = shapes.shapes, shapes.stopped, rings
    square = _squares(given, frame, rules)
    block, chains = _blocks(given, boxes, frame, square, rules)
    column, row, value = _values(given, frame, square, block, chains)
    return Painted(column, row, value)


_Shape = tuple[float, float, float, float, float, float, float]


@kernel
def _numbers(shapes: Floats, i: int) -> _Shape:
    """A shape as plain numbers, which stay in registers."""
    return (
        shapes[i, 0],
        shapes[i, 1],
        shapes[i, 2],
        shapes[i, 3],
        shapes[i, 4],
        shapes[i, 5],
        shapes[i, 6],
    )


@kernel
def value_of(shape: _Shape, x: float, y: float) -> float:
    """Leg that is left at a point, or minus its distance from the shape; for shapes that are not stopped."""
    bx, by, ux, uy, length, r0, r1 = shape
    px, py = x - bx, y - by
    u = px * ux + py * uy
    d = abs(py * ux - px * uy)
    if length < 0.0:
        if u >= 0.0:
            return float(r0 - np.sqrt(u * u + d * d))
        over = max(d - r0, 0.0)
        return float(-np.sqrt(u * u + over * over))
    at = min(max(u, 0.0), length)
    w, rise = abs(u - at), r1 - r0
    left = r0 + rise / max(length, 1e-9) * at - d
    if left >= 0.0:
        return -w if w > 0.0 else left
    share = min(max((u * length + (d - r0) * rise) / max(length * length + rise * rise, 1e-18), 0.0), 1.0)
    du, dd = u - share * length, d - r0 - share * rise
    return float(-np.sqrt(du * du + dd * dd))


@kernel
def _raise_to_disc(shape: _Shape, x: Floats, y: Floats, value: Values) -> None:
    """Raise values at points to those of a half disc, as `value_of`; without branches, so that it runs in lanes."""
    bx, by, ux, uy, _, r0, _ = shape
    for k in range(x.size):
        px, py = x[k] - bx, y[k] - by
        u = px * ux + py * uy
        d = abs(py * ux - px * uy)
        beyond = u >= 0.0
        over = d if beyond else max(d - r0, 0.0)
        away = np.sqrt(u * u + over * over)
        value[k] = max(value[k], np.float32(min(r0 - away if beyond else -away, MOST_M)))


@kernel
def _raise_to_trapezoid(shape: _Shape, x: Floats, y: Floats, value: Values) -> None:
    """The same for a trapezoid."""
    bx, by, ux, uy, length, r0, r1 = shape
    rise = r1 - r0
    slope, part = rise / max(length, 1e-9), 1.0 / max(length * length + rise * rise, 1e-18)
    for k in range(x.size):
        px, py = x[k] - bx, y[k] - by
        u = px * ux + py * uy
        d = abs(py * ux - px * uy)
        at = min(max(u, 0.0), length)
        w = abs(u - at)
        left = r0 + slope * at - d
        share = min(max((u * length + (d - r0) * rise) * part, 0.0), 1.0)
        du, dd = u - share * length, d - r0 - share * rise
        new = (-w if w > 0.0 else left) if left >= 0.0 else -np.sqrt(du * du + dd * dd)
        value[k] = max(value[k], np.float32(min(new, MOST_M)))


@kernel
def _outline_value(x: Floats, y: Floats, px: float, py: float) -> float:
    """The most that is kept where a point lies in a closed ring, else minus its distance from the ring."""
    inside, away = _from_outline(x, y, px, py)
    return MOST_M if inside else -away


@kernel
def _from_outline(x: Floats, y: Floats, px: float, py: float) -> tuple[bool, float]:
    """Whether a point lies in a closed ring, and its distance from the ring."""
    inside = False
    least = np.inf
    for k in range(x.size - 1):
        ax, ay, bx, by = x[k], y[k], x[k + 1], y[k + 1]
        if (ay > py) != (by > py) and px < ax + (py - ay) / (by - ay) * (bx - ax):
            inside = not inside
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        share = min(max(((px - ax) * dx + (py - ay) * dy) / squared, 0.0), 1.0) if squared > 0.0 else 0.0
        ex, ey = px - ax - share * dx, py - ay - share * dy
        least = min(least, ex * ex + ey * ey)
    return inside, float(np.sqrt(least))


@kernel
def _steepest(shapes: Floats) -> float:
    """Metres of leg that are lost in a metre at most: along a road by its slope, across it by one."""
    slope = 0.0
    for i in range(shapes.shape[0]):
        if shapes[i, 4] > 0.0:
            slope = max(slope, abs(shapes[i, 6] - shapes[i, 5]) / shapes[i, 4])
    return float(np.sqrt(1.0 + slope * slope))


@kernel
def _boxes(shapes: Floats, stopped: Bools, rings: _Rings) -> Floats:
    """West, south, east, north of each shape with what lies near enough to count."""
    offset, x, y = rings
    boxes = np.empty((shapes.shape[0], 4))
    for i in range(shapes.shape[0]):
        if stopped[i]:
            a, b = offset[i], offset[i + 1]
            boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3] = x[a:b].min(), y[a:b].min(), x[a:b].max(), y[a:b].max()
        else:
            bx, by, ux, uy, length, r0, r1 = shapes[i]
            if length < 0.0:
                # Half a disc: to the right of the tangent only.
                boxes[i, 0] = bx - (r0 if ux < 0.0 else r0 * abs(uy))
                boxes[i, 2] = bx + (r0 if ux > 0.0 else r0 * abs(uy))
                boxes[i, 1] = by - (r0 if uy < 0.0 else r0 * abs(ux))
                boxes[i, 3] = by + (r0 if uy > 0.0 else r0 * abs(ux))
            else:
                ex, ey = bx + length * ux, by + length * uy
                boxes[i, 0] = min(bx - r0 * abs(uy), ex - r1 * abs(uy))
                boxes[i, 2] = max(bx + r0 * abs(uy), ex + r1 * abs(uy))
                boxes[i, 1] = min(by - r0 * abs(ux), ey - r1 * abs(ux))
                boxes[i, 3] = max(by + r0 * abs(ux), ey + r1 * abs(ux))
        boxes[i, 0] -= MOST_M
        boxes[i, 1] -= MOST_M
        boxes[i, 2] += MOST_M
        boxes[i, 3] += MOST_M
    return boxes


@kernel
def _holds(shape: _Shape, x: float, y: float, side: float) -> bool:
    """Whether a shape holds a whole square."""
    return (
        value_of(shape, x, y) >= 0.0
        and value_of(shape, x + side, y) >= 0.0
        and value_of(shape, x, y + side) >= 0.0
        and value_of(shape, x + side, y + side) >= 0.0
    )


@kernel
def _span(box: _Box, frame: _Frame) -> tuple[int, int, int, int]:
    """First and last column and row of squares that a box meets."""
    west, south, _, _ = frame
    return (
        int(np.floor(box[0] / SQUARE_M)) - west,
        int(np.floor(box[2] / SQUARE_M)) - west,
        int(np.floor(box[1] / SQUARE_M)) - south,
        int(np.floor(box[3] / SQUARE_M)) - south,
    )


@kernel
def _begun(shapes: Floats, stopped: Bools, frame: _Frame) -> tuple[Int64s, Int64s]:
    """Shapes by the square that they begin in: those of square q are ``listed[offset[q]:offset[q + 1]]``."""
    west, south, columns, rows = frame
    home = np.empty(shapes.shape[0], dtype=np.int64)
    offset = np.zeros(columns * rows + 2, dtype=np.int64)
    for i in range(shapes.shape[0]):
        c, r = int(np.floor(shapes[i, 0] / SQUARE_M)) - west, int(np.floor(shapes[i, 1] / SQUARE_M)) - south
        home[i] = -1 if stopped[i] or c < 0 or r < 0 or c >= columns or r >= rows else r * columns + c
        if home[i] >= 0:
            offset[home[i] + 2] += 1
    for q in range(2, offset.size):
        offset[q] += offset[q - 1]
    listed = np.empty(offset[-1], dtype=np.int64)
    for i in range(shapes.shape[0]):
        if home[i] >= 0:
            listed[offset[home[i] + 1]] = i
            offset[home[i] + 1] += 1
    return offset[:-1], listed


@kernel
def _squares(given: _Given, frame: _Frame, rules: _Rules) -> Int32s:
    """Which squares one shape that begins nearby fills: -2, else -1."""
    shapes, stopped, _ = given
    west, south, columns, rows = frame
    offset, listed = _begun(shapes, stopped, frame)
    square = np.full(columns * rows, -1, dtype=np.int32)
    for r in range(rows):
        for c in range(columns):
            corner = (c + west) * SQUARE_M, (r + south) * SQUARE_M
            for ring in range(_NEAR + 1):
                for q in range(max(r - ring, 0), min(r + ring, rows - 1) + 1):
                    # The inner squares of a ring were looked at before.
                    step = 1 if abs(q - r) == ring or ring == 0 else 2 * ring
                    for p in range(c - ring, c + ring + 1, step):
                        if p < 0 or p >= columns or square[r * columns + c] == -2:
                            continue
                        for k in range(offset[q * columns + p], offset[q * columns + p + 1]):
                            shape = _numbers(shapes, listed[k])
                            if _look(shape, corner, SQUARE_M, rules) == _FULL:
                                square[r * columns + c] = -2
                                break
    return square


@kernel
def _look(shape: _Shape, corner: tuple[float, float], side: float, rules: _Rules) -> int:
    """Whether a shape fills a square, touches it, or leaves it empty."""
    steepest, smooth = rules
    half = side / 2.0
    here = value_of(shape, corner[0] + half, corner[1] + half)
    diagonal = half * np.sqrt(2.0)
    if here > 0.0 and (here >= steepest * diagonal if smooth else _holds(shape, corner[0], corner[1], side)):
        return _FULL
    return _TOUCHED if here >= -(diagonal + MOST_M) else _EMPTY


@kernel
def _blocks(given: _Given, boxes: Floats, frame: _Frame, square: Int32s, rules: _Rules) -> tuple[Int32s, _Chains]:
    """States of the blocks of squares that are not full, which get their numbers here; and what touches each block.

    The shapes of a block are a chain of (shape, next), each with the most that it may be there.
    """
    shapes, stopped, rings = given
    columns = frame[2]
    unfilled = _unfilled(frame, square)
    block = np.zeros(64 * BLOCKS * BLOCKS, dtype=np.int32)
    first = np.full(64 * BLOCKS * BLOCKS, -1, dtype=np.int64)
    pair, bound = np.empty((4096, 2), dtype=np.int64), np.empty(4096)
    squares, used = 0, 0
    # Half discs come last and fill the most: they go first.
    for i in range(shapes.shape[0] - 1, -1, -1):
        box = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        left, right, low, high = _span(box, frame)
        if not _some(unfilled, left, right, low, high):
            continue
        shape = _numbers(shapes, i)
        for r in range(low, high + 1):
            for c in range(left, right + 1):
                at = r * columns + c
                if square[at] == -2:
                    continue
                corner = (c + frame[0]) * SQUARE_M, (r + frame[1]) * SQUARE_M
                if not stopped[i] and _look(shape, corner, SQUARE_M, rules) == _EMPTY:
                    continue
                if square[at] == -1:
                    if squares * BLOCKS * BLOCKS == block.size:
                        block, first = _more_blocks(block, first)
                    square[at] = squares
                    squares += 1
                if used + BLOCKS * BLOCKS > bound.size:
                    pair, bound = _more_pairs(pair, bound)
                own = square[at] * BLOCKS * BLOCKS
                place, here = (box, corner), (block, first, own)
                if stopped[i]:
                    used = _touch_behind((shape, i), rings, place, here, (pair, bound), used)
                else:
                    used = _touch((shape, i), place, here, rules, (pair, bound), used)
    return block[: squares * BLOCKS * BLOCKS].copy().reshape((squares, BLOCKS * BLOCKS)), (first, pair, bound)


@kernel
def _touch(
    given: tuple[_Shape, int],
    place: tuple[_Box, tuple[float, float]],
    square: tuple[Int32s, Int64s, int],
    rules: _Rules,
    pairs: tuple[Int64s, Floats],
    used: int,
) -> int:
    """What a shape does to the blocks of a square that are not full yet; the number of pairs afterwards."""
    shape, i = given
    box, corner = place
    block, first, own = square
    steepest, smooth = rules
    pair, bound = pairs
    half = BLOCK_M / 2.0
    for k in range(own, own + BLOCKS * BLOCKS):
        if block[k] == _FULL:
            continue
        x, y = corner[0] + (k - own) % BLOCKS * BLOCK_M, corner[1] + (k - own) // BLOCKS * BLOCK_M
        if x > box[2] or y > box[3] or x + BLOCK_M < box[0] or y + BLOCK_M < box[1]:
            continue
        here = value_of(shape, x + half, y + half)
        if here < -(_HALF_BLOCK + MOST_M):
            continue
        if here > 0.0 and (here >= steepest * _HALF_BLOCK if smooth else _holds(shape, x, y, BLOCK_M)):
            block[k] = _FULL
            continue
        block[k] = _TOUCHED
        pair[used, 0], pair[used, 1] = i, first[k]
        bound[used] = _bound(shape, x + half, y + half, here + steepest * _HALF_BLOCK)
        first[k] = used
        used += 1
    return used


@kernel
def _touch_behind(
    given: tuple[_Shape, int],
    rings: _Rings,
    place: tuple[_Box, tuple[float, float]],
    square: tuple[Int32s, Int64s, int],
    pairs: tuple[Int64s, Floats],
    used: int,
) -> int:
    """The same for a shape that a barrier reaches into: what is left of it is asked only where it would be whole."""
    shape, i = given
    box, corner = place
    block, first, own = square
    pair, bound = pairs
    half = BLOCK_M / 2.0
    outline_x, outline_y = rings[1][rings[0][i] : rings[0][i + 1]], rings[2][rings[0][i] : rings[0][i + 1]]
    for k in range(own, own + BLOCKS * BLOCKS):
        if block[k] == _FULL:
            continue
        x, y = corner[0] + (k - own) % BLOCKS * BLOCK_M, corner[1] + (k - own) // BLOCKS * BLOCK_M
        if x > box[2] or y > box[3] or x + BLOCK_M < box[0] or y + BLOCK_M < box[1]:
            continue
        if value_of(shape, x + half, y + half) < -(_HALF_BLOCK + _FAR_M):
            continue
        state, most = _stands(outline_x, outline_y, x + half, y + half)
        if state == _EMPTY:
            continue
        block[k] = state
        if state == _FULL:
            continue
        pair[used, 0], pair[used, 1], bound[used] = i, first[k], most
        first[k] = used
        used += 1
    return used


@kernel
def _stands(x: Floats, y: Floats, px: float, py: float) -> tuple[int, float]:
    """Whether a closed ring fills a block about a point, touches it, or leaves it empty; the most it may be there."""
    inside, away = _from_outline(x, y, px, py)
    if away <= _HALF_BLOCK:
        return _TOUCHED, MOST_M
    if inside:
        return _FULL, MOST_M
    return (_TOUCHED if away <= _HALF_BLOCK + MOST_M else _EMPTY), _HALF_BLOCK - away


@kernel
def _more_blocks(block: Int32s, first: Int64s) -> tuple[Int32s, Int64s]:
    larger = np.zeros(2 * block.size, dtype=np.int32)
    larger[: block.size] = block
    longer = np.full(2 * first.size, -1, dtype=np.int64)
    longer[: first.size] = first
    return larger, longer


@kernel
def _more_pairs(pair: Int64s, bound: Floats) -> tuple[Int64s, Floats]:
    longer_pair, longer_bound = np.empty((2 * bound.size, 2), dtype=np.int64), np.empty(2 * bound.size)
    longer_pair[: bound.size], longer_bound[: bound.size] = pair, bound
    return longer_pair, longer_bound


@kernel
def _unfilled(frame: _Frame, square: Int32s) -> Int32s:
    """How many squares that are not full lie south and west of each corner of a square."""
    _, _, columns, rows = frame
    count = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    for r in range(rows):
        row = 0
        for c in range(columns):
            row += square[r * columns + c] != -2
            count[r + 1, c + 1] = count[r, c + 1] + row
    return count


@kernel
def _some(unfilled: Int32s, left: int, right: int, low: int, high: int) -> bool:
    """Whether some square of a range is not full."""
    with_west = unfilled[high + 1, right + 1] - unfilled[low, right + 1]
    return bool(with_west > unfilled[high + 1, left] - unfilled[low, left])


@kernel
def _bound(shape: _Shape, x: float, y: float, risen: float) -> float:
    """The most that a shape's value may be in a block about a point: it leaps at straight ends, else it is `risen`."""
    u = (x - shape[0]) * shape[2] + (y - shape[1]) * shape[3]
    if u < 0.0 or (shape[4] >= 0.0 and u > shape[4]):
        return MOST_M
    return risen


@kernel
def _values(
    given: _Given, frame: _Frame, square: Int32s, block: Int32s, chains: _Chains
) -> tuple[Int32s, Int32s, Values]:
    """Place and values of each block that some shape touches."""
    west, south, columns, _ = frame
    first = chains[0]
    count = 0
    for own in range(block.shape[0]):
        for k in range(BLOCKS * BLOCKS):
            count += block[own, k] == _TOUCHED and first[own * BLOCKS * BLOCKS + k] >= 0
    column, row = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    value = np.full((count, _CORNERS * _CORNERS), -MOST_M, dtype=np.float32)
    x, y = np.empty(_CORNERS * _CORNERS), np.empty(_CORNERS * _CORNERS)
    n = 0
    for at in range(square.size):
        own = square[at]
        if own < 0:
            continue
        for k in range(BLOCKS * BLOCKS):
            chain = first[own * BLOCKS * BLOCKS + k]
            if block[own, k] != _TOUCHED or chain < 0:
                continue
            column[n] = (at % columns + west) * BLOCKS + k % BLOCKS
            row[n] = (at // columns + south) * BLOCKS + k // BLOCKS
            for corner in range(_CORNERS * _CORNERS):
                x[corner] = column[n] * BLOCK_M + (corner % _CORNERS) * CELL_M
                y[corner] = row[n] * BLOCK_M + (corner // _CORNERS) * CELL_M
            _block_values(given, chains, chain, (x, y), value[n])
            n += 1
    return column, row, value.reshape((count, _CORNERS, _CORNERS))


@kernel
def _block_values(given: _Given, chains: _Chains, chain: int, corners: tuple[Floats, Floats], value: Values) -> None:
    """The greatest values of the shapes of a chain at the corners of a block, the most promising shape first."""
    _, pair, bound = chains
    best, entry = chain, chain
    while entry >= 0:
        if bound[entry] > bound[best]:
            best = entry
        entry = pair[entry, 1]
    _put(given, pair[best, 0], corners, value)
    least = value.min()
    # What barriers stop takes the longest to look at and is often not needed any more.
    for late in (False, True):
        entry = chain
        while entry >= 0 and least < MOST_M:
            if entry != best and bound[entry] > least and given[1][pair[entry, 0]] == late:
                _put(given, pair[entry, 0], corners, value)
                least = value.min()
            entry = pair[entry, 1]


@kernel
def _put(given: _Given, i: int, corners: tuple[Floats, Floats], value: Values) -> None:
    """Raise the corners of a block to the values of a shape."""
    shapes, stopped, rings = given
    x, y = corners
    if stopped[i]:
        a, b = rings[0][i], rings[0][i + 1]
        for k in range(x.size):
            if value[k] >= MOST_M:
                continue
            new = _outline_value(rings[1][a:b], rings[2][a:b], x[k], y[k])
            value[k] = max(value[k], np.float32(min(new, MOST_M)))
    elif shapes[i, 4] < 0.0:
        _raise_to_disc(_numbers(shapes, i), x, y, value)
    else:
        _raise_to_trapezoid(_numbers(shapes, i), x, y, value)
