"""Tokens for programs: shown once, stored as a hash, with a scope and an end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from geoservice.access.accounts import actor_by_id
from geoservice.access.sessions import hashed
from geoservice.database.actor import Actor, Extent
from geoservice.database.models import ApiToken
from geoservice.errors import BadInput, NotFound

PREFIX = "gs_"
LONGEST_DAYS = 366
MOST = 50


@dataclass(frozen=True)
class TokenRow:
    """A token as its owner sees it; the token itself is not known any more."""

    id: int
    title: str
    scope: str
    created_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def issue(connection: Connection, account_id: int, title: str, scope: str, days: int) -> str:
    """Makes a token and gives it, this once.

    Parameters
    ----------
    scope
        ``read``: what its account sees; ``write``: what its account may.
    days
        After which it ends.

    Raises
    ------
    BadInput
        If title, scope or days are no such, or the account has too many.
    """
    named = title.strip()[:100]
    if not named:
        raise BadInput("access.token-title")
    if scope not in ("read", "write"):
        raise BadInput("access.token-scope", scope=scope[:40])
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput("access.token-days", days=days, most=LONGEST_DAYS)
    alive = select(func.count()).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    if connection.execute(alive.where(ApiToken.ends_at > func.now())).scalar_one() >= MOST:
        raise BadInput("access.token-many", most=MOST)
    token = PREFIX + secrets.token_urlsafe(32)
    values = {"key": hashed(token), "account_id": account_id, "title": named, "scope": scope}
    connection.execute(insert(ApiToken).values(ends_at=func.now() + timedelta(days=days), **values))
    return token


def find(connection: Connection, token: str) -> Actor | None:
    """Who a token acts for; None where it is unknown, revoked or at its end, or its account is not let in."""
    asked = select(ApiToken.id, ApiToken.account_id, ApiToken.scope).where(
        ApiToken.key == hashed(token), ApiToken.revoked_at.is_(None), ApiToken.ends_at > func.now()
    )
    row = connection.execute(asked).first()
    actor = None if row is None else actor_by_id(connection, row.account_id)
    if row is None or actor is None:
        return None
    used = update(ApiToken).where(ApiToken.id == row.id)
    stale = ApiToken.used_at.is_(None) | (ApiToken.used_at < func.now() - timedelta(minutes=1))
    connection.execute(used.where(stale).values(used_at=func.now()))
    return actor if row.scope == "write" else reading(actor)


def reading(actor: Actor) -> Actor:
    """An actor who sees the same and changes nothing."""
    return replace(actor, edits=Extent(), publishes=Extent(), reviews=Extent(), computes=False, manages=False)


def tokens(connection: Connection, account_id: int) -> Sequence[TokenRow]:
    """The tokens of an account, the newest first."""
    names = [getattr(ApiToken, name) for name in TokenRow.__dataclass_fields__]
    rows = connection.execute(select(*names).where(ApiToken.account_id == account_id).order_by(ApiToken.id.desc()))
    return [TokenRow(*row) for row in rows]


def revoke(connection: Connection, account_id: int, token_id: int) -> None:
    """Ends a token at once. Ending it twice is no error.

    Raises
    ------
    NotFound
        If the account has none of that number.
    """
    ended = update(ApiToken).where(ApiToken.id == token_id, ApiToken.account_id == account_id)
    values = {"revoked_at": func.coalesce(ApiToken.revoked_at, func.now())}
    if connection.execute(ended.values(values)).rowcount != 1:
        raise NotFound("access.no-token", id=token_id)
