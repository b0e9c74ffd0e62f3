"""The running server: its process, its leftovers, its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from geoservice.database.cluster.account import Account
from geoservice.database.cluster.place import Place
from geoservice.database.cluster.programs import Programs
from geoservice.errors import Deadline, Unavailable

START_TIMEOUT_S = 300.0  # recovery after a crash may take its time
STOP_TIMEOUT_S = 60.0
POLL_S = 0.02
SILENT_POLLS = 100  # a dying server is gone by then


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says of a server."""

    pid: int
    port: int
    sockets: Path
    ready: bool


def running(data: Path) -> Postmaster | None:
    """The live server of a data directory; None where it is stopped or has died.

    Raises
    ------
    Unavailable
        If the directory belongs to another account.
    """
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except OSError:
        raise Unavailable("cluster.other-account", path=data) from None
    if len(lines) < 1 or not lines[0].strip().isdigit() or not _serves(int(lines[0]), data):
        return None
    lines += [""] * 8
    ready = lines[7].strip() == "ready"
    return Postmaster(int(lines[0]), int(lines[3] or 0), Path(lines[4]), ready)


def answers(server: Postmaster) -> bool:
    """Whether its socket takes connections: not where the server is dying, or the socket has been deleted."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(server.sockets / f".s.PGSQL.{server.port}"))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True  # too busy to say so is alive
    return True


def settled(data: Path) -> Postmaster | None:
    """The server once it answers, or does not although it is ready; None once it has gone.

    Raises
    ------
    Deadline
        If it does neither in time.
    """
    end = time.monotonic() + START_TIMEOUT_S
    silent = 0
    while time.monotonic() < end:
        found = running(data)
        if found is None or (found.ready and answers(found)):
            return found
        silent += found.ready
        if silent > SILENT_POLLS:
            return found
        time.sleep(POLL_S)
    raise Deadline("cluster.start-timeout", seconds=int(START_TIMEOUT_S), log=data.parent / "log")


def launch(programs: Programs, account: Account, place: Place, port: int, sockets: Path) -> Postmaster:
    """Starts the server and waits until it takes connections.

    The server is started by a shell that ends at once, so that it is nobody's child: a server that is killed would
    stay in the process table until its parent looks, and could not be told from a live one.

    Raises
    ------
    Unavailable
        If it does not start, with the last words of its log.
    Deadline
        If it is not ready in time.
    """
    line = '"$@" </dev/null >"$0" 2>&1 & echo $!'
    options = {
        "port": str(port),
        "unix_socket_directories": str(sockets),
        "log_directory": str(place.log),
    }
    command = [programs.path("postgres"), "-D", str(place.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    begun = account.run(["/bin/sh", "-c", line, str(place.log / "start.txt"), *command])
    if not begun.stdout.strip().isdigit():
        raise Unavailable("cluster.start-failed", reason=begun.stderr.strip(), log=place.log)
    pid = int(begun.stdout)
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        found = running(place.data)
        if found is not None and found.ready and found.pid == pid:
            return found
        if not exists(pid):
            raise Unavailable("cluster.start-failed", reason=last_words(place), log=place.log)
        time.sleep(POLL_S)
    raise Deadline("cluster.start-timeout", seconds=int(START_TIMEOUT_S), log=place.log)


def halt(server: Postmaster, data: Path) -> None:
    """Stops the server: connections are closed, data are written.

    Raises
    ------
    Deadline
        If it does not end in time.
    """
    for number in (signal.SIGINT, signal.SIGQUIT):
        os.kill(server.pid, number)
        end = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < end:
            if not exists(server.pid):
                sweep(data, server.sockets)
                return
            time.sleep(POLL_S)
    raise Deadline("cluster.stop-timeout", pid=server.pid)


def sweep(data: Path, sockets: Path | None) -> None:
    """Clears what a dead server has left: backends that still compute, and files that name its process.

    Only for a data directory whose server does not run, under the lock.
    """
    left = _orphans(data)
    for pid in left:
        _send(pid, signal.SIGQUIT)
    end = time.monotonic() + 5
    while left and time.monotonic() < end:
        left = [pid for pid in left if exists(pid)]
        time.sleep(POLL_S if left else 0)
    for pid in left:
        _send(pid, signal.SIGKILL)
    # PostgreSQL itself takes any process with the old number for a live server, and would refuse to start.
    if running(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        for path in sockets.glob(".s.PGSQL.*") if sockets else ():
            path.unlink(missing_ok=True)


def last_words(place: Place) -> str:
    """The last fatal line of the newest log, or its last line."""
    logs = sorted(place.log.glob("*"), key=lambda path: path.stat().st_mtime)
    lines = [line for path in logs[-2:] for line in _tail(path)]
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return (fatal or lines or ["-"])[-1]


def exists(pid: int) -> bool:
    """Whether a process lives; one that waits to be collected by its parent does not."""
    return _state(pid) not in ("", "Z", "X")


def _tail(path: Path) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        return [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _state(pid: int) -> str:
    """State letter of a process; empty where there is none."""
    if sys.platform != "linux":
        return _ps(pid, "stat")[:1]
    try:
        # The name in brackets may hold anything, brackets too: the state follows the last one.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _serves(pid: int, data: Path) -> bool:
    """Whether a process is a server in a data directory: every process of a server works in that directory."""
    if not exists(pid):
        return False
    if sys.platform != "linux":
        return "postgres" in _ps(pid, "command") and str(data) in _ps(pid, "command")
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data) and "postgres" in _name(pid)
    except PermissionError:
        return "postgres" in _name(pid)
    except OSError:
        return False


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()


def _orphans(data: Path) -> list[int]:
    if sys.platform != "linux":
        return []
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if pid != os.getpid() and _serves_surely(pid, data)]


def _serves_surely(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data) and "postgres" in _name(pid)
    except OSError:
        return False


def _ps(pid: int, column: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed command
        ["/bin/ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=10
    )
    return done.stdout.strip()
