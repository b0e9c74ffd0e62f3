"""One coverage run: every chosen standard and facility type, from the inputs of one moment, stored whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.catalog import Catalog, Limit, ServiceStandard
from geoservice.coverage.circles import Circle, circles
from geoservice.coverage.figures import Coverage, Demand, count
from geoservice.coverage.inputs import INPUT_LAYERS, UnitRow, read_publication
from geoservice.coverage.prepared import HORIZON_DS, NO_PLACE, Prepared, prepared
from geoservice.coverage.reach import evaluate
from geoservice.coverage.results import StoredRun, store_run
from geoservice.database.engine import Database
from geoservice.database.prepare import revisions
from geoservice.errors import BadInput, BadRequest
from geoservice.settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RunRequest:
    """What to compute.

    Attributes
    ----------
    services, types
        Ids; none for all standards, and for all types of a standard.
    mode, minutes
        In place of what the standards say; None to leave them.
    on
        The day whose facilities, communities and units count.
    circles
        Whether to draw the service circles.
    """

    on: date
    services: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    mode: str | None = None
    minutes: int | None = None
    circles: bool = True


@dataclass(frozen=True)
class Case:
    """One facility type judged by one standard."""

    service: ServiceStandard
    type: str


@dataclass(frozen=True)
class CaseResult:
    """Reach of every community in one case; time -1 where there is none, and then a reason."""

    case: Case
    facilities: int
    time_ds: NDArray[np.int32]
    limit_ds: NDArray[np.int32]
    facility_id: NDArray[np.int64]
    reason: NDArray[np.object_]
    coverage: Coverage
    circles: tuple[tuple[Limit, Circle], ...] = ()

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Which communities are covered."""
        within: NDArray[np.bool_] = (self.time_ds >= 0) & (self.time_ds <= self.limit_ds)
        return within


@dataclass(frozen=True)
class Unjoined:
    """A community or facility that a way of travel could not join to the network, and why."""

    kind: str
    id: int
    name: str
    mode: str
    reason: str


@dataclass
class RunOutcome:
    """What a run found."""

    run_id: int
    on: date
    communities: int
    unclassified: int
    schematic: bool
    units: Mapping[int, UnitRow]
    headline: CaseResult
    unjoined: Sequence[Unjoined]
    results: Sequence[CaseResult] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The headline figures, then every case."""
        total = self.headline.coverage.total
        return {
            "run": self.run_id,
            "on": self.on,
            "schematic": self.schematic,
            "service": self.headline.case.service.id,
            "type": self.headline.case.type,
            "covered_population_share": total.population_share,
            "covered_communities_share": total.communities_share,
            "communities": self.communities,
            "communities_unclassified": self.unclassified,
            "communities_without_population": total.communities_without_population,
            "facilities": total.facilities,
            "by_unit": self.by_unit(self.headline),
            "unjoined": [asdict(one) for one in self.unjoined],
            "cases": [
                {
                    "service": result.case.service.id,
                    "type": result.case.type,
                    "covered_population_share": result.coverage.total.population_share,
                    "covered_communities_share": result.coverage.total.communities_share,
                    **asdict(result.coverage.total),
                }
                for result in self.results
            ],
        }

    def by_unit(self, result: CaseResult) -> list[dict[str, Any]]:
        """Figures of each unit with its name."""
        return [
            {
                "unit_id": unit,
                "name": self.units[unit].name if unit is not None and unit in self.units else None,
                "covered_population_share": figures.population_share,
                "people_left_out": figures.people_left_out,
                "communities_left_out": figures.communities_left_out,
                **asdict(figures),
            }
            for unit, figures in result.coverage.units.items()
        ]


def run_coverage(
    database: Database, catalog: Catalog, settings: Settings, request: RunRequest, progress: Progress
) -> RunOutcome:
    """Computes and stores a run.

    Raises
    ------
    BadRequest
        If a service, type or mode is not declared.
    BadInput
        If there are no roads, no communities with a place, or no facility of any chosen type.
    """
    started = datetime.now(UTC)
    cases = cases_of(catalog, request)
    with database.connect("owner") as connection:
        # One moment: what is read below is what the stored revisions name.
        connection.execute(text("set transaction isolation level repeatable read"))
        inputs = _read(connection, catalog, settings, request, cases, database)
        results = []
        for number, case in enumerate(cases):
            progress("coverage.step.run", number, len(cases))
            results.append(_compute(inputs, case, request))
        progress("coverage.step.run", len(cases), len(cases))
        if not any(result.facilities for result in results):
            raise BadInput("coverage.no-facilities", types=", ".join(sorted({case.type for case in cases})))
        if request.circles:
            results = _drawn(inputs, results, request, progress)
        headline = _headline(results)
        progress("coverage.step.store", 0, 1)
        stored = StoredRun(
            started_at=started,
            on=request.on,
            network_revision=",".join(f"{mode}:{graph.revision[:16]}" for mode, graph in inputs.graphs.items()),
            input_revisions={k: v for k, v in revisions(connection).items() if k in INPUT_LAYERS},
            parameters=_parameters(inputs, request, cases),
            publication=read_publication(connection),
        )
        run_id = store_run(connection, stored, inputs.communities, results, headline)
        progress("coverage.step.store", 1, 1)
    return RunOutcome(
        run_id=run_id,
        on=request.on,
        communities=len(inputs.communities),
        unclassified=int(inputs.communities.unclassified.sum()),
        schematic=stored.publication.schematic,
        units=inputs.units,
        headline=headline,
        unjoined=_unjoined(inputs),
        results=results,
    )


def limits_of(service: ServiceStandard, request: RunRequest) -> tuple[Limit, Limit]:
    """The limits for urban and rural communities, with what the request puts in their place."""
    change: dict[str, Any] = {}
    if request.mode is not None:
        change["mode"] = request.mode
    if request.minutes is not None:
        change["minutes"] = request.minutes
    if change:
        change |= {"source": "request", "setting": True}
    urban, rural = service.limits.urban, service.limits.rural
    return urban.model_copy(update=change), rural.model_copy(update=change)


def cases_of(catalog: Catalog, request: RunRequest) -> list[Case]:
    """The standards and types that a request means.

    Raises
    ------
    BadRequest
        If a service, type or mode is not declared.
    """
    known_types = {entry.code for entry in catalog.codes["facility_types"].entries}
    for given, known, code in (
        (request.services, set(catalog.services), "coverage.unknown-service"),
        (request.types, known_types, "coverage.unknown-type"),
        ([request.mode] if request.mode else [], set(catalog.modes), "coverage.unknown-mode"),
    ):
        for value in given:
            if value not in known:
                raise BadRequest(code, value=value, known=", ".join(sorted(known)))
    services = [catalog.services[name] for name in request.services or catalog.services]
    if request.types and not request.services:
        # A type on its own is judged by the standards that name it, else by the headline.
        services = [s for s in services if set(s.types) & set(request.types)]
        named = {type_ for service in services for type_ in service.types}
        extra = [Case(catalog.headline, type_) for type_ in request.types if type_ not in named]
        return [Case(s, t) for s in services for t in s.types if t in request.types] + extra
    return [Case(service, type_) for service in services for type_ in request.types or service.types]


def _read(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    request: RunRequest,
    cases: Sequence[Case],
    database: Database,
) -> Prepared:
    modes = list(dict.fromkeys(limit.mode for case in cases for limit in limits_of(case.service, request)))
    return prepared(connection, catalog, settings, modes, request.on, database.name)


def _compute(inputs: Prepared, case: Case, request: RunRequest) -> CaseResult:
    communities, mine = inputs.communities, inputs.facilities.type == case.type
    urban, rural = limits_of(case.service, request)
    here = np.flatnonzero(inputs.placed())
    time = np.full(len(communities), -1, dtype=np.int32)
    facility = np.full(len(communities), -1, dtype=np.int64)
    reason = np.full(len(communities), NO_PLACE, dtype=object)
    for limit, members in ((urban, communities.urban), (rural, ~communities.urban)):
        found = evaluate(inputs.field(limit.mode, case.type), inputs.demand(limit.mode))
        part = members[here]
        rows = here[part]
        time[rows], reason[rows] = found.time_ds[part], found.reason[part]
        winner = found.facility[part]
        if mine.any():
            facility[rows] = np.where(winner >= 0, inputs.facilities.id[mine][winner], -1)
    limit_ds = np.where(communities.urban, urban.minutes, rural.minutes).astype(np.int32) * 600
    covered = (time >= 0) & (time <= limit_ds)
    return CaseResult(
        case=case,
        facilities=int(mine.sum()),
        time_ds=time,
        limit_ds=limit_ds,
        facility_id=facility,
        reason=reason,
        coverage=_count(inputs, mine, covered, reason),
    )


def _count(
    inputs: Prepared, mine: NDArray[np.bool_], covered: NDArray[np.bool_], reason: NDArray[np.object_]
) -> Coverage:
    communities = inputs.communities
    unjoined = np.isin(reason.astype(str), [NO_PLACE, "off_network", "blocked"])
    columns = (communities.unit_id, communities.population, communities.population_60, communities.population_80)
    demands = [
        Demand(
            unit=_known(unit),
            joined=not away,
            covered=bool(yes),
            population=_known(people),
            population_60=_known(old),
            population_80=_known(oldest),
        )
        for unit, people, old, oldest, yes, away in zip(
            *(column.tolist() for column in columns), covered, unjoined, strict=True
        )
    ]
    townships = [unit for unit, row in inputs.units.items() if row.level == "township"]
    return count(demands, [_known(unit) for unit in inputs.facilities.unit_id[mine].tolist()], townships)


def _unjoined(inputs: Prepared) -> list[Unjoined]:
    """Everything that was tried and not joined, communities first."""
    communities, facilities = inputs.communities, inputs.facilities
    here = np.flatnonzero(inputs.placed())
    found = [
        Unjoined("community", int(communities.id[index]), communities.name[index], "-", NO_PLACE)
        for index in np.flatnonzero(~inputs.placed())
    ]
    for mode, joins in inputs.joined.items():
        for row in np.flatnonzero(~joins.joined):
            index = here[row]
            reason = joins.reason(int(row)) or "-"
            found.append(Unjoined("community", int(communities.id[index]), communities.name[index], mode, reason))
    for (mode, type_), field_ in inputs.fields.items():
        mine = np.flatnonzero(facilities.type == type_)
        for row in np.flatnonzero(~field_.facilities.joined):
            index, reason = mine[row], field_.facilities.reason(int(row)) or "-"
            found.append(Unjoined("facility", int(facilities.id[index]), facilities.name[index], mode, reason))
    return found


def _known(value: int) -> int | None:
    return None if value < 0 else value


def _drawn(
    inputs: Prepared, results: Sequence[CaseResult], request: RunRequest, progress: Progress
) -> list[CaseResult]:
    """The results with one circle for each way and time that their standards name; GEOS works without the GIL."""
    wanted = [
        (number, limit)
        for number, result in enumerate(results)
        if result.facilities
        for limit in {(each.mode, each.minutes): each for each in limits_of(result.case.service, request)}.values()
    ]
    drawn: list[list[tuple[Limit, Circle]]] = [[] for _ in results]

    def draw(task: tuple[int, Limit]) -> list[Circle]:
        number, limit = task
        declared = inputs.modes[limit.mode]
        field_ = inputs.field(limit.mode, results[number].case.type)
        return circles(field_, declared, [limit.minutes * 600], inputs.barriers[declared.barriers])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, ((number, limit), found) in enumerate(zip(wanted, pool.map(draw, wanted), strict=True), start=1):
            drawn[number] += [(limit, circle) for circle in found]
            progress("coverage.step.circles", done, len(wanted))
    return [replace(result, circles=tuple(mine)) for result, mine in zip(results, drawn, strict=True)]


def _headline(results: Sequence[CaseResult]) -> CaseResult:
    for result in results:
        if result.case.service.headline and result.case.type == result.case.service.headline_type:
            return result
    return max(results, key=lambda result: result.facilities)


def _parameters(inputs: Prepared, request: RunRequest, cases: Sequence[Case]) -> dict[str, Any]:
    """All assumptions, so that a figure can be told with them."""
    services = {case.service.id: case.service for case in cases}
    return {
        "direction": "to_facility",
        "horizon_s": HORIZON_DS // 10,
        "modes": {name: mode.model_dump(mode="json") for name, mode in inputs.modes.items()},
        "services": {
            name: {
                "types": [case.type for case in cases if case.service.id == name],
                "limits": {
                    kind: limit.model_dump(mode="json")
                    for kind, limit in zip(("urban", "rural"), limits_of(service, request), strict=True)
                },
                "source": service.source,
            }
            for name, service in services.items()
        },
        "unclassified_as": "rural",
        "unclassified": int(inputs.communities.unclassified.sum()),
    }
