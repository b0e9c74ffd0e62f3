"""Files that do harm, and connections that break: nothing fails, nothing half done stays."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import pytest
from shapely.geometry import Point
from starlette.testclient import TestClient

from geoservice.api import problems
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.uploads.naming import SUFFIXES
from geoservice.settings import Settings, StateSettings
from tests.conftest import serving
from tests.integration.test_uploads import BASE, GOOD, post, sheet, zipped
from tests.people import add_person, hold_session, signed_in


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Settings:
    own = Settings(state=StateSettings(home=tmp_path / "home"), server=settings.server, audit=settings.audit)
    own.home.mkdir()
    return own


@pytest.fixture
def clerk(database: Database, home: Settings, catalog: Catalog) -> TestClient:
    app = create_app(home, catalog=catalog, database=database)
    return signed_in(TestClient(app, base_url=BASE, raise_server_exceptions=False), database, "clerk")


def sound(suffix: str, folder: Path) -> bytes:
    """A file of that kind that can be read, or bytes that begin like one."""
    frame = gpd.GeoDataFrame({"name": ["甲"], "type": ["公墓"]}, geometry=[Point(113, 30.6)], crs=4490)
    path = folder / f"a{suffix}"
    table = "设施名称,设施类型,经度,纬度\n甲,公墓,113,30.6\n".encode()
    match suffix:
        case ".geojson" | ".json":
            return frame.to_json().encode()
        case ".gpkg" | ".fgb":
            frame.to_file(path)
        case ".parquet" | ".geoparquet" | ".pq":
            frame.to_parquet(path)
        case ".xlsx" | ".xlsm":
            return sheet(GOOD)
        case ".zip":
            return zipped(("a.csv", table))
        case ".kml":
            return b"<kml><Placemark><name>x</name><Point><coordinates>113,30.6</coordinates></Point></Placemark></kml>"
        case ".kmz":
            return zipped(("doc.kml", b"<kml></kml>"))
        case ".csv" | ".tsv" | ".txt":
            return table
        case _:
            return b"II*\x00 or anything else that is no file of this kind"
    return path.read_bytes()


@pytest.mark.parametrize("suffix", [one for one in SUFFIXES if one != ".shp"])
def test_damaged_files_of_every_kind_are_told(clerk: TestClient, suffix: str, tmp_path: Path) -> None:
    whole = sound(suffix, tmp_path)
    chance = random.Random(suffix)
    damaged = bytearray(whole)
    for _ in range(max(1, len(damaged) // 50)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    for content in (whole, whole[: max(1, len(whole) // 2)], bytes(damaged), chance.randbytes(500)):
        upload = begin(clerk, f"a{suffix}", content)
        sent = clerk.put(
            f"/api/uploads/{upload}/files/a{suffix}",
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert sent.status_code == 200
        for wishes in ({}, {"layer": "facilities"}, {"layer": "units", "part": "x", "encoding": "utf-16"}):
            answer = clerk.post(f"/api/uploads/{upload}/inspection", json=wishes)
            assert answer.status_code in (200, 422), answer.text
            assert clerk.get(f"/api/uploads/{upload}").status_code == 200
        assert clerk.request("DELETE", f"/api/uploads/{upload}", json={}).status_code == 200


def begin(web: Any, name: str, content: bytes) -> int:
    upload: int = post(web, "/api/uploads", {"files": [{"name": name, "size": len(content)}]})["id"]
    return upload


def test_a_connection_that_breaks_leaves_nothing(
    database: Database, home: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Any] = []
    monkeypatch.setattr(problems.logger, "error", lambda *said, **_: errors.append(said))
    held = hold_session(database, add_person(database, "li", "clerk"))
    with serving(database, catalog, home) as address:
        place = urlsplit(address)
        head = f"Host: {place.netloc}\r\nCookie: {held.headers['Cookie']}\r\nX-Form-Key: {held.form_key}\r\n"
        order = b'{"files":[{"name":"a.csv","size":1000000}]}'
        with socket.create_connection((place.hostname, place.port), timeout=10) as wire:
            wire.sendall(
                f"POST /api/uploads HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
                f"Content-Length: {len(order)}\r\nConnection: close\r\n\r\n".encode()
                + order
            )
            assert b" 201 " in wire.recv(4096)
        wire = socket.create_connection((place.hostname, place.port), timeout=10)
        wire.sendall(
            f"PUT /api/uploads/1/files/a.csv HTTP/1.1\r\n{head}Content-Type: application/octet-stream\r\n"
            "Content-Length: 1000000\r\n\r\n".encode()
            + b"x" * 300_000
        )
        folder = home.home / "uploads"
        wait(lambda: [one for one in folder.rglob("part-*") if one.stat().st_size > 0])
        wire.close()
        wait(lambda: not [one for one in folder.rglob("*") if one.is_file()])
    assert errors == []


def wait(until: Any) -> None:
    deadline = monotonic() + 20
    while not until() and monotonic() < deadline:
        sleep(0.05)
    assert until()
