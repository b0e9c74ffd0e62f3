"""Doing a job: claimed by one worker, told step by step, ended in one of five ways."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM, Actor
from geoservice.database.engine import Database
from geoservice.database.models import Job, JobRun
from geoservice.errors import GeoserviceError
from geoservice.jobs.board import enqueue
from geoservice.jobs.queue import give_up
from geoservice.settings import Settings

logger = logging.getLogger("geoservice.jobs")

MOST_TRIES = 3
PAUSE_S = 0.2
# A worker holds a lock of the database on the job that it does: the lock goes with the worker, however it goes.
_AT_WORK = 4290060000000000000
# Between the queue's handing out an entry and the lock on its job.
_FETCHING_S = 30

Step = Callable[[str, int, int], None]


class Cancelled(Exception):
    """Somebody has cancelled the job."""


class Released(Exception):
    """The worker ends: another one shall do the job."""


@dataclass(frozen=True)
class Workplace:
    """What a worker gives to its tasks.

    Attributes
    ----------
    actor
        Who a submitter is and what they may now.
    stopping
        Is set when the worker ends.
    """

    settings: Settings
    catalog: Catalog
    database: Database
    actor: Callable[[str], Actor]
    stopping: Event = field(default_factory=Event)


def perform(place: Workplace, job_id: int, do: Callable[[Mapping[str, Any], Step, Database], None]) -> None:
    """Does a job unless it is cancelled, done or in other hands, and writes down how it ended.

    Parameters
    ----------
    do
        Does it from its request, in the database as its submitter sees it; calls the step with a key of a text, what is
        done and the total. An error of the step has to undo everything.
    """
    with _held(place.database, job_id) as free:
        claimed = _claim(place.database, job_id) if free else None
        if claimed is None:
            return
        request, submitter = claimed
        try:
            do(request, _Reporter(place, job_id), place.database.acting(place.actor(submitter)))
        except Cancelled:
            _end(place.database, job_id, "cancelled")
        except Released:
            with place.database.connect(actor=SYSTEM) as connection:
                connection.execute(update(Job).where(Job.id == job_id).values(tries=Job.tries - 1))
                _again(connection, job_id)
        except GeoserviceError as error:
            _end(place.database, job_id, "failed", {"code": error.code, "values": _plain(error.values)})
        except Exception:
            logger.exception("job %d failed", job_id)
            _end(place.database, job_id, "failed", {"code": "jobs.internal", "values": {}})
        else:
            _end(place.database, job_id, "succeeded")


def recover(connection: Connection) -> None:
    """Queues anew what a worker left when it was killed; what was left too often counts as lost."""
    for job_id, queue_id in connection.execute(_ORPHANS, {"seconds": _FETCHING_S}).all():
        # Nobody holds it: whoever did it is gone.
        if not connection.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": _AT_WORK + job_id}).scalar():
            continue
        row = connection.execute(select(Job).where(Job.id == job_id).with_for_update()).one()
        if row.state not in ("queued", "running") or row.queue_id != queue_id:
            continue
        give_up(connection, queue_id)
        if _made_run(connection, job_id):
            _write_end(connection, job_id, "succeeded")
        elif row.cancel_requested:
            _write_end(connection, job_id, "cancelled")
        elif row.tries >= MOST_TRIES:
            _write_end(connection, job_id, "lost", {"code": "jobs.lost", "values": {"tries": row.tries}})
        else:
            if row.state == "queued":
                connection.execute(update(Job).where(Job.id == job_id).values(tries=Job.tries + 1))
            enqueue(connection, row.kind, job_id)


# Said to run, or handed out or ended in the queue while we still wait for it.
_ORPHANS = text("""
    select j.id, j.queue_id from job j
    left join procrastinate.procrastinate_jobs q on q.id = j.queue_id
    where j.state = 'running'
       or j.state = 'queued' and (q.status is null or q.status not in ('todo', 'doing')
          or q.status = 'doing' and exists (
              select from procrastinate.procrastinate_events e
              where e.job_id = q.id and e.type = 'started' and e.at < now() - make_interval(secs => :seconds)))
    order by j.id
""")


class _Reporter:
    """Writes down each step, at most some times a second, and stops the job where that is wanted."""

    def __init__(self, place: Workplace, job_id: int) -> None:
        self._place = place
        self._job_id = job_id
        self._step: str | None = None
        self._told_at = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if self._place.stopping.is_set():
            raise Released
        if step == self._step and done < total and monotonic() - self._told_at < PAUSE_S:
            return
        told = update(Job).where(Job.id == self._job_id).values(step=step, done=done, total=total)
        with self._place.database.connect(actor=SYSTEM) as connection:
            cancelled = connection.execute(told.returning(Job.cancel_requested)).scalar_one()
        self._step, self._told_at = step, monotonic()
        if cancelled:
            raise Cancelled


@contextmanager
def _held(database: Database, job_id: int) -> Iterator[bool]:
    """Whether the lock on a job is ours, for the time of the block."""
    connection = database.engine("application").connect()
    try:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # Out of the pool: the lock ends with the connection, and the next one starts without it.
        connection.detach()
        yield bool(connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": _AT_WORK + job_id}).scalar())
    finally:
        connection.close()


def _claim(database: Database, job_id: int) -> tuple[Mapping[str, Any], str] | None:
    """Request and submitter of a job that waits, which runs from now on; None where there is nothing to do."""
    with database.connect(actor=SYSTEM) as connection:
        if _made_run(connection, job_id):
            _write_end(connection, job_id, "succeeded")
            return None
        begun = {"state": "running", "tries": Job.tries + 1, "started_at": func.now()}
        waiting = update(Job).where(Job.id == job_id, Job.state == "queued").values(**begun)
        row = connection.execute(waiting.returning(Job.request, Job.submitter)).first()
        return None if row is None else (row.request, row.submitter)


def _again(connection: Connection, job_id: int) -> None:
    row = connection.execute(select(Job).where(Job.id == job_id).with_for_update()).one()
    if row.cancel_requested:
        _write_end(connection, job_id, "cancelled")
    else:
        enqueue(connection, row.kind, job_id)


def _end(database: Database, job_id: int, state: str, error: Mapping[str, Any] | None = None) -> None:
    with database.connect(actor=SYSTEM) as connection:
        _write_end(connection, job_id, state, error)


def _write_end(connection: Connection, job_id: int, state: str, error: Mapping[str, Any] | None = None) -> None:
    told = {"state": state, "error": error, "finished_at": func.now()}
    connection.execute(update(Job).where(Job.id == job_id).values(**told))


def _made_run(connection: Connection, job_id: int) -> bool:
    return connection.execute(select(JobRun.run_id).where(JobRun.job_id == job_id)).first() is not None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them."""
    return {name: value if isinstance(value, (int, float, bool)) else str(value) for name, value in values.items()}
