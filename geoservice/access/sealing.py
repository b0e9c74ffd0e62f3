"""Sealing: the head of the audit trail is written down outside of the database, once and at intervals."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Connection, select, text

from geoservice.access.heads import Head, opened
from geoservice.database.actor import SYSTEM, act
from geoservice.database.engine import Database
from geoservice.database.models import AuditEntry, AuditHead
from geoservice.errors import Conflict

logger = logging.getLogger("geoservice.audit")

# The application's role reads entries only as somebody who may.
_AS_SYSTEM = text(
    "select set_config('geoservice.actor', 'system', true), set_config('geoservice.roles', 'administrator', true)"
)


def seal(connection: Connection, path: Path) -> tuple[Head, bool]:
    """Appends the head to the file if it has moved.

    Returns
    -------
    The head, and whether it was written.

    Raises
    ------
    Conflict
        ``audit.other-chain`` if the last head in the file is not part of the trail: nothing is written over that.
    Unavailable
        ``audit.file`` if the file cannot be written.
    """
    with opened(path) as file:
        # Read under the lock: what others wrote meanwhile is older.
        connection.execute(_AS_SYSTEM)
        head = present_head(connection)
        last = file.last()
        if last is not None and not _holds(connection, head, last):
            raise Conflict("audit.other-chain", file=path, seq=last.seq)
        if last is not None and last.seq == head.seq:
            return head, False
        file.append(head)
    return head, True


def present_head(connection: Connection) -> Head:
    """The head as the database has it.

    Raises
    ------
    Conflict
        ``audit.no-head`` if its row is gone.
    """
    row = connection.execute(select(AuditHead.chain, AuditHead.seq, AuditHead.hash)).one_or_none()
    if row is None:
        raise Conflict("audit.no-head")
    return Head(str(row.chain), row.seq, row.hash.hex(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def _holds(connection: Connection, head: Head, last: Head) -> bool:
    """Whether the trail still has what was sealed last."""
    if last.chain != head.chain or last.seq > head.seq:
        return False
    if last.seq in (0, head.seq):
        return last.seq == 0 or last.hash == head.hash
    found = connection.execute(select(AuditEntry.hash).where(AuditEntry.seq == last.seq)).scalar_one_or_none()
    return found is not None and found.hex() == last.hash


@contextmanager
def sealing(database: Database, path: Path, every_s: float) -> Iterator[None]:
    """Seals at the beginning of the block, every so many seconds, and in the end; with 0 seconds never."""
    if not every_s:
        yield
        return
    ended = Event()
    thread = Thread(target=_go_on, args=(database, path, every_s, ended), name="geoservice seal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=10)


def _go_on(database: Database, path: Path, every_s: float, ended: Event) -> None:
    while True:
        # Asked first: what was written while the one before was under way is sealed by one more.
        last = ended.is_set()
        _try(database, path)
        if last:
            return
        ended.wait(every_s)


def _try(database: Database, path: Path) -> None:
    # Not by `connect`: that would start a private cluster that somebody has stopped.
    try:
        with database.engine("application").begin() as connection:
            act(connection, SYSTEM)
            seal(connection, path)
    except Exception as error:  # noqa: BLE001 - the database is away or the disk is full: the next time may do
        logger.warning("audit trail not sealed: %s", error)
