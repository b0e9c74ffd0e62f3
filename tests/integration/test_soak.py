"""Under full load, with edits going on: pages lose and double no row, no tile is older than an edit, memory stays."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import mapbox_vector_tile  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.publish.tiles import Tile
from geoservice.settings import Settings
from tests import builders_api as make
from tests.conftest import serving
from tests.integration.test_tiles import tile_of

FIXED, MOVING = 600, 60
SECONDS = 60
Z = 12


def at(number: int) -> tuple[float, float]:
    return 113 + number % 30 * 0.01, 30.5 + number // 30 * 0.01


def resident_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_sixty_seconds_of_edits_pages_and_tiles(
    new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> None:
    database = new_database()
    with database.connect("owner") as connection:
        fixed = {make.make_facility(connection, f"定{number}", *at(number)) for number in range(FIXED)}
        moving = [make.make_facility(connection, f"动{number}", *at(number)) for number in range(MOVING)]
    ended = Event()
    with serving(database, catalog, settings) as base, ThreadPoolExecutor(6) as pool:
        work = [
            pool.submit(_page, base, ended, fixed, seed=1),
            pool.submit(_page, base, ended, fixed, seed=2),
            pool.submit(_move, database, base, ended, moving, seed=3),
            pool.submit(_come_and_go, database, ended),
            pool.submit(_read_tiles, base, ended, seed=4),
            pool.submit(_read_tiles, base, ended, seed=5),
        ]
        early = _watch(work, ended, SECONDS / 3)
        late = _watch(work, ended, SECONDS * 2 / 3)
        ended.set()
        done = [each.result() for each in work]
    database.dispose()
    print(f"\nrounds of pages {done[:2]}, edits seen in tiles {done[2]}, records that came and went {done[3]},")
    print(f"tiles {done[4:]}, memory {early:.0f} MiB after a third, {late:.0f} MiB at the end")
    assert all(count > 3 for count in done)
    assert late < early * 1.1 + 20


def _watch(work: list[Future[int]], ended: Event, seconds: float) -> float:
    """Waits, and ends everything as soon as one has failed; memory in the end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(each.done() for each in work):
            ended.set()
            break
        time.sleep(0.2)
    return resident_mib()


def _page(base: str, ended: Event, fixed: set[int], seed: int) -> int:
    """Walks over all pages: each record that stays is met once, in the order of ids."""
    chance, rounds = random.Random(seed), 0
    with httpx2.Client(base_url=base, timeout=60) as web:
        while not ended.is_set():
            address: str | None = f"/ogc/collections/facilities/items?limit={chance.choice((17, 50, 200))}"
            met: list[int] = []
            while address:
                page = web.get(address).raise_for_status().json()
                met += [one["id"] for one in page["features"]]
                address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
            assert met == sorted(set(met))
            assert fixed <= set(met)
            rounds += 1
    return rounds


def _move(database: Database, base: str, ended: Event, moving: list[int], seed: int) -> int:
    """Moves a record; from then on the tile that it left is without it and the one that it entered has it."""
    chance, moved = random.Random(seed), 0
    with httpx2.Client(base_url=base, timeout=60) as web:
        while not ended.is_set():
            one = chance.choice(moving)
            to = 113 + chance.random() * 0.3, 30.5 + chance.random() * 0.2
            with database.connect("owner") as connection:
                before = connection.execute(
                    text("select ST_X(geom), ST_Y(geom) from facility where id = :id"), {"id": one}
                ).one()
                connection.execute(
                    text("update facility set geom = ST_SetSRID(ST_MakePoint(:x, :y), 4490) where id = :id"),
                    {"id": one, "x": to[0], "y": to[1]},
                )
            left, entered = tile_of(before[0], before[1], Z), tile_of(*to, Z)
            assert one in _ids(web, entered)
            # A tile has a margin, in which a neighbour's records stand too.
            if abs(left.x - entered.x) > 1 or abs(left.y - entered.y) > 1:
                assert one not in _ids(web, left)
            moved += 1
    return moved


def _ids(web: httpx2.Client, tile: Tile) -> set[int]:
    body = web.get(f"/tiles/facilities/{tile.z}/{tile.x}/{tile.y}.mvt").raise_for_status().content
    return (
        {one["id"] for layer in mapbox_vector_tile.decode(body).values() for one in layer["features"]}
        if body
        else set()
    )


def _come_and_go(database: Database, ended: Event) -> int:
    """Records between and after those that stay."""
    made = 0
    while not ended.is_set():
        with database.connect("owner") as connection:
            new = [make.make_facility(connection, f"来{made}-{part}", *at(made % FIXED)) for part in range(3)]
        time.sleep(0.05)
        with database.connect("owner") as connection:
            connection.execute(text("delete from facility where id = any(:ids)"), {"ids": new})
        made += 1
    return made


def _read_tiles(base: str, ended: Event, seed: int) -> int:
    """Reads tiles as a map does, with what it holds."""
    chance, read = random.Random(seed), 0
    held: dict[str, str] = {}
    with httpx2.Client(base_url=base, timeout=60) as web:
        while not ended.is_set():
            tile = tile_of(113 + chance.random() * 0.3, 30.5 + chance.random() * 0.2, chance.choice((8, 11, 13)))
            address = f"/tiles/facilities/{tile.z}/{tile.x}/{tile.y}.mvt"
            answer = web.get(address, headers={"If-None-Match": held[address]} if address in held else None)
            assert answer.status_code in (200, 304)
            held[address] = answer.headers["etag"]
            read += 1
    return read
