"""What scenarios stand on, kept in memory: grounds by their inputs, and states by the changes that lead to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import BoundedSemaphore, Lock

from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.scenarios.state import State
from geoservice.errors import Unavailable

AT_ONCE = 2
MOST_GROUNDS = 8
MOST_BYTES = 128_000_000
WAIT_S = 30.0


class Situations:
    """Grounds and states, the least lately used given up first.

    A state is found by the changes that lead to it, so a drag, an undo and a saved scenario each cost one change.
    """

    def __init__(self, *, grounds: int = MOST_GROUNDS, most_bytes: int = MOST_BYTES) -> None:
        self._gate = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._grounds: OrderedDict[Hashable, Ground] = OrderedDict()
        self._states: OrderedDict[tuple[Hashable, tuple[Change, ...]], State] = OrderedDict()
        self._most_grounds, self._most_bytes, self._bytes = grounds, most_bytes, 0

    def ground(self, tag: Hashable, read: Callable[[], Ground]) -> Ground:
        """The ground kept under a tag, else the one that `read` reads.

        Raises
        ------
        Unavailable
            ``api.busy`` where no turn has come in time.
        """
        found = self._ground(tag)
        if found is not None:
            return found
        if not self._gate.acquire(timeout=WAIT_S):
            raise Unavailable("api.busy")
        try:
            found = self._ground(tag)
            if found is None:
                found = read()
                self._keep_ground(tag, found)
            return found
        finally:
            self._gate.release()

    def standing(self, tag: Hashable, ground: Ground, changes: Sequence[Change]) -> State:
        """The state after some changes, beginning with the longest part of them that is kept.

        Raises
        ------
        BadInput
            As `State.after`, for the first change that cannot be made.
        """
        whole = tuple(changes)
        done, state = self._longest(tag, ground, whole)
        while done < len(whole):
            state = state.changed(whole[done])
            done += 1
            if done == len(whole):
                state = state.built()
            if not state.unbuilt:
                self._keep((tag, whole[:done]), state)
        return state

    def _longest(self, tag: Hashable, ground: Ground, whole: tuple[Change, ...]) -> tuple[int, State]:
        with self._lock:
            for done in range(len(whole), 0, -1):
                found = self._states.get((tag, whole[:done]))
                if found is not None and found.ground is ground:
                    self._states.move_to_end((tag, whole[:done]))
                    return done, found
        return 0, State.begin(ground)

    def _keep(self, key: tuple[Hashable, tuple[Change, ...]], state: State) -> None:
        with self._lock:
            old = self._states.pop(key, None)
            self._bytes += state.nbytes - (0 if old is None else old.nbytes)
            self._states[key] = state
            while self._bytes > self._most_bytes and self._states:
                self._bytes -= self._states.popitem(last=False)[1].nbytes

    def _ground(self, tag: Hashable) -> Ground | None:
        with self._lock:
            if tag in self._grounds:
                self._grounds.move_to_end(tag)
            return self._grounds.get(tag)

    def _keep_ground(self, tag: Hashable, ground: Ground) -> None:
        with self._lock:
            self._grounds[tag] = ground
            while len(self._grounds) > self._most_grounds:
                gone, _ = self._grounds.popitem(last=False)
                for key in [key for key in self._states if key[0] == gone]:
                    self._bytes -= self._states.pop(key).nbytes
