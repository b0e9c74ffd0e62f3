"""Evidence of a reach time: the facility, the way by its edges with both legs, and the margin to the limit.

All parts are whole deciseconds; whoever adds them up comes to the time that the community is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, select, text

from geoservice.catalog import Catalog, Limit
from geoservice.coverage.paths import Leg, Path, Step, path_of
from geoservice.coverage.prepared import NO_PLACE, Prepared, prepared
from geoservice.coverage.reach import evaluate
from geoservice.coverage.run import RunRequest, cases_of
from geoservice.database.filters import public
from geoservice.database.models import Community, CoverageReach
from geoservice.errors import BadRequest, Conflict, NotFound
from geoservice.settings import Settings

# A millimetre, in degrees.
_DIGITS = 8
_MOST_CHOICES = 10

_ROADS = text("select id, name, class from road where id in :ids").bindparams(bindparam("ids", expanding=True))

# Ids first, then codes, then names: what is found first is meant.
_NAMED = """
    select m.id, m.name, (select v.name from unit_version v where v.unit_id = m.unit_id
           and (v.valid_from is null or v.valid_from <= :on) and (v.valid_to is null or v.valid_to > :on) limit 1)
    from community m
    where {condition}
      and (m.valid_from is null or m.valid_from <= :on) and (m.valid_to is null or m.valid_to > :on)
    order by m.id
"""
_COMMUNITIES = tuple(
    text(_NAMED.format(condition=condition))
    for condition in (
        "m.id::text = :given",
        "m.id in (select c.community_id from community_code c where c.code = :given)",
        "m.name = :given",
    )
)


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


def find_community(connection: Connection, given: str, on: date) -> Named:
    """The community in force on a day with an id, else with a code, else with exactly a name.

    Raises
    ------
    NotFound
        ``evidence.no-community`` if there is none.
    BadRequest
        ``evidence.ambiguous`` with the ids to choose from if there are several.
    """
    for statement in _COMMUNITIES:
        rows = connection.execute(statement, {"given": given.strip(), "on": on}).all()
        if len(rows) == 1:
            return Named(rows[0][0], rows[0][1])
        if rows:
            choices = "; ".join(f"{row[0]} {row[1]} ({row[2] or '-'})" for row in rows[:_MOST_CHOICES])
            raise BadRequest("evidence.ambiguous", value=given, count=len(rows), choices=choices)
    raise NotFound("evidence.no-community", value=given, on=on)


def explain(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    community: str,
    *,
    service: str,
    type_: str,
    on: date,
) -> Evidence:
    """Evidence of the time of a community as everything stands on a day.

    Parameters
    ----------
    community
        Id, code or exact name.
    service, type_
        A service standard and a facility type.

    Raises
    ------
    BadRequest, NotFound
        See `find_community`; ``coverage.unknown-service``, ``coverage.unknown-type``.
    BadInput
        If no community has a place, or there is no road.
    """
    case = cases_of(catalog, RunRequest(on=on, services=(service,), types=(type_,)))[0]
    found = find_community(connection, community, on)
    limits = case.service.limits
    modes = list(dict.fromkeys((limits.urban.mode, limits.rural.mode)))
    inputs = prepared(connection, catalog, settings, modes, on, database_name)
    return _evidence(
        connection, inputs, found.id, service=service, type_=type_, limits=(limits.urban, limits.rural), on=on
    )


def explain_run(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    run: Mapping[str, Any],
    community_id: int,
    *,
    service: str,
    type_: str,
) -> Evidence:
    """Evidence of a stored time of a public community, found anew from the inputs of its run.

    Parameters
    ----------
    run
        ``id, on_date, stale, parameters, network_revision`` of a run that may be shown.

    Raises
    ------
    NotFound
        ``evidence.no-result`` if the run has no result for the community by this standard and type.
    Conflict
        ``evidence.stale`` if the inputs, the ways of travel or the network have changed since the run.
    """
    stored = connection.execute(
        select(CoverageReach.time_ds, CoverageReach.facility_id, CoverageReach.reason, CoverageReach.limit_ds)
        .join(Community, Community.id == CoverageReach.community_id)
        .where(
            CoverageReach.run_id == run["id"],
            CoverageReach.standard_id == service,
            CoverageReach.type == type_,
            CoverageReach.community_id == community_id,
            public(Community),
        )
    ).one_or_none()
    if stored is None:
        raise NotFound("evidence.no-result", run=run["id"], community=community_id, service=service, type=type_)
    stale = Conflict("evidence.stale", run=run["id"])
    declared = run["parameters"]["services"][service]["limits"]
    urban, rural = (Limit.model_validate(declared[kind]) for kind in ("urban", "rural"))
    modes = list(dict.fromkeys((urban.mode, rural.mode)))
    told = run["parameters"]["modes"]
    if run["stale"] or any(
        mode not in catalog.modes or catalog.modes[mode].model_dump(mode="json") != told[mode] for mode in modes
    ):
        raise stale
    inputs = prepared(connection, catalog, settings, modes, run["on_date"], database_name)
    revisions = dict(part.split(":") for part in run["network_revision"].split(","))
    if any(inputs.graphs[mode].revision[:16] != revisions[mode] for mode in modes):
        raise stale
    found = _evidence(
        connection, inputs, community_id, service=service, type_=type_, limits=(urban, rural), on=run["on_date"]
    )
    facility_id = None if found.facility is None else found.facility.id
    if (found.time_ds, facility_id, found.reason, found.limit_ds) != tuple(stored):
        raise stale
    return found


def _evidence(
    connection: Connection,
    inputs: Prepared,
    community_id: int,
    *,
    service: str,
    type_: str,
    limits: tuple[Limit, Limit],
    on: date,
) -> Evidence:
    communities = inputs.communities
    row = int(np.searchsorted(communities.id, community_id))
    urban = bool(communities.urban[row])
    limit = limits[0] if urban else limits[1]
    graph = inputs.graphs[limit.mode]
    facility, time_ds, reason, path = _reached(inputs, row, limit.mode, type_)
    edge_road = {step.edge: int(graph.edge_road[step.edge]) for step in path.steps} if path else {}
    return Evidence(
        on=on,
        community=Named(community_id, str(communities.name[row])),
        class_="urban" if urban else "rural",
        service=service,
        type=type_,
        limit=limit,
        facility=facility,
        time_ds=time_ds,
        reason=reason,
        path=path,
        edge_road=edge_road,
        roads=_roads(connection, set(edge_road.values())),
        network_revision=graph.revision,
    )


def _reached(
    inputs: Prepared, row: int, mode: str, type_: str
) -> tuple[Named | None, int | None, str | None, Path | None]:
    """Facility, time, reason and way of the community in a row."""
    lon, lat = inputs.communities.lon[row : row + 1], inputs.communities.lat[row : row + 1]
    if not np.isfinite(lon).all():
        return None, None, NO_PLACE, None
    field, place = inputs.field(mode, type_), inputs.join(mode, lon, lat)
    found = evaluate(field, place)
    path = path_of(field, place, found, 0)
    if path is None:
        return None, None, str(found.reason[0]), None
    facilities = inputs.facilities
    index = np.flatnonzero(facilities.type == type_)[found.facility[0]]
    return Named(int(facilities.id[index]), str(facilities.name[index])), int(found.time_ds[0]), None, path


def _roads(connection: Connection, ids: set[int]) -> dict[int, RoadName]:
    if not ids:
        return {}
    return {row[0]: RoadName(row[1], row[2]) for row in connection.execute(_ROADS, {"ids": sorted(ids)})}
