"""Where a page may lead on to."""

from __future__ import annotations

import re

_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")


def own_path(given: str) -> str:
    r"""A path of this service as it was given, ``/`` in place of anything else: no page leads to another site.

    Examples
    --------
    >>> own_path("/account?lang=en"), own_path("//evil.example"), own_path(r"/\evil.example"), own_path("https://x")
    ('/account?lang=en', '/', '/', '/')
    """
    return given if _OWN_PATH.fullmatch(given) else "/"
