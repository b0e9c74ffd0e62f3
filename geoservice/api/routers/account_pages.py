"""The pages for signing in, for one's own account and for all accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geoservice.access.links import link_of
from geoservice.access.roles import Permission, Role, allows
from geoservice.api.identity import Who
from geoservice.api.pages import own_path, page_for
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.database.filters import today
from geoservice.language import current_language
from geoservice.publish.queries.units import units

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])

MOST_UNITS = 5000
SAID = ("provider-down", "provider-expired", "provider-refused", "provider-unknown", "too-many")


@router.get("/sign-in")
def sign_in_page(
    service: Service,
    who: Who,
    next_: Annotated[str, Query(alias="next", max_length=600)] = "/",
    said: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """Where one signs in; afterwards it goes on to a page of ours. `said` is why the provider's way led back here."""
    settings = service.settings.provider
    label = settings.label(current_language.get()) if settings.oidc_issuer else None
    reason = f"access.{said}" if said in SAID else None
    return page_for("sign_in.html", who, "sign-in", next=own_path(next_), label=label, reason=reason)


@router.get("/account")
def account_page(service: Service, who: Who) -> Response:
    """One's own account; to sign in first where nobody has."""
    if who.actor.account_id is None:
        return RedirectResponse("/sign-in?next=/account", status_code=303)
    with service.read() as connection:
        link = link_of(connection, who.actor.account_id)
    linked = link is not None and link.state == "linked"
    return page_for("account.html", who, "account", roles=who.actor.roles, must_change=who.must_change, linked=linked)


@router.get("/accounts")
def accounts_page(service: Service, who: Who) -> Response:
    """All accounts; to sign in first where nobody has who manages them."""
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.MANAGE):
        return RedirectResponse("/sign-in?next=/accounts", status_code=303)
    with service.read() as connection:
        found = units(connection, day=today(), limit=MOST_UNITS).items
    offered = {"offered": service.settings.provider.oidc_issuer is not None}
    choice = [{"name": unit["name"], "code": code} for unit in found if (code := _code(unit)) is not None]
    return page_for("accounts.html", who, "accounts", all_roles=[role.value for role in Role], units=choice, **offered)


def _code(unit: dict[str, object]) -> str | None:
    code = unit.get("code")
    return code if isinstance(code, str) else None
