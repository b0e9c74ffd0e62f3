"""The map page and its texts."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, JSONResponse, Response

from geoservice import __version__
from geoservice.access.roles import Permission
from geoservice.api.conditional import REVALIDATE, Conditional
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.texts import page_texts
from geoservice.publish.pages import render
from geoservice.publish.revisions import etag

router = APIRouter(dependencies=[needs(Permission.PUBLIC)])


@router.get("/", include_in_schema=False, response_class=HTMLResponse)
def map_page() -> HTMLResponse:
    """The map page; the language comes from ``?lang=``, the cookie or the browser.

    Other parameters are let pass: programs that share links add their own.
    """
    return HTMLResponse(render("map.html"), headers={"Cache-Control": REVALIDATE, "Vary": "Accept-Language, Cookie"})


@router.get("/api/texts/{lang}", tags=["texts"], response_model=dict[str, str], dependencies=[Depends(no_query)])
def texts(lang: Literal["zh", "en"], condition: Conditional) -> Response:
    """The texts of the page in one language, by key."""
    found = dict(page_texts(lang))
    return condition.answer(etag("texts", lang, __version__, sorted(found.items())), lambda: JSONResponse(found))
