"""Questions with their answers as they are kept, each as whoever acts may."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geoservice.coverage.scenarios.store import name_of
from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Job, SitingAnswer, SitingProgress
from geoservice.database.paging import Key, page
from geoservice.database.prepare import changed_layers, revisions
from geoservice.errors import Changed, Conflict, Forbidden, NotFound
from geoservice.jobs.board import ENDED
from geoservice.siting.county.question import Question

MOST_OWN = 200


@dataclass(frozen=True)
class AnswerRow:
    """A question and what has come of it.

    Attributes
    ----------
    question
        As `QuestionForm` wrote it.
    answer
        As `county_told` tells it, in keys in place of words; None until the search has ended.
    base
        Revisions of the layers that it was asked of.
    state
        Of its job.
    """

    id: int
    owner: str
    name: str
    service: str
    type: str
    on_date: date
    model: str
    question: Mapping[str, Any]
    shared: bool
    job_id: int | None
    answer: Mapping[str, Any] | None
    base: Mapping[str, int] | None
    created_at: datetime
    changed_at: datetime
    version: int
    state: str | None

    @property
    def searching(self) -> bool:
        """Whether the search has not ended."""
        return self.state is not None and self.state not in ENDED


_NAMES = [name for name in AnswerRow.__dataclass_fields__ if name != "state"]


def keep(connection: Connection, owner: str, name: str, question: Question, form: Mapping[str, Any]) -> int:
    """Keeps a question that has no answer yet; its id.

    Raises
    ------
    BadInput
        ``scenario.bad-name``
    Conflict
        ``siting.too-many``
    """
    # Those who ask wait for each other, so that the cap holds.
    one_at_a_time(connection, Lock.ASKING_FOR_SITES)
    held = connection.execute(select(func.count()).where(SitingAnswer.owner == owner)).scalar_one()
    if held >= MOST_OWN:
        raise Conflict("siting.too-many", most=MOST_OWN)
    values = {
        "owner": owner,
        "name": name_of(name),
        "service": question.case.service.id,
        "type": question.case.type,
        "on_date": question.case.on,
        "model": question.model.value,
        "question": dict(form),
    }
    made: int = connection.execute(insert(SitingAnswer).values(values).returning(SitingAnswer.id)).scalar_one()
    return made


def write(connection: Connection, answer_id: int, **values: Any) -> bool:
    """Writes columns of one's own; whether it is still there."""
    changed = update(SitingAnswer).where(SitingAnswer.id == answer_id)
    return bool(connection.execute(changed.values(changed_at=func.now(), **values)).rowcount)


def tell(connection: Connection, answer_id: int, told: Mapping[str, Any]) -> None:
    """Writes down what the search knows so far."""
    row = {"answer_id": answer_id, "told": dict(told)}
    there = upsert(SitingProgress).values(row)
    connection.execute(there.on_conflict_do_update(index_elements=["answer_id"], set_={"told": there.excluded.told}))


def progress(connection: Connection, answer_id: int) -> Mapping[str, Any] | None:
    """What the search knows so far, None before it has found anything."""
    found = select(SitingProgress.told).where(SitingProgress.answer_id == answer_id)
    return connection.execute(found).scalar()


def answers(connection: Connection, *, limit: int, after: str | None = None) -> tuple[list[AnswerRow], str | None]:
    """Answers that whoever acts may see, the newest first, and the token of those that follow."""
    newest = (-SitingAnswer.id).label("_newest")
    keys = [Key("_newest", -SitingAnswer.id, int)]
    found = page(connection, _rows().add_columns(newest), keys, limit=limit, after=after)
    return [AnswerRow(**item) for item in found.items], found.next


def answer(connection: Connection, answer_id: int) -> AnswerRow:
    """One answer.

    Raises
    ------
    NotFound
        ``siting.none`` where there is none that whoever acts may see.
    """
    row = connection.execute(_rows().where(SitingAnswer.id == answer_id)).mappings().first()
    if row is None:
        raise NotFound("siting.none", id=answer_id)
    return AnswerRow(**row)


def answered(connection: Connection, answer_id: int) -> AnswerRow:
    """One that has sites.

    Raises
    ------
    NotFound
        ``siting.none``
    Conflict
        ``siting.unanswered`` where the search goes on, failed or found nothing.
    """
    row = answer(connection, answer_id)
    if row.answer is None or row.answer["value"] is None:
        raise Conflict("siting.unanswered", id=answer_id)
    return row


def change(
    connection: Connection, owner: str, answer_id: int, versions: Collection[int], values: Mapping[str, Any]
) -> None:
    """Renames or shares one's own.

    Raises
    ------
    NotFound
        ``siting.none``
    Forbidden
        ``siting.of-another``
    Changed
        ``api.changed`` where it is none of the versions any more.
    """
    row = answer(connection, answer_id)
    if row.owner != owner:
        raise Forbidden("siting.of-another", owner=row.owner)
    connection.execute(select(SitingAnswer.id).where(SitingAnswer.id == answer_id).with_for_update())
    if answer(connection, answer_id).version not in versions:
        raise Changed("api.changed")
    write(connection, answer_id, **values)


def remove(connection: Connection, answer_id: int, versions: Collection[int]) -> AnswerRow:
    """Throws an answer away; what it was.

    Raises
    ------
    NotFound
        ``siting.none``
    Conflict
        ``siting.busy`` while the search goes on.
    Forbidden
        ``siting.of-another``
    Changed
        ``api.changed``
    """
    row = answer(connection, answer_id)
    if row.version not in versions:
        raise Changed("api.changed")
    if row.searching:
        raise Conflict("siting.busy", job=row.job_id)
    same = (SitingAnswer.id == answer_id) & (SitingAnswer.version == row.version)
    if not connection.execute(delete(SitingAnswer).where(same)).rowcount:
        raise Forbidden("siting.of-another", owner=row.owner)
    return row


def stale(connection: Connection, row: AnswerRow) -> list[str]:
    """Layers that have changed since it was asked: those of its figures, and those that its rules looked at."""
    if row.base is None:
        return []
    now = dict.fromkeys(row.base, 0) | revisions(connection)
    return changed_layers({"input_revisions": row.base}, now, public=False)


def _rows() -> Select[Any]:
    columns = [getattr(SitingAnswer, name) for name in _NAMES]
    return select(*columns, Job.state).outerjoin(Job, Job.id == SitingAnswer.job_id)
