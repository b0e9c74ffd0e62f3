"""PostgreSQL's own programs for backups: pg_dump and pg_restore."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import URL

from geoservice.database.cluster.account import ENVIRONMENT
from geoservice.database.cluster.programs import installed
from geoservice.errors import Unavailable

_LAST_WORDS = 5


def program(name: str, server_major: int) -> str:
    """Path of one of them, at least as new as the server.

    Raises
    ------
    Unavailable
        If there is none on this machine.
    """
    fitting = [one for one in installed() if one.major >= server_major and os.access(one.path(name), os.X_OK)]
    if not fitting:
        raise Unavailable("backup.no-program", program=name, major=server_major)
    return min(fitting, key=lambda one: one.major).path(name)


def run(command: Sequence[str], url: URL, tell: Callable[[str], None]) -> None:
    """Runs one of them against a database; `tell` gets each line that it says.

    The password goes by the environment of the process, never by its arguments.

    Raises
    ------
    Unavailable
        If it fails, with its last words.
    """
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - a program of PostgreSQL, and arguments of ours
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=_environment(url),
        umask=0o077,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            said.append(line.strip())
            tell(said[-1])
    if running.returncode != 0:
        wrong = [line for line in said if "error:" in line] or said[-_LAST_WORDS:]
        raise Unavailable("backup.failed", program=Path(command[0]).name, reason=" ".join(wrong[:_LAST_WORDS]))


def _environment(url: URL) -> dict[str, str]:
    given = {
        "PGHOST": url.query.get("host") or url.host,
        "PGPORT": url.query.get("port") or url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return {**ENVIRONMENT, "LC_ALL": "C.UTF-8", **{name: str(value) for name, value in given.items() if value}}
