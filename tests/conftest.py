"""A real PostGIS for the tests: one private cluster a session, one migrated template, a clone a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from geoservice.catalog import Catalog, load_catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import prepare
from geoservice.settings import Settings, StateSettings

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


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings whose state lives in a folder of this session."""
    home = Path(tempfile.mkdtemp(prefix="geoservice-test-"))
    home.chmod(0o755)
    yield Settings(state=StateSettings(home=home))
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
    database.cluster.stop()


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
            connection.execute(text(f"create database {name} template {(source or template).name} owner geoservice_owner strategy file_copy"))
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
