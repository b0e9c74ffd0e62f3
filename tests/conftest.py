"""A real PostGIS for the tests: one private cluster a session, one migrated template, a clone a test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest
import uvicorn
from sqlalchemy import create_engine, text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog, load_catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import run_coverage
from geoservice.database.cluster.control import Cluster
from geoservice.database.cluster.place import find_place
from geoservice.database.cluster.process import running
from geoservice.database.engine import Database
from geoservice.database.prepare import prepare
from geoservice.ingest.sample import write_sample
from geoservice.ingest.sampling import load_sample
from geoservice.language import current_language
from geoservice.settings import AuditSettings, ServerSettings, Settings, StateSettings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"

for variable in [name for name in os.environ if name.startswith("GEOSERVICE_")]:
    del os.environ[variable]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is absent")
    return SHARED


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where tests keep screenshots and the like."""
    folder = ROOT / "tests" / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Commands that are run in the process set the language of whatever follows."""
    yield
    current_language.set("zh")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings whose state lives in a folder of this session."""
    home = Path(tempfile.mkdtemp(prefix="geoservice-test-"))
    home.chmod(0o755)
    # Many databases share this home: their heads belong to many chains. Tests ask more often than people.
    hurried = ServerSettings(account_requests_min=0, address_requests_min=0)
    yield Settings(state=StateSettings(home=home), server=hurried, audit=AuditSettings(audit_seal_s=0))
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(settings: Settings, catalog: Catalog) -> Iterator[Database]:
    """The migrated, empty database that the others are cloned from."""
    database = Database(settings)
    prepare(database, catalog)
    _make_hasty(database)
    database.dispose()
    yield database
    database.dispose()
    assert database.cluster is not None
    _drop(database.cluster)


def _drop(cluster: Cluster) -> None:
    """Ends it at once: writing down hundreds of databases that nobody will read takes a minute."""
    server = running(find_place(cluster.home).data)
    if server is not None:
        os.kill(server.pid, signal.SIGQUIT)
    cluster.stop()


def _make_hasty(database: Database) -> None:
    """What a crash would lose is no matter here, and a clone costs a fifth."""
    maintenance = create_engine(database.url("superuser").set(database="postgres"), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"alter system set {setting} = off"))
        connection.execute(text("select pg_reload_conf()"))
    maintenance.dispose()


@pytest.fixture(scope="session")
def new_database(template: Database) -> Iterator[Callable[[], Database]]:
    """Makes a clone of the template."""
    numbers = count(1)
    made: list[Database] = []
    maintenance = create_engine(template.url("superuser").set(database="postgres"), isolation_level="AUTOCOMMIT")

    def make(source: Database | None = None) -> Database:
        (source or template).dispose()
        name = f"test_{next(numbers)}"
        with maintenance.connect() as connection:
            connection.execute(
                text(
                    f"create database {name} template {(source or template).name} owner geoservice_owner strategy file_copy"
                )
            )
        made.append(Database(template.settings, name=name))
        return made[-1]

    yield make
    for database in made:
        database.dispose()
    maintenance.dispose()


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Iterator[Database]:
    """An empty migrated database for one test."""
    made = new_database()
    yield made
    made.dispose()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def sample_database(new_database: Callable[..., Database], catalog: Catalog, settings: Settings) -> Database:
    """The sample county with a coverage run; for tests that only read."""
    made = new_database()
    folder = settings.home / "sample"
    write_sample(folder, catalog)
    load_sample(made, catalog, settings, folder, "test", _silent)
    run_coverage(made, catalog, settings, RunRequest(on=date(2026, 1, 1)), _silent)
    return made


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    """The sample county for the tests of one file, which may write to it."""
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def live_server(sample_database: Database, catalog: Catalog, settings: Settings) -> Iterator[str]:
    """Address of a running service over the sample county."""
    with serving(sample_database, catalog, settings) as address:
        yield address


@contextmanager
def serving(database: Database, catalog: Catalog, settings: Settings) -> Iterator[str]:
    """A running service over a database; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(settings, catalog=catalog, database=database)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    deadline = monotonic() + 30
    while not server.started and monotonic() < deadline:
        sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)
