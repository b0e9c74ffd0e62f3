"""Positions that a census gives as two pairs (东经 to 至东经, 北纬 to 至北纬): a line, a box, or two points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from geoservice.catalog import LayerDeclaration
from geoservice.errors import BadInput
from geoservice.ingest.angles import parse_angle
from geoservice.ingest.coordinates import Located
from geoservice.ingest.fields import Matched, fold
from geoservice.ingest.geometry import allowed_types
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.records import Notice
from geoservice.ingest.values import ValueRefusedError, parse_column

UNSTATED = "unstated"
_ENDS = ("to_lon", "to_lat")
_PLAIN = ("2000", "4490", "wgs84", "wgs1984", "4326")


def refuse_other_systems(raw: RawTable, matched: Matched) -> tuple[bool, dict[int, tuple[str, ValueRefusedError]]]:
    """What the column 坐标系 says of each row.

    Returns
    -------
    Whether all rows that say something mean plain degrees (CGCS2000, WGS 84), and the rows that mean another system:
    there are no exact parameters for the way from the systems of 1954 and 1980.
    """
    if "crs" not in matched.positions:
        return False, {}
    index = matched.positions["crs"]
    refused: dict[int, tuple[str, ValueRefusedError]] = {}
    said = 0
    for position, cell in enumerate(raw.cells[index]):
        text = "" if cell is None else fold(str(cell))
        said += bool(text)
        if text and not any(word in text for word in _PLAIN):
            refused[position] = (raw.headers[index], ValueRefusedError("import.row-crs"))
    return bool(said) and not refused, refused


def widen(
    raw: RawTable,
    matched: Matched,
    located: Located,
    columns: Mapping[str, list[Any]],
    layer: LayerDeclaration,
    *,
    file: str,
) -> None:
    """Makes lines, boxes and pairs of points of rows with two positions, as the field `extent` says.

    A row that does not say which gets both points and the extent ``unstated``: nobody knows what lies between them.

    Raises
    ------
    BadInput
        ``import.position-half`` where one column of the two is missing.
    """
    held = [name for name in _ENDS if name in matched.positions]
    if not held or "MultiPoint" not in allowed_types(layer) or not located.crs.geographic:
        return
    if len(held) < len(_ENDS):
        raise BadInput("import.position-half", file=file, header=raw.headers[matched.positions[held[0]]])
    headers = [raw.headers[matched.positions[name]] for name in _ENDS]
    ends = [parse_column(raw.cells[matched.positions[name]], parse_angle) for name in _ENDS]
    extents = columns.get("extent", [None] * len(raw))
    unstated = []
    for position, pair in enumerate(zip(ends[0].values, ends[1].values, strict=True)):
        wrong = _fault(position, pair, ends, headers)
        if wrong is not None:
            located.refused[position] = wrong
            located.geometry[position] = None
            continue
        start = located.geometry[position]
        if start is None or pair[0] is None or (start.x, start.y) == pair:
            continue
        shape = _shape(start, pair, extents[position])
        if shape is None:
            located.refused[position] = (headers[0], ValueRefusedError("import.box-flat"))
        elif shape.geom_type == "MultiPoint":
            extents[position] = UNSTATED
            unstated.append(position)
        located.geometry[position] = shape
    if unstated:
        values = {"count": len(unstated), "first": int(raw.rows[unstated[0]])}
        located.notices.append(Notice(None, "import.extent-unstated", values))


def _fault(
    position: int, pair: tuple[Any, Any], ends: list[Any], headers: list[str]
) -> tuple[str, ValueRefusedError] | None:
    for header, column in zip(headers, ends, strict=True):
        if position in column.refused:
            return header, column.refused[position]
    if (pair[0] is None) != (pair[1] is None):
        return headers[0 if pair[0] is None else 1], ValueRefusedError("import.coordinate-missing")
    for header, value, most in zip(headers, pair, (180.0, 90.0), strict=True):
        if value is not None and abs(value) > most:
            return header, ValueRefusedError("import.coordinate-implausible")
    return None


def _shape(start: Any, end: tuple[float, float], extent: str | None) -> Any:
    if extent == "line":
        return shapely.LineString([(start.x, start.y), end])
    if extent == "point":
        return start
    if extent in ("box", "outline"):
        west, east = sorted((start.x, end[0]))
        south, north = sorted((start.y, end[1]))
        return None if west == east or south == north else shapely.box(west, south, east, north)
    return shapely.MultiPoint(np.array([(start.x, start.y), end]))
