"""Parts on a Dask cluster: a scheduler that somebody runs, or workers of this machine for the length of a command."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import Any

import dask.config

import geoservice
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.scale.part import FORMAT, Part, PartAnswer, Question, solve_packed
from geoservice.coverage.scale.spread import spread
from geoservice.errors import BadRequest, Conflict, Unavailable
from geoservice.network.build import FORMAT as GRAPH_FORMAT

_distributed: Any = import_module("distributed")  # loaded by name: it carries few types

CONNECT_S = 10.0
# No worker for so long: the run ends.
LOST_S = 30.0
# So many parts a worker, so that none waits long for the last; and so many of them handed in at a time.
PARTS_A_WORKER, AHEAD = 4, 2
_ATTEMPTS = 3
_POLL_S = 0.5
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")

Progress = Callable[[str, int, int], None]


def program() -> dict[str, object]:
    """What both ends must have in common."""
    return {"version": geoservice.__version__, "part": FORMAT, "graph": GRAPH_FORMAT}


def checked_address(address: str) -> str:
    """The address of a scheduler.

    Raises
    ------
    BadRequest
        ``scale.bad-address`` if it is not tcp or tls, a host and a port.

    Examples
    --------
    >>> checked_address("tcp://127.0.0.1:8786")
    'tcp://127.0.0.1:8786'
    """
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or not 1 <= int(found[3]) <= 65535:
        raise BadRequest("scale.bad-address", address=address)
    return found[0]


@dataclass(frozen=True)
class Cluster:
    """A cluster whose workers run this very program."""

    client: Any
    address: str
    lost_s: float = LOST_S

    def __call__(self, inputs: Prepared, questions: Sequence[Question], progress: Progress) -> None:
        """Answer the questions of a run in parts; see `spread`."""
        spread(inputs, questions, PARTS_A_WORKER * max(1, self.workers()), self.answers, progress)

    def workers(self) -> int:
        """How many workers there are now."""
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def answers(self, parts: Iterator[Part], total: int, progress: Progress) -> Iterator[PartAnswer]:
        """Answers as they come; a part whose worker died is computed again, and what is left over is cancelled.

        Raises
        ------
        Unavailable
            ``scale.no-workers`` if none is left for a while, ``scale.part-failed`` if a part ends its worker each time.
        """
        waiting: dict[Any, None] = {}
        done, seen = 0, monotonic()
        progress("scale.step.parts", 0, total)
        try:
            while True:
                while len(waiting) < AHEAD * max(1, self.workers()) and (part := next(parts, None)) is not None:
                    waiting[self._handed_in(part)] = None
                if not waiting:
                    return
                ready = self._ready(list(waiting))
                if ready or self.workers():
                    seen = monotonic()
                elif monotonic() - seen > self.lost_s:
                    raise Unavailable("scale.no-workers", address=self.address)
                # Tells the run that nothing stands still, and lets a watcher stop it.
                progress("scale.step.parts", done, total)
                for future in ready:
                    del waiting[future]
                    answer = self._result(future)
                    done += 1
                    progress("scale.step.parts", done, total)
                    yield answer
        finally:
            if waiting:
                self.client.cancel(list(waiting), force=True)

    def _handed_in(self, part: Part) -> Any:
        # A part travels with its task, so that the scheduler still has it when a worker dies.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
            return self.client.submit(solve_packed, part.packed(), pure=False, retries=0)

    def _ready(self, futures: list[Any]) -> list[Any]:
        try:
            # `wait` asks for the current client; ours is nobody's default.
            with self.client.as_current():
                return list(_distributed.wait(futures, timeout=_POLL_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            return []
        except Exception as error:  # noqa: BLE001 - cancelled or lost: the connection is gone
            raise Unavailable("scale.lost", address=self.address, reason=_told(error)) from None

    def _result(self, future: Any) -> PartAnswer:
        try:
            answer: PartAnswer = pickle.loads(future.result(timeout=CONNECT_S))  # nosec B301 # noqa: S301 - of our own workers
        except Exception as error:  # noqa: BLE001 - whatever a worker raised
            raise Unavailable("scale.part-failed", address=self.address, reason=_told(error)) from None
        return answer


@contextmanager
def connected(address: str, *, connect_s: float = CONNECT_S, lost_s: float = LOST_S) -> Iterator[Cluster]:
    """A running cluster; TLS as Dask's own settings say.

    Raises
    ------
    BadRequest
        ``scale.bad-address``.
    Unavailable
        ``scale.no-scheduler`` if none answers in time, ``scale.no-workers`` if it has none.
    Conflict
        ``scale.other-program`` if a worker runs another version.
    """
    place = checked_address(address)
    try:
        client = _distributed.Client(place, timeout=connect_s, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - any way in which it is not there
        raise Unavailable("scale.no-scheduler", address=place, reason=_told(error)) from None
    try:
        cluster = Cluster(client, place, lost_s)
        _same_program(cluster, connect_s)
        yield cluster
    finally:
        client.close(timeout=connect_s)


@contextmanager
def started(workers: int) -> Iterator[Cluster]:
    """Workers of this machine, one process each, ended with the block; they listen on loopback only.

    Raises
    ------
    BadRequest
        ``scale.bad-workers`` if they are not 1 to 256.
    """
    if not 1 <= workers <= 256:
        raise BadRequest("scale.bad-workers", value=workers)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": _ATTEMPTS - 1}),
        _distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            # Its page of figures cannot be left out wholly; on loopback, on whatever port is free.
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as local,
        connected(local.scheduler_address) as cluster,
    ):
        yield cluster


def _same_program(cluster: Cluster, within_s: float) -> None:
    try:
        cluster.client.wait_for_workers(1, timeout=within_s)
    except TimeoutError:
        raise Unavailable("scale.no-workers", address=cluster.address) from None
    try:
        found = cluster.client.run(program)
    except Exception as error:  # noqa: BLE001 - a worker that cannot even load the program
        raise Conflict("scale.other-program", worker="-", theirs=_told(error), ours=program()) from None
    for worker, theirs in found.items():
        if theirs != program():
            raise Conflict("scale.other-program", worker=worker, theirs=theirs, ours=program())


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
