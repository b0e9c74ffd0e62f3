"""Tiles and pages that were made, kept in memory until the state changes that they were made from."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from cachetools import LRUCache

# What keeping an entry costs beside its bytes: place, tag, links, headers of objects.
OVERHEAD = 600


class Memory:
    """The answers asked for last, up to a number of bytes; of each place the newest alone.

    A place says what is asked for and by which audience, a tag (the ETag) in which state it was answered.

    Parameters
    ----------
    most_bytes
        None are kept with 0.

    Examples
    --------
    >>> memory = Memory(2**20)
    >>> memory.answer("page", "v1", lambda: b"old"), memory.answer("page", "v1", lambda: b"not asked")
    (b'old', b'old')
    >>> memory.get("page", "v2") is None, memory.holds("page"), memory.holds("other")
    (True, True, False)
    >>> memory.answer("page", "v2", lambda: b"new")
    b'new'
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, tuple[str, bytes]] = LRUCache(most_bytes, getsizeof=lambda kept: _size(kept[1]))
        self._lock = Lock()

    def holds(self, place: str) -> bool:
        """Whether there is an answer, of whatever state: asking for the state may be worth it."""
        with self._lock:
            return place in self._kept

    def get(self, place: str, tag: str) -> bytes | None:
        """The answer in a state; None where it is not kept."""
        with self._lock:
            kept = self._kept.get(place)
        return kept[1] if kept is not None and kept[0] == tag else None

    def put(self, place: str, tag: str, made: bytes) -> None:
        """Keeps an answer instead of what was kept of the place before."""
        with self._lock:
            if _size(made) <= self._kept.maxsize:
                self._kept[place] = (tag, made)
            else:
                self._kept.pop(place, None)

    def answer(self, place: str, tag: str, make: Callable[[], bytes]) -> bytes:
        """The answer in a state; made where it is not kept."""
        kept = self.get(place, tag)
        if kept is None:
            self.put(place, tag, kept := make())
        return kept


def _size(made: bytes) -> int:
    return len(made) + OVERHEAD
