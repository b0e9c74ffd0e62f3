"""Communities and what the latest run says of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from geoservice.database.filters import BBox, containing, in_force, visible, within_unit
from geoservice.database.models import Community, CommunityCode, CoverageReach, Facility
from geoservice.database.paging import Key, Page, page
from geoservice.database.people import PEOPLE, of_community, people_columns, people_day
from geoservice.publish.queries.columns import community_code, position, unit_name


def communities(
    connection: Connection,
    *,
    day: date,
    class_: str | None = None,
    unit: int | None = None,
    bbox: BBox | None = None,
    q: str | None = None,
    limit: int,
    after: str | None = None,
) -> Page:
    """Communities in force on `day`, by id.

    Parameters
    ----------
    class_
        ``urban``, ``rural``, or ``none`` for those that nobody has classified.
    unit
        Only those in this unit or one below it.
    q
        Part of the name, or the beginning of a code.
    """
    statement = _described(day).where(in_force(Community, day))
    if class_ is not None:
        statement = statement.where(Community.class_.is_(None) if class_ == "none" else Community.class_ == class_)
    if unit is not None:
        statement = statement.where(within_unit(Community.unit_id, Community.geom, unit, day))
    if bbox is not None:
        statement = statement.where(bbox.touches(Community.geom))
    if q:
        coded = select(CommunityCode.community_id).where(CommunityCode.code.startswith(q, autoescape=True))
        statement = statement.where(Community.name.ilike(containing(q)) | Community.id.in_(coded))
    return page(connection, statement, [Key("id", Community.id, int)], limit=limit, after=after)


def community(connection: Connection, community_id: int, *, day: date, run_id: int | None) -> dict[str, Any] | None:
    """One community with its codes and, in `reach`, its results of a run; None where it is not published."""
    row = connection.execute(_described(day).where(Community.id == community_id)).mappings().first()
    if row is None:
        return None
    codes = (
        select(CommunityCode.system, CommunityCode.edition, CommunityCode.code)
        .where(CommunityCode.community_id == community_id)
        .order_by(CommunityCode.system, CommunityCode.edition)
    )
    return {
        **row,
        "codes": [dict(code) for code in connection.execute(codes).mappings()],
        "run_id": run_id,
        "reach": [] if run_id is None else _reach(connection, community_id, run_id),
    }


def _reach(connection: Connection, community_id: int, run_id: int) -> list[dict[str, Any]]:
    statement = (
        select(
            CoverageReach.standard_id.label("service"),
            CoverageReach.type,
            CoverageReach.facility_id,
            Facility.name.label("facility_name"),
            (CoverageReach.time_ds / 10.0).label("time_s"),
            (CoverageReach.limit_ds / 10.0).label("limit_s"),
            CoverageReach.covered,
            CoverageReach.reason,
        )
        .outerjoin(Facility, and_(Facility.id == CoverageReach.facility_id, visible(Facility)))
        .where(CoverageReach.run_id == run_id, CoverageReach.community_id == community_id)
        .order_by(CoverageReach.standard_id, CoverageReach.type)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _described(day: date) -> Select[Any]:
    described = select(
        Community.id,
        Community.name,
        community_code(Community.id).label("code"),
        Community.class_.label("class"),
        Community.unit_id,
        unit_name(Community.unit_id, day).label("unit_name"),
        *people_columns(),
        Community.households,
        people_day().label("population_date"),
        Community.schematic,
        *position(Community.geom),
    ).where(visible(Community))
    return described.outerjoin(PEOPLE, of_community(public_only=True))
