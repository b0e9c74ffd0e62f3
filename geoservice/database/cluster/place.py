"""Where the cluster lives, and the files beside its data directory."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoservice.database.cluster.account import Account, account_for
from geoservice.errors import Deadline, Unavailable

ELSEWHERE = Path("/var/lib/geoservice")
SOCKET_LIMIT = 107  # bytes of a unix socket's address
SOCKET_FILE = "/.s.PGSQL.65535.lock"


@dataclass(frozen=True)
class Place:
    """The directory of one cluster; it appears complete or not at all.

    Attributes
    ----------
    root
        Holds `data`, `log`, `run`, `passwords.json` and `facts.json`.
    moved
        Whether it lies outside the state directory, because the account `postgres` cannot reach that.
    """

    root: Path
    moved: bool = False

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """Directory of its logs."""
        return self.root / "log"

    @property
    def made(self) -> bool:
        """Whether there is a cluster."""
        return self.data.is_dir()

    def read(self, name: str) -> dict[str, Any]:
        """One of its JSON files; empty where it is not there.

        Raises
        ------
        Unavailable
            If it belongs to another account or cannot be read.
        """
        try:
            found = json.loads((self.root / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except PermissionError:
            raise Unavailable("cluster.other-account", path=self.root) from None
        except (OSError, ValueError) as error:
            raise Unavailable("cluster.bad-file", path=self.root / name, reason=error) from error
        return found if isinstance(found, dict) else {}

    def write(self, name: str, content: Mapping[str, object]) -> None:
        """Writes one of its JSON files in one step, readable by its owner only."""
        write_private(self.root / name, json.dumps(content, indent=1) + "\n")


def find_place(home: Path) -> Place:
    """The place that belongs to a state directory.

    Parameters
    ----------
    home
        State directory; need not exist.
    """
    inside = Place(home / "cluster")
    pointer = home / "cluster.place"
    if pointer.is_file():
        return Place(Path(pointer.read_text(encoding="utf-8").strip()), moved=True)
    if os.geteuid() != 0 or inside.root.exists():
        return inside
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if account_for(inside.data).reaches(existing):
        return inside
    return Place(_free_place(home), moved=True)


def settle(place: Place, home: Path) -> None:
    """Remembers a place outside the state directory before anything is put there."""
    if place.moved:
        write_private(home / "cluster.place", f"{place.root}\n")
        place.root.parent.mkdir(mode=0o755, parents=True, exist_ok=True)


def prepare_home(home: Path) -> None:
    """Makes the state directory, which other accounts may enter but not list.

    Raises
    ------
    Unavailable
        If it cannot be made or written.
    """
    try:
        if not home.exists():
            home.mkdir(parents=True, exist_ok=True)
            home.chmod(0o711)
    except OSError as error:
        raise Unavailable("cluster.home", path=home, reason=error.strerror) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise Unavailable("cluster.other-account", path=home)


@contextmanager
def locked(home: Path, *, timeout_s: float = 300) -> Iterator[None]:
    """Keeps others from making, starting or stopping the same cluster; released when the process ends.

    Raises
    ------
    Deadline
        If another process holds it for longer than `timeout_s`.
    """
    path = home / "cluster.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Unavailable("cluster.home", path=path, reason=error.strerror) from error
    try:
        _keep_owner(path, home)
        end = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Deadline("cluster.locked", path=path) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def socket_folder(place: Place, account: Account) -> Path:
    """A directory for the socket: in the cluster where the address is short and plain enough, else below /tmp."""
    inside = place.root / "run"
    if len(os.fsencode(inside)) + len(SOCKET_FILE) <= SOCKET_LIMIT and re.fullmatch(r"[\w./+-]+", str(inside)):
        inside.mkdir(mode=0o700, exist_ok=True)
        account.own(inside)
        return inside
    prefix = f"geoservice-{account.uid}-{_short_hash(place.root)}"
    folder = Path("/tmp", prefix)  # nosec B108 # noqa: S108 - the address must be short; owner and mode are checked
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        facts = folder.lstat()
        if folder.is_symlink() or facts.st_uid != account.uid or facts.st_mode & 0o077:
            # Somebody else sits on the name: a random one cannot be foreseen.
            folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir="/tmp"))  # nosec B108
            account.own(folder)
    return folder


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600 in one step; it belongs to the owner of its directory."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner(Path(name), path.parent)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _keep_owner(path: Path, folder: Path) -> None:
    """What root writes into somebody's directory stays theirs."""
    if os.geteuid() == 0:
        facts = folder.stat()
        os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def _free_place(home: Path) -> Path:
    """A directory that no other state directory uses, nor one of the same name that has been deleted since."""
    first = ELSEWHERE / _short_hash(home)
    number = 1
    place = first
    while place.exists():
        number += 1
        place = first.with_name(f"{first.name}-{number}")
    return place
