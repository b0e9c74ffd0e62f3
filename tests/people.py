"""Accounts for tests, and clients that are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.testclient import TestClient

from geoservice.access import accounts, sessions
from geoservice.access.accounts import Grant
from geoservice.access.roles import Role
from geoservice.api.identity import COOKIE
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Held:
    """A session: its cookie and the key that goes with changes."""

    cookie: str
    form_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Form-Key": self.form_key, "Cookie": f"{COOKIE}={self.cookie}"}


def add_person(database: Database, name: str, *roles: str, units: Sequence[int] = ()) -> int:
    """An account with a password of its own; with `units` its roles hold there only."""
    grants = [Grant(Role(role), unit) for role in roles for unit in (units or [None])]  # type: ignore[list-item]
    with database.connect(actor=SYSTEM) as connection:
        once = accounts.add(connection, name, name.title(), grants)
        account = accounts.account(connection, name).id
        accounts.change_password(connection, account, once, PASSWORD)
        return account


def hold_session(database: Database, account: int) -> Held:
    """A session as signing in makes it."""
    with database.connect(actor=SYSTEM) as connection:
        cookie = sessions.begin(connection, account)
        found = sessions.find(connection, cookie)
    assert found is not None
    return Held(cookie, found.form_key)


def signed_in(
    web: TestClient, database: Database, *roles: str, name: str = "li", units: Sequence[int] = ()
) -> TestClient:
    """The client in the name of a new account."""
    web.headers.update(hold_session(database, add_person(database, name, *roles, units=units)).headers)
    return web
