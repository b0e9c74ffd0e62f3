"""Conditional requests (RFC 9110, 13): an answer that the client has already is not sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Response

REVALIDATE = "no-cache"


class Condition:
    """What the client holds already."""

    def __init__(self, if_none_match: str) -> None:
        self._held = {_bare(tag) for tag in if_none_match.split(",") if tag.strip()}

    @property
    def given(self) -> bool:
        """Whether the client holds anything."""
        return bool(self._held)

    def holds(self, tag: str) -> bool:
        """Whether the client holds `tag`."""
        return _bare(tag) in self._held or "*" in self._held

    def answer(self, tag: str, body: Callable[[], Response]) -> Response:
        """304 where the client holds `tag`, else the response that `body` makes, with the tag on it."""
        response = Response(status_code=304) if self.holds(tag) else body()
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = REVALIDATE
        return response


def _bare(tag: str) -> str:
    """Weak comparison: W/ does not count."""
    return tag.strip().removeprefix("W/")


async def condition(request: Request) -> Condition:
    """What the request says that the client holds."""
    return Condition(request.headers.get("if-none-match", "")[:4000])


Conditional = Annotated[Condition, Depends(condition)]
