"""The page where officials hand in files."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Who
from geoservice.api.pages import page_for
from geoservice.api.permits import needs

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])


@router.get("/data/import")
def import_page(who: Who) -> Response:
    """Upload, check, load and undo; in words where one may not, and to sign in first where nobody has.

    Its parameter is for the page itself: upload.
    """
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.READ):
        return RedirectResponse("/sign-in?next=/data/import", status_code=303)
    return page_for("import.html", who, "import")
