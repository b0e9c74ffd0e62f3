"""Signing in and out, one's own password and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import Field, SecretStr
from sqlalchemy import Connection

from geoservice.access import sessions, tokens
from geoservice.access.accounts import authenticate, change_password
from geoservice.access.roles import Permission, allows
from geoservice.api.cookies import comes_safely, give_session
from geoservice.api.identity import COOKIE, NOBODY, Identity, Who, of_session
from geoservice.api.parameters import Parameters, PathId, no_query
from geoservice.api.permits import from_own_page, in_a_browser, needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Shape
from geoservice.api.throttle import SIGN_IN
from geoservice.errors import Unauthorized

router = APIRouter(prefix="/api/session", tags=["session"], dependencies=[Depends(no_query)])

_OWN = [needs(Permission.SIGNED_IN), Depends(in_a_browser)]


class SignIn(Parameters):
    """Name and password."""

    name: Annotated[str, Field(max_length=200)]
    password: Annotated[SecretStr, Field(max_length=1000)]


class NewPassword(Parameters):
    """The password so far and the one from now on."""

    old: Annotated[SecretStr, Field(max_length=1000)]
    new: Annotated[SecretStr, Field(max_length=1000)]


class SessionShape(Shape):
    """Who is signed in; `form_key` goes into the header X-Form-Key of every change."""

    account: str | None
    roles: list[str]
    may: list[str]
    form_key: str | None
    must_change: bool


class TokenOrder(Parameters):
    """A token that is asked for."""

    title: Annotated[str, Field(max_length=100)]
    scope: Annotated[str, Field(pattern="^(read|write)$")] = "read"
    days: Annotated[int, Field(ge=1, le=tokens.LONGEST_DAYS)] = 90


class TokenShape(Shape):
    """A token; `token` itself is told once, when it is made."""

    id: int
    title: str
    scope: str
    created_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    token: str | None = None


class TokenList(Shape):
    """One's own tokens, the newest first."""

    items: list[TokenShape]


@router.get("", dependencies=[needs(Permission.PUBLIC)])
def session(who: Who, response: Response) -> SessionShape:
    """Who is signed in."""
    response.headers["Cache-Control"] = "no-store"
    return _shape(who)


@router.post("", dependencies=[needs(Permission.PUBLIC), Depends(from_own_page)])
def sign_in(service: Service, request: Request, response: Response, given: Annotated[SignIn, Body()]) -> SessionShape:
    """Signs in: the answer sets the cookie of a new session."""
    address = request.client.host if request.client else "-"
    service.throttle.count(SIGN_IN, "sign-in", address)
    response.headers["Cache-Control"] = "no-store"
    with service.as_program() as connection:
        account = authenticate(connection, given.name, given.password.get_secret_value())
    # After the transaction: a wrong password stays counted.
    if account is None:
        raise Unauthorized("access.wrong")
    with service.as_program() as connection:
        return _begin(service, connection, request, response, account)


@router.delete("", dependencies=[needs(Permission.PUBLIC), Depends(from_own_page)])
def sign_out(service: Service, request: Request, response: Response) -> SessionShape:
    """Signs out: the session ends here and now."""
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        with service.as_program() as connection:
            sessions.end(connection, cookie)
    response.delete_cookie(COOKIE, path="/")
    return _shape(NOBODY)


@router.put("/password", dependencies=_OWN)
def password(
    service: Service, request: Request, response: Response, given: Annotated[NewPassword, Body()]
) -> SessionShape:
    """Changes one's own password; other sessions end, this one goes on under a new key."""
    service.throttle.count(SIGN_IN, "password", service.actor.name)
    account = _account(service)
    with service.as_program() as connection:
        change_password(connection, account, given.old.get_secret_value(), given.new.get_secret_value())
        return _begin(service, connection, request, response, account)


@router.get("/tokens", dependencies=_OWN)
def own_tokens(service: Service, response: Response) -> TokenList:
    """One's own tokens."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        rows = tokens.tokens(connection, _account(service))
    return TokenList(items=[_token(row) for row in rows])


@router.post("/tokens", status_code=201, dependencies=_OWN)
def new_token(service: Service, response: Response, given: Annotated[TokenOrder, Body()]) -> TokenShape:
    """Makes a token, which is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    with service.as_program() as connection:
        token = tokens.issue(connection, _account(service), given.title, given.scope, given.days)
        row = tokens.tokens(connection, _account(service))[0]
    return _token(row, token)


@router.delete("/tokens/{token_id}", dependencies=_OWN)
def revoke_token(service: Service, token_id: PathId) -> TokenList:
    """Ends a token at once."""
    with service.as_program() as connection:
        tokens.revoke(connection, _account(service), token_id)
        rows = tokens.tokens(connection, _account(service))
    return TokenList(items=[_token(row) for row in rows])


def _account(service: Services) -> int:
    if service.actor.account_id is None:
        raise Unauthorized("access.sign-in")
    return service.actor.account_id


def _begin(
    service: Services, connection: Connection, request: Request, response: Response, account: int
) -> SessionShape:
    cookie = sessions.begin(connection, account, replacing=request.cookies.get(COOKIE))
    give_session(response, cookie, secure=comes_safely(request, service.settings.server))
    return _shape(of_session(connection, cookie))


def _shape(who: Identity) -> SessionShape:
    signed_in = who.actor.account_id is not None
    return SessionShape(
        account=who.actor.name if signed_in else None,
        roles=list(who.actor.roles),
        may=[permission.value for permission in Permission if allows(who.actor, permission)],
        form_key=who.form_key,
        must_change=who.must_change,
    )


def _token(row: tokens.TokenRow, token: str | None = None) -> TokenShape:
    return TokenShape(**{name: getattr(row, name) for name in tokens.TokenRow.__dataclass_fields__}, token=token)
