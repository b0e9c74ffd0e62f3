"""How much a filter may be, and how its errors are told."""

from __future__ import annotations

from typing import Any

from geoservice.errors import BadRequest

# Characters; a polygon of a thousand corners fits.
LONGEST = 20_000
# Brackets and NOT within each other.
DEEPEST = 32
# Numbers, texts, names and operators together, as text; numbers, texts and objects, as JSON.
MOST = 5_000


def refused(reason: str, /, **values: Any) -> BadRequest:
    """The error of a filter.

    Examples
    --------
    >>> refused("number", value="1e999").code
    'ogc.bad-filter.number'
    """
    return BadRequest(
        f"ogc.bad-filter.{reason}",
        **{name: value[:120] if isinstance(value, str) else value for name, value in values.items()},
    )


def fits(text: str) -> str:
    """A filter that is not too long.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.long``
    """
    if len(text) > LONGEST:
        raise refused("long", most=LONGEST)
    return text


class Counter:
    """Counts the parts of a filter and how deep they lie.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.deep``, ``ogc.bad-filter.many``
    """

    def __init__(self) -> None:
        self._parts = 0
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise refused("deep", most=DEEPEST)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1

    def one(self) -> None:
        """One part more."""
        self._parts += 1
        if self._parts > MOST:
            raise refused("many", most=MOST)
