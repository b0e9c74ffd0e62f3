"""Browsers on their way to the provider and back: each attempt is bound to its browser, used once and soon over."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert

from geoservice.access.sessions import hashed
from geoservice.database.models import SignInAttempt

LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Attempt:
    """One way there and back.

    Attributes
    ----------
    cookie
        What the browser keeps; with `state`, which goes round by the provider, it finds the attempt again.
    nonce
        Comes back inside of the ID token.
    verifier
        Of PKCE: known to nobody else until the code is exchanged.
    redirect_uri
        Where the provider sends the browser back to.
    goes_on
        Path of ours to go to afterwards.
    """

    cookie: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    goes_on: str


def new_attempt(redirect_uri: str, goes_on: str) -> Attempt:
    """An attempt with secrets of its own, 256 random bits each."""
    cookie, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(cookie, state, nonce, secrets.token_urlsafe(48), redirect_uri, goes_on)


def keep(connection: Connection, attempt: Attempt) -> None:
    """Keeps an attempt until it is taken or over."""
    connection.execute(delete(SignInAttempt).where(SignInAttempt.ends_at < func.now()))
    kept = {name: getattr(attempt, name) for name in ("nonce", "verifier", "redirect_uri", "goes_on")}
    key = _key(attempt.cookie, attempt.state)
    connection.execute(insert(SignInAttempt).values(key=key, ends_at=func.now() + LASTS, **kept))


def take(connection: Connection, cookie: str, state: str) -> Attempt | None:
    """The attempt of a browser that comes back, this once; None where there is none, or it is over."""
    found = delete(SignInAttempt).where(SignInAttempt.key == _key(cookie, state), SignInAttempt.ends_at > func.now())
    columns = (SignInAttempt.nonce, SignInAttempt.verifier, SignInAttempt.redirect_uri, SignInAttempt.goes_on)
    row = connection.execute(found.returning(*columns)).first()
    return None if row is None else Attempt(cookie, state, *row)


def _key(cookie: str, state: str) -> bytes:
    return hashed(f"{cookie} {state}")
