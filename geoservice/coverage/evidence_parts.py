"""What evidence holds: facility, time, margin, and the way by its parts, as plain values and as GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoservice.catalog import Limit
from geoservice.coverage.paths import Leg, Path, Step

# A millimetre, in degrees.
_DIGITS = 8


@dataclass(frozen=True)
class Named:
    """A record by its id and name."""

    id: int
    name: str


@dataclass(frozen=True)
class RoadName:
    """What a road is called (None where it has no name) and its class."""

    name: str | None
    class_: str


@dataclass(frozen=True)
class Evidence:
    """Why a community is covered or not.

    Attributes
    ----------
    class_
        urban or rural: the standard that the community is judged by; those that nobody classified count as rural.
    facility, path, time_ds
        None where there is no time, and then `reason` says why.
    edge_road
        Road id of each edge of the path.
    roads
        Those roads by their id.
    network_revision
        Of the graph.
    """

    on: date
    community: Named
    class_: str
    service: str
    type: str
    limit: Limit
    facility: Named | None
    time_ds: int | None
    reason: str | None
    path: Path | None
    edge_road: Mapping[int, int]
    roads: Mapping[int, RoadName]
    network_revision: str

    @property
    def limit_ds(self) -> int:
        """The limit in deciseconds."""
        return self.limit.minutes * 600

    @property
    def covered(self) -> bool:
        """Whether the time is at most the limit."""
        return self.time_ds is not None and self.time_ds <= self.limit_ds

    def as_dict(self) -> dict[str, Any]:
        """Everything but the geometry of the way; times in whole deciseconds add up to ``time_ds``."""
        path, time_ds = self.path, self.time_ds
        return {
            "on": self.on.isoformat(),
            "community": {"id": self.community.id, "name": self.community.name, "class": self.class_},
            "service": self.service,
            "type": self.type,
            "mode": self.limit.mode,
            "facility": None if self.facility is None else {"id": self.facility.id, "name": self.facility.name},
            "time_ds": time_ds,
            "limit_ds": self.limit_ds,
            "margin_ds": None if time_ds is None else self.limit_ds - time_ds,
            "covered": self.covered,
            "reason": self.reason,
            "access": None if path is None else _leg(path.access),
            "steps": [] if path is None else [self._step(step) for step in path.steps],
            "egress": None if path is None else _leg(path.egress),
            "length_m": None if path is None else round(path.length_m, 3),
            "network_revision": self.network_revision,
        }

    def as_feature(self) -> dict[str, Any]:
        """A GeoJSON feature of the way with its legs, longitude and latitude; its geometry is null without a way."""
        geometry = None
        if self.path is not None:
            geometry = {"type": "LineString", "coordinates": _rounded(self.path.line)}
        return {"type": "Feature", "id": self.community.id, "geometry": geometry, "properties": self.as_dict()}

    def _step(self, step: Step) -> dict[str, Any]:
        road = self.edge_road[step.edge]
        called = self.roads.get(road)
        return {
            "edge": step.edge,
            "road_id": road,
            "road_name": called.name if called else None,
            "road_class": called.class_ if called else None,
            "from": step.start,
            "to": step.stop,
            "length_m": round(step.length_m, 3),
            "time_ds": step.time_ds,
        }


def _leg(leg: Leg) -> dict[str, Any]:
    return {"length_m": leg.length_m, "time_ds": leg.time_ds, "line": _rounded(leg.line)}


def _rounded(line: tuple[tuple[float, float], ...]) -> list[list[float]]:
    return [[round(lon, _DIGITS), round(lat, _DIGITS)] for lon, lat in line]
