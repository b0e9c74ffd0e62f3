"""Plans in the database: handed in, looked at, thrown away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Job, NamePlan, NamePlanRow
from geoservice.database.paging import Key, Page, page
from geoservice.errors import Conflict, NotFound, TooLarge
from geoservice.ingest.uploads.store import storable
from geoservice.jobs.board import ENDED
from geoservice.names.plans.keeping import rows_of
from geoservice.names.plans.reading import Plan
from geoservice.names.plans.wishes import PlanWishes
from geoservice.settings import Settings

MOST_PLANS = 20
# All cells of a plan together, as JSON.
MOST_CELLS_MB = 64
_MIB = 2**20


@dataclass(frozen=True)
class PlanRow:
    """One plan without its rows.

    Attributes
    ----------
    size
        Of the file, in bytes.
    reading
        ``format``, ``part``, ``crs``, ``headers``, ``columns`` and ``notices``, as the reader found them.
    job_id
        The latest check.
    counts
        Rows by mark; None until a check has ended well.
    """

    id: int
    owner: str
    created_at: datetime
    file: str
    size: int
    kind: str
    wishes: Mapping[str, Any]
    reading: Mapping[str, Any]
    rows: int
    job_id: int | None
    counts: Mapping[str, int] | None
    checked_on: date | None


def keep(
    connection: Connection, settings: Settings, plan: Plan, wishes: PlanWishes, *, owner: str, file: str, size: int
) -> int:
    """Keeps a plan that was read; its id.

    Parameters
    ----------
    size
        Of the file, in bytes: counts towards what one account may have lying here.

    Raises
    ------
    Conflict
        ``names.too-many-plans``
    TooLarge
        ``uploads.account-full`` or ``names.plan-too-wide``.
    """
    # Those who hand in a plan wait for each other, so that the limits hold.
    one_at_a_time(connection, Lock.HANDING_IN_NAMES)
    held = connection.execute(select(NamePlan.size).where(NamePlan.owner == owner)).scalars().all()
    if len(held) >= MOST_PLANS:
        raise Conflict("names.too-many-plans", most=MOST_PLANS)
    if sum(held) + size > settings.uploads.upload_account_mb * _MIB:
        raise TooLarge("uploads.account-full", lying_mb=sum(held) // _MIB, most=settings.uploads.upload_account_mb)
    rows = rows_of(plan)
    if sum(len(json.dumps(one["cells"])) for one in rows) > MOST_CELLS_MB * _MIB:
        raise TooLarge("names.plan-too-wide", most=MOST_CELLS_MB)
    raw = plan.raw
    told = {
        "reading": {
            "format": raw.format,
            "part": raw.part,
            "crs": plan.crs,
            "headers": raw.headers,
            "columns": dict(plan.columns),
            "notices": [{"row": None, "code": one.code, "values": dict(one.values)} for one in plan.notices],
        },
        "wishes": wishes.as_json(),
        "file": file,
    }
    made = insert(NamePlan).values(owner=owner, size=size, kind=wishes.kind, rows=len(rows), **storable(told))
    plan_id: int = connection.execute(made.returning(NamePlan.id)).scalar_one()
    connection.execute(insert(NamePlanRow), [{"plan_id": plan_id, **one} for one in rows])
    return plan_id


def plan_row(connection: Connection, plan_id: int, *, lock: bool = False) -> PlanRow:
    """One plan that whoever acts may see.

    Raises
    ------
    NotFound
        ``names.no-plan``
    """
    statement = _told().where(NamePlan.id == plan_id)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound("names.no-plan", id=plan_id)
    return PlanRow(**row)


def plan_rows(connection: Connection, owner: str) -> list[PlanRow]:
    """The plans of an account, the newest first."""
    found = _told().where(NamePlan.owner == owner).order_by(NamePlan.id.desc()).limit(MOST_PLANS)
    return [PlanRow(**row) for row in connection.execute(found).mappings()]


def _told() -> Any:
    return select(*(getattr(NamePlan, name) for name in PlanRow.__dataclass_fields__))


def lines(
    connection: Connection,
    plan_id: int,
    *,
    marks: Sequence[str] = (),
    number: int | None = None,
    limit: int,
    after: str | None = None,
) -> Page:
    """Rows of a plan in the order of the source.

    Parameters
    ----------
    marks
        Those alone; all of them where none is named.
    number
        Of one row, where that alone is wanted.
    """
    statement = _rows(plan_id)
    if number is not None:
        statement = statement.where(NamePlanRow.row == number)
    if marks:
        statement = statement.where(NamePlanRow.mark.in_(marks))
    return page(connection, statement, [Key("row", NamePlanRow.row, int)], limit=limit, after=after)


def all_lines(connection: Connection, plan_id: int, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """All rows of a plan in the order of the source, or those of some numbers."""
    statement = _rows(plan_id)
    if numbers is not None:
        statement = statement.where(NamePlanRow.row.in_(numbers))
    return [dict(row) for row in connection.execute(statement.order_by(NamePlanRow.row)).mappings()]


def _rows(plan_id: int) -> Any:
    columns = [one for one in NamePlanRow.__table__.columns if one.name != "plan_id"]
    return select(*columns).where(NamePlanRow.plan_id == plan_id)


def refuse_busy(connection: Connection, row: PlanRow) -> None:
    """Lets a plan through that no check is at.

    Raises
    ------
    Conflict
        ``names.plan-busy``
    """
    if row.job_id is not None:
        state = connection.execute(select(Job.state).where(Job.id == row.job_id)).scalar()
        if state is not None and state not in ENDED:
            raise Conflict("names.plan-busy", job=row.job_id)


def refuse_unchecked(row: PlanRow) -> None:
    """Lets a plan through that was checked.

    Raises
    ------
    Conflict
        ``names.plan-unchecked``
    """
    if row.counts is None:
        raise Conflict("names.plan-unchecked", id=row.id)


def remove(connection: Connection, plan_id: int) -> None:
    """Throws a plan away; cases that were made of it stay.

    Raises
    ------
    Conflict
        ``names.plan-busy``
    """
    refuse_busy(connection, plan_row(connection, plan_id, lock=True))
    connection.execute(delete(NamePlan).where(NamePlan.id == plan_id))


def clean(connection: Connection, settings: Settings) -> int:
    """Throws away what is older than uploads may be and no check is at; gives how many plans went.

    Parameters
    ----------
    connection
        That sees all plans.
    """
    old = NamePlan.created_at < func.now() - timedelta(hours=settings.uploads.upload_keep_h)
    busy = select(Job.id).where(Job.id == NamePlan.job_id, Job.state.not_in(ENDED)).exists()
    return connection.execute(delete(NamePlan).where(old, ~busy)).rowcount


def in_case(connection: Connection, plan_id: int, numbers: Sequence[int], case_id: int) -> None:
    """Notes the case that was made of rows."""
    chosen = (NamePlanRow.plan_id == plan_id, NamePlanRow.row.in_(numbers))
    connection.execute(update(NamePlanRow).where(*chosen).values(case_id=case_id))
