"""Service circles: {x : T(x) <= limit} of a set of facilities, exact but for drawn arcs (half a metre).

A picture of reach and never an input of a figure. Every place that is covered lies inside; holes above a stated area
stay. Circles of several limits come from one search and are nested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoservice.coverage.circles.exposure import Cover
from geoservice.coverage.circles.fronts import Fronts, Lines, edge_vertices, fronts_of, reached_edges
from geoservice.coverage.circles.shadow import Edges, behind
from geoservice.coverage.circles.shapes import ROUNDING_DS, Reachable, shapes_of
from geoservice.coverage.reach import Field
from geoservice.crs import MetricCrs, metric_crs
from geoservice.network.arrays import Bools
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Mode
from geoservice.network.grid import SegmentGrid

MIN_HOLE_M2 = 10_000.0
# Half the width of the line that ties a facility to the road where the circle would miss it.
CONNECTOR_M = 1.0

_GRID_M = 0.001
_SLIVER_M2 = 0.01
_POLYGON, _COLLECTIONS = 3, (6, 7)
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
        Of the geometry in the metric projection of the place.
    """

    limit_ds: int
    geometry: shapely.MultiPolygon
    area_km2: float


@dataclass(frozen=True)
class _Ground:
    """What lies around, in metres: the network's times, the edges of barriers and their areas."""

    local: MetricCrs
    fronts: Fronts
    edges: Edges | None
    areas: BaseGeometry


def circles(
    field: Field,
    mode: Mode,
    limits_ds: Sequence[int],
    barriers: Barriers | None = None,
    *,
    min_hole_m2: float = MIN_HOLE_M2,
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
    ground = _ground(field, mode, max(limits_ds, default=0), barriers)
    made: dict[int, BaseGeometry] = {}
    inner: BaseGeometry = _EMPTY
    for limit in sorted(set(limits_ds)):
        reachable = Reachable(limit, mode.off_network_m, mode.off_network_kmh)
        region = _region(ground, reachable, min_hole_m2)
        inner = _with(_with(region, inner), _connectors(field, ground.local, region))
        made[limit] = inner
    return [_circle(limit, made[limit], ground.local) for limit in limits_ds]


def _ground(field: Field, mode: Mode, limit_ds: int, barriers: Barriers | None) -> _Ground:
    graph, numbers = field.graph, reached_edges(field, limit_ds + ROUNDING_DS)
    vertices, offset = edge_vertices(field, numbers)
    lon, lat = graph.vertex_lon[vertices], graph.vertex_lat[vertices]
    local = metric_crs(float(field.facilities.lon.mean()), float(field.facilities.lat.mean()))
    x, y = local.project(lon, lat)
    whole_m = np.repeat(np.maximum(graph.edge_length_m[numbers], 1e-9), np.diff(offset))
    fraction = graph.vertex_along_m[vertices] / whole_m
    fraction[offset[1:] - 1] = 1.0
    fronts = fronts_of(field, Lines(numbers, offset, x, y, fraction), limit_ds + ROUNDING_DS)
    if not barriers:
        return _Ground(local, fronts, None, _EMPTY)
    here = local.project(field.facilities.lon, field.facilities.lat)
    west, east = np.append(x, here[0]).min(), np.append(x, here[0]).max()
    south, north = np.append(y, here[1]).min(), np.append(y, here[1]).max()
    margin_m = 2.0 * mode.off_network_m + 100.0
    reach = shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
    near = barriers.meeting(local.to_lonlat(reach))
    edges = Edges(SegmentGrid.build(*local.project(near.edges.x, near.edges.y), near.edges.start), near.first_area)
    areas = shapely.intersection(shapely.make_valid(local.to_metres(near.areas)), reach)
    return _Ground(local, fronts, edges, shapely.union_all(areas))


def _region(ground: _Ground, reachable: Reachable, min_hole_m2: float) -> BaseGeometry:
    """The union of all shapes less what barriers hide."""
    shapes = shapes_of(ground.fronts, reachable)
    if ground.edges is not None:
        shapes = behind(shapes, ground.edges)
    cover = Cover(shapes, reachable.leg_m)
    # Areas of barriers take part, since the banks of shapes were left out of account, and are taken away again.
    joined = shapely.disjoint_subset_union_all([*cover.border(), ground.areas])
    region = _filled(joined, cover.holding)
    if not ground.areas.is_empty:
        region = shapely.difference(region, ground.areas)
    return _filled(region, lambda holes: shapely.area(holes) < min_hole_m2)


def _filled(region: BaseGeometry, fill: Callable[[NDArray[np.object_]], Bools]) -> BaseGeometry:
    """A region with those of its holes filled that `fill` chooses; slivers are dropped."""
    parts = _polygons(region)
    parts = parts[shapely.area(parts) > _SLIVER_M2]
    if not len(parts):
        return _EMPTY
    rings, owner = shapely.get_rings(parts, return_index=True)
    inner = np.concatenate([[False], owner[1:] == owner[:-1]])
    holes = shapely.polygons(rings[inner]) if inner.any() else np.empty(0, dtype=object)
    full = fill(holes) if len(holes) else np.empty(0, dtype=bool)
    kept, holder = rings[inner][~full], owner[inner][~full]
    start = np.searchsorted(holder, np.arange(len(parts) + 1))
    shells = rings[~inner]
    made = [shapely.Polygon(shells[i], kept[start[i] : start[i + 1]]) for i in range(len(parts))]
    # A part that lay in a hole that is now filled belongs to what surrounds it.
    points = shapely.point_on_surface(parts)
    swallowed = np.unique(shapely.STRtree(holes[full]).query(points, predicate="within")[0])
    return shapely.MultiPolygon([part for i, part in enumerate(made) if i not in set(swallowed.tolist())])


def _polygons(geometry: BaseGeometry) -> NDArray[np.object_]:
    """The polygons of a geometry, which may be nested and hold lines where polygons touch."""
    parts = shapely.get_parts(geometry)
    while np.isin(shapely.get_type_id(parts), _COLLECTIONS).any():
        parts = shapely.get_parts(parts)
    polygons: NDArray[np.object_] = parts[(shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)]
    return polygons


def _with(region: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    return region if other.is_empty else shapely.MultiPolygon(_polygons(shapely.union(region, other)).tolist())


def _connectors(field: Field, local: MetricCrs, region: BaseGeometry) -> BaseGeometry:
    """Narrow ties from facilities that a region misses to their nearest foot."""
    facilities = field.facilities
    places = np.flatnonzero(facilities.joined)
    x, y = local.project(facilities.lon[places], facilities.lat[places])
    edge = shapely.boundary(region)
    shapely.prepare([region, edge])
    points = np.atleast_1d(np.asarray(shapely.points(x, y)))
    # One on the very border could be lost by rounding.
    missed = np.flatnonzero(~shapely.contains(region, points) | shapely.dwithin(edge, points, CONNECTOR_M / 2))
    ties = []
    for k in missed:
        part = slice(facilities.offset[places[k]], facilities.offset[places[k] + 1])
        foot = part.start + int(np.argmin(facilities.leg_m[part]))
        end = local.project(facilities.foot_lon[foot], facilities.foot_lat[foot])
        tie = shapely.MultiPoint([(x[k], y[k]), (float(end[0]), float(end[1]))]).convex_hull
        ties.append(tie.buffer(CONNECTOR_M))
    return shapely.union_all(ties) if ties else _EMPTY


def _circle(limit_ds: int, region: BaseGeometry, local: MetricCrs) -> Circle:
    # Vertices a millimetre apart stay apart in degrees, so that what is valid here is valid there.
    geometry = local.to_lonlat(shapely.set_precision(region, _GRID_M))
    if not geometry.is_valid:
        geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    return Circle(limit_ds, shapely.MultiPolygon(_polygons(geometry).tolist()), float(region.area) / 1e6)
