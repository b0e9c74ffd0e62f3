"""Who a request comes from: a signed-in browser, a program with a token, or anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from geoservice.access import sessions, tokens
from geoservice.database.actor import PUBLIC, SYSTEM, Actor, acting
from geoservice.database.engine import Database
from geoservice.errors import Unauthorized
from geoservice.settings import ServerSettings

COOKIE = "geoservice_session"
_SCHEME = "bearer "


@dataclass(frozen=True)
class Identity:
    """Who it is.

    Attributes
    ----------
    form_key
        What a change from a page of ours has to bring along; None where no browser holds a session.
    must_change
        Whether a password has to be chosen before anything else.
    """

    actor: Actor = PUBLIC
    form_key: str | None = None
    must_change: bool = False


NOBODY = Identity()


async def identify(request: Request) -> Identity:
    """Who a request comes from, found once a request.

    Raises
    ------
    Unauthorized
        If it brings a token that is none, or no longer.
    TooMany
        If the account or the address sends more requests than it may.
    """
    found: Identity | None = request.scope.get("geoservice.identity")
    if found is None:
        found = await _counted(request)
        request.scope["geoservice.identity"] = found
    acting.set(found.actor)
    return found


async def _counted(request: Request) -> Identity:
    """Who it is; the request counts for the account, or for the address where there is none."""
    services = request.app.state.services
    limits: ServerSettings = services.settings.server
    address = request.client.host if request.client else "-"
    try:
        found = await _found(request)
    except Unauthorized:
        services.throttle.rate(limits.address_requests_min, "address", address)
        raise
    if found.actor.account_id is None:
        services.throttle.rate(limits.address_requests_min, "address", address)
    else:
        services.throttle.rate(limits.account_requests_min, "account", str(found.actor.account_id))
    return found


Who = Annotated[Identity, Depends(identify)]


async def _found(request: Request) -> Identity:
    given, cookie = request.headers.get("authorization"), request.cookies.get(COOKIE)
    database: Database = request.app.state.services.database
    if given is not None:
        return await run_in_threadpool(_by_token, database, given)
    return NOBODY if cookie is None else await run_in_threadpool(_by_session, database, cookie)


def _by_token(database: Database, given: str) -> Identity:
    token = given[len(_SCHEME) :].strip()
    if not given.lower().startswith(_SCHEME) or not token:
        raise Unauthorized("access.bad-token")
    with database.connect(actor=SYSTEM) as connection:
        actor = tokens.find(connection, token)
    if actor is None:
        raise Unauthorized("access.bad-token")
    return Identity(actor)


def _by_session(database: Database, cookie: str) -> Identity:
    with database.connect(actor=SYSTEM) as connection:
        return of_session(connection, cookie)


def of_session(connection: Connection, cookie: str) -> Identity:
    """Whose session a cookie is; nobody where it has ended."""
    held = sessions.find(connection, cookie)
    if held is None:
        return NOBODY
    actor = held.actor
    if held.must_change:
        # Until it has a password of its own, an account may nothing but choose one.
        actor = Actor(actor.name, actor.account_id)
    return Identity(actor, held.form_key, held.must_change)
