"""What is done by one connection at a time: a lock of the database that ends with the transaction."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection, func, select


class Lock(IntEnum):
    """Each by a number of its own, since a lock of PostgreSQL is one."""

    MIGRATING = 429006001
    QUEUING = 429006002
    UPLOADING = 429006003
    HANDING_IN_NAMES = 429006004
    FIRST_ACCOUNT = 429006005
    MANAGERS = 429006006
    POPULATION = 429006007
    MAKING_SCENARIO = 429006008
    ASKING_FOR_SITES = 429006009


def one_at_a_time(connection: Connection, lock: Lock) -> None:
    """Waits until no other transaction holds the lock, and holds it until this one ends."""
    connection.execute(select(func.pg_advisory_xact_lock(lock.value)))
