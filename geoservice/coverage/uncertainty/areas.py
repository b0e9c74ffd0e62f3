"""Shares of townships' land inside a service circle: what a count by area goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from geoservice.crs import MetricCrs, metric_crs

Kind = Literal["built_up", "land"]

_UNITS = text("""
    select unit_id, st_asbinary(geom) from unit_version
    where geom is not null and (not :public_only or (published and classification = 'public'))
    and (valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)
""")
_BUILT_UP = text("""
    select st_asbinary(geom) from built_up_area
    where (not :public_only or (published and classification = 'public'))
    and (valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)
""")


@dataclass(frozen=True)
class Land:
    """What of a unit counts: its built-up land where some is mapped, else all of it; metres in the projection."""

    kind: Kind
    shape: BaseGeometry


@dataclass(frozen=True)
class Lands:
    """Land of units in one projection."""

    local: MetricCrs
    units: Mapping[int, Land]

    def shares(self, circle: BaseGeometry, units: Iterable[int]) -> dict[int, float]:
        """Share of each unit's land inside a circle (longitude, latitude); units without a shape are left out."""
        drawn = self.local.to_metres(circle)
        found = {}
        for unit in units:
            if unit in self.units:
                land = self.units[unit].shape
                near = shapely.make_valid(shapely.clip_by_rect(drawn, *land.bounds))
                found[unit] = float(min(shapely.area(shapely.intersection(near, land)) / shapely.area(land), 1.0))
        return found


def read_lands(connection: Connection, on: date, units: Iterable[int], *, public_only: bool) -> Lands:
    """Land of some units on a day."""
    given = {"on": on, "public_only": public_only}
    wanted = set(units)
    shapes = {
        unit: shapely.from_wkb(bytes(shape)) for unit, shape in connection.execute(_UNITS, given) if unit in wanted
    }
    built_up = shapely.from_wkb([bytes(shape) for (shape,) in connection.execute(_BUILT_UP, given)])
    return lands_of(shapes, list(built_up))


def lands_of(units: Mapping[int, BaseGeometry], built_up: Iterable[BaseGeometry]) -> Lands:
    """Land of units from their territories and all built-up areas, longitude, latitude."""
    if not units:
        return Lands(metric_crs(0.0, 0.0), {})
    west, south, east, north = shapely.total_bounds(list(units.values()))
    local = metric_crs(float(west + east) / 2, float(south + north) / 2)
    towns = shapely.union_all(shapely.make_valid(local.to_metres(np.array(list(built_up), dtype=object))))
    found = {}
    for unit, shape in units.items():
        whole = shapely.make_valid(local.to_metres(shape))
        inside = shapely.intersection(towns, whole)
        found[unit] = Land("built_up", inside) if shapely.area(inside) > 0 else Land("land", whole)
    return Lands(local, found)
