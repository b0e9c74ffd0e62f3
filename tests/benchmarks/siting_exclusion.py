"""Exclusion rules held against thousands of candidates, with a sample of them measured again by plain shapely."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geoservice.network.arrays import Floats
from geoservice.siting.exclusion.declared import Kind, Rule, siting_rules
from geoservice.siting.exclusion.engine import TOLD_M, Finding, judge
from geoservice.siting.exclusion.objects import Objects

PLACE, WIDE = (113.16, 30.66), 0.35
LINES, AREAS, POINTS, SAMPLE = 1000, 1000, 500, 60
# Degrees of a step of an outline, and metres by which two projections may tell the nearest point differently.
_STEP, _APART_M = 0.002, 0.1


def exclusions(candidates: int = 3000, sample: int = SAMPLE, seed: int = 1) -> tuple[float, int, int, bool]:
    """All rules that look at objects against candidates over 70 by 80 km.

    Returns
    -------
    Seconds, rules, objects that each source holds, and whether a sample agrees with plain shapely.
    """
    chance = np.random.default_rng(seed)
    lon, lat = (centre + chance.uniform(-WIDE, WIDE, candidates) for centre in PLACE)
    shapes = drawn(chance)
    rules = [one for one in siting_rules().rules if one.looks_at]
    nobody = np.full(candidates, np.nan)
    begun = time.perf_counter()
    found = [judge(rule, sources(rule, shapes), lon, lat, nobody) for rule in rules]
    seconds = time.perf_counter() - begun
    rows = chance.choice(candidates, sample, replace=False)
    return seconds, len(rules), shapes.size, all(agrees(one, shapes, lon, lat, row) for one in found for row in rows)


def drawn(chance: np.random.Generator) -> NDArray[Any]:
    """Roads that wander, lakes and points, in degrees, EPSG:4490."""

    def starts(count: int) -> Floats:
        return np.array(PLACE) + chance.uniform(-WIDE, WIDE, (count, 2))

    ways = [start + np.cumsum(chance.normal(0, _STEP, (60, 2)), axis=0) for start in starts(LINES)]
    rings = [start + _ring(chance) for start in starts(AREAS)]
    return np.array([*map(shapely.LineString, ways), *map(shapely.Polygon, rings), *shapely.points(starts(POINTS))])


def _ring(chance: np.random.Generator) -> Floats:
    angle = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    return chance.uniform(0.3, 1, 30)[:, None] * _STEP * np.column_stack((np.cos(angle), np.sin(angle)))


def sources(rule: Rule, shapes: NDArray[Any]) -> tuple[Objects, ...]:
    """The first source of a rule holds the shapes, the others nothing."""
    none = np.empty(0, dtype=object)
    found = []
    for number, selection in enumerate(rule.looks_at):
        mine = shapes if number == 0 else none
        names = np.full(mine.size, None, dtype=object)
        state: Any = "loaded" if number == 0 else "none"
        found.append(Objects(selection, state, mine.size, np.arange(mine.size), names, names, mine))
    return tuple(found)


def agrees(found: Finding, shapes: NDArray[Any], lon: Floats, lat: Floats, row: int) -> bool:
    """One place against every shape, in a projection about the place that keeps distances from it."""
    about = Transformer.from_crs(4490, f"+proj=aeqd +lon_0={lon[row]} +lat_0={lat[row]} +ellps=GRS80", always_xy=True)
    near = shapes[shapely.distance(shapes, shapely.Point(lon[row], lat[row])) < 0.2]
    local = np.asarray(shapely.transform(near, about.transform, interleaved=False), dtype=object)
    here = shapely.Point(0, 0)
    away = shapely.distance(local, here)
    inside = away == 0
    metres = (
        -shapely.distance(shapely.boundary(local[inside]), here).max() if inside.any() else away.min(initial=np.inf)
    )
    told = found.metres[row]
    reach = max(found.rule.distance_m or 0.0, TOLD_M)
    if metres > reach - _APART_M:
        return bool(np.isnan(told) or told > reach - 2 * _APART_M)
    limit = 0.0 if found.rule.kind is Kind.INSIDE else found.rule.distance_m or 0.0
    within = metres > limit if found.rule.kind is Kind.BEYOND else metres < limit
    same = abs(metres - limit) < _APART_M or bool(found.broken[row]) == within
    return bool(abs(told - metres) < _APART_M and same)
