"""A case taken from one step to the next, under a lock, by whoever has the right there."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.orm import aliased

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.models import CaseMove, CaseName, NamingCase
from geoservice.database.trail import give_reason
from geoservice.errors import BadInput, Conflict, Forbidden
from geoservice.language import translate
from geoservice.names.cases.checking import check_names
from geoservice.names.cases.entering import enter
from geoservice.names.cases.hindrances import hindrances, may_take
from geoservice.names.cases.reading import Case, Situation, locked, situation, state_title
from geoservice.names.cases.steps import CHECK, DECISION, DRAFT, ENDED, FIRST, LAST, Action, Move, move_to
from geoservice.names.cases.writing import touch

REASONED = (Action.RETURN, Action.REFUSE)


@dataclass(frozen=True)
class Order:
    """What somebody wants to become of a case.

    Attributes
    ----------
    on
        Day of the act itself: of the approval, the filing, the announcement.
    passed_over
        Step to the reason for leaving it out.
    """

    to: str
    on: date
    document: str = ""
    reason: str = ""
    note: str = ""
    passed_over: Mapping[str, str] = field(default_factory=dict)


def take(
    connection: Connection,
    catalog: Catalog,
    actor: Actor,
    case_id: int,
    versions: Container[int],
    order: Order,
    *,
    today: date,
) -> Move:
    """Takes a case to another state, all of it or nothing.

    What is checked and what is approved is checked anew against the names of this moment; what is entered is in the
    registry when this returns.

    Raises
    ------
    Changed
        ``cases.changed`` where somebody else came first.
    Forbidden
        ``cases.not-yours`` where whoever acts has not the right of the step in the unit of the case.
    Conflict
        ``cases.no-step`` where the case cannot go there from here, and whatever else stands in its way.
    BadInput
        Where a reason is missing or a day does not fit.
    """
    case = locked(connection, case_id, versions)
    move = move_to(case.name_kind, case.state, order.to)
    if not may_take(move.right, case, actor):
        raise Forbidden("cases.not-yours", right=translate(f"cases.right.{move.right or 'applicant'}"))
    _refuse_unreasoned(move, order)
    _refuse_days(case, move, order, today)
    if move.to in (FIRST, CHECK):
        _refuse_busy(connection, case)
    found = situation(connection, case)
    _raise_first(found, move, actor)
    if case.held_to_rules and move.to in (CHECK, DECISION):
        check_names(connection, catalog, case, found.kept_names, today)
        found = situation(connection, case)
        _raise_first(found, move, actor)
    give_reason(connection, order.reason or None)
    _record(connection, case, move, order, actor)
    if move.to == DECISION:
        _approve(connection, found)
    if move.to == LAST:
        enter(connection, catalog, found)
    return move


def check(connection: Connection, catalog: Catalog, actor: Actor, case_id: int, *, today: date) -> None:
    """Checks the names of a case against the rules and the names of this moment, while it is not decided.

    Raises
    ------
    Conflict
        ``cases.not-to-be-checked``
    """
    case = locked(connection, case_id)
    if not any(extent.covers(case.unit_id) for extent in (actor.edits, actor.reviews, actor.publishes)):
        raise Forbidden("cases.not-here")
    if not case.held_to_rules or DECISION in case.past or case.state in ("refused", "withdrawn"):
        raise Conflict("cases.not-to-be-checked", state=state_title(case.state))
    check_names(connection, catalog, case, situation(connection, case).kept_names, today)
    touch(connection, case.id)


def _raise_first(found: Situation, move: Move, actor: Actor) -> None:
    for hindrance in hindrances(found, move, actor):
        raise hindrance


def _refuse_busy(connection: Connection, case: Case) -> None:
    """One case at a time about a place."""
    mine, other = aliased(CaseName), aliased(CaseName)
    statement = (
        select(other.case_id, other.name)
        .join(mine, mine.place_id == other.place_id)
        .join(NamingCase, NamingCase.id == other.case_id)
        .where(mine.case_id == case.id, other.case_id != case.id, NamingCase.state.not_in((DRAFT, *ENDED)))
        .limit(1)
    )
    busy = connection.execute(statement).first()
    if busy is not None:
        raise Conflict("cases.place-busy", name=busy.name, case=busy.case_id)


def _refuse_unreasoned(move: Move, order: Order) -> None:
    if move.action in REASONED and not order.reason:
        raise BadInput("cases.no-reason")
    for step in move.passes_over:
        if not order.passed_over.get(step, "").strip():
            raise BadInput("cases.passed-over", step=state_title(step))
    for step in order.passed_over:
        if step not in move.passes_over:
            raise BadInput("cases.not-passed-over", step=step[:60])


def _refuse_days(case: Case, move: Move, order: Order, today: date) -> None:
    """Acts lie in the past, each after the one before."""
    if order.on > today:
        raise BadInput("cases.day-ahead", day=order.on.isoformat(), today=today.isoformat())
    before = max(case.taken.values(), default=None)
    if move.action == Action.ADVANCE and before is not None and order.on < before:
        raise BadInput("cases.day-order", day=order.on.isoformat(), before=before.isoformat())


def _record(connection: Connection, case: Case, move: Move, order: Order, actor: Actor) -> None:
    taken = {step: day.isoformat() for step, day in case.taken.items()}
    if move.action == Action.ADVANCE:
        taken[move.to] = order.on.isoformat()
    elif move.action == Action.RETURN:
        taken = {}
    values = {"state": move.to, "taken": taken, "changed_at": func.clock_timestamp()}
    done = connection.execute(update(NamingCase).where(NamingCase.id == case.id).values(**values))
    if not done.rowcount:
        raise Forbidden("access.not-allowed")
    connection.execute(
        insert(CaseMove).values(
            case_id=case.id,
            action=move.action.value,
            from_state=case.state,
            to_state=move.to,
            actor=actor.name,
            on_day=order.on,
            document=order.document,
            reason=order.reason,
            note=order.note,
            passed_over={step: order.passed_over[step].strip() for step in move.passes_over},
        )
    )


def _approve(connection: Connection, found: Situation) -> None:
    """Names that nobody has dropped are approved as they stand."""
    for name in found.kept_names:
        values = {"approved_name": name.effective, "approved_reading": name.effective_reading}
        connection.execute(update(CaseName).where(CaseName.id == name.id).values(decision="approved", **values))
