"""kill -9 of the import, of the server and of the database: the same command again ends complete, nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geoservice.catalog import load_catalog
from geoservice.ingest.sample import write_sample

pytestmark = pytest.mark.slow
COMMAND = str(Path(sys.executable).with_name("geoservice"))


class Installation:
    """One state directory and the commands that are run on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GEOSERVICE_")},
            "GEOSERVICE_HOME": str(home),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def json(self, *arguments: str) -> Any:
        done = subprocess.run(
            [COMMAND, *arguments, "--json"], env=self.environment, capture_output=True, check=False, timeout=300
        )
        assert done.returncode in (0, 1), done.stderr.decode()[-2000:]
        return json.loads(done.stdout)

    def kill_database(self) -> None:
        """Ends the database at once, as a power cut would."""
        os.kill(self.json("db", "status")["pid"], signal.SIGKILL)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    home = Path(tempfile.mkdtemp(prefix="geoservice-faults-"))
    home.chmod(0o755)
    made = Installation(home)
    made.json("db", "start")
    yield made
    made.json("db", "stop")


@pytest.fixture(scope="module")
def sample(installation: Installation) -> Path:
    folder = installation.home / "sample"
    write_sample(folder, load_catalog())
    return folder


LAYERS = {"units": "units", "roads": "roads", "communities": "communities", "facilities": "facilities"}


def sheet(folder: Path, layer: str) -> str:
    return str(next(path for path in sorted(folder.glob(f"{layer}.*"))))


@pytest.mark.timeout(900)
def test_an_import_that_was_killed_is_complete_after_the_next(installation: Installation, sample: Path) -> None:
    chance = random.Random(429006)
    for layer in ("units", "facilities", "roads"):
        for _ in range(3):
            process = installation.start("import", layer, sheet(sample, layer))
            time.sleep(chance.uniform(0.5, 4.0))
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
        report = installation.json("import", layer, sheet(sample, layer))
        again = installation.json("import", layer, sheet(sample, layer))
        read = report["read"]
        assert report["refused"] == 0
        # Either a killed run had ended in time, or this one did all: never a part.
        assert (report["loaded"], report["unchanged"]) in ((read, 0), (0, read))
        assert (again["loaded"], again["changed"], again["unchanged"]) == (0, 0, read)


@pytest.mark.timeout(900)
def test_a_killed_database_loses_nothing_and_doubles_nothing(installation: Installation, sample: Path) -> None:
    chance = random.Random(2022)
    for _ in range(2):
        process = installation.start("import", "communities", sheet(sample, "communities"))
        time.sleep(chance.uniform(1.0, 5.0))
        installation.kill_database()
        process.wait(timeout=120)
    read = installation.json("import", "communities", sheet(sample, "communities"))["read"]
    again = installation.json("import", "communities", sheet(sample, "communities"))
    assert (again["loaded"], again["changed"], again["unchanged"]) == (0, 0, read)


@pytest.mark.timeout(600)
def test_the_server_outlives_its_database_and_comes_back_after_a_kill(installation: Installation) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        server = installation.start("serve", "--port", str(port))
        try:
            assert answers(port, seconds=90)
            installation.kill_database()
            assert answers(port, seconds=90)
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait(timeout=30)


def answers(port: int, *, seconds: float) -> bool:
    """Whether the service is ready before the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as response:
                if response.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    return False
