"""The board of jobs: handed in, looked at, cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Job, JobRun
from geoservice.errors import Conflict, GeoserviceError, NotFound
from geoservice.jobs import queue

MOST_QUEUED = 5
MOST_LISTED = 100
KEPT_DAYS = 7
ENDED = ("succeeded", "failed", "cancelled", "lost")


@dataclass(frozen=True)
class JobRow:
    """One job as it is told. `run` is the id of the run that it made; `error` has a code and values."""

    id: int
    kind: str
    request: Mapping[str, Any]
    submitter: str
    state: str
    tries: int
    cancel_requested: bool
    step: str | None
    done: int
    total: int
    error: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run: int | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    @property
    def failure(self) -> GeoserviceError | None:
        """The error with its texts."""
        return None if self.error is None else GeoserviceError(self.error["code"], **self.error["values"])


def submit(connection: Connection, kind: str, request: Mapping[str, Any], submitter: str) -> int:
    """Hands in a job and gives its id; it comes into being with the transaction.

    Parameters
    ----------
    kind
        Name of its task.
    request
        What to do, as JSON.

    Raises
    ------
    Conflict
        If too many wait already.
    """
    # Those who hand in wait for each other, so that the cap holds.
    one_at_a_time(connection, Lock.QUEUING)
    waiting = connection.execute(select(func.count()).where(Job.kind == kind, Job.state == "queued")).scalar_one()
    if waiting >= MOST_QUEUED:
        raise Conflict("jobs.too-many", waiting=waiting, most=MOST_QUEUED)
    made = insert(Job).values(kind=kind, request=dict(request), submitter=submitter).returning(Job.id)
    job_id = int(connection.execute(made).scalar_one())
    enqueue(connection, kind, job_id)
    return job_id


def enqueue(connection: Connection, kind: str, job_id: int) -> None:
    """Puts a job into the queue, at first or once more."""
    entry = queue.defer(connection, kind, job_id)
    connection.execute(
        update(Job).where(Job.id == job_id).values(queue_id=entry, state="queued", step=None, done=0, total=0)
    )


def jobs(connection: Connection, *, limit: int = MOST_LISTED, kind: str | None = None) -> list[JobRow]:
    """Jobs, the newest first; of one kind where that is given."""
    wanted = _told() if kind is None else _told().where(Job.kind == kind)
    rows = connection.execute(wanted.order_by(Job.id.desc()).limit(min(limit, MOST_LISTED)))
    return [JobRow(**row) for row in rows.mappings()]


def job(connection: Connection, job_id: int) -> JobRow:
    """One job.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = connection.execute(_told().where(Job.id == job_id)).mappings().first()
    if row is None:
        raise NotFound("jobs.no-job", id=job_id)
    return JobRow(**row)


@dataclass(frozen=True)
class Wanted:
    """Which jobs. Times are those of handing in; durations in seconds, from the start to the end or to now.

    Attributes
    ----------
    states
        Pairs of a state and whether a stop has been asked for; None for either. No pair at all for every job.
    after
        Only jobs that were handed in before this one.
    """

    kinds: Sequence[str]
    states: Sequence[tuple[str, bool | None]] = ()
    first: datetime | None = None
    last: datetime | None = None
    least_s: float | None = None
    most_s: float | None = None
    after: int | None = None


def listed(connection: Connection, wanted: Wanted, *, limit: int) -> list[JobRow]:
    """Jobs that fit, the newest first."""
    lasted = func.extract("epoch", func.coalesce(Job.finished_at, func.now()) - Job.started_at)
    conditions: list[ColumnElement[bool]] = [Job.kind.in_(wanted.kinds)]
    if wanted.states:
        conditions.append(or_(*(_in_state(*pair) for pair in wanted.states)))
    if wanted.first is not None:
        conditions.append(Job.created_at >= wanted.first)
    if wanted.last is not None:
        conditions.append(Job.created_at <= wanted.last)
    if wanted.least_s is not None:
        conditions.append(lasted >= wanted.least_s)
    if wanted.most_s is not None:
        conditions.append(lasted <= wanted.most_s)
    if wanted.after is not None:
        conditions.append(Job.id < wanted.after)
    rows = connection.execute(_told().where(*conditions).order_by(Job.id.desc()).limit(limit))
    return [JobRow(**row) for row in rows.mappings()]


def _in_state(state: str, stopping: bool | None) -> ColumnElement[bool]:  # noqa: FBT001 - half of a pair
    return Job.state == state if stopping is None else and_(Job.state == state, Job.cancel_requested == stopping)


def keep_result(connection: Connection, job_id: int, result: Mapping[str, Any]) -> None:
    """Keeps what came out of a job whose result stands nowhere else."""
    connection.execute(update(Job).where(Job.id == job_id).values(result=dict(result)))


def result(connection: Connection, job_id: int) -> Mapping[str, Any] | None:
    """What came out of a job; None where nothing is kept, or no longer."""
    found: Mapping[str, Any] | None = connection.execute(select(Job.result).where(Job.id == job_id)).scalar()
    return found


def forget_results(connection: Connection) -> None:
    """Drops results that were kept long enough."""
    old = Job.finished_at < func.now() - timedelta(days=KEPT_DAYS)
    connection.execute(update(Job).where(Job.result.is_not(None), old).values(result=None))


def dismiss(connection: Connection, job_id: int) -> JobRow:
    """Cancels a job; where it has ended, its result goes.

    Raises
    ------
    NotFound
        If there is none.
    Conflict
        If it has ended and its result stands elsewhere, or it has failed.
    """
    gone = update(Job).where(Job.id == job_id, Job.state == "succeeded", Job.result.is_not(None))
    connection.execute(gone.values(state="cancelled", cancel_requested=True, result=None))
    return cancel(connection, job_id)


def cancel(connection: Connection, job_id: int) -> JobRow:
    """Cancels a job: at once while it waits, between two steps while it runs. Cancelling twice is no error.

    Raises
    ------
    NotFound
        If there is none.
    Conflict
        If it has ended otherwise.
    """
    held = select(Job.state, Job.queue_id).where(Job.id == job_id).with_for_update()
    row = connection.execute(held).first()
    if row is None:
        raise NotFound("jobs.no-job", id=job_id)
    if row.state == "queued":
        values: dict[str, Any] = {"state": "cancelled", "finished_at": func.now()}
        queue.withdraw(connection, row.queue_id)
    elif row.state == "running":
        values = {}
    elif row.state == "cancelled":
        return job(connection, job_id)
    else:
        raise Conflict("jobs.ended", id=job_id)
    connection.execute(update(Job).where(Job.id == job_id).values(cancel_requested=True, **values))
    return job(connection, job_id)


def _told() -> Select[Any]:
    names = [name for name in JobRow.__dataclass_fields__ if name != "run"]
    columns = [getattr(Job, name) for name in names]
    return select(*columns, JobRun.run_id.label("run")).outerjoin(JobRun, JobRun.job_id == Job.id)
