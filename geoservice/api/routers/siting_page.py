"""The page of the siting desk."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Who
from geoservice.api.pages import page_for
from geoservice.api.permits import needs

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])


@router.get("/siting")
def siting_page(who: Who) -> Response:
    """What-if scenarios; to sign in first where nobody has who may compute.

    Its parameters are for the page itself: service, type, on, scenario.
    """
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.COMPUTE):
        return RedirectResponse("/sign-in?next=/siting", status_code=303)
    return page_for("siting.html", who, "siting")
