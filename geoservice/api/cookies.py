"""Cookies that browsers are given: kept from scripts, and from other sites' requests but for a link that is followed."""

from __future__ import annotations

from fastapi import Request, Response

from geoservice.access import sessions
from geoservice.api.identity import COOKIE
from geoservice.settings import ServerSettings


def comes_safely(request: Request, settings: ServerSettings) -> bool:
    """Whether pages come over https: a proxy that is trusted says so, or the settings do."""
    return settings.behind_tls or request.url.scheme == "https"


def give(response: Response, name: str, value: str, *, seconds: float, path: str, secure: bool) -> None:
    """Has a browser keep something for some time."""
    response.set_cookie(name, value, max_age=int(seconds), path=path, httponly=True, samesite="lax", secure=secure)


def give_session(response: Response, cookie: str, *, secure: bool) -> None:
    """Has a browser keep the key of its session."""
    give(response, COOKIE, cookie, seconds=sessions.LONGEST.total_seconds(), path="/", secure=secure)
