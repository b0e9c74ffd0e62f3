"""The pages of the data desk."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Who
from geoservice.api.pages import page_for
from geoservice.api.permits import needs

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])


@router.get("/data")
def records_page(who: Who) -> Response:
    """Records of all layers; to sign in first where nobody has who sees what is not published.

    Its parameters are for the page itself: layer, record, edit, field.
    """
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.READ):
        return RedirectResponse("/sign-in?next=/data", status_code=303)
    return page_for("records.html", who, "records")
