"""Finds PostgreSQL's programs and the PostGIS that belongs to them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoservice.errors import Unavailable

NEEDED = ("initdb", "postgres", "pg_ctl")
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
MINIMUM_MAJOR = 15
MINIMUM_POSTGIS = (3, 3)

# Directories that hold one version each, in no order: the newest that fits is taken.
PATTERNS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
)
# What a release offers, for the advice when nothing is installed.
RELEASES = {("debian", "12"): 15, ("debian", "13"): 17, ("ubuntu", "24.04"): 16}


@dataclass(frozen=True)
class Programs:
    """One installed PostgreSQL.

    Attributes
    ----------
    folder
        Directory with `initdb` and `postgres`.
    major
        Major version of the server.
    extensions
        Version offered of each of `EXTENSIONS`; those that are not installed are left out.
    """

    folder: Path
    major: int
    extensions: dict[str, str]

    @property
    def postgis(self) -> str:
        """Version of PostGIS."""
        return self.extensions["postgis"]

    @property
    def complete(self) -> bool:
        """Whether it is new enough and has every extension."""
        return (
            self.major >= MINIMUM_MAJOR
            and all(name in self.extensions for name in EXTENSIONS)
            and minor_version(self.postgis) >= MINIMUM_POSTGIS
        )

    def path(self, name: str) -> str:
        """Path of one of its programs."""
        return str(self.folder / name)


def minor_version(version: str) -> tuple[int, int]:
    """Major and minor number of a version.

    Examples
    --------
    >>> minor_version("3.3.2")
    (3, 3)
    >>> minor_version("3.6dev")
    (3, 6)
    """
    numbers = [int(number) for number in re.findall(r"\d+", version)[:2]]
    return (numbers[0], numbers[1]) if len(numbers) > 1 else (numbers[0] if numbers else 0, 0)


def choose(major: int | None = None) -> Programs:
    """The newest PostgreSQL that has PostGIS; with `major`, the one of that version.

    Raises
    ------
    Unavailable
        If there is none, with what to install.
    """
    found = list(installed())
    fitting = [programs for programs in found if programs.complete and major in (None, programs.major)]
    if fitting:
        return max(fitting, key=lambda programs: (programs.major, minor_version(programs.postgis)))
    wanted = major or max((one.major for one in found if one.major >= MINIMUM_MAJOR), default=release_major())
    packages = f"postgresql-{wanted} postgresql-{wanted}-postgis-3"
    if major is not None and any(one.complete for one in found):
        others = ", ".join(str(one.major) for one in found if one.complete)
        raise Unavailable("cluster.other-postgresql", made=major, found=others, packages=packages)
    present = [one for one in found if one.major == wanted]
    if not present:
        raise Unavailable("cluster.no-postgresql", minimum=MINIMUM_MAJOR, packages=packages)
    missing = ", ".join(name for name in EXTENSIONS if name not in present[0].extensions)
    raise Unavailable(
        "cluster.no-postgis", missing=missing or "postgis >= 3.3", folder=present[0].folder, packages=packages
    )


def installed() -> Iterator[Programs]:
    """Every PostgreSQL server on this machine, each directory once."""
    seen: set[Path] = set()
    for folder in _folders():
        if folder in seen or not all(os.access(folder / name, os.X_OK) for name in NEEDED):
            continue
        seen.add(folder)
        major = _major(folder)
        if major is not None:
            yield Programs(folder, major, _extensions(folder, major))


def release_major() -> int:
    """Version that this operating system's own packages offer, as far as it is known."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return MINIMUM_MAJOR
    facts = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)"?$', text, re.MULTILINE))
    return RELEASES.get((facts.get("ID", ""), facts.get("VERSION_ID", "")), MINIMUM_MAJOR)


def _folders() -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from (path.resolve() for path in sorted(Path("/").glob(pattern.lstrip("/"))))
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(entry or ".", "initdb")
        if os.access(program, os.X_OK):
            # A link or a Debian wrapper on the PATH stands in a directory without the rest: follow it.
            yield program.resolve().parent


def _output(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL found above
            command, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _major(folder: Path) -> int | None:
    found = re.search(r"\(PostgreSQL\) (\d+)", _output(str(folder / "postgres"), "--version"))
    return int(found[1]) if found else None


def _extensions(folder: Path, major: int) -> dict[str, str]:
    shares = [folder.parent / "share" / "postgresql", folder.parent / "share" / f"postgresql@{major}"]
    shares += [Path(f"/usr/share/postgresql/{major}"), folder.parent / "share"]
    if os.access(folder / "pg_config", os.X_OK):
        shares.insert(0, Path(_output(str(folder / "pg_config"), "--sharedir") or "/nonexistent"))
    for share in shares:
        if not (share / "extension" / "plpgsql.control").is_file():
            continue
        versions = {}
        for name in EXTENSIONS:
            control = share / "extension" / f"{name}.control"
            if control.is_file():
                found = re.search(r"^default_version\s*=\s*'([^']+)'", control.read_text("utf-8"), re.MULTILINE)
                versions[name] = found[1] if found else "0"
        return versions
    return {}
