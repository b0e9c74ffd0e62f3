"""A case of naming made of rows of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import shapely
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.models import SRID
from geoservice.errors import BadInput, Conflict, NotFound
from geoservice.names.cases.writing import CaseGiven, NameGiven, create
from geoservice.names.plans.keeping import Row, shape_of
from geoservice.names.plans.reading import Mark
from geoservice.names.plans.store import all_lines, in_case, plan_row, refuse_unchecked

_SHOWN = 20


@dataclass(frozen=True)
class Application:
    """What an application says beside its names."""

    title: str
    unit_id: int
    applicant: str = ""
    contact: str = ""


def apply(
    connection: Connection,
    catalog: Catalog,
    actor: Actor,
    plan_id: int,
    numbers: Sequence[int],
    given: Application,
    *,
    day: date,
) -> int:
    """Makes a draft of the rows of a plan, in their order; its id.

    Raises
    ------
    NotFound
        ``names.no-plan`` or ``names.plan-no-row``.
    Conflict
        ``names.plan-unchecked``, or ``names.plan-rows-in-case`` for rows that are in a case already.
    BadInput
        ``names.plan-rows-unfit`` for rows without a name, and what `cases.writing.create` raises.
    """
    plan = plan_row(connection, plan_id, lock=True)
    refuse_unchecked(plan)
    rows = all_lines(connection, plan_id, list(numbers))
    absent = sorted(set(numbers) - {row["row"] for row in rows})
    if absent:
        raise NotFound("names.plan-no-row", rows=_listed(absent))
    unfit = [row["row"] for row in rows if row["mark"] in (Mark.MISSING, Mark.UNREAD)]
    if unfit:
        raise BadInput("names.plan-rows-unfit", rows=_listed(unfit))
    taken = [row["row"] for row in rows if row["case_id"] is not None]
    if taken:
        raise Conflict("names.plan-rows-in-case", rows=_listed(taken))
    names = [_name(row) for row in rows]
    order = CaseGiven(
        kind="naming",
        name_kind=plan.kind,
        title=given.title,
        unit_id=given.unit_id,
        applicant=given.applicant,
        contact=given.contact,
        names=names,
    )
    case_id = create(connection, catalog, actor, order, day=day)
    in_case(connection, plan_id, list(numbers), case_id)
    return case_id


def _name(row: Row) -> NameGiven:
    shape = None
    if row["geom"] is not None:
        shape = shapely.to_wkb(shapely.set_srid(shape_of(row["geom"]), SRID), hex=True, include_srid=True)
    return NameGiven(
        name=row["name"],
        reading=row["reading"],
        length_m=_metres(row["length_m"]),
        width_m=_metres(row["width_m"]),
        shape=shape,
    )


def _metres(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(round(value, 1)))


def _listed(numbers: Sequence[int]) -> Any:
    return "、".join(map(str, numbers[:_SHOWN])) + ("……" if len(numbers) > _SHOWN else "")
