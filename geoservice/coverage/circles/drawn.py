"""Service circles as they are shipped: {x : T(x) <= limit}, drawn on a grid of 4 m around their border.

A picture of reach and never an input of a figure. Every place that is covered lies inside, and whatever lies inside is
within 10 m of a place that is covered; holes below a stated area are filled. `exact` draws the same by unions, slower,
and is what the tests compare with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoservice.coverage.circles.frame import Frame
from geoservice.coverage.circles.fronts import Fronts, Lines, edge_vertices, fronts_of, reached_edges
from geoservice.coverage.circles.painting import BLOCK_M, CELL_M, Painted, paint
from geoservice.coverage.circles.shadow import Edges, behind
from geoservice.coverage.circles.shapes import PAD_M, ROUNDING_DS, Reachable, Shapes, bare_shapes_of, shapes_of
from geoservice.coverage.circles.tracing import Rings, trace, whole
from geoservice.coverage.reach import Field
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Mode
from geoservice.network.grid import SegmentGrid
from geoservice.network.join import Joins

MIN_HOLE_M2 = 10_000.0
# A place that is covered lies no further than this from what its cell's corners say: the value at a corner is at least
# minus the distance, a cell's straight side leaves out no more than 0.71 of a cell; with a margin.
LEVEL_M = -0.8 * CELL_M
# Half the width of a tie that crosses the area of a barrier.
TIE_M = 1.0
_EMPTY = shapely.MultiPolygon()


@dataclass(frozen=True)
class Circle:
    """The places within a limit.

    Attributes
    ----------
    limit_ds
        The limit.
    geometry
        Valid MultiPolygon, longitude, latitude in EPSG:4490; empty if no facility is joined.
    area_km2
        Of the geometry, in metres about the facilities.
    """

    limit_ds: int
    geometry: shapely.MultiPolygon
    area_km2: float


@dataclass(frozen=True)
class Ground:
    """What lies around, in metres of a frame: the network's times, the edges of barriers and their areas."""

    frame: Frame
    fronts: Fronts
    edges: Edges | None
    areas: BaseGeometry
    smooth: bool


@dataclass(frozen=True)
class Site:
    """What a border is made a circle with, in metres of a frame.

    Attributes
    ----------
    areas
        Of barriers, which nobody reaches; all that meet the box of the border at least.
    ties
        As `ties_of`.
    """

    frame: Frame
    areas: BaseGeometry
    ties: Floats


def circles(
    field: Field,
    mode: Mode,
    limits_ds: Sequence[int],
    barriers: Barriers | None = None,
    *,
    min_hole_m2: float = MIN_HOLE_M2,
    frame: Frame | None = None,
) -> list[Circle]:
    """Circles of the facilities of a field, one a limit.

    Parameters
    ----------
    field
        The network searched from the facilities, up to the largest limit at least.
    mode
        As for the joins of the field.
    limits_ds
        Limits in any order.
    barriers
        As for the joins of the field.
    min_hole_m2
        Holes smaller than this are filled.
    frame
        Where the grid lies; about the facilities by default. Circles on one frame fit each other.

    Returns
    -------
    In the order of `limits_ds`; a circle holds those of lesser limits, and each facility that has a foot.

    Raises
    ------
    ValueError
        If a limit is beyond that of the field.

    Examples
    --------
    ::

        field = field_of(graph, join(graph, *nursing_homes, mode), 18000)
        quarter, half = circles(field, mode, [9000, 18000])
    """
    if max(limits_ds, default=0) > field.limit_ds:
        raise ValueError("circles: the field ends before the limit")
    if not len(field.facilities.edge):
        return [Circle(limit, _EMPTY, 0.0) for limit in limits_ds]
    ground = ground_of(field, mode, max(limits_ds, default=0), barriers, frame)
    made: dict[int, Circle] = {}
    for limit in sorted(set(limits_ds)):
        made[limit] = _circle(field, ground, mode, limit, min_hole_m2)
        if len(made) > 1:
            made[limit] = _holding(made[limit], list(made.values())[-2], ground.frame)
    return [made[limit] for limit in limits_ds]


def ground_of(
    field: Field, mode: Mode, limit_ds: int, barriers: Barriers | None = None, frame: Frame | None = None
) -> Ground:
    """Times along the edges that are reached within a limit, and the barriers around them."""
    graph, numbers = field.graph, reached_edges(field, limit_ds + ROUNDING_DS)
    frame = frame or Frame(float(field.facilities.lon.mean()), float(field.facilities.lat.mean()))
    vertices, offset = edge_vertices(field, numbers)
    x, y = frame.to_metres(graph.vertex_lon[vertices], graph.vertex_lat[vertices])
    whole_m = np.repeat(np.maximum(graph.edge_length_m[numbers], 1e-9), np.diff(offset))
    fraction = graph.vertex_along_m[vertices] / whole_m
    fraction[offset[1:] - 1] = 1.0
    fronts = fronts_of(field, Lines(numbers, offset, x, y, fraction), limit_ds + ROUNDING_DS)
    smooth = bool((field.ahead[numbers] & field.back[numbers]).all())
    if not barriers:
        return Ground(frame, fronts, None, _EMPTY, smooth)
    edges, areas = _barriers_near(field, mode, frame, (x, y), barriers)
    return Ground(frame, fronts, edges, areas, smooth and not edges.grid.start.size)


def _barriers_near(
    field: Field, mode: Mode, frame: Frame, reached: tuple[NDArray[np.float64], NDArray[np.float64]], barriers: Barriers
) -> tuple[Edges, BaseGeometry]:
    here = frame.to_metres(field.facilities.lon, field.facilities.lat)
    margin_m = 2.0 * mode.off_network_m + 100.0
    east, north = np.concatenate([reached[0], here[0]]), np.concatenate([reached[1], here[1]])
    box = shapely.box(east.min() - margin_m, north.min() - margin_m, east.max() + margin_m, north.max() + margin_m)
    near = _meeting(barriers, frame, box)
    start = near.edges.start
    grid = SegmentGrid.build(*frame.to_metres(near.edges.x, near.edges.y), start)
    return Edges(grid, near.first_area), _areas_in(near, frame, box)


def _meeting(barriers: Barriers, frame: Frame, box: BaseGeometry) -> Barriers:
    return barriers.meeting(shapely.transform(box, lambda at: frame.to_lonlat(at[:, 0], at[:, 1])))


def _areas_in(barriers: Barriers, frame: Frame, box: BaseGeometry) -> BaseGeometry:
    """The areas of barriers within a box, all in metres of the frame."""
    metres = shapely.transform(barriers.areas, lambda at: np.column_stack(frame.to_metres(at[:, 0], at[:, 1])))
    union: BaseGeometry = shapely.union_all(shapely.intersection(shapely.make_valid(metres), box))
    return union


def site_of(facilities: Joins, border: Painted, frame: Frame, barriers: Barriers | None) -> Site:
    """What a border is made a circle with, where its parts were found elsewhere."""
    ties = ties_of(facilities, frame)
    if not barriers:
        return Site(frame, _EMPTY, ties)
    box = _box_of(border)
    return Site(frame, _areas_in(_meeting(barriers, frame, box), frame, box), ties)


def border_of(field: Field, ground: Ground, mode: Mode, limit_ds: int) -> Painted:
    """Where the border of a circle may run."""
    return paint(reached_shapes(field, ground, mode, limit_ds), smooth=ground.smooth)


def _circle(field: Field, ground: Ground, mode: Mode, limit_ds: int, min_hole_m2: float) -> Circle:
    site = Site(ground.frame, ground.areas, ties_of(field.facilities, ground.frame))
    return circle_within(border_of(field, ground, mode, limit_ds), site, limit_ds, min_hole_m2=min_hole_m2)


def _box_of(border: Painted) -> BaseGeometry:
    west, south = border.column.min() * BLOCK_M, border.row.min() * BLOCK_M
    box: BaseGeometry = shapely.box(west, south, (border.column.max() + 1) * BLOCK_M, (border.row.max() + 1) * BLOCK_M)
    return box


def circle_within(border: Painted, site: Site, limit_ds: int, *, min_hole_m2: float = MIN_HOLE_M2) -> Circle:
    """The circle within a border, less the areas of barriers."""
    if not border.row.size:
        return Circle(limit_ds, _EMPTY, 0.0)
    areas = site.areas if site.areas.is_empty else shapely.intersection(site.areas, _box_of(border))
    region, area_m2 = _EMPTY, 0.0
    # Nearly always the thinned rings do; where some cross, all points are drawn.
    for draw in (trace, whole):
        rings = draw(border, LEVEL_M)
        if areas.is_empty:
            region, area_m2 = region_of(rings, site.frame, min_hole_m2)
        else:
            region, area_m2 = _without_areas(rings, areas, site, min_hole_m2)
        if region.is_valid:
            return Circle(limit_ds, region, area_m2 / 1e6)
    # Cut at the edges of barriers, and turned into degrees, sides may come to touch.
    mended = _mended(region)
    return Circle(limit_ds, mended, area_m2 / 1e6)


def _holding(circle: Circle, smaller: Circle, frame: Frame) -> Circle:
    """A circle with a smaller one: rings are thinned to a few decimetres, each by itself."""
    if circle.geometry.covers(smaller.geometry):
        return circle
    both = shapely.MultiPolygon(_polygons(shapely.union(circle.geometry, smaller.geometry)))
    metres = shapely.transform(both, lambda at: np.column_stack(frame.to_metres(at[:, 0], at[:, 1])))
    return Circle(circle.limit_ds, both, float(metres.area) / 1e6)


def reached_shapes(field: Field, ground: Ground, mode: Mode, limit_ds: int) -> Shapes:
    """What is reached off the network within a limit, less what barriers hide, with the ties of the facilities."""
    reachable = Reachable(limit_ds, mode.off_network_m, mode.off_network_kmh)
    if ground.edges is None:
        shapes = bare_shapes_of(ground.fronts, reachable)
    else:
        shapes = behind(shapes_of(ground.fronts, reachable), ground.edges)
    return shapes.extended(ties_of(field.facilities, ground.frame))


def region_of(rings: Rings, frame: Frame, min_hole_m2: float) -> tuple[shapely.MultiPolygon, float]:
    """Rings as a geometry in degrees, and its area in square metres; holes below the least area are filled."""
    outer, hole = rings.area_m2 > 0.0, rings.area_m2 <= -min_hole_m2
    keep = outer | hole
    positions = frame.to_lonlat(rings.x, rings.y)
    return _assembled(positions, rings, keep), float(rings.area_m2[keep].sum())


def _assembled(positions: NDArray[np.float64], rings: Rings, keep: Bools) -> shapely.MultiPolygon:
    """Polygons of outer rings with the holes that lie in them."""
    numbers = np.flatnonzero(keep)
    parts = [shapely.LinearRing(positions[rings.offset[k] : rings.offset[k + 1]]) for k in numbers]
    outer = rings.area_m2[numbers] > 0.0
    shells = [ring for ring, is_outer in zip(parts, outer, strict=True) if is_outer]
    holes = [ring for ring, is_outer in zip(parts, outer, strict=True) if not is_outer]
    if len(shells) == 1:
        return shapely.MultiPolygon([shapely.Polygon(shells[0], holes)])
    owner = _owners(shells, holes, rings.area_m2[numbers][outer])
    lost = _in_filled(rings, positions, keep, shells)
    return shapely.MultiPolygon(
        [
            shapely.Polygon(shell, [hole for hole, of in zip(holes, owner, strict=True) if of == k])
            for k, shell in enumerate(shells)
            if k not in lost
        ]
    )


def _owners(shells: list[shapely.LinearRing], holes: list[shapely.LinearRing], area_m2: NDArray[np.float64]) -> Int64s:
    """For each hole the smallest shell that it lies in."""
    owner = np.zeros(len(holes), dtype=np.int64)
    if holes:
        points = np.array([shapely.Point(hole.coords[0]) for hole in holes])
        found = shapely.STRtree([shapely.Polygon(shell) for shell in shells]).query(points, predicate="within")
        order = np.argsort(-area_m2[found[1]], kind="stable")
        owner[found[0][order]] = found[1][order]
    return owner


def _in_filled(rings: Rings, positions: NDArray[np.float64], keep: Bools, shells: list[shapely.LinearRing]) -> set[int]:
    """Shells that lie in a hole that is filled: they belong to what surrounds them."""
    filled = np.flatnonzero(~keep)
    if not filled.size:
        return set()
    areas = [shapely.Polygon(positions[rings.offset[k] : rings.offset[k + 1]]) for k in filled]
    points = np.array([shapely.Point(shell.coords[0]) for shell in shells])
    return set(np.unique(shapely.STRtree(areas).query(points, predicate="within")[0]).tolist())


def _without_areas(
    rings: Rings, areas: BaseGeometry, site: Site, min_hole_m2: float
) -> tuple[shapely.MultiPolygon, float]:
    """The same less the areas of barriers, which nobody reaches, but for the ties of facilities that stand in them."""
    metres = np.column_stack([rings.x, rings.y])
    keep = (rings.area_m2 > 0.0) | (rings.area_m2 <= -min_hole_m2)
    whole_region = _assembled(metres, rings, keep)
    dry = shapely.difference(whole_region if whole_region.is_valid else _mended(whole_region), areas)
    parts = [part for part in _polygons(dry) if part.area > CELL_M * CELL_M]
    whole = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= min_hole_m2])
        for part in parts
    ]
    region = shapely.MultiPolygon(whole)
    ties = site.ties
    ends = np.stack([ties[:, :2], ties[:, :2] + ties[:, 2:4] * ties[:, 4:5]], axis=1)
    missed = ~shapely.contains_xy(region, ends[:, 0])
    if missed.any():
        narrow = shapely.buffer(shapely.linestrings(ends[missed]), TIE_M)
        region = shapely.MultiPolygon(_polygons(shapely.union(region, shapely.union_all(narrow))))
    degrees: shapely.MultiPolygon = shapely.transform(region, lambda at: site.frame.to_lonlat(at[:, 0], at[:, 1]))
    return degrees, float(region.area)


def _mended(region: BaseGeometry) -> shapely.MultiPolygon:
    return shapely.MultiPolygon(_polygons(shapely.make_valid(region, method="structure", keep_collapsed=False)))


def _polygons(geometry: BaseGeometry) -> list[shapely.Polygon]:
    parts = list(shapely.get_parts(geometry))
    while any(part.geom_type in ("MultiPolygon", "GeometryCollection") for part in parts):
        parts = list(shapely.get_parts(np.array(parts, dtype=object)))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def ties_of(facilities: Joins, frame: Frame) -> Floats:
    """A narrow tie from each facility to its nearest foot, which is all of its circle where no time is left.

    Returns
    -------
    As `Shapes.shapes`.
    """
    place = np.flatnonzero(np.diff(facilities.offset))
    foot = np.array([_nearest_foot(facilities, int(p)) for p in place], dtype=np.int64)
    x0, y0 = frame.to_metres(facilities.lon[place], facilities.lat[place])
    x1, y1 = frame.to_metres(facilities.foot_lon[foot], facilities.foot_lat[foot])
    length = np.hypot(x1 - x0, y1 - y0)
    width = np.full(length.size, PAD_M)
    east, north = np.where(length > 0.0, x1 - x0, 1.0), np.where(length > 0.0, y1 - y0, 0.0)
    whole = np.where(length > 0.0, length, 1.0)
    return np.column_stack([x0, y0, east / whole, north / whole, np.maximum(length, PAD_M), width, width])


def _nearest_foot(facilities: Joins, place: int) -> int:
    offset = facilities.offset
    return int(offset[place] + np.argmin(facilities.leg_m[offset[place] : offset[place + 1]]))
