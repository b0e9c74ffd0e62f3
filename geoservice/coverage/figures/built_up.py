"""Built-up land inside the circle: an areal share, read off the picture, beside the figures of people and never in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.coverage.figures.sums import Unit
from geoservice.crs import MetricCrs, metric_crs

_BUILT_UP = text("""
    select st_asbinary(geom) from built_up_area
    where (valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)
""")
_TOWNSHIPS = text("""
    select unit_id, st_asbinary(geom) from unit_version v where v.level = 'township' and v.geom is not null
    and (valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)
    order by unit_id
""")


@dataclass(frozen=True)
class Land:
    """Square kilometres of built-up land, and of it inside the circle."""

    whole_km2: float
    inside_km2: float


@dataclass(frozen=True)
class BuiltUp:
    """Built-up land cut by township, in metres; the unit None is what lies in no township."""

    local: MetricCrs
    units: Sequence[Unit]
    pieces: NDArray[Any]

    def inside(self, circle: shapely.MultiPolygon) -> dict[Unit, Land]:
        """What lies inside a circle (degrees, EPSG:4490), by unit."""
        region = _projected(self.local, circle)
        shapely.prepare(region)
        whole = shapely.area(self.pieces)
        inside = whole.copy()
        crossing = ~shapely.contains(region, self.pieces)
        inside[crossing] = shapely.area(shapely.intersection(self.pieces[crossing], region))
        return {
            unit: Land(float(all_m2) / 1e6, float(part_m2) / 1e6)
            for unit, all_m2, part_m2 in zip(self.units, whole, inside, strict=True)
        }


def total(land: Mapping[Unit, Land]) -> Land:
    """All units together.

    Examples
    --------
    >>> total({1: Land(2.0, 1.0), None: Land(0.5, 0.0)})
    Land(whole_km2=2.5, inside_km2=1.0)
    """
    return Land(sum(one.whole_km2 for one in land.values()), sum(one.inside_km2 for one in land.values()))


def read_built_up(connection: Connection, on: date) -> BuiltUp | None:
    """Built-up land of a day, overlapping areas counted once; None where none is loaded."""
    shapes = [bytes(row[0]) for row in connection.execute(_BUILT_UP, {"on": on})]
    if not shapes:
        return None
    land = shapely.union_all(shapely.from_wkb(shapes))
    west, south, east, north = shapely.bounds(land).tolist()
    local = metric_crs((west + east) / 2, (south + north) / 2)
    rest = _projected(local, land)
    units: list[Unit] = []
    pieces = []
    for unit, wkb in connection.execute(_TOWNSHIPS, {"on": on}):
        township = _projected(local, shapely.from_wkb(bytes(wkb)))
        piece = shapely.intersection(rest, township)
        if shapely.area(piece) > 0:
            units.append(unit)
            pieces.append(piece)
            rest = shapely.difference(rest, township)
    found = np.empty(len(pieces) + 1, dtype=object)
    found[:] = [*pieces, rest]
    return BuiltUp(local, [*units, None], found)


def _projected(local: MetricCrs, shape: Any) -> Any:
    """In metres."""

    def metres(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(local.project(points[:, 0], points[:, 1]))

    return shapely.make_valid(shapely.transform(shape, metres))
