"""Several processes of one server: all answer, none gives what another has changed, they count and end together."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests import builders_api as make
from tests.integration.test_serving import _until_refused
from tests.integration.test_tiles import tile_of
from tests.people import add_person, hold_session

Running = tuple[subprocess.Popen[bytes], int]
PAGE = "/ogc/collections/facilities/items"


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """What the server writes: a pipe that nobody reads would stop it."""
    return tmp_path / "said"


@pytest.fixture
def running(database: Database, settings: Settings, said: Path) -> Iterator[Running]:
    """`geoservice serve --workers 2`, over a database of the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = database.url("superuser").set(drivername="postgresql").render_as_string(hide_password=False)
    written = said.open("wb")
    process = subprocess.Popen(
        [str(Path(sys.prefix) / "bin" / "geoservice"), "serve", "--port", str(port), "--no-worker", "--workers", "2"],
        env={**os.environ, "GEOSERVICE_HOME": str(settings.home), "GEOSERVICE_DATABASE_URL": url},
        stdout=written,
        stderr=subprocess.STDOUT,
    )
    try:
        end = time.monotonic() + 120
        while len(children(process.pid)) < 2 or not _answers(port):
            assert process.poll() is None, said.read_text("utf-8")
            assert time.monotonic() < end
            time.sleep(0.2)
        yield process, port
    finally:
        for each in children(process.pid):
            os.kill(each, signal.SIGKILL)
        process.kill()
        process.wait()
        written.close()


def children(parent: int) -> list[int]:
    """Processes of the server, by whom they were started; the one that looks after shared things is none."""
    found = Path(f"/proc/{parent}/task/{parent}/children")
    numbers = [int(one) for one in found.read_text(encoding="ascii").split()] if found.exists() else []
    told = {one: Path(f"/proc/{one}/cmdline").read_bytes() for one in numbers if Path(f"/proc/{one}/cmdline").exists()}
    return [one for one, command in told.items() if b"spawn_main" in command]


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def connections(pid: int, port: int) -> int:
    """How many connections to a port a process has taken."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    taken = {line.split()[9] for line in lines if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01"}
    files = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()]
    return len(taken & {name[8:-1] for name in files if name.startswith("socket:")})


class Each:
    """Asks every process of a server: many connections, each of which stays with the process that took it."""

    def __init__(self, running: Running, count: int = 12) -> None:
        process, port = running
        self.web = [httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) for _ in range(count)]
        end = time.monotonic() + 60
        while True:
            self.get("/healthz")
            if all(connections(one, port) for one in children(process.pid)):
                break
            assert time.monotonic() < end, "one process takes no connection"
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        for one in self.web:
            one.close()
        self.web = [httpx2.Client(base_url=one.base_url, timeout=60) for one in self.web]

    def get(self, path: str) -> list[httpx2.Response]:
        with ThreadPoolExecutor(len(self.web)) as pool:
            return list(pool.map(lambda one: one.get(path).raise_for_status(), self.web))


def counted(answer: httpx2.Response) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_one_changes_the_others_give_out_changed(running: Running, database: Database) -> None:
    assert len(children(running[0].pid)) == 2
    with database.connect("owner") as connection:
        number = make.make_facility(connection, "甲", 113.0, 30.6)
    at = tile_of(113.0, 30.6, 13)
    paths = (PAGE, f"/tiles/facilities/{at.z}/{at.x}/{at.y}.mvt")
    clerk = hold_session(database, add_person(database, "clerk", "clerk"))
    tags = {path: set[str]() for path in paths}
    with Each(running) as each:
        for beds in range(6):
            for path in paths:
                for _ in range(2):
                    answers = each.get(path)
                    assert len({one.headers["etag"] for one in answers}) == 1, path
                    if path == PAGE:
                        told = {one.json()["features"][0]["properties"]["beds"] for one in answers}
                        assert told == {beds or None}
                tags[path].add(answers[0].headers["etag"])
            # By whichever process it comes to.
            held = each.web[beds].get(f"/api/records/facilities/{number}", headers=clerk.headers).raise_for_status()
            changed = each.web[beds + 1].patch(
                f"{PAGE}/{number}",
                json={"type": "Feature", "properties": {"beds": beds + 1}},
                headers={
                    **clerk.headers,
                    "If-Match": held.headers["etag"],
                    "Content-Type": "application/merge-patch+json",
                },
            )
            assert changed.status_code in (200, 204), changed.text
    assert [len(found) for found in tags.values()] == [6, 6]


def test_they_count_together_and_one_that_dies_is_replaced(running: Running) -> None:
    process, port = running
    with Each(running) as each:
        for _ in range(5):
            each.get("/api/units")
        told = [counted(one) for one in each.get("/metrics")]
    requests = ("geoservice_requests_total", (("method", "GET"), ("route", "/api/units"), ("status", "200")))
    assert {one[requests] for one in told} == {60}
    assert {one["geoservice_processes", ()] for one in told} == {2}
    assert all(one["geoservice_database_up", ()] == 1 for one in told)
    assert all(
        one["geoservice_database_connections", (("role", "application"), ("state", "idle"))] >= 1 for one in told
    )
    before = children(process.pid)
    os.kill(before[0], signal.SIGKILL)
    end = time.monotonic() + 90
    while len(set(children(process.pid)) - set(before)) < 1 or len(children(process.pid)) < 2:
        assert time.monotonic() < end
        time.sleep(0.2)
    # What the one had counted is not lost.
    while True:
        found = counted(httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=30))
        if found["geoservice_processes", ()] == 2:
            break
        assert time.monotonic() < end
        time.sleep(0.2)
    assert found[requests] == 60


def test_the_end_waits_for_what_each_has_under_way(running: Running, said: Path) -> None:
    process, port = running
    body = b'{"name": "nobody", "password": "wrong"}'
    head = (
        b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    )
    held = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(8)]
    for one in held:
        one.sendall(head + body[:5])
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _until_refused(port)
    assert process.poll() is None
    answers = []
    for one in held:
        one.sendall(body[5:])
        answers.append(b"".join(iter(lambda taken=one: taken.recv(4096), b"")))
        one.close()
    assert all(re.match(rb"HTTP/1.1 (401|429)", answer) for answer in answers), answers
    assert process.wait(60) == 0, said.read_text("utf-8")
    assert "Traceback" not in said.read_text("utf-8")
