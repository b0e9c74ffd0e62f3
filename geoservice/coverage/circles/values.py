"""The value of a shape at a point: the leg that is left there, in metres; outside the shape minus the distance to it.

Many points at once are looked at in single precision, in lanes of the processor: relative to a corner of the grid, with
bases rounded to 1/1024 m, so that differences are exact and a point has one value, wherever it is looked at from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoservice.network.arrays import Floats
from geoservice.network.compiled import kernel

Values = NDArray[np.float32]
# A shape as plain numbers, which stay in registers: see `Shapes.shapes`.
Shape = tuple[float, float, float, float, float, float, float]
Point = tuple[float, float]

_FINENESS = 1024.0
_0, _1 = np.float32(0.0), np.float32(1.0)
_SHORT, _SHORT_2 = np.float32(1e-9), np.float32(1e-18)


@kernel
def shape_at(shapes: Floats, i: int) -> Shape:
    """One of many shapes."""
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
def value_of(shape: Shape, x: float, y: float) -> float:
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
def raise_to(shape: Shape, corner: Point, points: tuple[Values, Values], most: np.float32, value: Values) -> None:
    """Raise values at points, given from a corner of the grid, to those of a shape, as `value_of`, but to `most` at most."""
    x = np.float32(np.floor(shape[0] * _FINENESS + 0.5) / _FINENESS - corner[0])
    y = np.float32(np.floor(shape[1] * _FINENESS + 0.5) / _FINENESS - corner[1])
    along = np.float32(shape[2]), np.float32(shape[3])
    if shape[4] < 0.0:
        _raise_to_disc((x, y), along, np.float32(shape[5]), points, most, value)
    else:
        sizes = np.float32(shape[4]), np.float32(shape[5]), np.float32(shape[6])
        _raise_to_trapezoid((x, y), along, sizes, points, most, value)


_Single = np.float32
_Pair = tuple[np.float32, np.float32]


@kernel
def _raise_to_disc(
    base: _Pair, along: _Pair, radius: _Single, points: tuple[Values, Values], most: _Single, value: Values
) -> None:
    """For half a disc; without branches, so that it runs in lanes."""
    (bx, by), (ux, uy), (x, y) = base, along, points
    for k in range(value.size):
        px, py = x[k] - bx, y[k] - by
        u = px * ux + py * uy
        d = abs(py * ux - px * uy)
        beyond = u >= _0
        over = d if beyond else max(d - radius, _0)
        away = np.sqrt(u * u + over * over)
        value[k] = max(value[k], min(radius - away if beyond else -away, most))


@kernel
def _raise_to_trapezoid(
    base: _Pair,
    along: _Pair,
    sizes: tuple[_Single, _Single, _Single],
    points: tuple[Values, Values],
    most: _Single,
    value: Values,
) -> None:
    """The same for a trapezoid."""
    (bx, by), (ux, uy), (x, y) = base, along, points
    length, r0, r1 = sizes
    rise = r1 - r0
    slope, part = rise / max(length, _SHORT), _1 / max(length * length + rise * rise, _SHORT_2)
    for k in range(value.size):
        px, py = x[k] - bx, y[k] - by
        u = px * ux + py * uy
        d = abs(py * ux - px * uy)
        at = min(max(u, _0), length)
        w = abs(u - at)
        left = r0 + slope * at - d
        share = min(max((u * length + (d - r0) * rise) * part, _0), _1)
        du, dd = u - share * length, d - r0 - share * rise
        new = (-w if w > _0 else left) if left >= _0 else -np.sqrt(du * du + dd * dd)
        value[k] = max(value[k], min(new, most))


@kernel
def outline_value(x: Floats, y: Floats, px: float, py: float, most: float) -> float:
    """Distance of a point from a closed ring, or `most` if it is greater; minus that where the point lies outside of it."""
    inside, least = False, most * most
    west, south, east, north = px - most, py - most, px + most, py + most
    bx, by = x[0], y[0]
    for k in range(1, x.size):
        ax, ay, bx, by = bx, by, x[k], y[k]
        if (ay > py) != (by > py) and px < ax + (py - ay) / (by - ay) * (bx - ax):
            inside = not inside
        if max(ax, bx) < west or min(ax, bx) > east or max(ay, by) < south or min(ay, by) > north:
            continue
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        share = min(max(((px - ax) * dx + (py - ay) * dy) / squared, 0.0), 1.0) if squared > 0.0 else 0.0
        ex, ey = px - ax - share * dx, py - ay - share * dy
        least = min(least, ex * ex + ey * ey)
    return float(np.sqrt(least) if inside else -np.sqrt(least))
