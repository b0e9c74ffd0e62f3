"""Coverage runs and their results by unit and by community."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from geoservice.database.filters import public
from geoservice.database.models import Community, CoverageReach, CoverageRun, CoverageUnit
from geoservice.database.paging import Key, Page, page
from geoservice.database.prepare import revisions
from geoservice.publish.queries.columns import position, unit_name

# A county has some hundred communities, a province some ten thousand.
MOST_COMMUNITIES = 100_000


def runs(connection: Connection, *, limit: int, after: str | None = None) -> Page:
    """Runs, the newest first, each with `stale`: whether an input has changed since."""
    newest = -CoverageRun.id
    statement = _described().add_columns(newest.label("_newest"))
    found = page(connection, statement, [Key("_newest", newest, int)], limit=limit, after=after)
    present = revisions(connection)
    return Page([_judged(item, present) for item in found.items], found.next)


def run(connection: Connection, run_id: int) -> dict[str, Any] | None:
    """One run; None where none is published under this id."""
    row = connection.execute(_described().where(CoverageRun.id == run_id)).mappings().first()
    return None if row is None else _judged(dict(row), revisions(connection))


def latest_run(connection: Connection) -> int | None:
    """The id of the newest run; None where there is none."""
    return connection.execute(
        select(CoverageRun.id).where(public(CoverageRun)).order_by(CoverageRun.id.desc())
    ).scalar()


def run_units(connection: Connection, run_id: int, *, service: str, type_: str, day: date) -> list[dict[str, Any]]:
    """Figures of each unit and, with `is_total`, of all together; units are named as on `day`."""
    figures = [column for column in CoverageUnit.__table__.columns if column.key not in _HIDDEN]
    statement = (
        select(*figures, unit_name(CoverageUnit.unit_id, day).label("name"))
        .where(*_of(CoverageUnit, run_id, service, type_))
        .order_by(CoverageUnit.is_total.desc(), CoverageUnit.unit_id)
        .limit(MOST_COMMUNITIES)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def run_communities(connection: Connection, run_id: int, *, service: str, type_: str) -> list[dict[str, Any]]:
    """The result of each community that has a point, by id; at most `MOST_COMMUNITIES`."""
    statement = (
        select(
            CoverageReach.community_id,
            Community.name,
            Community.class_.label("class"),
            *position(Community.geom),
            Community.unit_id,
            CoverageReach.facility_id,
            (CoverageReach.time_ds / 10.0).label("time_s"),
            (CoverageReach.limit_ds / 10.0).label("limit_s"),
            CoverageReach.covered,
            CoverageReach.reason,
            Community.population,
        )
        .join(Community, and_(Community.id == CoverageReach.community_id, public(Community)))
        .where(*_of(CoverageReach, run_id, service, type_))
        .order_by(CoverageReach.community_id)
        .limit(MOST_COMMUNITIES)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


_HIDDEN = {"id", "run_id", "standard_id", "type"}


def _of(table: type[CoverageUnit | CoverageReach], run_id: int, service: str, type_: str) -> tuple[Any, ...]:
    return table.run_id == run_id, table.standard_id == service, table.type == type_


def _described() -> Select[Any]:
    return select(
        CoverageRun.id,
        CoverageRun.started_at,
        CoverageRun.finished_at,
        CoverageRun.on_date,
        CoverageRun.network_revision,
        CoverageRun.input_revisions,
        CoverageRun.parameters,
        CoverageRun.figures,
        CoverageRun.schematic,
    ).where(public(CoverageRun))


def _judged(found: dict[str, Any], present: dict[str, int]) -> dict[str, Any]:
    stale = any(present.get(layer) != revision for layer, revision in found["input_revisions"].items())
    return {**found, "stale": stale}
