"""What a report reads; each query leaves out what is not published where `public_only` says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true
from sqlalchemy.orm import aliased

from geoservice.database.filters import in_force, is_open, visible
from geoservice.database.models import (
    Community,
    CoverageCircle,
    CoverageReach,
    CoverageRun,
    CoverageUnit,
    Facility,
    ImportBatch,
    Road,
    UnitVersion,
    Water,
)
from geoservice.database.people import PEOPLE, of_community, people_columns, people_day
from geoservice.database.prepare import changed_layers, revisions

Rows = Sequence[dict[str, Any]]

# A map of a county on a sheet of paper does not show less than about twenty metres.
TOLERANCE_DEGREES = 2e-4
MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")
MOST_ROADS = 20_000
_HIDDEN = {"id", "run_id", "standard_id", "type"}


def run(connection: Connection, run_id: int | None, *, public_only: bool) -> dict[str, Any] | None:
    """A run by its id, or the newest; with `stale`."""
    columns = [column for column in CoverageRun.__table__.columns if column.key != "batch_id"]
    statement = select(*columns).where(_seen(CoverageRun, public_only=public_only)).order_by(CoverageRun.id.desc())
    if run_id is not None:
        statement = statement.where(CoverageRun.id == run_id)
    row = connection.execute(statement.limit(1)).mappings().first()
    if row is None:
        return None
    present = revisions(connection, public=public_only)
    return {**row, "stale": bool(changed_layers(dict(row), present, public=public_only))}


def cases(connection: Connection, run_id: int) -> list[tuple[str, str]]:
    """Standard and facility type of each case, in the order in which they were stored."""
    first = func.min(CoverageUnit.id)
    statement = (
        select(CoverageUnit.standard_id, CoverageUnit.type)
        .where(CoverageUnit.run_id == run_id)
        .group_by(CoverageUnit.standard_id, CoverageUnit.type)
        .order_by(first)
    )
    return [(row.standard_id, row.type) for row in connection.execute(statement)]


def total(connection: Connection, run_id: int, service: str, type_: str) -> dict[str, Any]:
    """Figures of all communities together."""
    found = _list(connection, _figures(run_id, service, type_).where(CoverageUnit.is_total))
    return found[0] if found else {}


def units(connection: Connection, run_id: int, service: str, type_: str, day: date, *, public_only: bool) -> Rows:
    """Figures of each unit, with its name."""
    version = aliased(UnitVersion)
    joined = and_(
        version.unit_id == CoverageUnit.unit_id, in_force(version, day), _seen(version, public_only=public_only)
    )
    statement = (
        _figures(run_id, service, type_)
        .add_columns(version.name)
        .outerjoin(version, joined)
        .where(~CoverageUnit.is_total, ~CoverageUnit.is_county)
        .order_by(CoverageUnit.unit_id)
    )
    return _list(connection, statement)


def communities(connection: Connection, run_id: int, service: str, type_: str, day: date, *, public_only: bool) -> Rows:
    """The result of each community with the names of its township and facility; times in seconds."""
    version = aliased(UnitVersion)
    in_unit = and_(
        version.unit_id == Community.unit_id, in_force(version, day), _seen(version, public_only=public_only)
    )
    of_facility = and_(Facility.id == CoverageReach.facility_id, _seen(Facility, public_only=public_only))
    statement = (
        select(
            CoverageReach.community_id,
            Community.name,
            Community.class_.label("class"),
            version.name.label("unit"),
            Facility.name.label("facility"),
            (CoverageReach.time_ds / 10.0).label("time_s"),
            (CoverageReach.limit_ds / 10.0).label("limit_s"),
            CoverageReach.covered,
            CoverageReach.reason,
            *people_columns(),
            func.ST_X(Community.geom).label("lon"),
            func.ST_Y(Community.geom).label("lat"),
        )
        .join(Community, and_(Community.id == CoverageReach.community_id, _seen(Community, public_only=public_only)))
        .outerjoin(PEOPLE, of_community(public_only=public_only))
        .outerjoin(version, in_unit)
        .outerjoin(Facility, of_facility)
        .where(CoverageReach.run_id == run_id, CoverageReach.standard_id == service, CoverageReach.type == type_)
        .order_by(CoverageReach.community_id)
    )
    return _list(connection, statement)


def circles(connection: Connection, run_id: int, service: str, type_: str, *, public_only: bool) -> Rows:
    """Service circles, the widest first."""
    statement = (
        select(
            CoverageCircle.mode,
            CoverageCircle.minutes,
            CoverageCircle.area_km2,
            _thinned(CoverageCircle.geom).label("geometry"),
        )
        .where(
            CoverageCircle.run_id == run_id,
            CoverageCircle.standard_id == service,
            CoverageCircle.type == type_,
            _seen(CoverageCircle, public_only=public_only),
        )
        .order_by(CoverageCircle.area_km2.desc())
    )
    return _list(connection, statement)


def territories(connection: Connection, day: date, *, public_only: bool) -> Rows:
    """Townships, or counties where there are none."""
    statement = (
        select(UnitVersion.unit_id, UnitVersion.name, UnitVersion.level, _thinned(UnitVersion.geom).label("geometry"))
        .where(UnitVersion.geom.is_not(None), in_force(UnitVersion, day), _seen(UnitVersion, public_only=public_only))
        .order_by(UnitVersion.unit_id)
    )
    found = _list(connection, statement)
    townships = [row for row in found if row["level"] == "township"]
    return townships or [row for row in found if row["level"] == "county"]


def county(connection: Connection, day: date, *, public_only: bool) -> str | None:
    """Name of the county where there is exactly one."""
    statement = select(UnitVersion.name).where(
        UnitVersion.level == "county", in_force(UnitVersion, day), _seen(UnitVersion, public_only=public_only)
    )
    names = connection.execute(statement.limit(2)).scalars().all()
    return names[0] if len(names) == 1 else None


def facilities(connection: Connection, type_: str, day: date, *, public_only: bool) -> Rows:
    """Facilities of a type that are open on a day."""
    statement = (
        select(Facility.id, Facility.name, Facility.beds, func.ST_AsBinary(Facility.geom).label("geometry"))
        .where(
            Facility.type == type_,
            is_open(Facility.opened_on, Facility.closed_on, day),
            _seen(Facility, public_only=public_only),
        )
        .order_by(Facility.id)
    )
    return _list(connection, statement)


def waters(connection: Connection, *, public_only: bool) -> Rows:
    """Rivers and lakes for the background."""
    statement = (
        select(Water.name, _thinned(Water.geom).label("geometry"))
        .where(_seen(Water, public_only=public_only))
        .order_by(Water.id)
    )
    return _list(connection, statement)


def roads(connection: Connection, *, public_only: bool) -> Rows:
    """Main roads for the background."""
    statement = (
        select(Road.name, Road.class_.label("class"), _thinned(Road.geom).label("geometry"))
        .where(Road.class_.in_(MAIN_ROADS), _seen(Road, public_only=public_only))
        .order_by(Road.id)
        .limit(MOST_ROADS)
    )
    return _list(connection, statement)


# What was in a file and was taken, whether it brought anything new or not.
HELD = (ImportBatch.rows_read - ImportBatch.refused).label("held")


def sources(connection: Connection) -> Rows:
    """The newest import of each layer."""
    newest = select(func.max(ImportBatch.id)).where(ImportBatch.rows_read > 0).group_by(ImportBatch.layer)
    statement = (
        select(ImportBatch.layer, ImportBatch.source_name, ImportBatch.imported_at, HELD)
        .where(ImportBatch.id.in_(newest))
        .order_by(ImportBatch.layer)
    )
    return _list(connection, statement)


def population_dates(connection: Connection, day: date, *, public_only: bool) -> list[date]:
    """Days that the population of the communities holds for."""
    column = people_day()
    statement = (
        select(column)
        .distinct()
        .select_from(Community)
        .outerjoin(PEOPLE, of_community(public_only=public_only))
        .where(column.is_not(None), in_force(Community, day), _seen(Community, public_only=public_only))
        .order_by(column)
    )
    return [day for day in connection.execute(statement).scalars() if day is not None]


def attributions(connection: Connection) -> list[str]:
    """Whom the licences of the imported files ask to name."""
    words = ImportBatch.report["attribution"].astext
    statement = select(words).where(words.is_not(None), ImportBatch.loaded > 0).distinct().order_by(words)
    return list(connection.execute(statement).scalars())


def _seen(table: Any, *, public_only: bool) -> ColumnElement[bool]:
    return visible(table) if public_only else true()


def _thinned(geom: Any) -> Any:
    return func.ST_AsBinary(func.ST_SimplifyPreserveTopology(geom, TOLERANCE_DEGREES))


def _figures(run_id: int, service: str, type_: str) -> Select[Any]:
    figures = [column for column in CoverageUnit.__table__.columns if column.key not in _HIDDEN]
    return select(*figures).where(
        CoverageUnit.run_id == run_id, CoverageUnit.standard_id == service, CoverageUnit.type == type_
    )


def _list(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(statement).mappings()]
