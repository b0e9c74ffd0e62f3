"""The worker: every room's background tasks, some of different kinds side by side, in threads of their own."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import cache, partial
from threading import Thread
from time import monotonic

from procrastinate import App, PsycopgConnector
from sqlalchemy.exc import SQLAlchemyError

from geoservice.access.accounts import actor_by_name
from geoservice.catalog import Catalog
from geoservice.coverage import background as coverage
from geoservice.coverage.scenarios import background as circle
from geoservice.database.actor import SHELL, SYSTEM, Actor, act, shell_actor
from geoservice.database.engine import ROLE_NAMES, Database
from geoservice.errors import Forbidden, GeoserviceError
from geoservice.ingest.uploads import background as imports
from geoservice.ingest.uploads.store import clean
from geoservice.jobs.board import forget_results
from geoservice.jobs.queue import ALIVE_S, QUEUE, SCHEMA
from geoservice.jobs.work import Workplace, recover
from geoservice.names.plans import background as plans
from geoservice.names.plans.store import clean as clean_plans
from geoservice.settings import Settings
from geoservice.siting.answers import background as siting

logger = logging.getLogger("geoservice.jobs")

HEARTBEAT_S = 5.0
LOOK_S = 5.0
RETRY_S = 3.0
CLEAN_S = 600.0


class Worker:
    """A worker of one database; it goes on trying while the database is away.

    Its end releases what it is at: the job stops at its next step and waits for another worker.
    """

    def __init__(self, settings: Settings, catalog: Catalog, database: Database) -> None:
        self._place = Workplace(settings, catalog, database, partial(_submitter, database))
        self._cleaned_at = -CLEAN_S
        self._thread = Thread(target=lambda: asyncio.run(self._live()), name="geoservice worker", daemon=True)

    def start(self) -> Worker:
        """Begins to work; gives itself."""
        self._thread.start()
        return self

    def stop(self, timeout_s: float = 20.0) -> None:
        """Ends after the step that is under way, or leaves it behind when that takes too long."""
        self._place.stopping.set()
        self._thread.join(timeout_s)

    def wait(self) -> None:
        """Until it ends; a signal is seen meanwhile."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    async def _live(self) -> None:
        while not self._place.stopping.is_set():
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - the database is away or came back as another
                logger.warning("worker waits for the database: %s", error)
                await asyncio.sleep(RETRY_S)

    async def _work(self) -> None:
        app = make_app(self._place.database)
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._place.settings.server.jobs_at_once,
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=ALIVE_S,
                    fetch_job_polling_interval=LOOK_S,
                    additional_context={"place": self._place},
                )
            )
            looking = asyncio.create_task(self._look_after())
            stopping = asyncio.create_task(self._stopped())
            await asyncio.wait((working, looking, stopping), return_when=asyncio.FIRST_COMPLETED)
            for task in (looking, stopping, working):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await working

    async def _stopped(self) -> None:
        while not self._place.stopping.is_set():  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.1)

    async def _look_after(self) -> None:
        while True:
            await asyncio.to_thread(self._recover)
            await asyncio.sleep(LOOK_S)

    def _recover(self) -> None:
        # Not by `connect`: that would start a private cluster that somebody has stopped.
        try:
            with self._place.database.engine("application").begin() as connection:
                act(connection, SYSTEM)
                recover(connection)
            if monotonic() - self._cleaned_at > CLEAN_S:
                self._cleaned_at = monotonic()
                with self._place.database.engine("application").begin() as connection:
                    act(connection, SYSTEM)
                    clean(connection, self._place.settings)
                    clean_plans(connection, self._place.settings)
                    forget_results(connection)
        except (SQLAlchemyError, GeoserviceError, OSError) as error:
            logger.warning("worker cannot look after jobs: %s", error)


def _submitter(database: Database, name: str) -> Actor:
    """Who handed in a job, with the rights of today.

    Raises
    ------
    Forbidden
        If the account is no longer let in.
    """
    if name.startswith(SHELL):
        return shell_actor(name.removeprefix(SHELL))
    with database.connect(actor=SYSTEM) as connection:
        found = actor_by_name(connection, name)
    if found is None:
        raise Forbidden("access.submitter-gone", name=name)
    return found


def make_app(database: Database) -> App:
    """The queue over a database, with the tasks of all rooms."""
    url = database.url("application").set(drivername="postgresql").render_as_string(hide_password=False)
    options = f"-csearch_path={SCHEMA},public -capplication_name=geoservice-worker"
    if database.external:
        options += f" -crole={ROLE_NAMES['application']}"
    connector = PsycopgConnector(conninfo=url, kwargs={"options": options}, min_size=1, max_size=3)
    return _tasks().with_connector(connector)


@cache
def _tasks() -> App:
    """The tasks of all rooms; a blueprint is taken up once, and never over this connector."""
    app = App(connector=PsycopgConnector())
    for room in (coverage, circle, imports, plans, siting):
        app.add_tasks_from(room.blueprint, namespace=room.NAMESPACE)
    return app
