"""Several processes of one server behind one port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from tempfile import TemporaryDirectory

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from geoservice.api.metrics import SHARED

# Searches and the compiling of kernels may hold a process for seconds: uvicorn would end it after five.
HUNG_AFTER_S = 60


class _Processes(Multiprocess):
    """Ends them together; one that dies is replaced."""

    def terminate_all(self) -> None:
        """Closes the port, then asks each process to finish what is running."""
        # The processes close theirs. Were it open here, connections would be taken that nobody answers any more.
        for each in self.sockets:
            each.close()
        super().terminate_all()

    @property
    def failed(self) -> bool:
        """Whether one could not start."""
        return any(process.exitcode == STARTUP_FAILURE for process in self.processes)


def serve_several(address: str, port: int, *, processes: int, shutdown_s: float) -> bool:
    """Serves until told to end; whether the processes came up.

    Parameters
    ----------
    shutdown_s
        Time that requests under way have in the end.
    """
    config = uvicorn.Config(
        "geoservice.api.app:served",
        factory=True,
        host=address,
        port=port,
        workers=processes,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=ceil(shutdown_s),
        timeout_worker_healthcheck=HUNG_AFTER_S,
    )
    with _counting_together():
        running = _Processes(config, sockets=[config.bind_socket()])
        running.run()
    return not running.failed


@contextmanager
def _counting_together() -> Iterator[None]:
    """A folder in which the processes count, told to them by their environment."""
    with TemporaryDirectory(prefix="geoservice-metrics-") as folder:
        os.environ[SHARED] = folder
        try:
            yield
        finally:
            del os.environ[SHARED]
