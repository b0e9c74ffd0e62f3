"""What a report of a coverage run holds, read once and shown in several forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geoservice.access.release import Release
from geoservice.catalog import Catalog, CodeEntry, Mode, ServiceStandard, Text
from geoservice.errors import BadRequest, NotFound
from geoservice.publish.reports import queries

MOST_LEFT_OUT = 200


@dataclass(frozen=True)
class Case:
    """One facility type judged by one standard.

    Attributes
    ----------
    limits
        By class of the community: mode, minutes and source, as the run used them.
    total, units, communities
        Rows of the run's results; times in seconds.
    """

    service: ServiceStandard
    type: CodeEntry
    limits: Mapping[str, Mapping[str, Any]]
    total: Mapping[str, Any]
    units: Sequence[Mapping[str, Any]]
    communities: Sequence[Mapping[str, Any]]

    @property
    def left_out(self) -> list[Mapping[str, Any]]:
        """Communities that are not covered, those without a time first, then the farthest."""
        missed = [row for row in self.communities if not row["covered"]]
        return sorted(missed, key=lambda row: (row["time_s"] is not None, -(row["time_s"] or 0.0), row["community_id"]))


@dataclass(frozen=True)
class Shown:
    """A thing on a report's map: longitude, latitude in EPSG:4490, with what is said of it."""

    geometry: BaseGeometry
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """A run, all its cases in figures, and one of them on the map.

    Attributes
    ----------
    chosen
        The case that is told in full.
    sources
        For each layer the file, day and count of its newest import.
    estimated
        How much of the people is estimated and from what; empty in runs of old.
    stale
        Whether an input has changed since the run.
    """

    run_id: int
    on: date
    started_at: datetime
    revision: str
    release: Release
    published: bool
    stale: bool
    unclassified: int
    estimated: Mapping[str, Any]
    modes: Mapping[str, Mode]
    cases: Sequence[Case]
    chosen: Case
    place: str | None
    sources: Sequence[Mapping[str, Any]]
    population_dates: Sequence[date]
    attributions: Sequence[str]
    circles: Sequence[Shown]
    units: Sequence[Shown]
    facilities: Sequence[Shown]
    waters: Sequence[Shown]
    roads: Sequence[Shown]

    def used_modes(self) -> list[Mode]:
        """Modes of the chosen case, without repeats."""
        names = dict.fromkeys(limit["mode"] for limit in self.chosen.limits.values())
        return [self.modes[name] for name in names if name in self.modes]


def read_content(
    connection: Connection,
    catalog: Catalog,
    run_id: int | None,
    *,
    service: str | None = None,
    type_: str | None = None,
    public_only: bool,
    approval: str | None = None,
) -> Content:
    """Everything for the reports of a run.

    Parameters
    ----------
    run_id
        None for the newest.
    service, type_
        The case to tell in full; the headline by default.
    public_only
        Leaves out whatever is not published.
    approval
        Map approval number of the installation.

    Raises
    ------
    NotFound
        ``report.no-run`` if there is none, or none that may be seen.
    BadRequest
        ``report.no-case`` if the run holds no result for the case.
    """
    run = queries.run(connection, run_id, public_only=public_only)
    if run is None:
        raise NotFound("report.no-run", run=run_id or "-")
    types = {entry.code: entry for entry in catalog.codes["facility_types"].entries}
    told = run["parameters"].get("services", {})
    cases = [
        Case(
            service=catalog.services[name],
            type=types[code],
            limits=told[name]["limits"] if name in told else catalog.services[name].limits.model_dump(mode="json"),
            total=queries.total(connection, run["id"], name, code),
            units=queries.units(connection, run["id"], name, code, run["on_date"], public_only=public_only),
            communities=queries.communities(connection, run["id"], name, code, run["on_date"], public_only=public_only),
        )
        for name, code in queries.cases(connection, run["id"])
        if name in catalog.services and code in types
    ]
    chosen = _chosen(cases, run, service, type_)
    case = (run["id"], chosen.service.id, chosen.type.code)
    day = run["on_date"]
    return Content(
        run_id=run["id"],
        on=day,
        started_at=run["started_at"],
        revision=run["network_revision"],
        release=Release.of_run(run, approval),
        published=run["published"],
        stale=run["stale"],
        unclassified=run["parameters"].get("unclassified", 0),
        estimated=run["parameters"].get("population_estimated", {}),
        modes={name: Mode.model_validate(mode) for name, mode in run["parameters"]["modes"].items()},
        cases=cases,
        chosen=chosen,
        place=queries.county(connection, day, public_only=public_only),
        sources=queries.sources(connection),
        population_dates=queries.population_dates(connection, day, public_only=public_only),
        attributions=queries.attributions(connection),
        circles=shown(queries.circles(connection, *case, public_only=public_only)),
        units=shown(queries.territories(connection, day, public_only=public_only)),
        facilities=shown(queries.facilities(connection, chosen.type.code, day, public_only=public_only)),
        waters=shown(queries.waters(connection, public_only=public_only)),
        roads=shown(queries.roads(connection, public_only=public_only)),
    )


def title_of(content: Content) -> Text:
    """The place (or nothing), the facility type and the standard."""
    place = content.place or ""
    case = content.chosen
    return Text(
        zh=f"{place}{case.type.title.zh}服务圈覆盖报告",
        en=f"{case.type.title.en}: coverage of the service circle{f', {place}' if place else ''}",
    )


def _chosen(cases: Sequence[Case], run: Mapping[str, Any], service: str | None, type_: str | None) -> Case:
    wanted = (service or run["figures"]["service"], type_ or (None if service else run["figures"]["type"]))
    for case in cases:
        if case.service.id == wanted[0] and wanted[1] in (None, case.type.code):
            return case
    known = "; ".join(f"{case.service.id} {case.type.code}" for case in cases)
    raise BadRequest("report.no-case", run=run["id"], service=wanted[0], type=wanted[1] or "-", known=known)


def shown(rows: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """Rows with a ``geometry`` as things on a map."""
    shapes = shapely.from_wkb([bytes(row["geometry"]) for row in rows])
    return [
        Shown(shape, row.get("name") or "", {k: v for k, v in row.items() if k not in ("geometry", "name")})
        for shape, row in zip(shapes, rows, strict=True)
        if shape is not None and not shape.is_empty
    ]
