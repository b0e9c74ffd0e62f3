"""Which permission each route asks for, and whether a change was sent by a page of ours."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Who, identify
from geoservice.errors import BadRequest, Forbidden, Unauthorized

FORM_KEY = "x-form-key"
JSON = "application/json"
BYTES = "application/octet-stream"
_READING = ("GET", "HEAD", "OPTIONS")


class Needs:
    """A dependency that lets only those through who have a permission."""

    def __init__(self, permission: Permission, *media_types: str) -> None:
        self.permission = permission
        self.media_types = media_types

    async def __call__(self, request: Request) -> None:
        """Lets a request through.

        Raises
        ------
        Unauthorized
            If nobody is signed in.
        Forbidden
            If who asks may not, or a change comes from another site's page.
        BadRequest
            If a change is not sent as a media type that the route takes.
        """
        who = await identify(request)
        if not allows(who.actor, self.permission):
            if who.must_change:
                raise Forbidden("access.choose-password")
            raise Forbidden("access.not-allowed") if who.actor.account_id else Unauthorized("access.sign-in")
        if self.permission != Permission.PUBLIC and request.method not in _READING:
            _refuse_foreign(request, who, self.media_types or (JSON,))


def needs(permission: Permission, *media_types: str) -> Any:
    """As a dependency of a route or a router; a change comes as JSON where no other media types are named."""
    return Depends(Needs(permission, *media_types))


async def from_own_page(request: Request, who: Who) -> None:
    """Lets a change through that a page of ours or a program with a token has sent.

    Another site's page can make a browser send cookies, but neither JSON nor bare bytes nor our key, and it is named as
    origin.

    Raises
    ------
    Forbidden
        If it comes from another site's page, or without the key of the session.
    BadRequest
        If it is not sent as JSON.
    """
    _refuse_foreign(request, who, (JSON,))


def _refuse_foreign(request: Request, who: Who, media_types: Sequence[str]) -> None:
    headers = request.headers
    if "authorization" in headers:
        return
    origin, fetched = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign or fetched not in ("same-origin", "none"):
        raise Forbidden("access.other-site", origin=(origin or fetched)[:80])
    if media_type(request) not in media_types:
        raise BadRequest("access.not-bytes" if BYTES in media_types else "access.not-json")
    given = headers.get(FORM_KEY, "")
    if who.form_key is not None and not hmac.compare_digest(given.encode(), who.form_key.encode()):
        raise Forbidden("access.form-key")


def media_type(request: Request) -> str:
    """What the body of a request is said to be, without its parameters."""
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def in_a_browser(who: Who) -> None:
    """Lets only those through who have signed in with their password: a token is never worth more than it was made for.

    Raises
    ------
    Forbidden
        If a program with a token asks.
    """
    if who.form_key is None:
        raise Forbidden("access.not-by-token")


def permission_of(route: APIRoute) -> Permission | None:
    """What a route asks for, beyond what its router does; None where that was forgotten."""
    asked = [call.permission for call in _calls(route.dependant) if isinstance(call, Needs)]
    return next((permission for permission in asked if permission != Permission.PUBLIC), asked[0] if asked else None)


def declare(routes: Iterable[APIRoute]) -> None:
    """Writes into the description of each route what it asks for."""
    for route in routes:
        asked = permission_of(route)
        if asked is not None:
            route.openapi_extra = {**(route.openapi_extra or {}), "x-permission": asked.value}


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
