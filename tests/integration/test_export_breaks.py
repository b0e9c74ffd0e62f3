"""A client that breaks off: its export ends, its place and its connection are free again, nothing lies on the disk."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import ServerSettings, Settings
from tests.conftest import serving

WATERS = 20_000


@pytest.fixture(scope="module")
def database(new_database: Callable[..., Database]) -> Database:
    """More than the buffers between a server and its client hold."""
    made = new_database()
    with made.connect("owner") as connection:
        connection.execute(
            text(
                "insert into water (key, name, class, geom, classification, published)"
                " select 'w' || n, repeat('长', 100) || n, 'river',"
                " st_setsrid(st_makeline(array(select st_makepoint(113 + n * 0.00001 + i * 0.001, 30.1 + i * 0.0001 * (i % 2))"
                " from generate_series(1, 30) i)), 4490), 'public', true"
                f" from generate_series(1, {WATERS}) n"
            )
        )
    return made


@pytest.fixture(scope="module")
def served(database: Database, settings: Settings, catalog: Catalog) -> Iterator[tuple[str, Settings]]:
    alone = Settings(state=settings.state, server=ServerSettings(exports_at_once=1))
    with serving(database, catalog, alone) as address:
        yield address, alone


def begun(address: str, form: str) -> socket.socket:
    """A request whose answer nobody reads to its end."""
    place = urlsplit(address)
    client = socket.create_connection((place.hostname or "", place.port or 0))
    client.sendall(f"GET /ogc/collections/water/download?f={form} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    return client


def quiet(database: Database, settings: Settings) -> bool:
    folder = settings.home / "exports"
    taken = database.engine("application").pool.checkedout()  # type: ignore[attr-defined]
    return taken == 0 and not list(folder.glob("*"))


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg", "xlsx", "shp"])
def test_broken_off(served: tuple[str, Settings], database: Database, form: str) -> None:
    address, settings = served
    with begun(address, form) as client:
        if form in ("csv", "geojson"):
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        else:
            # In the midst of its file.
            until(lambda: any((settings.home / "exports").glob("*/*")))
        assert not quiet(database, settings)
    until(lambda: quiet(database, settings))


def test_its_place_is_free_again(served: tuple[str, Settings], database: Database) -> None:
    address, settings = served
    with begun(address, "csv"):
        until(lambda: not quiet(database, settings))
        with pytest.raises(urllib.error.HTTPError) as met:
            urllib.request.urlopen(f"{address}/ogc/collections/water/download?f=csv", timeout=60)
        assert met.value.code == 429
        met.value.close()
    until(lambda: quiet(database, settings))
    with urllib.request.urlopen(f"{address}/ogc/collections/water/download?f=csv", timeout=120) as answer:
        assert answer.read().count(b"\r\n") == WATERS + 1
    until(lambda: quiet(database, settings))


def test_a_deadline_leaves_the_answer_without_an_end(database: Database, settings: Settings, catalog: Catalog) -> None:
    """Who reads too slowly gets no file that looks whole."""
    hurried = Settings(state=settings.state, server=ServerSettings(export_deadline_s=1.0))
    with serving(database, catalog, hurried) as address, begun(address, "csv") as client:
        assert client.recv(1024).startswith(b"HTTP/1.1 200")
        until(lambda: quiet(database, settings))
        client.settimeout(10)
        rest = b""
        while piece := client.recv(1 << 20):
            rest += piece
        assert not rest.endswith(b"0\r\n\r\n")
        assert rest.count(b"\r\n") < WATERS


def until(holds: Callable[[], bool], within_s: float = 30.0) -> None:
    ends = monotonic() + within_s
    while not holds():
        assert monotonic() < ends, "it never came about"
        sleep(0.02)
