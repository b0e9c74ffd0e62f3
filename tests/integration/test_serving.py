"""The server as its operator meets it: what it counts, how it compresses, how it ends."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import brotli
import pytest
import zstandard
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.models import Job
from geoservice.settings import DatabaseSettings, ServerSettings, Settings

OPERATOR = ("127.0.0.1", 50000)


@pytest.fixture
def app(database: Database, settings: Settings, catalog: Catalog):
    return create_app(settings, catalog=catalog, database=database)


def counted(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def requests(found: dict[tuple[str, tuple[tuple[str, str], ...]], float]) -> dict[tuple[str, str, str], float]:
    return {
        (dict(labels)["method"], dict(labels)["route"], dict(labels)["status"]): value
        for (name, labels), value in found.items()
        if name == "geoservice_requests_total"
    }


def test_requests_are_counted_by_the_template_of_their_route(app) -> None:
    web = TestClient(app, client=OPERATOR)
    for path in ("/api/units", "/api/units", "/api/units/1", "/api/units/2", "/static/js/main.js"):
        web.get(path)
    for number in range(50):
        web.get(f"/nothing/{number}")
        web.request(f"ODD{number}", "/healthz")
    found = requests(counted(web))
    assert found == {
        ("GET", "/api/units", "200"): 2,
        ("GET", "/api/units/{unit_id}", "404"): 2,
        ("GET", "/static", "200"): 1,
        ("GET", "none", "404"): 50,
        ("OTHER", "/healthz", "405"): 50,
    }


def test_connections_and_open_jobs_are_told(app, database: Database) -> None:
    with database.connect("owner") as connection:
        for state in ("queued", "queued", "running", "succeeded"):
            connection.execute(insert(Job).values(kind="coverage", request={}, submitter="x", state=state))
    found = counted(TestClient(app, client=OPERATOR))
    assert found["geoservice_database_up", ()] == 1
    assert found["geoservice_jobs", (("state", "queued"),)] == 2
    assert found["geoservice_jobs", (("state", "running"),)] == 1
    assert found["geoservice_database_connections", (("role", "application"), ("state", "idle"))] >= 1
    assert found["process_resident_memory_bytes", ()] > 1e7


def test_a_database_that_is_away_is_told(catalog: Catalog) -> None:
    down = Settings(database=DatabaseSettings(database_url="postgresql://nobody:secret@127.0.0.1:1/nothing"))
    found = counted(TestClient(create_app(down, catalog=catalog), client=OPERATOR))
    assert found["geoservice_database_up", ()] == 0
    assert not [name for name, _ in found if name == "geoservice_jobs"]


@pytest.mark.parametrize("client", [("10.0.0.7", 1), ("testclient", 1), ("::2", 1)])
def test_others_do_not_read_them(app, client: tuple[str, int]) -> None:
    answer = TestClient(app, client=client).get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (403, "api.metrics-elsewhere")


def test_the_operator_says_who_reads_them(database: Database, settings: Settings, catalog: Catalog) -> None:
    server = ServerSettings(metrics_from="10.0.0.0/8, 192.168.1.9")
    opened = create_app(
        Settings(settings.state, settings.database, server, audit=settings.audit), catalog=catalog, database=database
    )
    for address, status in (("10.9.9.9", 200), ("192.168.1.9", 200), ("192.168.1.8", 403), ("127.0.0.1", 403)):
        assert TestClient(opened, client=(address, 1)).get("/metrics").status_code == status


@pytest.mark.parametrize(
    ("asked", "encoding", "unpack"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("gzip, br", "br", brotli.decompress),
        ("gzip, deflate, br, zstd", "zstd", lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)),
        ("zstd;q=0, gzip;q=0.5", "gzip", gzip.decompress),
    ],
)
def test_answers_are_compressed_as_the_client_likes(
    app, asked: str, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    web = TestClient(app)
    plain = web.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with web.stream("GET", "/openapi.json", headers={"Accept-Encoding": asked}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert unpack(packed) == plain.content
    assert len(packed) < len(plain.content) / 4


@pytest.fixture
def process(database: Database, settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`geoservice serve` as a process of its own, over a database of the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = database.url("superuser").set(drivername="postgresql").render_as_string(hide_password=False)
    running = subprocess.Popen(
        [str(Path(sys.prefix) / "bin" / "geoservice"), "serve", "--port", str(port), "--worker"],
        env={**os.environ, "GEOSERVICE_HOME": str(settings.home), "GEOSERVICE_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    end = time.monotonic() + 90
    try:
        while True:
            assert running.poll() is None, running.communicate()[0].decode()
            assert time.monotonic() < end
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            except OSError:
                time.sleep(0.2)
            else:
                break
        yield running, port
    finally:
        running.kill()
        running.communicate()


def test_the_end_waits_for_what_is_under_way(process: tuple[subprocess.Popen[bytes], int]) -> None:
    running, port = process
    body = b'{"name": "nobody", "password": "wrong"}'
    head = (
        b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as held:
        held.sendall(head + body[:5])
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        _until_refused(port)
        assert running.poll() is None
        held.sendall(body[5:])
        answer = b"".join(iter(lambda: held.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 401"), answer
    said = running.communicate(timeout=60)[0].decode()
    assert running.returncode == 0, said
    assert "Traceback" not in said


def _until_refused(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the server still takes connections")
