"""Rules held against places: which are refused, by which rule and by how many metres, and what could not be applied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.declared import Kind, Rule
from geoservice.siting.exclusion.measure import Measured, measure
from geoservice.siting.exclusion.objects import Around, Objects, sources_of

# Distances are told as far as this, though a rule asks for less.
TOLD_M = 5_000.0
_METRES_A_DEGREE = 110_000.0


@dataclass(frozen=True)
class Finding:
    """One rule and all places.

    Attributes
    ----------
    sources
        What the rule looked at, with the state of each.
    metres
        To the nearest object, negative inside; for ``larger`` square metres. NaN where there is none within reach.
    breach
        By how many metres, or square metres, the rule is broken; NaN where it is kept. Infinite for ``beyond`` where
        there is none within reach.
    source, object
        Which of the sources has the nearest object, and its row there; -1 where there is none.
    lon, lat
        The point of it that is the nearest, degrees, EPSG:4490.
    """

    rule: Rule
    sources: tuple[Objects, ...]
    metres: Floats
    breach: Floats
    source: Int64s
    object: Int64s
    lon: Floats
    lat: Floats

    @property
    def broken(self) -> Bools:
        """The places that break the rule."""
        return ~np.isnan(self.breach)

    @property
    def state(self) -> str:
        """``applied``, ``partly`` where a source is missing, ``none`` where nothing of the kind is known, ``not_loaded``."""
        states = {one.state for one in self.sources}
        if states <= {"loaded"}:
            return "applied"
        return "partly" if "loaded" in states else ("none" if states == {"none"} else "not_loaded")


@dataclass(frozen=True)
class Exclusions:
    """Rules and places.

    Attributes
    ----------
    findings
        One for each rule that was meant, in the order of the file; of those with nothing to look at too.
    lon, lat, area_m2
        The places, degrees, EPSG:4490; NaN where a place has no area.
    """

    asked: Asked
    findings: tuple[Finding, ...]
    lon: Floats = field(repr=False)
    lat: Floats = field(repr=False)
    area_m2: Floats = field(repr=False)

    @property
    def kept(self) -> Bools:
        """Places that no hard rule refuses."""
        kept = np.ones(self.lon.size, dtype=np.bool_)
        for one in self.hard:
            kept &= ~one.broken
        return kept

    @property
    def hard(self) -> tuple[Finding, ...]:
        """Findings of hard rules."""
        return tuple(one for one in self.findings if one.rule.hard)

    def without(self, rule: str) -> Bools:
        """Places that no other hard rule refuses."""
        kept = np.ones(self.lon.size, dtype=np.bool_)
        for one in self.hard:
            if one.rule.id != rule:
                kept &= ~one.broken
        return kept

    @property
    def schematic(self) -> bool:
        """Whether any object that was looked at is of the schematic sample."""
        return any(source.schematic for one in self.findings for source in one.sources)


def exclude(
    connection: Connection, asked: Asked, lon: Floats, lat: Floats, area_m2: Floats | None = None
) -> Exclusions:
    """Holds the rules that are meant against places.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4490, finite.
    area_m2
        Of plots; NaN, or None for all, where there is none.
    """
    areas = np.full(lon.size, np.nan) if area_m2 is None else area_m2
    findings = []
    for rule in asked.rules:
        box = around(lon, lat, _reach(rule))
        sources = sources_of(connection, rule.looks_at, asked.on, box)
        findings.append(judge(rule, sources, lon, lat, areas))
    return Exclusions(asked, tuple(findings), lon, lat, areas)


def judge(rule: Rule, sources: Sequence[Objects], lon: Floats, lat: Floats, area_m2: Floats) -> Finding:
    """One rule and all places.

    A rule that nothing can be held against because its layers hold nothing breaks nowhere; `Finding.state` tells it.
    """
    if rule.kind is Kind.LARGER:
        return _larger(rule, area_m2)
    nearest = _nearest([measure(lon, lat, one.shape, _reach(rule)) for one in sources], lon.size)
    metres, known = nearest[0].metres, any(one.state == "loaded" for one in sources)
    breach = np.full(lon.size, np.nan)
    if known:
        breach = _breach(rule, metres)
    found, source = nearest
    return Finding(rule, tuple(sources), metres, breach, source, found.object, found.lon, found.lat)


def _breach(rule: Rule, metres: Floats) -> Floats:
    found = ~np.isnan(metres)
    near = np.where(found, metres, np.inf)
    if rule.kind is Kind.INSIDE:
        # On the edge is inside: by nothing, and yet broken.
        return np.where(near <= 0, -near, np.nan)
    assert rule.distance_m is not None
    if rule.kind is Kind.WITHIN:
        return np.where(near < rule.distance_m, rule.distance_m - near, np.nan)
    return np.where(near > rule.distance_m, near - rule.distance_m, np.nan)


def _larger(rule: Rule, area_m2: Floats) -> Finding:
    assert rule.area_m2 is not None
    nothing = np.full(area_m2.size, np.nan)
    breach = np.where(area_m2 > rule.area_m2, area_m2 - rule.area_m2, np.nan)
    nobody = np.full(area_m2.size, -1, dtype=np.int64)
    return Finding(rule, (), area_m2, breach, nobody, nobody, nothing, nothing)


def _nearest(found: Sequence[Measured], places: int) -> tuple[Measured, Int64s]:
    """The nearest of several sources, and which of them."""
    metres: NDArray[Any] = np.array([np.where(np.isnan(one.metres), np.inf, one.metres) for one in found])
    best = np.argmin(metres, axis=0) if len(found) else np.zeros(places, dtype=np.int64)
    here = np.arange(places)
    picked = [
        np.array([getattr(one, name) for one in found])[best, here] for name in ("metres", "object", "lon", "lat")
    ]
    return Measured(*picked), np.where(picked[1] < 0, -1, best)


def _reach(rule: Rule) -> float:
    return max(rule.distance_m or 0.0, TOLD_M)


def around(lon: Floats, lat: Floats, reach_m: float) -> Around:
    """A box that holds everything as near to some places as that, below 88 degrees of latitude."""
    if not lon.size:
        return Around(0, 0, 0, 0)
    high = float(np.abs(lat).max())
    north = reach_m / _METRES_A_DEGREE * 1.05
    east = north / max(math.cos(math.radians(min(high + north, 89.0))), 0.02)
    return Around(float(lon.min()) - east, float(lat.min()) - north, float(lon.max()) + east, float(lat.max()) + north)
