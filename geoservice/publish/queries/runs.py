"""Coverage runs and their results by unit and by community."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, select, true

from geoservice.database.actor import acting
from geoservice.database.filters import visible
from geoservice.database.models import (
    Community,
    CoverageCase,
    CoverageFacility,
    CoverageReach,
    CoverageRun,
    CoverageUnit,
    Facility,
)
from geoservice.database.paging import Key, Page, page
from geoservice.database.people import PEOPLE, of_community, people_columns
from geoservice.database.prepare import changed_layers, revisions
from geoservice.publish.queries.columns import position, unit_name

# A county has some hundred communities, a province some ten thousand.
MOST_COMMUNITIES = 100_000


def runs(
    connection: Connection,
    *,
    limit: int,
    after: str | None = None,
    service: str | None = None,
    type_: str | None = None,
) -> Page:
    """Runs, the newest first, each with `stale`: whether an input has changed since.

    Parameters
    ----------
    service, type_
        Only runs that hold this standard, this type.
    """
    newest = -CoverageRun.id
    statement = _described().add_columns(newest.label("_newest"))
    if service is not None or type_ is not None:
        held = select(CoverageUnit.id).where(CoverageUnit.run_id == CoverageRun.id, CoverageUnit.is_total)
        named = ((CoverageUnit.standard_id, service), (CoverageUnit.type, type_))
        wanted = [column == value for column, value in named if value is not None]
        statement = statement.where(held.where(*wanted).exists())
    found = page(connection, statement, [Key("_newest", newest, int)], limit=limit, after=after)
    public = not acting.get().reads
    present = revisions(connection, public=public)
    return Page([_judged(item, present, public=public) for item in found.items], found.next)


def run(connection: Connection, run_id: int | None, *, public_only: bool = True) -> dict[str, Any] | None:
    """One run, or the newest; None where none is published under this id.

    Beside `stale` it tells `changed`: the layers that have changed since.
    """
    statement = _described(public_only=public_only).order_by(CoverageRun.id.desc()).limit(1)
    if run_id is not None:
        statement = statement.where(CoverageRun.id == run_id)
    row = connection.execute(statement).mappings().first()
    if row is None:
        return None
    public = public_only and not acting.get().reads
    return _judged(dict(row), revisions(connection, public=public), public=public)


def latest_run(connection: Connection) -> int | None:
    """The id of the newest run; None where there is none."""
    return connection.execute(
        select(CoverageRun.id).where(visible(CoverageRun)).order_by(CoverageRun.id.desc())
    ).scalar()


def run_cases(connection: Connection, run_id: int) -> list[tuple[str, str]]:
    """Standards and types that a run holds."""
    statement = select(CoverageUnit.standard_id, CoverageUnit.type).where(
        CoverageUnit.run_id == run_id, CoverageUnit.is_total
    )
    rows = connection.execute(statement.order_by(CoverageUnit.standard_id, CoverageUnit.type))
    return [(standard, type_) for standard, type_ in rows]


def run_units(
    connection: Connection, run_id: int, *, service: str, type_: str, day: date, public_only: bool = True
) -> list[dict[str, Any]]:
    """Figures of each unit, with `is_county` of each county, and with `is_total` of all together; named as on `day`."""
    figures = [column for column in CoverageUnit.__table__.columns if column.key not in _HIDDEN]
    statement = (
        select(*figures, unit_name(CoverageUnit.unit_id, day, public_only=public_only).label("name"))
        .where(*_of(CoverageUnit, run_id, service, type_))
        .order_by(CoverageUnit.is_total.desc(), CoverageUnit.is_county, CoverageUnit.unit_id)
        .limit(MOST_COMMUNITIES)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def run_case(connection: Connection, run_id: int, *, service: str, type_: str) -> dict[str, Any]:
    """What is told of a case as a whole; empty where nothing is stored."""
    statement = select(CoverageCase.figures).where(*_of(CoverageCase, run_id, service, type_))
    return dict(connection.execute(statement).scalar() or {})


def named_communities(
    connection: Connection, ids: Sequence[int], *, public_only: bool = True
) -> dict[int, tuple[str, int | None]]:
    """Name and unit of communities."""
    seen = visible(Community) if public_only else true()
    statement = select(Community.id, Community.name, Community.unit_id).where(Community.id.in_(ids), seen)
    return {id_: (name, unit) for id_, name, unit in connection.execute(statement)}


def run_facilities(connection: Connection, run_id: int, *, service: str, type_: str) -> list[dict[str, Any]]:
    """What each facility does in one case, those whose closing costs most people their cover first."""
    figures = [column for column in CoverageFacility.__table__.columns if column.key not in _HIDDEN]
    statement = (
        select(*figures, Facility.name, Facility.unit_id, *position(Facility.geom))
        .join(Facility, and_(Facility.id == CoverageFacility.facility_id, visible(Facility)))
        .where(*_of(CoverageFacility, run_id, service, type_))
        .order_by(
            CoverageFacility.lost_population.desc(),
            CoverageFacility.lost_communities.desc(),
            CoverageFacility.single_population.desc(),
            CoverageFacility.facility_id,
        )
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
            CoverageReach.second_facility_id,
            (CoverageReach.second_time_ds / 10.0).label("second_time_s"),
            CoverageReach.facilities_within,
            CoverageReach.by_neighbour,
            CoverageReach.places_per_thousand,
            CoverageReach.places_balanced,
            CoverageReach.places_shared,
            *people_columns(),
            Community.households,
        )
        .join(Community, and_(Community.id == CoverageReach.community_id, visible(Community)))
        .outerjoin(PEOPLE, of_community(public_only=True))
        .where(*_of(CoverageReach, run_id, service, type_))
        .order_by(CoverageReach.community_id)
        .limit(MOST_COMMUNITIES)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


_HIDDEN = {"id", "run_id", "standard_id", "type"}


def _of(
    table: type[CoverageUnit | CoverageReach | CoverageFacility | CoverageCase], run_id: int, service: str, type_: str
) -> tuple[Any, ...]:
    return table.run_id == run_id, table.standard_id == service, table.type == type_


def _described(*, public_only: bool = True) -> Select[Any]:
    return select(
        CoverageRun.id,
        CoverageRun.started_at,
        CoverageRun.finished_at,
        CoverageRun.on_date,
        CoverageRun.network_revision,
        CoverageRun.input_revisions,
        CoverageRun.public_revisions,
        CoverageRun.parameters,
        CoverageRun.figures,
        CoverageRun.network_outside_km,
        CoverageRun.classification,
        CoverageRun.schematic,
    ).where(visible(CoverageRun) if public_only else true())


def _judged(found: dict[str, Any], present: dict[str, int], *, public: bool) -> dict[str, Any]:
    """With what has changed since; the public is told of nothing else than what it sees."""
    changed = changed_layers(found, present, public=public)
    seen = found.pop("public_revisions")
    told = {"input_revisions": seen} if public else {}
    return {**found, **told, "stale": bool(changed), "changed": changed}
