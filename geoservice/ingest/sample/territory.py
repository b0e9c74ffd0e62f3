"""Territories of the township units: they tile the outline, and neighbours share their vertices exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.inputs import Territory
from geoservice.ingest.sample.plane import Dice, Point, cannot_draw, cut_corners, rounded, to_plane

CELL_M = 650.0
SIMPLIFY_M = 260.0
NOISE_M = 1300.0
NOISE_STEP_M = 4000.0


@dataclass(frozen=True)
class Land:
    """Outline and units in the plane (metres), and the centres of the cells from which the units are made.

    `unit_of_cell` holds positions in `units`.
    """

    outline: Polygon
    units: tuple[Polygon, ...]
    cells: NDArray[np.float64]
    unit_of_cell: NDArray[np.int64]


def draw_land(territory: Territory, dice: Dice) -> Land:
    """Divides the outline among the seats of the townships."""
    outline = Polygon(cut_corners([to_plane(*vertex) for vertex in territory.county.outline], closed=True))
    cells = _cells(outline, dice)
    centres = np.array([rounded(cell.centroid.coords)[0] for cell in cells], dtype=np.float64)
    seats = np.array([to_plane(*township.seat) for township in territory.townships], dtype=np.float64)
    weights = np.array([township.weight_m for township in territory.townships], dtype=np.float64)
    moved = centres + NOISE_M * _noise(centres, dice)
    gaps = moved[:, None, :] - seats[None, :, :]
    distances = np.sqrt(gaps[:, :, 0] ** 2 + gaps[:, :, 1] ** 2) - weights[None, :]
    owner = _whole(cells, np.asarray(distances.argmin(axis=1), dtype=np.int64), len(seats))
    merged = [shapely.union_all([cells[k] for k in _members(owner, unit)]) for unit in range(len(seats))]
    return Land(outline, _smoothed(merged, outline), centres, owner)


def _cells(outline: Polygon, dice: Dice) -> list[Polygon]:
    """Cells of a jittered lattice inside the outline."""
    west, south, east, north = outline.buffer(3 * CELL_M, join_style="mitre").bounds
    sites: list[Point] = []
    for row in range(int((north - south) / CELL_M) + 1):
        for column in range(int((east - west) / CELL_M) + 1):
            x = west + CELL_M * (column + 0.5 * (row % 2) + dice.between(-0.3, 0.3))
            sites.append((x, south + CELL_M * (row + dice.between(-0.3, 0.3))))
    diagram = shapely.voronoi_polygons(MultiPoint(rounded(sites)), ordered=True)
    near = [cell for cell in diagram.geoms if cell.intersects(outline)]
    return [cell for cell in near if outline.contains(cell.centroid) or outline.intersection(cell).area > 0]


def _noise(points: NDArray[np.float64], dice: Dice) -> NDArray[np.float64]:
    """Smooth noise of [-1, 1] in both axes: values on a lattice, joined linearly."""
    low = points.min(axis=0) - NOISE_STEP_M
    size = ((points.max(axis=0) - low) / NOISE_STEP_M).astype(np.int64) + 3
    drawn = [dice.between(-1.0, 1.0) for _ in range(int(size[0] * size[1] * 2))]
    values = np.array(drawn, dtype=np.float64).reshape(int(size[0]), int(size[1]), 2)
    place = (points - low) / NOISE_STEP_M
    i = place.astype(np.int64)
    f = place - i
    fx, fy = f[:, :1], f[:, 1:]
    at = values[i[:, 0], i[:, 1]] * (1 - fx) * (1 - fy)
    at += values[i[:, 0] + 1, i[:, 1]] * fx * (1 - fy)
    at += values[i[:, 0], i[:, 1] + 1] * (1 - fx) * fy
    at += values[i[:, 0] + 1, i[:, 1] + 1] * fx * fy
    return np.asarray(at, dtype=np.float64)


def _whole(cells: Sequence[Polygon], owner: NDArray[np.int64], units: int) -> NDArray[np.int64]:
    """Gives every part of a unit that lies apart from its body to the neighbour with the longest shared line."""
    owner = owner.copy()
    tree = shapely.STRtree(cells)
    for unit in range(units):
        members = _members(owner, unit)
        body = shapely.union_all([cells[k] for k in members])
        if not isinstance(body, MultiPolygon):
            continue
        main = max(body.geoms, key=lambda part: part.area)
        for k in members:
            if not main.contains(cells[k].representative_point()):
                around = sorted(int(j) for j in tree.query(cells[k], predicate="touches") if owner[j] != unit)
                shared = {j: cells[k].intersection(cells[j]).length for j in around}
                if shared:
                    owner[k] = owner[max(shared, key=lambda j: shared[j])]
    return owner


def _members(owner: NDArray[np.int64], unit: int) -> list[int]:
    return [int(k) for k in np.flatnonzero(owner == unit)]


def _smoothed(merged: Sequence[BaseGeometry], outline: Polygon) -> tuple[Polygon, ...]:
    """Simplifies the lines between units and cuts them at the outline; the faces keep shared vertices."""
    simple = shapely.coverage_simplify(np.array(merged, dtype=object), SIMPLIFY_M, simplify_boundary=False)
    lines = shapely.union_all([*(unit.boundary for unit in simple), outline.boundary])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    parts: list[list[Polygon]] = [[] for _ in simple]
    for face in faces:
        inner = face.representative_point()
        if outline.contains(inner):
            parts[next(k for k, unit in enumerate(simple) if unit.intersects(inner))].append(face)
    return tuple(_one_piece(shapely.coverage_union_all(faces_of_unit)) for faces_of_unit in parts)


def _one_piece(shape: BaseGeometry) -> Polygon:
    if not isinstance(shape, Polygon):
        raise cannot_draw("-", "a township falls into pieces")
    return Polygon(rounded(shape.exterior.coords))
