"""geoservice serve: the web service."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from math import ceil
from typing import TYPE_CHECKING, Annotated

import typer

from geoservice.access.accounts import first_administrator
from geoservice.catalog import Catalog
from geoservice.cli.frame import ready, reporting
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.language import translate
from geoservice.names.keeping import outdated
from geoservice.settings import MOST_PROCESSES, Settings
from geoservice.terminal import notes

if TYPE_CHECKING:
    from geoservice.worker import Worker

app = typer.Typer()


def _refuse_taken_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise BadInput("cli.cannot-listen", address=address, port=port, reason=error.strerror) from None


@app.command("serve")
@reporting
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 · address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口 · port")] = None,
    work: Annotated[
        bool | None,
        typer.Option("--worker/--no-worker", help="同时运行后台任务，自带数据库时默认是 · run background jobs too"),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=MOST_PROCESSES, help="网页服务的进程数 · processes that answer requests"),
    ] = None,
) -> int:
    """启动网页服务 · serve the web map"""
    import uvicorn

    from geoservice.api.app import create_app

    with ready() as (settings, catalog, database):
        address, number = host or settings.server.host, port or settings.server.port
        several = processes or settings.server.server_workers
        _refuse_taken_port(address, number)
        _tell_first(database)
        if outdated(database):
            notes.print(translate("names.keys-outdated"), markup=False)
        # Whatever is wrong with declarations and settings is told here, once.
        app = create_app(settings, ahead=True)
        wanted = not database.external if work is None else work
        with _working(settings, catalog, database) if wanted else nullcontext():
            notes.print(translate("cli.serving", url=f"http://{address}:{number}"), markup=False)
            if several > 1:
                from geoservice.api.several import serve_several

                came_up = serve_several(address, number, processes=several, shutdown_s=settings.server.shutdown_s)
                return 0 if came_up else 1
            uvicorn.run(
                app,
                host=address,
                port=number,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=ceil(settings.server.shutdown_s),
            )
    return 0


def _tell_first(database: Database) -> None:
    """Makes the first administrator and tells its password on the console, this once."""
    with database.connect(actor=SYSTEM) as connection:
        password = first_administrator(connection)
    if password is not None:
        notes.print(translate("access.first"), markup=False)
        notes.print(translate("access.password-once", None, password=password), markup=False)


@app.command("worker")
@reporting
def worker() -> int:
    """运行后台任务，按 Ctrl+C 停止 · run background jobs"""
    with ready() as (settings, catalog, database), _working(settings, catalog, database) as running:
        notes.print(translate("jobs.working"), markup=False)
        with suppress(KeyboardInterrupt):
            running.wait()
    return 0


@contextmanager
def _working(settings: Settings, catalog: Catalog, database: Database) -> Iterator[Worker]:
    """A worker for the time of the block; a request to end counts as Ctrl+C, so that what runs is released."""
    from geoservice.worker import Worker

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = Worker(settings, catalog, database).start()
    try:
        yield running
    finally:
        running.stop()
        signal.signal(signal.SIGTERM, before)
