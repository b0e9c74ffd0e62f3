"""Writes a run and its results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from geoalchemy2.shape import from_shape
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, text

from geoservice.coverage.figures.built_up import Land, total
from geoservice.coverage.figures.catchments import Catchments
from geoservice.coverage.figures.equity import gini_of_time
from geoservice.coverage.figures.losses import losses_of
from geoservice.coverage.figures.places import Places
from geoservice.coverage.figures.sums import Figures, Unit
from geoservice.coverage.inputs import Communities, Publication
from geoservice.database.models import SRID, CoverageCase, CoverageCircle, CoverageFacility, CoverageRun, CoverageUnit

if TYPE_CHECKING:
    from geoservice.coverage.cases import CaseResult


@dataclass(frozen=True)
class StoredRun:
    """What is told of a run beside its results."""

    started_at: datetime
    on: date
    network_revision: str
    input_revisions: dict[str, int]
    public_revisions: dict[str, int]
    parameters: dict[str, Any]
    publication: Publication
    network_outside_km: Mapping[str, float]


# Columns of an answer for each community, in the order of `_reach`. As arrays: under a policy nothing can be copied in.
_REACH = {
    "community_id": "bigint",
    "facility_id": "bigint",
    "time_ds": "bigint",
    "limit_ds": "bigint",
    "covered": "boolean",
    "reason": "text",
    "second_facility_id": "bigint",
    "second_time_ds": "bigint",
    "facilities_within": "bigint",
    "by_neighbour": "boolean",
    "places_per_thousand": "double precision",
    "places_balanced": "double precision",
    "places_shared": "double precision",
}
_STORE_REACH = text(
    f"insert into coverage_reach (run_id, standard_id, type, {', '.join(_REACH)}) select :run_id, :standard_id, :type, *"  # noqa: S608 - names from above
    f" from unnest({', '.join(f'cast(:{name} as {kind}[])' for name, kind in _REACH.items())})"
)


def store_run(
    connection: Connection,
    run: StoredRun,
    communities: Communities,
    results: Sequence[CaseResult],
    headline: CaseResult,
) -> int:
    """Stores everything in the caller's transaction; gives the run's id."""
    whole = headline.coverage.total
    figures = {
        "service": headline.case.service.id,
        "type": headline.case.type,
        "covered_population_share": whole.population_share,
        **asdict(whole),
    }
    values = {
        "started_at": run.started_at,
        "on_date": run.on,
        "network_revision": run.network_revision,
        "input_revisions": run.input_revisions,
        "public_revisions": run.public_revisions,
        "parameters": run.parameters,
        "figures": figures,
        "network_outside_km": dict(run.network_outside_km),
        **asdict(run.publication),
    }
    run_id: int = connection.execute(insert(CoverageRun).values(values).returning(CoverageRun.id)).scalar_one()
    for result in results:
        reach = dict(zip(_REACH, _reach(communities, result), strict=True))
        connection.execute(_STORE_REACH, _case(run_id, result) | reach)
    connection.execute(
        insert(CoverageUnit), [row for result in results for row in _unit_rows(run_id, communities, result)]
    )
    connection.execute(
        insert(CoverageCase), [_case(run_id, result) | {"figures": dict(result.whole)} for result in results]
    )
    served = [row for result in results for row in _facility_rows(run_id, communities, result)]
    if served:
        connection.execute(insert(CoverageFacility), served)
    drawn = [row for result in results for row in _circle_rows(run_id, result, run.publication)]
    if drawn:
        connection.execute(insert(CoverageCircle), drawn)
    return run_id


def _reach(communities: Communities, result: CaseResult) -> tuple[list[Any], ...]:
    served, nothing = result.served, [None] * len(communities)
    return (
        communities.id.tolist(),
        _or_none(result.facility_id, result.time_ds >= 0),
        _or_none(result.time_ds, result.time_ds >= 0),
        result.limit_ds.tolist(),
        result.covered.tolist(),
        [None if reached else reason for reached, reason in zip(result.time_ds >= 0, result.reason, strict=True)],
        _or_none(served.second_id, served.second_ds >= 0),
        _or_none(served.second_ds, served.second_ds >= 0),
        served.within.tolist(),
        nothing if served.by_neighbour is None else served.by_neighbour.tolist(),
        *([nothing] * 3 if result.places is None else _scores(result.places.catchments)),
    )


def _scores(found: Catchments) -> list[list[float | None]]:
    """Places a thousand people of each community, in the three forms."""
    columns = (found.two_step, found.balanced, found.shared)
    return [[None if isnan(value) else 1000.0 * value for value in column.tolist()] for column in columns]


def _or_none(column: NDArray[Any], known: NDArray[np.bool_]) -> list[int | None]:
    return [value if yes else None for value, yes in zip(column.tolist(), known.tolist(), strict=True)]


def _unit_rows(run_id: int, communities: Communities, result: CaseResult) -> Iterator[dict[str, Any]]:
    coverage = result.coverage
    rows: list[tuple[Unit, str | None, Figures]] = [(None, "is_total", coverage.total)]
    rows += [(unit, None, figures) for unit, figures in coverage.units.items()]
    rows += [(county, "is_county", figures) for county, figures in coverage.counties.items()]
    for unit, kind, figures in rows:
        inequality = None
        if kind == "is_total":
            inequality = result.whole["gini_time"]
        elif kind is None:
            members = communities.unit_id == (-1 if unit is None else unit)
            inequality = gini_of_time(result.time_ds, communities.population, members)
        marks = {"is_total": kind == "is_total", "is_county": kind == "is_county", "gini_time": inequality}
        yield _case(run_id, result) | {"unit_id": unit} | marks | asdict(figures) | _land(result.built_up, unit, kind)


def _land(land: Mapping[Unit, Land] | None, unit: Unit, kind: str | None) -> dict[str, float | None]:
    found = None
    if land is not None and kind != "is_county":
        found = total(land) if kind == "is_total" else land.get(unit, Land(0.0, 0.0))
    return {
        "built_up_km2": None if found is None else found.whole_km2,
        "built_up_covered_km2": None if found is None else found.inside_km2,
    }


def _facility_rows(run_id: int, communities: Communities, result: CaseResult) -> Iterator[dict[str, Any]]:
    served, places = result.served, result.places
    closing = losses_of(served, communities)
    for number, (facility, cost) in enumerate(zip(served.facility_id.tolist(), closing, strict=True)):
        yield {
            **_case(run_id, result),
            "facility_id": facility,
            "outside": None if served.outside is None else bool(served.outside[number]),
            **cost,
            **(_NO_PLACES if places is None else _taken(places, number)),
        }


_NO_PLACES = dict.fromkeys(("capacity", "taken_milli", "effective_ds"))


def _taken(places: Places, number: int) -> dict[str, int | None]:
    if places.capacity[number] < 0:
        return _NO_PLACES
    farthest = int(places.allocation.farthest_ds[number])
    return {
        "capacity": int(places.capacity[number]),
        "taken_milli": int(places.allocation.taken[number]),
        "effective_ds": None if farthest < 0 else farthest,
    }


def _case(run_id: int, result: CaseResult) -> dict[str, Any]:
    return {"run_id": run_id, "standard_id": result.case.service.id, "type": result.case.type}


def _circle_rows(run_id: int, result: CaseResult, publication: Publication) -> Iterator[dict[str, Any]]:
    for limit, circle in result.circles:
        if circle.geometry.is_empty:
            continue
        yield {
            "run_id": run_id,
            "standard_id": result.case.service.id,
            "type": result.case.type,
            "mode": limit.mode,
            "minutes": limit.minutes,
            "area_km2": circle.area_km2,
            "geom": from_shape(circle.geometry, srid=SRID),
            **asdict(publication),
        }
