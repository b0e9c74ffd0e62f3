"""Signing in through the network's identity provider: there, and back."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from geoservice.access import sessions
from geoservice.access.accounts import signed_in
from geoservice.access.attempts import LASTS, Attempt, keep, new_attempt, take
from geoservice.access.linking import account_of
from geoservice.access.roles import Permission
from geoservice.api.cookies import comes_safely, give, give_session
from geoservice.api.identity import COOKIE
from geoservice.api.pages import own_path
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.throttle import PROVIDER
from geoservice.errors import GeoserviceError, NotFound, TooMany, Unauthorized, Unavailable

router = APIRouter(prefix="/sign-in", include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])

ATTEMPT = "geoservice_sign_in"
NO_STORE = {"Cache-Control": "no-store"}


class Return(BaseModel):
    """What a provider sends a browser back with; what else it adds is let pass (RFC 6749, 4.1.2)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: Annotated[str, Field(max_length=200)] = ""
    code: Annotated[str, Field(max_length=4096)] = ""
    iss: Annotated[str, Field(max_length=1000)] | None = None
    error: Annotated[str, Field(max_length=200)] | None = None


async def _offered(request: Request) -> None:
    if request.app.state.services.provider is None:
        raise NotFound("api.no-resource", path=request.url.path)


@router.get("/provider", dependencies=[Depends(_offered)])
def there(
    service: Service, request: Request, next_: Annotated[str, Query(alias="next", max_length=600)] = "/"
) -> RedirectResponse:
    """Sends a browser to the provider. Only our own page begins that: elsewhere one gets to that page."""
    goes_on = own_path(next_)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _to_sign_in(goes_on)
    secure = comes_safely(request, service.settings.server)
    here = request.url.replace(scheme="https") if secure else request.url
    attempt = new_attempt(str(here.replace(path="/sign-in/callback", query="")), goes_on)
    try:
        address = _begun(service, request, attempt)
    except (Unavailable, TooMany) as error:
        if not error.code.startswith("access."):
            raise
        return _to_sign_in(goes_on, error)
    response = RedirectResponse(address, status_code=303, headers=NO_STORE)
    give(response, ATTEMPT, attempt.cookie, seconds=LASTS.total_seconds(), path="/sign-in", secure=secure)
    return response


@router.get("/callback", dependencies=[Depends(_offered)])
def back(service: Service, request: Request, given: Annotated[Return, Query()]) -> RedirectResponse:
    """Signs in who comes back from the provider, in a new session, or says on the sign-in page why not."""
    with service.as_program() as connection:
        attempt = take(connection, request.cookies.get(ATTEMPT, ""), given.state)
    goes_on = "/" if attempt is None else attempt.goes_on
    try:
        cookie = _arrived(service, request, attempt, given)
    except (Unauthorized, Unavailable) as error:
        if not error.code.startswith("access."):
            raise
        return _without_attempt(_to_sign_in(goes_on, error))
    response = RedirectResponse(goes_on, status_code=303, headers=NO_STORE)
    give_session(response, cookie, secure=comes_safely(request, service.settings.server))
    return _without_attempt(response)


def _begun(service: Services, request: Request, attempt: Attempt) -> str:
    service.throttle.count(PROVIDER, "provider", request.client.host if request.client else "-")
    assert service.provider is not None
    address = service.provider.address(attempt)
    with service.as_program() as connection:
        keep(connection, attempt)
    return address


def _arrived(service: Services, request: Request, attempt: Attempt | None, given: Return) -> str:
    provider = service.provider
    assert provider is not None
    if attempt is None:
        raise Unauthorized("access.provider-expired")
    if given.error is not None or not given.code or given.iss not in (None, provider.issuer):
        raise Unauthorized("access.provider-refused")
    person = provider.person(given.code, attempt)
    with service.as_program() as connection:
        account = account_of(connection, person.issuer, person.subject, person.name)
        if account is None:
            raise Unauthorized("access.provider-unknown")
        signed_in(connection, account, "provider")
        return sessions.begin(connection, account, replacing=request.cookies.get(COOKIE))


def _to_sign_in(goes_on: str, error: GeoserviceError | None = None) -> RedirectResponse:
    query = {"next": goes_on} | ({"said": error.code.removeprefix("access.")} if error else {})
    return RedirectResponse(f"/sign-in?{urlencode(query)}", status_code=303, headers=NO_STORE)


def _without_attempt(response: RedirectResponse) -> RedirectResponse:
    response.delete_cookie(ATTEMPT, path="/sign-in", httponly=True, samesite="lax")
    return response
