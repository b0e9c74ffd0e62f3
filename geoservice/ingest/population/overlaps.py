"""Whether two areas count the same people: cells of one file, and sources beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

# Coordinates that were rounded or brought over from another projection leave slivers: up to this part of the smaller
# area two cells, or two sources, only touch.
TOUCHING = 0.01


def overlapping(geometry: NDArray[np.object_], others: NDArray[np.object_] | None = None) -> list[tuple[int, int]]:
    """Pairs of polygons that share more than `TOUCHING` of the smaller one, by their positions.

    Parameters
    ----------
    geometry
        Polygons in metres or degrees; points overlap nothing.
    others
        Held against `geometry`; None to hold `geometry` against itself, each pair once.

    Examples
    --------
    >>> overlapping(shapely.box([0, 1, 1.5], [0, 0, 0], [1, 2, 2.5], [1, 1, 1]))
    [(1, 2)]
    >>> overlapping(np.array([], dtype=object))
    []
    """
    held = geometry if others is None else others
    first, second = shapely.STRtree(held).query(geometry)
    flat = (shapely.get_dimensions(geometry)[first] == 2) & (shapely.get_dimensions(held)[second] == 2)
    if others is None:
        flat &= first < second
    first, second = first[flat], second[flat]
    # Boxes tell most neighbours of a grid apart at no cost.
    boxes, held_boxes = shapely.bounds(geometry)[first], shapely.bounds(held)[second]
    width = np.minimum(boxes[:, 2], held_boxes[:, 2]) - np.maximum(boxes[:, 0], held_boxes[:, 0])
    height = np.minimum(boxes[:, 3], held_boxes[:, 3]) - np.maximum(boxes[:, 1], held_boxes[:, 1])
    smaller = np.minimum(shapely.area(geometry)[first], shapely.area(held)[second])
    near = width * height > TOUCHING * smaller
    first, second, smaller = first[near], second[near], smaller[near]
    shared = shapely.area(shapely.intersection(geometry[first], held[second]))
    found = shared > TOUCHING * smaller
    return sorted(zip(first[found].tolist(), second[found].tolist(), strict=True))


def footprint(geometry: NDArray[np.object_]) -> Any:
    """The ground that cells count people on, as a multipolygon in the units of the cells.

    Polygons cover what they cover; points what a concave hull around them does.
    """
    whole: Any
    if shapely.get_dimensions(geometry).max(initial=0) == 2:
        whole = shapely.union_all(geometry)
    else:
        whole = shapely.concave_hull(shapely.multipoints(geometry), ratio=0.3)
    if whole.geom_type not in ("Polygon", "MultiPolygon"):
        whole = shapely.buffer(whole, POINT_DEG)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    return shapely.multipolygons(np.array(parts, dtype=object))


# A single point, or points in a row, count on a strip of about a metre (degrees).
POINT_DEG = 1e-5


def share_of_smaller(one: Any, other: Any) -> float:
    """Part of the smaller area that lies in both.

    Examples
    --------
    >>> share_of_smaller(shapely.box(0, 0, 2, 1), shapely.box(1, 0, 2, 1))
    1.0
    """
    smaller = min(shapely.area(one), shapely.area(other))
    return float(shapely.area(shapely.intersection(one, other)) / smaller) if smaller else 0.0
