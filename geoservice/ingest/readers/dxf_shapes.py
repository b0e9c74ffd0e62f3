"""Entities of a drawing to coordinates: lines with their arcs as chords, texts by their middle."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

Point = tuple[float, float]
_BETWEEN_TWO_POINTS = (3, 5)
_ASCII_WIDTH = 0.6
_CURVES = ("ARC", "CIRCLE", "ELLIPSE", "SPLINE")


def vertices(entity: Any, flatten: float, most: int) -> list[Point]:
    """The vertices of a LINE, a polyline or a curve, x (east) first.

    Parameters
    ----------
    flatten
        How far a chord may lie from its arc, in units of the drawing.
    most
        Vertices of one line.

    Raises
    ------
    ValueError
        For a line of more vertices, of less than two, a coordinate that is no number, or a surface.
    """
    found: list[Point] = []
    for x, y in _points(entity, flatten):
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError("NaN")
        found.append((x, y))
        if len(found) > most:
            raise ValueError(f"> {most}")
    if len(found) < 2:
        raise ValueError("< 2")
    return found


def _points(entity: Any, flatten: float) -> Iterable[Point]:
    kind = entity.dxftype()
    if kind == "LINE":
        return [(entity.dxf.start.x, entity.dxf.start.y), (entity.dxf.end.x, entity.dxf.end.y)]
    if kind in _CURVES:
        return ((point.x, point.y) for point in entity.flattening(flatten))
    if kind == "POLYLINE" and entity.is_3d_polyline:
        corners = [(point.x, point.y) for point in entity.points()]
        return [*corners, corners[0]] if entity.is_closed else corners
    if kind == "POLYLINE" and not entity.is_2d_polyline:
        raise ValueError("mesh")
    return _polyline(entity, flatten)


def _polyline(entity: Any, flatten: float) -> Iterator[Point]:
    if entity.dxftype() == "LWPOLYLINE":
        corners = [(float(x), float(y), float(bulge)) for x, y, bulge in entity.get_points("xyb")]
        height = float(entity.dxf.get("elevation", 0.0))
    else:
        corners = [
            (float(one.dxf.location.x), float(one.dxf.location.y), float(one.dxf.get("bulge", 0.0)))
            for one in entity.vertices
        ]
        height = 0.0
    ocs = entity.ocs()
    for x, y in bulged(corners, closed=bool(entity.is_closed), flatten=flatten):
        point = ocs.to_wcs((x, y, height))
        yield float(point[0]), float(point[1])


def bulged(corners: list[tuple[float, float, float]], *, closed: bool, flatten: float) -> Iterator[Point]:
    """The vertices of a polyline whose segments may be arcs: x, y and the bulge to the next corner.

    Examples
    --------
    >>> half = list(bulged([(0, 0, 1), (2, 0, 0)], closed=False, flatten=0.01))
    >>> half[0], half[-1], round(min(y for _, y in half), 2)
    ((0, 0), (2, 0), -1.0)
    >>> list(bulged([], closed=True, flatten=0.01))
    []
    """
    if not corners:
        return
    yield corners[0][:2]
    pairs = zip(corners, corners[1:] + (corners[:1] if closed else []), strict=False)
    for (x, y, bulge), (to_x, to_y, _) in pairs:
        if bulge and (x, y) != (to_x, to_y):
            yield from _arc(x, y, to_x, to_y, bulge, flatten)
        yield to_x, to_y


def _arc(x: float, y: float, to_x: float, to_y: float, bulge: float, flatten: float) -> Iterator[Point]:
    """Between the ends of an arc; the bulge is the tangent of a quarter of its angle, to the left where it is positive."""
    angle = 4 * math.atan(bulge)
    chord = math.hypot(to_x - x, to_y - y)
    radius = chord / (2 * math.sin(abs(angle) / 2))
    # From the middle of the chord to the centre, across it.
    away = (1 - bulge * bulge) / (4 * bulge)
    centre_x, centre_y = (x + to_x) / 2 - away * (to_y - y), (y + to_y) / 2 + away * (to_x - x)
    step = 2 * math.acos(max(1 - flatten / radius, 0.0))
    count = max(math.ceil(abs(angle) / step), 1) if step else 1
    for at in range(1, count):
        cosine, sine = math.cos(angle * at / count), math.sin(angle * at / count)
        dx, dy = x - centre_x, y - centre_y
        yield centre_x + dx * cosine - dy * sine, centre_y + dx * sine + dy * cosine


def middle(entity: Any, text: str) -> Point:
    """The middle of a text in the plane, from its height, its anchor and its direction; its width is estimated."""
    long = entity.dxftype() == "MTEXT"
    anchor, angle, right, up = _long_anchor(entity) if long else _short_anchor(entity)
    height = float(entity.dxf.get("char_height" if long else "height", 1.0))
    width = height * sum(_ASCII_WIDTH if one.isascii() else 1.0 for one in text)
    if not long:
        width *= float(entity.dxf.get("width", 1.0))
    across, along = right * width, up * height
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return anchor[0] + across * cosine - along * sine, anchor[1] + across * sine + along * cosine


def _long_anchor(entity: Any) -> tuple[Point, float, float, float]:
    column, row = (int(entity.dxf.get("attachment_point", 1)) - 1) % 3, (entity.dxf.get("attachment_point", 1) - 1) // 3
    anchor = entity.dxf.insert
    return (anchor.x, anchor.y), float(entity.get_rotation()), (0.5, 0.0, -0.5)[column], (-0.5, 0.0, 0.5)[int(row)]


def _short_anchor(entity: Any) -> tuple[Point, float, float, float]:
    align, valign = int(entity.dxf.get("halign", 0)), int(entity.dxf.get("valign", 0))
    first, second, angle = entity.dxf.insert, entity.dxf.get("align_point"), float(entity.dxf.get("rotation", 0.0))
    to_wcs = entity.ocs().to_wcs
    if align in _BETWEEN_TWO_POINTS and second is not None:
        both = (to_wcs(first) + to_wcs(second)) / 2
        return (both.x, both.y), angle, 0.0, 0.0
    point = to_wcs(second if (align or valign) and second is not None else first)
    right = {1: 0.0, 2: -0.5, 4: 0.0}.get(align, 0.5)
    up = 0.0 if align == 4 else {2: 0.0, 3: -0.5}.get(valign, 0.5)
    return (point.x, point.y), angle, right, up
