"""Cases as a worklist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Date, and_, cast, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from geoservice.database.actor import Actor, Extent
from geoservice.database.filters import containing
from geoservice.database.models import CaseName, NamingCase, UnitVersion
from geoservice.database.paging import Key, page
from geoservice.errors import BadRequest
from geoservice.names.cases.clock import overdue_since
from geoservice.names.cases.declared import Right, case_rules
from geoservice.names.cases.reading import Case, case_columns
from geoservice.names.cases.steps import DRAFT, ENDED, LAST, Action, moves, steps_of

SHOWN_NAMES = 3
OPEN = "open"


@dataclass(frozen=True)
class Wanted:
    """Which cases: all conditions hold together.

    Attributes
    ----------
    state
        One of the states, or ``open`` for all that have not ended.
    unit
        This one or one below it.
    mine
        Made by this account.
    waits_for
        Whose next step this actor may take.
    q
        Part of a title, an applicant or a name.
    """

    state: str | None = None
    kind: str | None = None
    name_kind: str | None = None
    unit: int | None = None
    mine: str | None = None
    waits_for: Actor | None = None
    overdue: bool = False
    q: str | None = None


@dataclass(frozen=True)
class Line:
    """A case in the list, with how many names it has and the first of them."""

    case: Case
    names: int
    first_names: list[str]


def known_state(given: str) -> str:
    """A state that cases may be listed by.

    Raises
    ------
    BadRequest
        ``cases.no-state``
    """
    known = (OPEN, DRAFT, *(step.id for step in case_rules().steps), *(one for one in ENDED if one != LAST))
    if given not in known:
        raise BadRequest("cases.no-state", state=given[:60], known=", ".join(known))
    return given


def cases(
    connection: Connection, wanted: Wanted, *, today: date, limit: int, after: str | None = None
) -> tuple[list[Line], str | None]:
    """Cases that whoever acts may see, the newest first.

    Returns
    -------
    The cases, and the token of the next page, None at the end.
    """
    named = func.array_agg(aggregate_order_by(CaseName.name, CaseName.id))
    names = (
        select(func.count().label("names"), named.label("all_names"))
        .where(CaseName.case_id == NamingCase.id)
        .correlate(NamingCase)
        .lateral()
    )
    statement = (
        select(*case_columns(), names.c.names, names.c.all_names[1:SHOWN_NAMES].label("first_names"))
        .join(names, literal(value=True))
        .where(*_conditions(wanted, today))
        .add_columns((-NamingCase.id).label("_newest"))
    )
    found = page(connection, statement, [Key("_newest", -NamingCase.id, int)], limit=limit, after=after)
    return [_line(row) for row in found.items], found.next


def _line(row: dict[str, Any]) -> Line:
    values = {name: row[name] for name in Case.__dataclass_fields__}
    taken = {step: date.fromisoformat(day) for step, day in row["taken"].items()}
    return Line(Case(**{**values, "taken": taken}), row["names"], list(row["first_names"] or ()))


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state == OPEN:
        found.append(NamingCase.state.not_in(ENDED))
    elif wanted.state is not None:
        found.append(NamingCase.state == wanted.state)
    given = {name: getattr(wanted, name) for name in ("kind", "name_kind")}
    found += [getattr(NamingCase, name) == value for name, value in given.items() if value is not None]
    if wanted.unit is not None:
        found.append(_within(wanted.unit))
    if wanted.mine is not None:
        found.append(NamingCase.created_by == wanted.mine)
    if wanted.waits_for is not None:
        found.append(_waits_for(wanted.waits_for))
    if wanted.overdue:
        found.append(_overdue(today))
    if wanted.q:
        pattern = containing(wanted.q)
        bearing = select(CaseName.case_id).where(CaseName.name.ilike(pattern))
        texts = (NamingCase.title, NamingCase.applicant)
        found.append(or_(*(one.ilike(pattern) for one in texts), NamingCase.id.in_(bearing)))
    return found


def _within(unit: int) -> ColumnElement[bool]:
    version = aliased(UnitVersion)
    below = select(literal(unit, BigInteger).label("id")).cte("units_below", recursive=True)
    below = below.union(select(version.unit_id).where(version.parent_id == below.c.id))
    return NamingCase.unit_id.in_(select(below.c.id))


def _overdue(today: date) -> ColumnElement[bool]:
    """Any term that has run out: the day that it runs from is told from the rules, so that the index of states serves."""
    rules = case_rules()
    found = []
    for authority in rules.authorities:
        names = [step.id for step in steps_of(authority.kinds[0])]
        for term in rules.terms:
            if not term.holds_for(authority) or term.step not in names or term.after not in names:
                continue
            waiting = names[names.index(term.after) : names.index(term.step)]
            begun = cast(NamingCase.taken[term.after].astext, Date) <= overdue_since(term.days, today)
            found.append(and_(NamingCase.name_kind.in_(authority.kinds), NamingCase.state.in_(waiting), begun))
    return or_(false(), *found)


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    rights: Sequence[tuple[Right, Extent]] = (
        ("edit", actor.edits),
        ("review", actor.reviews),
        ("publish", actor.publishes),
    )
    found = []
    for right, extent in rights:
        if extent:
            here = literal(value=True) if extent.everywhere else NamingCase.unit_id.in_(sorted(extent.units))
            found += [and_(here, condition) for condition in _states_before(right)]
    return or_(false(), *found)


def _states_before(right: Right) -> list[ColumnElement[bool]]:
    found = []
    for authority in case_rules().authorities:
        kind = authority.kinds[0]
        states = [
            state
            for state in (DRAFT, *(step.id for step in steps_of(kind)))
            if any(move.action == Action.ADVANCE and move.right == right for move in moves(kind, state))
        ]
        found.append(and_(NamingCase.name_kind.in_(authority.kinds), NamingCase.state.in_(states)))
    return found
