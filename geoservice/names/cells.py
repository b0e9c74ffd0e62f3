"""Cells of a grid over the earth by number, as the database numbers them in `place_name.areas` (`cell_keys`)."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from geoservice.database.filters import BBox

# A size s cuts 360 degrees into 2 ** s; the smallest cells are 0.044 degrees wide, the largest 11.25.
SIZES = (13, 11, 9, 7, 5)
MOST = 36
ALL, UNSTATED, WIDE = 0, 1, 2


def cells(box: BBox, *, unstated: bool = False) -> list[int] | None:
    """Numbers of which every place that meets a box has at least one, and few others have; None where the box is vast.

    Parameters
    ----------
    unstated
        Only of places without a stated unit.

    Examples
    --------
    >>> cells(BBox(113.0, 30.5, 113.01, 30.51))[0] == -((13 << 32) + (6667 << 16) + 4790)
    True
    >>> cells(BBox(-180, -85, 180, 85)) is None
    True
    """
    kind = UNSTATED if unstated else ALL
    size = next((one for one in SIZES if _count(box, one) <= MOST), None)
    if size is None:
        return None
    wide = [key for one in SIZES if one < size for key in _numbers(box, one, kind + WIDE)]
    return [*_numbers(box, size, kind), *wide]


def _numbers(box: BBox, size: int, kind: int) -> Iterator[int]:
    (west, east), (south, north) = _span(box.west, box.east, size), _span(box.south, box.north, size)
    for x in range(west, east + 1):
        for y in range(south, north + 1):
            yield -(((kind * 16 + size) << 32) + (x << 16) + y)


def _count(box: BBox, size: int) -> int:
    (west, east), (south, north) = _span(box.west, box.east, size), _span(box.south, box.north, size)
    return (east - west + 1) * (north - south + 1)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    # In the order of the database, so that the last digits are the same.
    scale = (1 << size) / 360.0
    return floor((low + 180) * scale), floor((high + 180) * scale)
