"""Tiles that were made, kept in memory by their ETag: it names the audience, and changes with what lies in the tile."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from cachetools import LRUCache

# What keeping an entry costs beside its bytes: tag, links, headers of objects.
OVERHEAD = 400


class TileCache:
    """The tiles asked for last, up to a number of bytes.

    Parameters
    ----------
    most_bytes
        None are kept with 0.
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(most_bytes, getsizeof=lambda body: len(body) + OVERHEAD)
        self._lock = Lock()

    def tile(self, tag: str, make: Callable[[], bytes]) -> bytes:
        """The tile of a tag; made where it is not kept."""
        with self._lock:
            kept = self._kept.get(tag)
        if kept is not None:
            return kept
        made = make()
        if len(made) + OVERHEAD <= self._kept.maxsize:
            with self._lock:
                self._kept[tag] = made
        return made
