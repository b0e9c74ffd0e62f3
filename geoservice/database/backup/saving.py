"""Writes a backup: pg_dump's custom format, and beside it what it has to hold when it is brought back."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from geoservice import __version__
from geoservice.database.backup import manifest
from geoservice.database.backup.manifest import Manifest
from geoservice.database.backup.tools import program, run
from geoservice.database.engine import SCHEMA, Database
from geoservice.database.prepare import current_revision
from geoservice.errors import BadInput, Conflict

Progress = Callable[[str, int, int], None]
_TABLES = text("select tablename from pg_tables where schemaname = :schema order by tablename")


def back_up(database: Database, file: Path, progress: Progress = lambda *_: None) -> Manifest:
    """Writes the whole database as it is at one moment; others go on working.

    It holds what is not public too: the file can be read by its owner only, and belongs where such data may lie.

    Parameters
    ----------
    file
        Must not be there yet. It appears whole or not at all, with `file`.json beside it.
    progress
        Told the step, tables done and tables in all.

    Raises
    ------
    BadInput
        If the file is there, or its directory is not or cannot be written.
    Conflict
        If the database is empty.
    Unavailable
        If pg_dump is missing or fails.
    """
    _refuse_place(file)
    part = file.with_name(f".{file.name}.part")
    try:
        with database.connect("superuser", repeatable=True) as connection:
            revision = current_revision(connection)
            if revision is None:
                raise Conflict("backup.nothing")
            counts = table_counts(connection)
            facts = _facts(connection)
            _dump(database, connection, part, len(counts), progress)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        made = Manifest(
            made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            program=__version__,
            postgresql=facts[0],
            postgis=facts[1],
            revision=revision,
            size=part.stat().st_size,
            sha256=manifest.digest(part),
            counts=counts,
        )
        manifest.write(file, made)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return made


def table_counts(connection: Connection) -> dict[str, int]:
    """Rows of each table of the schema, as a role that no policy holds back counts them."""
    tables = connection.execute(_TABLES, {"schema": SCHEMA}).scalars().all()
    return {
        name: connection.execute(text(f'select count(*) from {SCHEMA}."{name}"')).scalar_one()  # noqa: S608 - from pg_tables
        for name in tables
    }


def server_major(connection: Connection) -> int:
    """Major version of the server."""
    return int(connection.execute(text("show server_version_num")).scalar_one()) // 10_000


def _facts(connection: Connection) -> tuple[str, str]:
    row = connection.execute(text("select current_setting('server_version'), postgis_lib_version()")).one()
    return row[0], row[1]


def _dump(database: Database, connection: Connection, part: Path, tables: int, progress: Progress) -> None:
    snapshot = connection.execute(text("select pg_export_snapshot()")).scalar_one()
    done = 0

    def tell(line: str) -> None:
        nonlocal done
        if "dumping contents of table" in line:
            done += 1
            progress("backup.step.dump", min(done, tables), tables)

    command = [program("pg_dump", server_major(connection)), "--format=custom", "--verbose", "--no-password"]
    command += [f"--snapshot={snapshot}", "--lock-wait-timeout=60000", f"--file={part}"]
    run(command, database.url("superuser"), tell)


def _refuse_place(file: Path) -> None:
    if file.exists() or manifest.path_of(file).exists():
        raise BadInput("backup.exists", file=file)
    if not file.parent.is_dir():
        raise BadInput("backup.no-folder", folder=file.parent)
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise BadInput("backup.folder-closed", folder=file.parent)
