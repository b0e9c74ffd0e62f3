"""The part of the plane that belongs to each demand point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.crs import MetricCrs

# Finer first: where outlines of one level overlap, or a county's contains its townships', the first one holds.
_FINENESS = ("township", "county", "prefecture", "province")
NOBODY = -1


@dataclass(frozen=True)
class DemandPoint:
    """A community at its place.

    Attributes
    ----------
    x, y
        Metres in the projection of the place.
    unit_id
        Its unit; None where it is not known.
    """

    community_id: int
    x: float
    y: float
    unit_id: int | None


@dataclass(frozen=True)
class Outline:
    """The area of a unit in metres."""

    unit_id: int
    level: str
    name: str
    area: Any


@dataclass(frozen=True)
class Territory:
    """A part of the plane and the communities that share it evenly.

    Attributes
    ----------
    communities
        Ids, rising; none for the area of a unit that has no community.
    unit_id
        The unit whose outline bounds it; None where none does.
    area
        Polygon or multipolygon in metres.
    """

    communities: tuple[int, ...]
    unit_id: int | None
    area: Any


@dataclass(frozen=True)
class Territories:
    """Territories that do not overlap, in one metric projection."""

    local: MetricCrs
    parts: Sequence[Territory]

    def areas(self) -> NDArray[np.object_]:
        """Their areas, in metres."""
        found = np.empty(len(self.parts), dtype=object)
        found[:] = [part.area for part in self.parts]
        return found


def make_territories(
    points: Sequence[DemandPoint], outlines: Sequence[Outline], local: MetricCrs, within_m: float
) -> Territories:
    """The nearest part of the plane of each point, inside its own unit.

    A point whose unit has no outline belongs to the finest outline that contains it; a point in none reaches up to
    `within_m`, but never into an outline. Ground of a finer outline is no ground of a coarser one, whether or not the
    finer one has a point. Points on one spot share one territory.

    Parameters
    ----------
    points
        In the metric projection `local`.
    outlines
        Of the units in force, in the same projection.
    """
    ordered = sorted(outlines, key=lambda one: (_FINENESS.index(one.level), one.unit_id))
    grounds = _disjoint(ordered)
    members = _members(points, ordered)
    parts: list[Territory] = []
    for outline, ground in zip(ordered, grounds, strict=True):
        if ground.is_empty:
            continue
        mine = members.get(outline.unit_id)
        if mine:
            parts += _shared(mine, ground, outline.unit_id)
        else:
            parts.append(Territory((), outline.unit_id, ground))
    free = members.get(None, [])
    if free:
        reach = shapely.union_all(shapely.buffer(shapely.points([(p.x, p.y) for p in free]), within_m, quad_segs=16))
        taken = shapely.union_all([one.area for one in ordered])
        parts += _shared(free, shapely.difference(reach, taken), None)
    return Territories(local, parts)


def _disjoint(ordered: Sequence[Outline]) -> list[Any]:
    """Each outline without those before it that it overlaps."""
    areas = [one.area for one in ordered]
    if not areas:
        return []
    tree = shapely.STRtree(areas)
    found = []
    for position, area in enumerate(areas):
        near = tree.query(area, predicate="intersects")
        before = [areas[other] for other in near.tolist() if other < position]
        found.append(_polygonal(shapely.difference(area, shapely.union_all(before))) if before else area)
    return found


def _members(points: Sequence[DemandPoint], ordered: Sequence[Outline]) -> dict[int | None, list[DemandPoint]]:
    """Points by the unit whose outline bounds them."""
    known = {one.unit_id for one in ordered}
    tree = shapely.STRtree([one.area for one in ordered])
    found: dict[int | None, list[DemandPoint]] = {}
    for point in points:
        unit: int | None = point.unit_id
        if unit not in known:
            inside = tree.query(shapely.Point(point.x, point.y), predicate="intersects")
            unit = ordered[int(inside.min())].unit_id if inside.size else None
        found.setdefault(unit, []).append(point)
    return found


def _shared(points: Sequence[DemandPoint], ground: Any, unit_id: int | None) -> list[Territory]:
    spots: dict[tuple[float, float], list[int]] = {}
    for point in points:
        spots.setdefault((point.x, point.y), []).append(point.community_id)
    places = sorted(spots)
    cells = [ground] if len(places) == 1 else _nearest(places, ground)
    return [
        Territory(tuple(sorted(spots[place])), unit_id, cell)
        for place, cell in zip(places, cells, strict=True)
        if not cell.is_empty
    ]


def _nearest(places: Sequence[tuple[float, float]], ground: Any) -> list[Any]:
    """The part of a ground that is nearest to each place."""
    cloud = shapely.MultiPoint(places)
    frame = shapely.union(shapely.envelope(ground), shapely.envelope(cloud))
    frame = shapely.buffer(shapely.envelope(frame), 1000.0, join_style="mitre")
    cells = shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=frame, ordered=True))
    shapely.prepare(ground)
    return [_polygonal(cell) for cell in shapely.intersection(cells, ground)]


def _polygonal(shape: Any) -> Any:
    """What of a geometry has an area."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()
