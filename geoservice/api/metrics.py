"""Measurements for Prometheus: requests by route, connections of the database, jobs by state."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPMethod
from ipaddress import ip_address, ip_network

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
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


class Metrics:
    """What one server process counts. Labels are bounded: templates of routes, known methods, states.

    Parameters
    ----------
    database
        Its connections and jobs are looked at when somebody asks, not before.
    """

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        by = ("method", "route", "status")
        self._requests = Counter("geoservice_requests", "Requests that were answered", by, registry=self._registry)
        self._seconds = Histogram(
            "geoservice_request_duration_seconds",
            "Time from the request to the end of its answer",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._under_way = Gauge("geoservice_requests_in_progress", "Requests under way", registry=self._registry)
        built = Gauge("geoservice_build_info", "Version of the program", ("version",), registry=self._registry)
        built.labels(__version__).set(1)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._registry.register(_State(database))

    def began(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def ended(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """A request was answered; status 0 where the client went away before."""
        self._under_way.dec()
        route = _route(scope)
        self._requests.labels(method if method in _METHODS else "OTHER", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus (version 0.0.4)."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is so at the moment of asking; without the database, that it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        counts = jobs_by_state(self._database)
        yield GaugeMetricFamily("geoservice_database_up", "Whether the database answers", value=counts is not None)
        pools = GaugeMetricFamily(
            "geoservice_database_connections", "Connections that are held", labels=("role", "state")
        )
        for role, (used, idle) in self._database.connections().items():
            pools.add_metric((role, "in use"), used)
            pools.add_metric((role, "idle"), idle)
        yield pools
        if counts is not None:
            jobs = GaugeMetricFamily("geoservice_jobs", "Jobs that wait or run", labels=("state",))
            for state, count in counts.items():
                jobs.add_metric((state,), count)
            yield jobs


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
