"""procrastinate's queue through its SQL functions, inside our transactions."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

SCHEMA = "procrastinate"
QUEUE = "geoservice"
ALIVE_S = 30.0

_DEFER = text("""
    select unnest(procrastinate.procrastinate_defer_jobs_v1(array[
        row(:queue, :task, 0, :lock, null, cast(:args as jsonb), null)::procrastinate.procrastinate_job_to_defer_v1]))
""")
_CANCEL = text("select procrastinate.procrastinate_cancel_job_v1(:id, false, false)")
_FINISH = text("""
    select procrastinate.procrastinate_finish_job_v1(id, 'failed', false)
    from procrastinate.procrastinate_jobs where id = :id and status in ('todo', 'doing')
""")
_WORKERS = text("""
    select count(*) from procrastinate.procrastinate_workers
    where last_heartbeat > now() - make_interval(secs => :seconds)
""")


def defer(connection: Connection, task: str, job_id: int) -> int:
    """A new entry for a job, seen by workers when the transaction ends; gives its id. One a task runs at a time."""
    given = {"queue": QUEUE, "task": task, "lock": task, "args": json.dumps({"job_id": job_id})}
    return int(connection.execute(_DEFER, given).scalar_one())


def withdraw(connection: Connection, queue_id: int) -> None:
    """Takes back an entry that no worker has begun."""
    connection.execute(_CANCEL, {"id": queue_id})


def give_up(connection: Connection, queue_id: int) -> None:
    """Ends an entry whose worker is gone, so that the next of its task can begin."""
    connection.execute(_FINISH, {"id": queue_id})


def workers(connection: Connection) -> int:
    """Workers that have told of themselves lately."""
    return int(connection.execute(_WORKERS, {"seconds": ALIVE_S}).scalar_one())
