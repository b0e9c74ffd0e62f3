"""The pages of the approval desk."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Identity, Who
from geoservice.api.pages import page_for
from geoservice.api.permits import needs

router = APIRouter(include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])


@router.get("/names")
def worklist_page(who: Who) -> Response:
    """Cases; its parameters are for the page itself: view, q, kind."""
    return _page("cases.html", who, "cases", "/names")


@router.get("/names/new")
def new_case_page(who: Who) -> Response:
    """A new application."""
    return _page("case_new.html", who, "new-case", "/names/new")


@router.get("/names/case")
def case_page(who: Who) -> Response:
    """One case; its parameter is for the page itself: id."""
    return _page("case.html", who, "case", "/names")


@router.get("/names/batch")
def batch_page(who: Who) -> Response:
    """Whole plans of proposed names; its parameters are for the page itself: plan, verdict."""
    return _page("batch.html", who, "batch", "/names/batch")


@router.get("/names/registry")
def registry_page(who: Who) -> Response:
    """Names that are kept; its parameters are for the page itself: q, unit, on, place."""
    return _page("registry.html", who, "registry", "/names/registry")


@router.get("/names/inventory")
def inventory_page(who: Who) -> Response:
    """Names that already clash; its parameter is for the page itself: kind."""
    return _page("inventory.html", who, "inventory", "/names/inventory")


@router.get("/names/rules")
def rules_page(who: Who) -> Response:
    """The rules that names are checked by."""
    return _page("name_rules.html", who, "name-rules", "/names/rules")


def _page(template: str, who: Identity, here: str, path: str) -> Response:
    """A page for those who see what is not published; to sign in first where nobody has."""
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.READ):
        return RedirectResponse(f"/sign-in?next={path}", status_code=303)
    return page_for(template, who, here)
