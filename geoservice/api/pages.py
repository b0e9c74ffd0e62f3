"""Pages for those who may be signed in, and where a page may lead on to."""

from __future__ import annotations

import re

from fastapi.responses import HTMLResponse

from geoservice.access.roles import Permission, allows
from geoservice.api.identity import Identity
from geoservice.publish.pages import render

_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")


def own_path(given: str) -> str:
    r"""A path of this service as it was given, ``/`` in place of anything else: no page leads to another site.

    Examples
    --------
    >>> own_path("/account?lang=en"), own_path("//evil.example"), own_path(r"/\evil.example"), own_path("https://x")
    ('/account?lang=en', '/', '/', '/')
    """
    return given if _OWN_PATH.fullmatch(given) else "/"


def page_for(template: str, who: Identity, here: str, **values: object) -> HTMLResponse:
    """A page with the frame of whoever asks; `here` is its name in the navigation."""
    shown = render(
        template,
        account=who.actor.name if who.actor.account_id is not None else None,
        may_read=allows(who.actor, Permission.READ),
        may_edit=allows(who.actor, Permission.EDIT),
        may_compute=allows(who.actor, Permission.COMPUTE),
        may_manage=allows(who.actor, Permission.MANAGE),
        here=here,
        **values,
    )
    return HTMLResponse(shown, headers={"Cache-Control": "no-store"})
