"""Who is asked about a case and what they say, and which papers are there."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects.postgresql import insert

from geoservice.database.actor import Actor
from geoservice.database.models import CaseMaterial, CaseOpinion
from geoservice.errors import BadInput, Conflict, Forbidden, NotFound
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.reading import Case, Opinion, locked, situation, state_title
from geoservice.names.cases.steps import DECISION, DRAFT, ENDED
from geoservice.names.cases.writing import touch


def ask(connection: Connection, actor: Actor, case_id: int, asked: str, asked_on: date, *, today: date) -> None:
    """Notes that somebody was asked.

    Raises
    ------
    Conflict
        ``cases.not-in-consultation`` before the case is registered and after it is approved.
    """
    _consulted(connection, actor, case_id)
    _refuse_ahead(asked_on, today)
    connection.execute(insert(CaseOpinion).values(case_id=case_id, asked=asked, asked_on=asked_on))
    touch(connection, case_id)


def answer(
    connection: Connection,
    actor: Actor,
    case_id: int,
    opinion_id: int,
    versions: Container[int],
    values: Mapping[str, Any],
    *,
    today: date,
) -> None:
    """Notes what somebody has said, and what became of it; what is not given stays.

    Raises
    ------
    BadInput
        ``cases.answer-order`` for a word before the question, ``cases.stance-wanted`` for one without its stance.
    """
    case = _consulted(connection, actor, case_id, versions)
    before = _opinion(connection, case, opinion_id)
    after = {name: values.get(name, getattr(before, name)) for name in Opinion.__dataclass_fields__ if name != "id"}
    for day in ("asked_on", "answered_on"):
        if after[day] is not None:
            _refuse_ahead(after[day], today)
    if (after["stance"] is None) != (after["answered_on"] is None):
        raise BadInput("cases.stance-wanted")
    if after["answered_on"] is not None and after["answered_on"] < after["asked_on"]:
        raise BadInput("cases.answer-order")
    connection.execute(update(CaseOpinion).where(CaseOpinion.id == opinion_id).values(**after))
    touch(connection, case_id)


def withdraw_question(
    connection: Connection, actor: Actor, case_id: int, opinion_id: int, versions: Container[int]
) -> None:
    """Takes a question out that nobody has answered yet.

    Raises
    ------
    Conflict
        ``cases.answered``
    """
    case = _consulted(connection, actor, case_id, versions)
    if _opinion(connection, case, opinion_id).answered_on is not None:
        raise Conflict("cases.answered")
    connection.execute(delete(CaseOpinion).where(CaseOpinion.id == opinion_id))
    touch(connection, case_id)


def note_material(
    connection: Connection, actor: Actor, case_id: int, material: str, *, present: bool, file_name: str, note: str
) -> None:
    """Notes whether a paper of the list is there.

    Raises
    ------
    NotFound
        ``cases.no-such-material``
    """
    known = [one.id for one in case_rules().materials]
    if material not in known:
        raise NotFound("cases.no-such-material", material=material[:60], known=", ".join(known))
    case = locked(connection, case_id)
    _refuse_others(actor, case)
    if case.state in ENDED:
        raise Conflict("cases.ended", state=state_title(case.state))
    values = {"present": present, "file_name": file_name, "note": note}
    statement = insert(CaseMaterial).values(case_id=case_id, material=material, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["case_id", "material"], set_=values))
    touch(connection, case_id)


def _consulted(connection: Connection, actor: Actor, case_id: int, versions: Container[int] | None = None) -> Case:
    case = locked(connection, case_id, versions)
    _refuse_others(actor, case)
    if case.state in (DRAFT, *ENDED) or DECISION in case.past:
        raise Conflict("cases.not-in-consultation", state=state_title(case.state))
    return case


def _refuse_others(actor: Actor, case: Case) -> None:
    if not actor.edits.covers(case.unit_id):
        raise Forbidden("cases.not-here")


def _opinion(connection: Connection, case: Case, opinion_id: int) -> Opinion:
    found = next((one for one in situation(connection, case).opinions if one.id == opinion_id), None)
    if found is None:
        raise NotFound("cases.no-opinion", id=opinion_id)
    return found


def _refuse_ahead(day: date, today: date) -> None:
    if day > today:
        raise BadInput("cases.day-ahead", day=day.isoformat(), today=today.isoformat())
