"""Answers that take work: a few at once, and the latest kept for whoever asks the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

from geoservice.errors import Unavailable

AT_ONCE = 2
MOST_KEPT = 16
LARGEST_KEPT = 4_000_000


class Worked:
    """Bodies by their ETag, the least lately used given up first.

    Parameters
    ----------
    at_once
        Answers worked out at the same time; who comes later waits.
    most
        Answers kept.
    largest
        Bytes above which an answer is not kept.
    """

    def __init__(self, at_once: int = AT_ONCE, most: int = MOST_KEPT, largest: int = LARGEST_KEPT) -> None:
        self._gate = BoundedSemaphore(at_once)
        self._lock = Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._most, self._largest = most, largest

    def body(self, tag: str, make: Callable[[], bytes], *, wait_s: float) -> bytes:
        """The answer kept under a tag, else the one that `make` makes.

        Raises
        ------
        Unavailable
            ``api.busy`` where no turn has come within `wait_s`.

        Examples
        --------
        >>> worked = Worked()
        >>> worked.body("a", lambda: b"1", wait_s=1.0), worked.body("a", lambda: b"2", wait_s=1.0)
        (b'1', b'1')
        """
        found = self._find(tag)
        if found is not None:
            return found
        if not self._gate.acquire(timeout=wait_s):
            raise Unavailable("api.busy")
        try:
            # Somebody may have asked for the same and been served meanwhile.
            found = self._find(tag)
            if found is None:
                found = make()
                self._keep(tag, found)
            return found
        finally:
            self._gate.release()

    def _find(self, tag: str) -> bytes | None:
        with self._lock:
            if tag in self._kept:
                self._kept.move_to_end(tag)
            return self._kept.get(tag)

    def _keep(self, tag: str, body: bytes) -> None:
        if len(body) > self._largest:
            return
        with self._lock:
            self._kept[tag] = body
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
