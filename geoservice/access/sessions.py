"""Sessions of browsers: begun at sign-in, ended by sign-out, by idleness or by age."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from geoservice.access.accounts import actor_by_id, must_change
from geoservice.database.actor import Actor
from geoservice.database.models import Session

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A session that is in use is written down as such at most this often.
_SEEN = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """Who a session belongs to. `form_key` comes back with every change from our own pages."""

    actor: Actor
    form_key: str
    must_change: bool


def begin(connection: Connection, account_id: int, *, replacing: str | None = None) -> str:
    """Begins a session under a new key and gives that; what the browser held before is ended."""
    if replacing is not None:
        end(connection, replacing)
    connection.execute(delete(Session).where((Session.ends_at < func.now()) | (Session.seen_at < func.now() - IDLE)))
    cookie = secrets.token_urlsafe(32)
    values = {"key": hashed(cookie), "account_id": account_id, "form_key": secrets.token_urlsafe(32)}
    connection.execute(insert(Session).values(ends_at=func.now() + LONGEST, **values))
    return cookie


def find(connection: Connection, cookie: str) -> SignedIn | None:
    """Whose session a cookie is; None where it has ended or its account is no longer let in."""
    asked = select(Session.account_id, Session.form_key, Session.seen_at < func.now() - _SEEN)
    alive = (Session.key == hashed(cookie), Session.ends_at > func.now(), Session.seen_at > func.now() - IDLE)
    row = connection.execute(asked.where(*alive)).first()
    if row is None:
        return None
    account_id, form_key, stale = row
    actor = actor_by_id(connection, account_id)
    if actor is None:
        return None
    if stale:
        connection.execute(update(Session).where(Session.key == hashed(cookie)).values(seen_at=func.now()))
    return SignedIn(actor, form_key, must_change(connection, account_id))


def end(connection: Connection, cookie: str) -> None:
    """Ends a session."""
    connection.execute(delete(Session).where(Session.key == hashed(cookie)))


def hashed(key: str) -> bytes:
    """What is stored of a key: 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
