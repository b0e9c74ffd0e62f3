"""How many exports are made at a time: each holds a connection to the database, and some a file on the disk."""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore

from geoservice.errors import TooMany

_AGAIN_S = 20


class Exporting:
    """Places for exports.

    Examples
    --------
    >>> exporting = Exporting(1)
    >>> release = exporting.enter()
    >>> exporting.enter()
    Traceback (most recent call last):
    geoservice.errors.TooMany: ...
    >>> release()
    >>> exporting.enter() is None
    False
    """

    def __init__(self, at_once: int = 2) -> None:
        self._places = BoundedSemaphore(at_once)

    def enter(self) -> Callable[[], None]:
        """Takes a place; what it gives back frees it.

        Raises
        ------
        TooMany
            ``export.too-many`` where all are taken.
        """
        if not self._places.acquire(blocking=False):
            raise TooMany("export.too-many", seconds=_AGAIN_S)
        return self._places.release
