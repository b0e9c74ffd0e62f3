"""Under full load, with edits going on: pages lose and double no row, no tile is older than an edit, memory stays.

By one process, and by two that know nothing of each other's caches: every request goes to either of them by chance.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import httpx2
import mapbox_vector_tile  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import Unavailable
from geoservice.publish.tiles import Tile
from geoservice.settings import Settings
from tests import builders_api as make
from tests.conftest import serving
from tests.integration.test_several import (
    Each,
    Running,
    children,
    running,  # noqa: F401 - a fixture
    said,  # noqa: F401 - a fixture
)
from tests.integration.test_tiles import tile_of
from tests.people import add_person, hold_session

FIXED, MOVING = 600, 60
SECONDS = 60
Z = 12
# Whoever writes to a layer counts it first: otherwise two would wait for each other at the audit trail.
LAYER = "facilities"
Webs = Sequence[httpx2.Client]


def at(number: int) -> tuple[float, float]:
    return 113 + number % 30 * 0.01, 30.5 + number // 30 * 0.01


def resident_mib(pid: int | str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def fill(database: Database) -> tuple[set[int], list[int]]:
    """Records that stay, and those that move."""
    with database.connect("owner") as connection:
        fixed = {make.make_facility(connection, f"定{number}", *at(number)) for number in range(FIXED)}
        return fixed, [make.make_facility(connection, f"动{number}", *at(number)) for number in range(MOVING)]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_sixty_seconds_of_edits_pages_and_tiles(
    new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> None:
    database = new_database()
    fixed, moving = fill(database)
    ended = Event()
    with (
        serving(database, catalog, settings) as base,
        httpx2.Client(base_url=base, timeout=60) as web,
        ThreadPoolExecutor(6) as pool,
    ):
        work = [
            pool.submit(_page, [web], ended, fixed, seed=1),
            pool.submit(_page, [web], ended, fixed, seed=2),
            pool.submit(_move, database, [web], ended, moving, seed=3),
            pool.submit(_come_and_go, database, ended),
            pool.submit(_read_tiles, [web], ended, seed=4),
            pool.submit(_read_tiles, [web], ended, seed=5),
        ]
        early, late = _watched(work, ended, SECONDS, ["self"])
        done = [each.result() for each in work]
    database.dispose()
    print(f"\nrounds of pages {done[:2]}, edits seen in tiles {done[2]}, records that came and went {done[3]},")
    print(f"tiles {done[4:]}, memory {early:.0f} MiB after a third, {late:.0f} MiB at the end")
    assert all(count > 3 for count in done)
    assert late < early * 1.1 + 20


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_sixty_seconds_of_two_processes(running: Running, database: Database) -> None:  # noqa: F811
    fixed, moving = fill(database)
    clerk = hold_session(database, add_person(database, "clerk", "clerk"))
    ended, pids = Event(), children(running[0].pid)
    assert len(pids) == 2
    with Each(running) as each, ThreadPoolExecutor(6) as pool:
        work = [
            pool.submit(_page, each.web, ended, fixed, seed=1),
            pool.submit(_page, each.web, ended, fixed, seed=2),
            pool.submit(_move, database, each.web, ended, moving, seed=3),
            pool.submit(_edit, each.web, ended, min(fixed), clerk.headers, seed=6),
            pool.submit(_come_and_go, database, ended),
            pool.submit(_read_tiles, each.web, ended, seed=4),
        ]
        early, late = _watched(work, ended, SECONDS, pids)
        done = [one.result() for one in work]
    assert children(running[0].pid) == pids
    print(
        f"\nrounds of pages {done[:2]}, edits seen in tiles of both {done[2]}, edits through one seen by both {done[3]},"
    )
    print(f"records that came and went {done[4]}, tiles {done[5]}, memory {early:.0f} MiB, {late:.0f} MiB at the end")
    assert all(count > 3 for count in done)
    assert late < early * 1.1 + 40


def test_who_waits_in_a_circle_is_told_to_come_again(database: Database) -> None:
    met = Barrier(2)

    def wait(first: int, second: int) -> str:
        try:
            with database.connect() as connection:
                for number in (first, second):
                    connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": number})
                    if number == first:
                        met.wait(30)
        except Unavailable as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(one.result() for one in (pool.submit(wait, 71, 72), pool.submit(wait, 72, 71)))
    assert ends == ["database.deadlock", "done"]


def _watched(work: list[Future[int]], ended: Event, seconds: float, pids: Sequence[int | str]) -> tuple[float, float]:
    """Memory after a third of the time and in the end; everything ends as soon as one has failed."""
    early = _watch(work, ended, seconds / 3, pids)
    late = _watch(work, ended, seconds * 2 / 3, pids)
    ended.set()
    return early, late


def _watch(work: list[Future[int]], ended: Event, seconds: float, pids: Sequence[int | str]) -> float:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(each.done() for each in work):
            ended.set()
            break
        time.sleep(0.2)
    return sum(map(resident_mib, pids))


def _page(webs: Webs, ended: Event, fixed: set[int], seed: int) -> int:
    """Walks over all pages: each record that stays is met once, in the order of ids."""
    chance, rounds = random.Random(seed), 0
    while not ended.is_set():
        address: str | None = f"/ogc/collections/facilities/items?limit={chance.choice((17, 50, 200))}"
        met: list[int] = []
        while address:
            page = chance.choice(webs).get(address).raise_for_status().json()
            met += [one["id"] for one in page["features"]]
            address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert met == sorted(set(met))
        assert fixed <= set(met)
        rounds += 1
    return rounds


def _move(database: Database, webs: Webs, ended: Event, moving: list[int], seed: int) -> int:
    """Moves a record; from then on the tile that it left is without it and the one that it entered has it, whoever is asked."""
    chance, moved = random.Random(seed), 0
    while not ended.is_set():
        one = chance.choice(moving)
        to = 113 + chance.random() * 0.3, 30.5 + chance.random() * 0.2
        with database.connect("owner") as connection:
            bump_revision(connection, LAYER)
            before = connection.execute(
                text("select ST_X(geom), ST_Y(geom) from facility where id = :id"), {"id": one}
            ).one()
            connection.execute(
                text("update facility set geom = ST_SetSRID(ST_MakePoint(:x, :y), 4490) where id = :id"),
                {"id": one, "x": to[0], "y": to[1]},
            )
        left, entered = tile_of(before[0], before[1], Z), tile_of(*to, Z)
        for web in webs:
            assert one in _ids(web, entered)
            # A tile has a margin, in which a neighbour's records stand too.
            if abs(left.x - entered.x) > 1 or abs(left.y - entered.y) > 1:
                assert one not in _ids(web, left)
        moved += 1
    return moved


def _edit(webs: Webs, ended: Event, number: int, headers: dict[str, str], seed: int) -> int:
    """Changes a record through whichever process comes; from then on all of them give it out so."""
    chance, beds = random.Random(seed), 0
    path = f"/ogc/collections/facilities/items/{number}"
    while not ended.is_set():
        beds += 1
        held = chance.choice(webs).get(path, headers=headers).raise_for_status()
        changed = chance.choice(webs).patch(
            path,
            json={"properties": {"beds": beds}},
            headers={**headers, "If-Match": held.headers["etag"], "Content-Type": "application/merge-patch+json"},
        )
        assert changed.status_code == 200, changed.text
        for web in webs:
            for who in ({}, headers):
                assert web.get(path, headers=who).raise_for_status().json()["properties"]["beds"] == beds
    return beds


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
            bump_revision(connection, LAYER)
            new = [make.make_facility(connection, f"来{made}-{part}", *at(made % FIXED)) for part in range(3)]
        time.sleep(0.05)
        with database.connect("owner") as connection:
            bump_revision(connection, LAYER)
            connection.execute(text("delete from facility where id = any(:ids)"), {"ids": new})
        made += 1
    return made


def _read_tiles(webs: Webs, ended: Event, seed: int) -> int:
    """Reads tiles as a map does, with what it holds."""
    chance, read = random.Random(seed), 0
    held: dict[str, str] = {}
    while not ended.is_set():
        tile = tile_of(113 + chance.random() * 0.3, 30.5 + chance.random() * 0.2, chance.choice((8, 11, 13)))
        address = f"/tiles/facilities/{tile.z}/{tile.x}/{tile.y}.mvt"
        headers = {"If-None-Match": held[address]} if address in held else None
        answer = chance.choice(webs).get(address, headers=headers)
        assert answer.status_code in (200, 304)
        held[address] = answer.headers["etag"]
        read += 1
    return read
