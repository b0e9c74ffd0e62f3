"""Whether a connection that was kept still stands, found out without a question to the server."""

from __future__ import annotations

import select
from time import monotonic
from typing import Any

from psycopg import Error
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# After so long a firewall may have dropped it without a word: then the server is asked.
ASKED_AFTER_S = 30.0
_LEFT = "left at"


def keep_fresh(engine: Engine) -> None:
    """No connection is handed out that the server has closed: all that are older are opened anew.

    A server that closes a connection says so, and the word lies in the socket: looking there takes no round trip. Only
    where something lies there, or the connection was long unused, the server is asked.
    """

    def left(_connection: Any, record: Any) -> None:
        record.info[_LEFT] = monotonic()

    def taken(connection: Any, record: Any, _handed_out: Any) -> None:
        since = record.info.get(_LEFT)
        if since is None:
            return
        try:
            if monotonic() - since > ASKED_AFTER_S or _has_word(connection.pgconn.socket):
                engine.dialect.do_ping(connection)
        except Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", left)
    event.listen(engine, "checkout", taken)


def _has_word(descriptor: int) -> bool:
    """Whether there is something to be read, the end among it."""
    if hasattr(select, "poll"):
        looking = select.poll()
        looking.register(descriptor, select.POLLIN)
        return bool(looking.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])
