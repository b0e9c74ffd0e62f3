"""Writes a run and its results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, insert

from geoservice.coverage.inputs import Communities, Publication
from geoservice.database.models import SRID, CoverageCircle, CoverageRun, CoverageUnit

if TYPE_CHECKING:
    from geoservice.coverage.run import CaseResult


@dataclass(frozen=True)
class StoredRun:
    """What is told of a run beside its results."""

    started_at: datetime
    on: date
    network_revision: str
    input_revisions: dict[str, int]
    parameters: dict[str, Any]
    publication: Publication


_REACH = (
    "copy coverage_reach (run_id, standard_id, type, community_id, facility_id, time_ds, limit_ds, covered, reason)"
    " from stdin"
)
# Figures of a unit that have a column of their own.
_KEPT = {column.key for column in CoverageUnit.__table__.columns}


def store_run(
    connection: Connection,
    run: StoredRun,
    communities: Communities,
    results: Sequence[CaseResult],
    headline: CaseResult,
) -> int:
    """Stores everything in the caller's transaction; gives the run's id."""
    total = headline.coverage.total
    figures = {
        "service": headline.case.service.id,
        "type": headline.case.type,
        "covered_population_share": total.population_share,
        **asdict(total),
    }
    values = {
        "started_at": run.started_at,
        "on_date": run.on,
        "network_revision": run.network_revision,
        "input_revisions": run.input_revisions,
        "parameters": run.parameters,
        "figures": figures,
        **asdict(run.publication),
    }
    run_id: int = connection.execute(insert(CoverageRun).values(values).returning(CoverageRun.id)).scalar_one()
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_REACH) as copy:
        for result in results:
            for row in _reach_rows(run_id, communities, result):
                copy.write_row(row)
    connection.execute(insert(CoverageUnit), [row for result in results for row in _unit_rows(run_id, result)])
    drawn = [row for result in results for row in _circle_rows(run_id, result, run.publication)]
    if drawn:
        connection.execute(insert(CoverageCircle), drawn)
    return run_id


def _reach_rows(run_id: int, communities: Communities, result: CaseResult) -> Iterator[tuple[Any, ...]]:
    columns = (communities.id, result.time_ds, result.limit_ds, result.facility_id, result.covered)
    listed = (column.tolist() for column in columns)
    for (community, time, limit, facility, covered), reason in zip(
        zip(*listed, strict=True), result.reason, strict=True
    ):
        reached = time >= 0
        yield (
            run_id,
            result.case.service.id,
            result.case.type,
            community,
            facility if reached else None,
            time if reached else None,
            limit,
            covered,
            None if reached else reason,
        )


def _unit_rows(run_id: int, result: CaseResult) -> Iterator[dict[str, Any]]:
    case = {"run_id": run_id, "standard_id": result.case.service.id, "type": result.case.type}
    rows = [(None, True, result.coverage.total)]
    rows += [(unit, False, figures) for unit, figures in result.coverage.units.items()]  # type: ignore[misc]
    for unit, is_total, figures in rows:
        kept = {name: value for name, value in asdict(figures).items() if name in _KEPT}
        yield case | {"unit_id": unit, "is_total": is_total} | kept


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
