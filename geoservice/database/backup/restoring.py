"""Brings a backup back: into a database beside the one in use, compared, and only then in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from geoservice.database.backup import manifest
from geoservice.database.backup.manifest import Manifest
from geoservice.database.backup.saving import server_major, table_counts
from geoservice.database.backup.tools import program, run
from geoservice.database.cluster.making import database_statements
from geoservice.database.cluster.programs import EXTENSIONS
from geoservice.database.engine import Database
from geoservice.database.prepare import alembic_config
from geoservice.errors import BadInput, Conflict

Progress = Callable[[str, int, int], None]
RESTORING, PREVIOUS = "geoservice_restoring", "geoservice_previous"


@dataclass(frozen=True)
class Restored:
    """What was brought back; `previous` is the database that it took the place of, kept under that name."""

    manifest: Manifest
    previous: str | None


def verify(database: Database, file: Path, progress: Progress = lambda *_: None) -> Manifest:
    """Brings a backup back into a database of its own, compares every table with what it has to hold, and drops it.

    Raises
    ------
    BadInput
        If the file is no backup, has changed, or does not hold what it has to.
    """
    found = _known(file)
    with _maintenance(database) as connection:
        try:
            _bring_back(database, connection, file, found, progress)
        finally:
            _drop(connection, RESTORING)
    return found


def restore(database: Database, file: Path, *, replace: bool = False, progress: Progress = lambda *_: None) -> Restored:
    """Puts a backup in the place of the private cluster's database, which is kept as `PREVIOUS`.

    Raises
    ------
    BadInput
        If the file is no backup, has changed, or does not hold what it has to. Nothing is changed then.
    Conflict
        If somebody works with the database, or it holds something and `replace` was not said, or a newer program made
        the backup, or the database is another PostGIS.
    """
    found = _known(file)
    with _maintenance(database) as connection:
        _refuse_busy(connection, database.name)
        held = _held(database)
        if held and not replace:
            raise Conflict("backup.not-empty", count=held)
        try:
            _bring_back(database, connection, file, found, progress)
            _refuse_busy(connection, database.name)
            _drop(connection, PREVIOUS)
            _exchange(connection, database.name)
        finally:
            _drop(connection, RESTORING)
    return Restored(found, PREVIOUS)


def undo(database: Database) -> None:
    """Exchanges the database in use for the one that the last restoring replaced.

    Raises
    ------
    Conflict
        If there is none, or somebody works with the database.
    """
    with _maintenance(database) as connection:
        if not _exists(connection, PREVIOUS):
            raise Conflict("backup.no-previous")
        _refuse_busy(connection, database.name)
        connection.execute(text(f"alter database {PREVIOUS} rename to {RESTORING}"))
        _exchange(connection, database.name)


def _known(file: Path) -> Manifest:
    found = manifest.read(file)
    script = ScriptDirectory.from_config(alembic_config())
    if found.revision not in {item.revision for item in script.walk_revisions()}:
        raise Conflict("database.newer", revision=found.revision)
    return found


@contextmanager
def _maintenance(database: Database) -> Iterator[Connection]:
    """A connection beside the database, outside of any transaction."""
    if database.cluster is None:
        raise Conflict("backup.external")
    database.cluster.start()
    database.dispose()
    engine = create_engine(database.url("superuser").set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _bring_back(database: Database, connection: Connection, file: Path, found: Manifest, progress: Progress) -> None:
    _drop(connection, RESTORING)
    for statement in database_statements(RESTORING):
        connection.execute(text(statement))
    beside = Database(database.settings, name=RESTORING)
    # Extensions that were there before anything else are not in the file.
    with beside.connect("superuser") as inside:
        for name in EXTENSIONS:
            inside.execute(text(f"create extension {name}"))
    done = 0

    def tell(line: str) -> None:
        nonlocal done
        if "processing data for table" in line:
            done += 1
            progress("backup.step.restore", min(done, len(found.counts)), len(found.counts))

    command = [program("pg_restore", server_major(connection)), "--exit-on-error", "--verbose", "--no-password"]
    try:
        run([*command, f"--dbname={RESTORING}", str(file)], beside.url("superuser"), tell)
        with beside.connect("superuser") as inside:
            _compare(found, table_counts(inside))
    finally:
        beside.dispose()


def _compare(found: Manifest, counts: dict[str, int]) -> None:
    for table in sorted(found.counts.keys() | counts.keys()):
        wanted, there = found.counts.get(table), counts.get(table)
        if wanted != there:
            raise BadInput("backup.other-count", table=table, wanted=wanted, found=there)


def _exchange(connection: Connection, name: str) -> None:
    """The one in use becomes the previous one, and the one brought back takes its name."""
    connection.execute(text(f'alter database "{name}" rename to {PREVIOUS}'))
    try:
        connection.execute(text(f'alter database {RESTORING} rename to "{name}"'))
    except BaseException:
        connection.execute(text(f'alter database {PREVIOUS} rename to "{name}"'))
        raise


def _refuse_busy(connection: Connection, name: str) -> None:
    busy = connection.execute(
        text("select count(*) from pg_stat_activity where datname = :name and backend_type = 'client backend'"),
        {"name": name},
    ).scalar_one()
    if busy:
        raise Conflict("backup.busy", count=busy)


def _held(database: Database) -> int:
    """Records that somebody has brought: what the program writes by itself does not count."""
    with database.connect("superuser") as connection:
        if connection.execute(text("select to_regclass('geoservice.place')")).scalar_one() is None:
            return 0
        held = connection.execute(
            text(
                "select (select count(*) from unit) + (select count(*) from place) + (select count(*) from facility)"
                " + (select count(*) from community) + (select count(*) from road) + (select count(*) from account)"
            )
        ).scalar_one()
    database.dispose()
    return int(held)


def _exists(connection: Connection, name: str) -> bool:
    found = connection.execute(text("select 1 from pg_database where datname = :name"), {"name": name}).first()
    return found is not None


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"drop database if exists {name} with (force)"))
