"""Findings of checks, kept until a layer changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import BoundedSemaphore, Lock

from geoservice.editing.quality.running import Result
from geoservice.errors import Unavailable

AT_ONCE = 2
MOST_KEPT = 300
MOST_FINDINGS = 20_000
WAIT_S = 30.0


class Checked:
    """Results by their ETag, the least lately used given up first; what took too long is never kept."""

    def __init__(self) -> None:
        self._gate = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._kept: OrderedDict[str, Result] = OrderedDict()

    def found(self, tag: str, run: Callable[[], Result]) -> Result:
        """The result kept under a tag, else the one that `run` finds.

        Raises
        ------
        Unavailable
            ``api.busy`` where no turn has come in time.
        """
        kept = self._find(tag)
        if kept is not None:
            return kept
        if not self._gate.acquire(timeout=WAIT_S):
            raise Unavailable("api.busy")
        try:
            result = self._find(tag) or run()
        finally:
            self._gate.release()
        if result.state != "too-long":
            self._keep(tag, result)
        return result

    def _find(self, tag: str) -> Result | None:
        with self._lock:
            if tag in self._kept:
                self._kept.move_to_end(tag)
            return self._kept.get(tag)

    def _keep(self, tag: str, result: Result) -> None:
        with self._lock:
            self._kept[tag] = result
            while len(self._kept) > MOST_KEPT or sum(len(one.findings) for one in self._kept.values()) > MOST_FINDINGS:
                self._kept.popitem(last=False)
