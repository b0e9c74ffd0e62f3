"""The account that PostgreSQL runs as: never root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geoservice.errors import Unavailable

UNPRIVILEGED = "postgres"
# Nothing of the caller's environment reaches the server: PGDATA, PGPORT, LC_ALL and the like change what it does.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


@dataclass(frozen=True)
class Account:
    """A Unix account; `switched` where it is not the one that this program runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    switched: bool

    def run(
        self, command: Sequence[str], *, text: str | None = None, locale: str = "C", timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command as this account, in /, with an empty environment and a session of its own.

        Raises
        ------
        Unavailable
            If the account cannot be taken on, or the command cannot be run.
        """
        try:
            return subprocess.run(  # noqa: S603 - commands are PostgreSQL's programs and fixed shell lines
                command,
                input=text if text is not None else "",
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                cwd="/",
                env={**ENVIRONMENT, "LC_ALL": locale},
                timeout=timeout_s,
                check=False,
                start_new_session=True,
                umask=0o077,
                user=self.uid if self.switched else None,
                group=self.gid if self.switched else None,
                extra_groups=self.groups if self.switched else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable("cluster.cannot-run", command=command[0], reason=error) from error

    def reaches(self, folder: Path) -> bool:
        """Whether it can enter a directory."""
        if not self.switched:
            return os.access(folder, os.X_OK)
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode == 0

    def own(self, path: Path) -> None:
        """Makes it the owner of a file or directory that this program has made."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(data: Path) -> Account:
    """The account that runs the server in a data directory.

    An ordinary user runs it as themselves; root as the owner of the directory, or as `postgres` where there is none.

    Raises
    ------
    Unavailable
        If there is no such account.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(uid, os.getegid(), (), switched=False)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
        if data.exists() and data.stat().st_uid != 0:
            entry = pwd.getpwuid(data.stat().st_uid)
    except KeyError:
        raise Unavailable("cluster.no-account", account=UNPRIVILEGED) from None
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Account(entry.pw_uid, entry.pw_gid, groups, switched=True)
