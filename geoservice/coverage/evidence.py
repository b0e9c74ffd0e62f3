"""Evidence of a reach time: the facility, the way by its edges with both legs, and the margin to the limit.

All parts are whole deciseconds; whoever adds them up comes to the time that the community is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, select, text

from geoservice.catalog import Catalog, Limit, Mode
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.coverage.evidence_parts import Evidence, Named, RoadName
from geoservice.coverage.paths import Path, path_of
from geoservice.coverage.prepared import NO_PLACE, Prepared, prepared
from geoservice.coverage.reach import evaluate
from geoservice.database.filters import visible
from geoservice.database.models import Community, CoverageReach
from geoservice.errors import BadRequest, Conflict, NotFound
from geoservice.network.arrays import Int64s
from geoservice.settings import Settings

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
    limits = (case.service.limits.urban, case.service.limits.rural)
    inputs = prepared(connection, catalog, settings, limits, on, database_name)
    rows = np.searchsorted(inputs.communities.id, [found.id])
    return evidence_of(connection, inputs, rows, service=service, type_=type_, limits=limits, on=on)[0]


def explain_all(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    *,
    service: str,
    type_: str,
    on: date,
) -> list[Evidence]:
    """Evidence of every community, by id, as everything stands on a day.

    Raises
    ------
    BadRequest, BadInput
        As `explain`.
    """
    case = cases_of(catalog, RunRequest(on=on, services=(service,), types=(type_,)))[0]
    limits = (case.service.limits.urban, case.service.limits.rural)
    inputs = prepared(connection, catalog, settings, limits, on, database_name)
    rows = np.arange(len(inputs.communities))
    return evidence_of(connection, inputs, rows, service=service, type_=type_, limits=limits, on=on)


def explain_run(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    run: Mapping[str, Any],
    community_id: int | None,
    *,
    service: str,
    type_: str,
) -> list[Evidence]:
    """Evidence of the stored times of a public community, or of all, found anew from the inputs of their run.

    Parameters
    ----------
    run
        ``id, on_date, stale, parameters, network_revision`` of a run that may be shown.
    community_id
        None for all, by id.

    Raises
    ------
    NotFound
        ``evidence.no-result`` if the run has no result for the community by this standard and type.
    Conflict
        ``evidence.stale`` if the inputs, the ways of travel or the network have changed since the run.
    """
    stored = _stored(connection, run["id"], community_id, service, type_)
    if not stored:
        raise NotFound("evidence.no-result", run=run["id"], community=community_id or "-", service=service, type=type_)
    stale = Conflict("evidence.stale", run=run["id"])
    declared = run["parameters"]["services"][service]["limits"]
    urban, rural = (Limit.model_validate(declared[kind]) for kind in ("urban", "rural"))
    modes = list(dict.fromkeys((urban.mode, rural.mode)))
    told = run["parameters"]["modes"]
    if run["stale"] or any(
        mode not in catalog.modes or catalog.modes[mode] != Mode.model_validate(told[mode]) for mode in modes
    ):
        raise stale
    inputs = prepared(connection, catalog, settings, (urban, rural), run["on_date"], database_name)
    revisions = dict(part.split(":") for part in run["network_revision"].split(","))
    if any(inputs.graphs[mode].revision[:16] != revisions[mode] for mode in modes):
        raise stale
    rows = np.searchsorted(inputs.communities.id, list(stored))
    limits = (urban, rural)
    found = evidence_of(connection, inputs, rows, service=service, type_=type_, limits=limits, on=run["on_date"])
    for one in found:
        facility_id = None if one.facility is None else one.facility.id
        if (one.time_ds, facility_id, one.reason, one.limit_ds) != stored.get(one.community.id):
            raise stale
    return found


Stored = tuple[int | None, int | None, str | None, int]


def _stored(
    connection: Connection, run_id: int, community_id: int | None, service: str, type_: str
) -> dict[int, Stored]:
    """Time, facility, reason and limit of public communities, by id."""
    reach = CoverageReach
    statement = (
        select(reach.community_id, reach.time_ds, reach.facility_id, reach.reason, reach.limit_ds)
        .join(Community, Community.id == reach.community_id)
        .where(reach.run_id == run_id, reach.standard_id == service, reach.type == type_, visible(Community))
        .order_by(reach.community_id)
    )
    if community_id is not None:
        statement = statement.where(reach.community_id == community_id)
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in connection.execute(statement)}


def evidence_of(
    connection: Connection,
    inputs: Prepared,
    rows: Int64s,
    *,
    service: str,
    type_: str,
    limits: tuple[Limit, Limit],
    on: date,
) -> list[Evidence]:
    """Evidence of the communities in some rows of the inputs."""
    communities = inputs.communities
    ways = _ways(inputs, rows, limits, type_)
    edge_roads = {}
    for row, (_, _, _, path) in ways.items():
        graph = inputs.graphs[_limit(inputs, row, limits).mode]
        edge_roads[row] = {step.edge: int(graph.edge_road[step.edge]) for step in path.steps} if path else {}
    roads = _roads(connection, {road for of_edge in edge_roads.values() for road in of_edge.values()})
    found = []
    for row in rows.tolist():
        facility, time_ds, reason, path = ways[row]
        limit = _limit(inputs, row, limits)
        found.append(
            Evidence(
                on=on,
                community=Named(int(communities.id[row]), str(communities.name[row])),
                class_="urban" if communities.urban[row] else "rural",
                service=service,
                type=type_,
                limit=limit,
                facility=facility,
                time_ds=time_ds,
                reason=reason,
                path=path,
                edge_road=edge_roads[row],
                roads={road: roads[road] for road in edge_roads[row].values() if road in roads},
                network_revision=inputs.graphs[limit.mode].revision,
            )
        )
    return found


def _limit(inputs: Prepared, row: int, limits: tuple[Limit, Limit]) -> Limit:
    return limits[0] if inputs.communities.urban[row] else limits[1]


Way = tuple[Named | None, int | None, str | None, Path | None]


def _ways(inputs: Prepared, rows: Int64s, limits: tuple[Limit, Limit], type_: str) -> dict[int, Way]:
    """Facility, time, reason and way of the community in each row."""
    communities, facilities = inputs.communities, inputs.facilities
    mine = np.flatnonzero(facilities.type == type_)
    placed = inputs.placed()[rows]
    found: dict[int, Way] = dict.fromkeys(rows[~placed].tolist(), (None, None, NO_PLACE, None))
    for limit, urban in zip(limits, (True, False), strict=True):
        part = rows[placed & (communities.urban[rows] == urban)]
        if not part.size:
            continue
        field = inputs.field(limit.mode, type_)
        places = inputs.join(limit.mode, communities.lon[part], communities.lat[part])
        times = evaluate(field, places)
        for number, row in enumerate(part.tolist()):
            path = path_of(field, places, times, number)
            if path is None:
                found[row] = None, None, str(times.reason[number]), None
                continue
            index = mine[times.facility[number]]
            facility = Named(int(facilities.id[index]), str(facilities.name[index]))
            found[row] = facility, int(times.time_ds[number]), None, path
    return found


def _roads(connection: Connection, ids: set[int]) -> dict[int, RoadName]:
    if not ids:
        return {}
    return {row[0]: RoadName(row[1], row[2]) for row in connection.execute(_ROADS, {"ids": sorted(ids)})}


__all__ = ["Evidence", "Named", "RoadName", "evidence_of", "explain", "explain_all", "explain_run", "find_community"]
