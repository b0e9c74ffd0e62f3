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
from sqlalchemy import Connection

from geoservice.catalog import Catalog, Limit
from geoservice.coverage.cases import Case, CaseResult, RunRequest, cases_of, limits_of
from geoservice.coverage.circles import Circle, circles
from geoservice.coverage.counties import read_counties
from geoservice.coverage.figures import Coverage, Demand, Figures, Unit, count
from geoservice.coverage.figures.built_up import read_built_up
from geoservice.coverage.figures.declared import capacities
from geoservice.coverage.figures.places import places_of
from geoservice.coverage.figures.served import Served, serve
from geoservice.coverage.figures.unjoined import Unjoined, facility_reasons, islands, unjoined
from geoservice.coverage.figures.whole import told
from geoservice.coverage.inputs import INPUT_LAYERS, Estimated, UnitRow, read_publication
from geoservice.coverage.prepared import NO_PLACE, Prepared, prepared
from geoservice.coverage.results import StoredRun, store_run
from geoservice.coverage.scale.part import Question
from geoservice.database.engine import Database
from geoservice.database.prepare import revisions
from geoservice.errors import BadInput
from geoservice.settings import Settings

Progress = Callable[[str, int, int], None]
Spread = Callable[[Prepared, Sequence[Question], Progress], None]


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
    islands: Sequence[Unjoined]
    network_outside_km: Mapping[str, float]
    estimated: Estimated
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
            "population_estimated": self.estimated.as_dict(),
            "facilities": total.facilities,
            "by_unit": self.by_unit(self.headline),
            "by_county": self.by_county(self.headline),
            "network_outside_km": dict(self.network_outside_km),
            "unjoined": [asdict(one) for one in self.unjoined],
            "islands": [asdict(one) for one in self.islands],
            "types_without_facilities": sorted({one.case.type for one in self.results if not one.facilities}),
            "cases": [
                {
                    "service": result.case.service.id,
                    "type": result.case.type,
                    "limits": {
                        kind: limit.model_dump(mode="json")
                        for kind, limit in zip(("urban", "rural"), result.limits, strict=True)
                    },
                    "covered_population_share": result.coverage.total.population_share,
                    "covered_communities_share": result.coverage.total.communities_share,
                    **asdict(result.coverage.total),
                    **result.whole,
                }
                for result in self.results
            ],
        }

    def by_unit(self, result: CaseResult) -> list[dict[str, Any]]:
        """Figures of each unit with its name."""
        return [self._named(unit, figures) for unit, figures in result.coverage.units.items()]

    def by_county(self, result: CaseResult) -> list[dict[str, Any]]:
        """Figures of each county with its name."""
        return [self._named(county, figures) for county, figures in result.coverage.counties.items()]

    def _named(self, unit: Unit, figures: Figures) -> dict[str, Any]:
        return {
            "unit_id": unit,
            "name": self.units[unit].name if unit is not None and unit in self.units else None,
            "covered_population_share": figures.population_share,
            "people_left_out": figures.people_left_out,
            "communities_left_out": figures.communities_left_out,
            **asdict(figures),
        }


def run_coverage(
    database: Database,
    catalog: Catalog,
    settings: Settings,
    request: RunRequest,
    progress: Progress,
    *,
    also: Callable[[Connection, int], None] | None = None,
    spread: Spread | None = None,
) -> RunOutcome:
    """Computes and stores a run in one transaction: an error, one of `progress` too, leaves nothing behind.

    Parameters
    ----------
    also
        Called with the run's own connection and id when it is stored: what it writes comes with the run or not at all.
    spread
        Answers all questions beforehand, in parts; None to answer them here.

    Raises
    ------
    BadRequest
        If a service, type or mode is not declared.
    BadInput
        If there are no roads, no communities with a place, or no facility of any chosen type.
    """
    started = datetime.now(UTC)
    cases = cases_of(catalog, request)
    progress("coverage.step.read", 0, 1)
    # One moment: what is read below is what the stored revisions name.
    with database.connect("owner", repeatable=True) as connection:
        inputs = _read(connection, catalog, settings, request, cases, database)
        progress("coverage.step.read", 1, 1)
        if spread is not None:
            spread(inputs, questions_of(inputs, cases, request), progress)
        results = []
        for number, case in enumerate(cases):
            progress("coverage.step.run", number, len(cases))
            results.append(_compute(inputs, case, request))
        progress("coverage.step.run", len(cases), len(cases))
        if not any(result.facilities for result in results):
            raise BadInput("coverage.no-facilities", types=", ".join(sorted({case.type for case in cases})))
        if request.circles:
            results = _with_land(connection, _drawn(inputs, results, request, progress), request)
        results = [replace(result, whole=told(inputs.communities, result)) for result in results]
        headline = _headline(results)
        outside = _outside_km(inputs)
        progress("coverage.step.store", 0, 1)
        stored = StoredRun(
            started_at=started,
            on=request.on,
            network_revision=",".join(f"{mode}:{graph.revision[:16]}" for mode, graph in inputs.graphs.items()),
            input_revisions=_of_inputs(revisions(connection)),
            public_revisions=_of_inputs(revisions(connection, public=True)),
            parameters=_parameters(inputs, request, cases) | {"population_estimated": inputs.estimated.as_dict()},
            network_outside_km=outside,
            publication=read_publication(connection),
        )
        run_id = store_run(connection, stored, inputs.communities, results, headline)
        if also is not None:
            also(connection, run_id)
        progress("coverage.step.store", 1, 1)
    return RunOutcome(
        run_id=run_id,
        on=request.on,
        communities=len(inputs.communities),
        unclassified=int(inputs.communities.unclassified.sum()),
        schematic=stored.publication.schematic,
        units=inputs.units,
        headline=headline,
        unjoined=unjoined(inputs),
        islands=islands(inputs),
        network_outside_km=outside,
        estimated=inputs.estimated,
        results=results,
    )


def _read(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    request: RunRequest,
    cases: Sequence[Case],
    database: Database,
) -> Prepared:
    limits = [limit for case in cases for limit in limits_of(case.service, request)]
    inputs = prepared(connection, catalog, settings, limits, request.on, database.name)
    inputs.counties = read_counties(connection, inputs.units, request.on)
    if request.horizon_minutes is not None:
        inputs.horizon_ds = max([request.horizon_minutes * 600, *inputs.pairs_ds.values()])
    return inputs


def questions_of(inputs: Prepared, cases: Sequence[Case], request: RunRequest) -> list[Question]:
    """What the cases ask of the networks: each type by each of its ways once, with all circles that are drawn."""
    asked: dict[tuple[str, str], dict[int, None]] = {}
    for case in cases:
        for limit in limits_of(case.service, request):
            asked.setdefault((limit.mode, case.type), {})[limit.minutes * 600] = None
    return [
        Question(mode, type_, inputs.pairs_ds[mode], tuple(limits) if request.circles else ())
        for (mode, type_), limits in asked.items()
    ]


def _compute(inputs: Prepared, case: Case, request: RunRequest) -> CaseResult:
    communities, mine = inputs.communities, inputs.facilities.type == case.type
    urban, rural = limits_of(case.service, request)
    here = np.flatnonzero(inputs.placed())
    time = np.full(len(communities), -1, dtype=np.int32)
    facility = np.full(len(communities), -1, dtype=np.int64)
    reason = np.full(len(communities), NO_PLACE, dtype=object)
    for limit, members in ((urban, communities.urban), (rural, ~communities.urban)):
        found = inputs.answer(limit.mode, case.type)
        part = members[here]
        rows = here[part]
        time[rows], reason[rows] = found.time_ds[part], found.reason[part]
        winner = found.facility[part]
        if mine.any():
            facility[rows] = np.where(winner >= 0, inputs.facilities.id[mine][winner], -1)
    limit_ds = np.where(communities.urban, urban.minutes, rural.minutes).astype(np.int32) * 600
    served = serve(inputs, case.type, (urban, rural), limit_ds)
    return CaseResult(
        case=case,
        limits=(urban, rural),
        facilities=int(mine.sum()),
        time_ds=time,
        limit_ds=limit_ds,
        facility_id=facility,
        reason=reason,
        served=served,
        coverage=_count(inputs, mine, (time >= 0) & (time <= limit_ds), reason, served),
        places=places_of(communities, inputs.facilities, served, capacities()[case.type])
        if case.type in capacities()
        else None,
        facility_reasons=facility_reasons(inputs, case.type, (urban.mode, rural.mode)),
    )


def _count(
    inputs: Prepared,
    mine: NDArray[np.bool_],
    covered: NDArray[np.bool_],
    reason: NDArray[np.object_],
    served: Served,
) -> Coverage:
    communities = inputs.communities
    demand = Demand(
        unit=communities.unit_id,
        joined=~np.isin(reason.astype(str), [NO_PLACE, "off_network", "blocked"]),
        covered=covered,
        backed_up=served.within >= 2,
        by_neighbour=served.by_neighbour,
        population=communities.population,
        population_60=communities.population_60,
        population_80=communities.population_80,
        households=communities.households,
    )
    return count(
        demand,
        inputs.facilities.unit_id[mine],
        [unit for unit, row in inputs.units.items() if row.level == "township"],
        outside=served.outside,
        county=inputs.community_county,
        facility_county=inputs.facility_county[mine],
    )


def _outside_km(inputs: Prepared) -> dict[str, float]:
    """Kilometres of each network outside the counties that hold communities; none where no county has an outline."""
    if not inputs.counties.known:
        return {}
    return {
        mode: round(inputs.counties.outside_m(graph, inputs.homes) / 1000, 3) for mode, graph in inputs.graphs.items()
    }


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
        if (ready := inputs.drawn.get((limit.mode, results[number].case.type, limit.minutes * 600))) is not None:
            return [ready]
        field_ = inputs.field(limit.mode, results[number].case.type)
        return circles(field_, declared, [limit.minutes * 600], inputs.barriers[declared.barriers])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, ((number, limit), found) in enumerate(zip(wanted, pool.map(draw, wanted), strict=True), start=1):
            drawn[number] += [(limit, circle) for circle in found]
            progress("coverage.step.circles", done, len(wanted))
    return [replace(result, circles=tuple(mine)) for result, mine in zip(results, drawn, strict=True)]


def _with_land(connection: Connection, results: Sequence[CaseResult], request: RunRequest) -> list[CaseResult]:
    """The results with the built-up land inside the circle of the urban limit, where such land is loaded."""
    land = read_built_up(connection, request.on)
    if land is None:
        return list(results)
    found = []
    for result in results:
        urban = limits_of(result.case.service, request)[0]
        drawn = [
            circle for limit, circle in result.circles if (limit.mode, limit.minutes) == (urban.mode, urban.minutes)
        ]
        found.append(replace(result, built_up=land.inside(drawn[0].geometry)) if drawn else result)
    return found


def _headline(results: Sequence[CaseResult]) -> CaseResult:
    for result in results:
        if result.case.service.headline and result.case.type == result.case.service.headline_type:
            return result
    return max(results, key=lambda result: result.facilities)


def _of_inputs(revisions: Mapping[str, int]) -> dict[str, int]:
    return {layer: number for layer, number in revisions.items() if layer in INPUT_LAYERS}


def _parameters(inputs: Prepared, request: RunRequest, cases: Sequence[Case]) -> dict[str, Any]:
    """All assumptions, so that a figure can be told with them."""
    services = {case.service.id: case.service for case in cases}
    return {
        "direction": "to_facility",
        "horizon_s": inputs.horizon_ds // 10,
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
        "built_up_by": "urban",
        "unclassified": int(inputs.communities.unclassified.sum()),
    }
