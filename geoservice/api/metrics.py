"""Measurements for Prometheus: requests by route, connections of the database, jobs by state.

Several processes of one server count together in a folder, so that it does not matter which of them is asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http import HTTPMethod
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import Scope

from geoservice import __version__
from geoservice.database.engine import Database
from geoservice.jobs.counting import jobs_by_state

# From a file of the page, answered within a moment, to a computation that is waited for.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STATIC, ELSEWHERE = "/static", "none"
_METHODS = frozenset(HTTPMethod)
# Names the folder of several processes, to us and to the library, which looks for it when it is loaded.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
_NOTED_S = 1.0


class Metrics:
    """What one server counts. Labels are bounded: templates of routes, known methods, states.

    Parameters
    ----------
    database
        Its connections and jobs are looked at when somebody asks, not before.
    """

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        self._shared = os.environ.get(SHARED)
        by = ("method", "route", "status")
        self._requests = Counter("geoservice_requests", "Requests that were answered", by, registry=self._registry)
        self._seconds = Histogram(
            "geoservice_request_duration_seconds",
            "Time from the request to the end of its answer",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._under_way = self._gauge("geoservice_requests_in_progress", "Requests under way", sum_=True)
        self._gauge("geoservice_build_info", "Version of the program", "version").labels(__version__).set(1)
        self._state = _State(database)
        if self._shared is None:
            ProcessCollector(registry=self._registry)
            PlatformCollector(registry=self._registry)
            # In this order: asking for the state takes a connection, which is told.
            self._registry.register(self._state)
            self._registry.register(_Connections(database))
        else:
            self._database, self._noted = database, 0.0
            self._processes = self._gauge("geoservice_processes", "Processes that answer requests", sum_=True)
            self._processes.set(1)
            self._held = self._gauge(CONNECTIONS, _HELD, "role", "state", sum_=True)

    def _gauge(self, name: str, text: str, *labels: str, sum_: bool = False) -> Gauge:
        mode: Literal["livesum", "livemax"] = "livesum" if sum_ else "livemax"
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode=mode)

    def began(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def ended(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """A request was answered; status 0 where the client went away before."""
        self._under_way.dec()
        route = _route(scope)
        self._requests.labels(method if method in _METHODS else "OTHER", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if self._shared is not None and time.monotonic() - self._noted > _NOTED_S:
            self._note()

    def _note(self) -> None:
        """Writes down for the others which connections this process holds."""
        self._noted = time.monotonic()
        for role, (used, idle) in self._database.connections().items():
            self._held.labels(role, "in use").set(used)
            self._held.labels(role, "idle").set(idle)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus (version 0.0.4)."""
        if self._shared is None:
            return generate_latest(self._registry)
        self._note()
        _forget_dead(Path(self._shared))
        together = CollectorRegistry()
        MultiProcessCollector(together, self._shared)  # type: ignore[no-untyped-call]
        together.register(self._state)
        return generate_latest(together)


CONNECTIONS, _HELD = "geoservice_database_connections", "Connections that are held"


def _forget_dead(folder: Path) -> None:
    """What processes counted stays when they have ended; what they held does not."""
    for file in folder.glob("gauge_live*_*.db"):
        number = int(file.stem.rpartition("_")[2])
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]


class _State(Collector):
    """What is so at the moment of asking; without the database, that it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        counts = jobs_by_state(self._database)
        yield GaugeMetricFamily("geoservice_database_up", "Whether the database answers", value=counts is not None)
        if counts is not None:
            jobs = GaugeMetricFamily("geoservice_jobs", "Jobs that wait or run", labels=("state",))
            for state, count in counts.items():
                jobs.add_metric((state,), count)
            yield jobs


class _Connections(Collector):
    """Those of a server of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        pools = GaugeMetricFamily(CONNECTIONS, _HELD, labels=("role", "state"))
        for role, (used, idle) in self._database.connections().items():
            pools.add_metric((role, "in use"), used)
            pools.add_metric((role, "idle"), idle)
        yield pools


def may_read(client: str | None, networks: str) -> bool:
    """Whether an address lies in one of the networks, separated by commas.

    Examples
    --------
    >>> may_read("10.1.2.3", "127.0.0.1, 10.1.0.0/16")
    True
    >>> may_read("10.2.2.3", "127.0.0.1, 10.1.0.0/16"), may_read("testclient", "0.0.0.0/0"), may_read(None, "")
    (False, False, False)
    """
    try:
        address = ip_address(client or "")
    except ValueError:
        return False
    return any(address in ip_network(one.strip()) for one in networks.split(",") if one.strip())


def _route(scope: Scope) -> str:
    """The template of the route: what clients make up is never a label."""
    found = getattr(scope.get("route"), "path", None)
    if found is not None:
        return str(found)
    return STATIC if scope["path"].startswith(STATIC + "/") else ELSEWHERE
