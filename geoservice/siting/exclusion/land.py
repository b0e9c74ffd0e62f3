"""What of the county remains for a type, and what each rule takes: a picture and areas; places are judged by `exclude`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.coverage.counties import read_counties
from geoservice.coverage.inputs import read_units
from geoservice.crs import ELLIPSOID, MetricCrs, metric_crs
from geoservice.errors import BadInput
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.declared import Kind, Rule, text_told
from geoservice.siting.exclusion.engine import Finding, around, judge
from geoservice.siting.exclusion.objects import Objects, sources_of
from geoservice.siting.exclusion.told import named, open_points

# Arcs are drawn by chords, which lie inside of them by at most 0.12 % of the distance.
_QUARTER = 16
_NO_PLACES = np.empty(0)


@dataclass(frozen=True)
class Taken:
    """The land that one rule takes, in degrees, EPSG:4490; none where it could not be applied."""

    finding: Finding
    shape: Any = field(repr=False)
    km2: float

    @property
    def rule(self) -> Rule:
        return self.finding.rule


@dataclass(frozen=True)
class Land:
    """A county and its rules.

    Attributes
    ----------
    allowed
        What no hard rule takes; degrees, EPSG:4490.
    km2, allowed_km2
        Of the county and of what remains, on the ellipsoid.
    """

    asked: Asked
    allowed: Any = field(repr=False)
    km2: float
    allowed_km2: float
    taken: tuple[Taken, ...]


def land_left(connection: Connection, asked: Asked) -> Land:
    """What remains of the counties of the day, or of the townships where no county has an outline.

    Raises
    ------
    BadInput
        ``siting.no-land``
    """
    counties = read_counties(connection, read_units(connection, asked.on), asked.on)
    if not counties.known:
        raise BadInput("siting.no-land")
    whole = shapely.union_all(counties.outline)
    west, south, east, north = shapely.bounds(whole)
    metric = metric_crs((west + east) / 2, (south + north) / 2)
    county = metric.to_metres(whole)
    taken = [_taken(connection, asked, rule, metric, county) for rule in asked.rules if rule.kind is not Kind.LARGER]
    hard = [metric.to_metres(one.shape) for one in taken if one.rule.hard]
    allowed = metric.to_lonlat(shapely.difference(county, shapely.union_all(hard))) if hard else whole
    return Land(asked, allowed, _km2(whole), _km2(allowed), tuple(taken))


def _taken(connection: Connection, asked: Asked, rule: Rule, metric: MetricCrs, county: Any) -> Taken:
    west, south, east, north = shapely.bounds(metric.to_lonlat(county))
    box = around(np.array([west, east]), np.array([south, north]), rule.distance_m or 0.0)
    sources = sources_of(connection, rule.looks_at, asked.on, box)
    shape = metric.to_lonlat(_zone(rule, sources, metric, county))
    finding = judge(rule, sources, _NO_PLACES, _NO_PLACES, _NO_PLACES)
    return Taken(finding, shape, _km2(shape))


def _zone(rule: Rule, sources: Sequence[Objects], metric: MetricCrs, county: Any) -> Any:
    if not any(one.state == "loaded" for one in sources):
        return shapely.Polygon()
    shapes: NDArray[Any] = np.asarray(metric.to_metres(np.concatenate([one.shape for one in sources])), dtype=object)
    zone = shapely.union_all(shapely.buffer(shapes, rule.distance_m or 0.0, quad_segs=_QUARTER))
    if rule.kind is Kind.BEYOND:
        return shapely.difference(county, zone)
    return shapely.intersection(county, zone)


def _km2(shape: Any) -> float:
    if shape.is_empty:
        return 0.0
    return abs(float(ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(shape))[0])) / 1e6


def land_told(land: Land) -> dict[str, Any]:
    """A GeoJSON FeatureCollection in CRS84: what remains, then what each rule takes with its article, and what is open."""
    findings = tuple(one.finding for one in land.taken)
    rest = _feature(
        land.allowed,
        {"kind_of_land": "allowed", "km2": round(land.allowed_km2, 3), "share": _share(land, land.allowed_km2)},
    )
    return {
        "type": "FeatureCollection",
        "facility_type": land.asked.type,
        "on": land.asked.on.isoformat(),
        "county_km2": round(land.km2, 3),
        "allowed_km2": round(land.allowed_km2, 3),
        "schematic": any(source.schematic for one in findings for source in one.sources),
        "texts": [text_told(text, land.asked.on) for text in land.asked.texts],
        "not_applied": open_points(land.asked, findings),
        "features": [rest, *(_feature(one.shape, _properties(land, one, named(one.rule))) for one in land.taken)],
    }


def _properties(land: Land, one: Taken, named: dict[str, Any]) -> dict[str, Any]:
    kind = "excluded" if one.rule.hard else "hint"
    own: dict[str, Any] = {"kind_of_land": kind, "state": one.finding.state, "km2": None, "share": None}
    if one.finding.state in ("applied", "partly"):
        own |= {"km2": round(one.km2, 3), "share": _share(land, one.km2)}
    return named | own


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    drawn = None if shape.is_empty else shapely.geometry.mapping(shapely.set_precision(shape, 1e-7))
    return {"type": "Feature", "geometry": drawn, "properties": properties}


def _share(land: Land, km2: float) -> float:
    return round(km2 / land.km2, 4) if land.km2 else 0.0
