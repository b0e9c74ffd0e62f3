"""Changes that name the version they start from (RFC 9110, 13.1.1; RFC 6585, 3)."""

from __future__ import annotations

import re

from geoservice.errors import Changed, NoVersion


def version_tag(version: int, form: str = "") -> str:
    """The strong ETag of a version, in one of several forms that it is given out in; a change may start from any.

    Parameters
    ----------
    form
        Hexadecimal digits that tell the forms apart.

    Examples
    --------
    >>> version_tag(3), version_tag(3, "0a")
    ('"v3"', '"v3-0a"')
    """
    return f'"v{version}-{form}"' if form else f'"v{version}"'


def check_version(if_match: str | None, version: int) -> None:
    """Refuses a change that does not start from the version that is there.

    Raises
    ------
    NoVersion
        If the header If-Match is absent.
    Changed
        If it names another version.
    """
    if version not in named_versions(if_match):
        raise Changed("api.changed")


def named_versions(if_match: str | None) -> frozenset[int]:
    """The versions that a change may start from; where a lock has to be had before they are compared.

    Raises
    ------
    NoVersion
        If the header If-Match is absent.

    Examples
    --------
    >>> sorted(named_versions('"v3", "v4-0a", W/"v5"'))
    [3, 4]
    """
    if if_match is None or not if_match.strip():
        raise NoVersion("api.no-version")
    tags = (re.fullmatch(r'"v([0-9]{1,18})(?:-[0-9a-f]{1,64})?"', tag.strip()) for tag in if_match[:2000].split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)
