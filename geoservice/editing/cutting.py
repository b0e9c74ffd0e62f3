"""Geometries cut in two and joined, so that what they share is the same to the last bit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from geoservice.editing.geometry import SMALLEST_OVERLAP_M2, measures, refuse_tangle
from geoservice.errors import BadRequest

MOST_BLADE_VERTICES = 200
# A line that ends this near a border, a millimetre, ends on it.
NEAR_DEG = 1e-8


def split(shape: Any, blade: Any) -> list[Any]:
    """The pieces of a polygon or a line, cut along a drawn line; the largest first, single parts each.

    The cut runs along the same coordinates in both pieces. A blade ends on a border or beyond it. Parts of a
    multi-geometry that it does not touch stay with the largest piece. Pieces of a line keep its direction and are
    given in its order.

    Parameters
    ----------
    shape
        Polygon, line or several of a kind; valid; CRS84.
    blade
        LineString.

    Raises
    ------
    BadRequest
        ``geometry.split-kind``, ``geometry.split-invalid``, ``geometry.blade``, ``geometry.split-misses`` or
        ``geometry.too-tangled``.

    Examples
    --------
    >>> square = shapely.box(0, 0, 2, 2)
    >>> [piece.area for piece in split(square, shapely.LineString([(0.5, -1), (0.5, 3)]))]
    [3.0, 1.0]
    >>> split(square, shapely.LineString([(5, -1), (5, 3)]))
    Traceback (most recent call last):
    ...
    geoservice.errors.BadRequest: ...
    """
    if blade.geom_type != "LineString" or not blade.length or shapely.get_num_coordinates(blade) > MOST_BLADE_VERTICES:
        raise BadRequest("geometry.blade", most=MOST_BLADE_VERTICES)
    if not shape.geom_type.endswith(("Polygon", "LineString")):
        raise BadRequest("geometry.split-kind")
    if not shapely.is_valid(shape):
        raise BadRequest("geometry.split-invalid")
    refuse_tangle(shape, blade)
    area = shape.geom_type.endswith("Polygon")
    pieces: list[Any] = []
    whole: list[Any] = []
    for part in shapely.get_parts(shape):
        cut = _cut_polygon(part, blade) if area else _cut_line(part, blade)
        (pieces if len(cut) > 1 else whole).extend(cut)
    if not pieces:
        raise BadRequest("geometry.split-misses")
    return _arranged(pieces, whole, area=area)


def _arranged(pieces: list[Any], whole: list[Any], *, area: bool) -> list[Any]:
    if area:
        pieces = sorted(pieces, key=lambda piece: -piece.area)
    if not whole:
        return pieces
    keeper = max(range(len(pieces)), key=lambda at: pieces[at].area if area else pieces[at].length)
    make: Any = shapely.multipolygons if area else shapely.multilinestrings
    return [make([piece, *whole]) if at == keeper else piece for at, piece in enumerate(pieces)]


def _cut_polygon(part: Any, blade: Any) -> list[Any]:
    ends = [end for end in shapely.get_parts(shapely.boundary(blade)) if _on_border(part, end)]
    ground = shapely.snap(part, shapely.multipoints(ends), NEAR_DEG) if ends else part
    if not shapely.is_valid(ground):
        raise BadRequest("geometry.split-invalid")
    noded = shapely.union(shapely.boundary(ground), blade)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    # A face is wholly inside or wholly outside.
    pieces = [face for face in faces if shapely.contains_xy(ground, *_inner(face))]
    return pieces if len(pieces) > 1 else [part]


def _on_border(part: Any, end: Any) -> bool:
    return bool(shapely.distance(shapely.boundary(part), end) <= NEAR_DEG)


def _inner(face: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(face)
    return point.x, point.y


def _cut_line(part: Any, blade: Any) -> list[Any]:
    coordinates = shapely.get_coordinates(part)
    crossed: Any = shapely.linestrings(np.stack([coordinates[:-1], coordinates[1:]], axis=1))
    chain: list[tuple[float, float]] = []
    cuts: set[int] = set()
    for (begin, end), segment in zip(pairwise(map(tuple, coordinates.tolist())), crossed, strict=True):
        chain.append(begin)
        for at in _met(segment, blade):
            if at == chain[-1]:
                cuts.add(len(chain) - 1)
            elif at != end:
                chain.append(at)
                cuts.add(len(chain) - 1)
    chain.append(tuple(coordinates[-1].tolist()))
    bounds = [0, *sorted(cuts - {0, len(chain) - 1}), len(chain) - 1]
    return [shapely.LineString(chain[begin : end + 1]) for begin, end in pairwise(bounds)]


def _met(segment: Any, blade: Any) -> list[tuple[float, float]]:
    """Where a segment meets the blade, in its direction; an end of the blade that lies upon it is given as it is."""
    ends = [point for point in shapely.get_parts(shapely.boundary(blade)) if point.distance(segment) <= NEAR_DEG]
    common = [one for one in shapely.get_parts(shapely.intersection(segment, blade)) if not one.is_empty]
    if any(one.geom_type != "Point" for one in common):
        raise BadRequest("geometry.blade-along")
    points = [*ends, *(one for one in common if all(one.distance(end) > NEAR_DEG for end in ends))]
    points = [_settled(point, segment) for point in points]
    return [(point.x, point.y) for point in sorted(points, key=segment.project)]


def _settled(point: Any, segment: Any) -> Any:
    """An end of the segment where the point is that end but for rounding."""
    for end in shapely.get_parts(shapely.boundary(segment)):
        if end.distance(point) <= NEAR_DEG:
            return end
    return point


def merge(first: Any, second: Any) -> Any:
    """Two adjacent polygons or two lines that meet at an end, as one.

    The vertices of both stay as they are. A line keeps the direction of the first.

    Raises
    ------
    BadRequest
        ``geometry.merge-kinds``, ``geometry.merge-apart``, ``geometry.merge-overlap``, ``geometry.split-invalid`` or
        ``geometry.too-tangled``.

    Examples
    --------
    >>> merge(shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)).area
    2.0
    >>> merge(shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(2, 0), (1, 0)])).wkt
    'LINESTRING (0 0, 1 0, 2 0)'
    """
    kinds = {_kind(first), _kind(second)}
    if len(kinds) > 1 or kinds == {"Point"}:
        raise BadRequest("geometry.merge-kinds")
    if not (shapely.is_valid(first) and shapely.is_valid(second)):
        raise BadRequest("geometry.split-invalid")
    return _joined(first, second) if kinds == {"LineString"} else _dissolved(first, second)


def _kind(shape: Any) -> str:
    return str(shape.geom_type).removeprefix("Multi")


def _dissolved(first: Any, second: Any) -> Any:
    refuse_tangle(first, second)
    common = shapely.intersection(first, second)
    if sum(measures(part).area_m2 for part in shapely.get_parts(common)) > SMALLEST_OVERLAP_M2:
        raise BadRequest("geometry.merge-overlap")
    if not shapely.length(common):
        raise BadRequest("geometry.merge-apart")
    return shapely.union(first, second)


def _joined(first: Any, second: Any) -> Any:
    if shapely.get_num_geometries(first) > 1 or shapely.get_num_geometries(second) > 1:
        raise BadRequest("geometry.merge-kinds")
    one, other = (shapely.get_coordinates(line).tolist() for line in (first, second))
    for turned in (other, other[::-1]):
        if one[-1] == turned[0]:
            return shapely.LineString(one + turned[1:])
        if turned[-1] == one[0]:
            return shapely.LineString(turned + one[1:])
    raise BadRequest("geometry.merge-apart")
