"""Tiles in memory: kept until something changes within them, and never longer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.publish.memory import OVERHEAD, Memory
from geoservice.publish.tiles import Tile, tile
from geoservice.settings import DatabaseSettings, Settings
from tests import builders_api as make
from tests.integration.test_tiles import tile_of

HERE, THERE = (113.0, 30.6), (113.2, 30.7)


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Iterator[Database]:
    database = new_database()
    with database.connect("owner") as connection:
        make.a_county(connection)
        make.make_facility(connection, "甲", *HERE)
        make.make_facility(connection, "乙", *THERE)
        make.make_place(connection, "此处", *HERE)
        make.make_place(connection, "彼处", *THERE)
    yield database
    database.dispose()


@pytest.fixture
def client(database: Database, settings: Settings, catalog: Catalog) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=database))


def path(layer: str, wanted: Tile) -> str:
    return f"/tiles/{layer}/{wanted.z}/{wanted.x}/{wanted.y}.mvt"


def tags(client: TestClient, layer: str, z: int = 13) -> tuple[str, str]:
    here, there = (client.get(path(layer, tile_of(*at, z))).headers["etag"] for at in (HERE, THERE))
    return here, there


CHANGES = {
    "renamed": "update facility set name = '新名' where name = '甲'",
    "hidden": "update facility set published = false, classification = 'internal' where name = '甲'",
    "deleted": "delete from facility where name = '甲'",
    "added": (
        "insert into facility (key, name, type, geom, classification, published)"
        " select 'new', 'new', type, geom, 'public', true from facility where name = '甲'"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_the_tile_that_was_touched_changes(client: TestClient, database: Database, change: str) -> None:
    before = tags(client, "facilities")
    with database.connect("owner") as connection:
        assert connection.execute(text(change)).rowcount == 1
    after = tags(client, "facilities")
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)
    assert tags(client, "facilities", 5)[0] == tags(client, "facilities", 5)[1]


def test_what_moves_changes_the_tile_that_it_leaves_and_the_one_that_it_enters(
    client: TestClient, database: Database
) -> None:
    before = tags(client, "facilities")
    with database.connect("owner") as connection:
        connection.execute(text("update facility set geom = (select geom from facility where name = '乙')"))
    after = tags(client, "facilities")
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_a_new_name_changes_the_tile_of_its_place(client: TestClient, database: Database) -> None:
    before, facilities = tags(client, "places"), tags(client, "facilities")
    with database.connect("owner") as connection:
        connection.execute(text("update place_name set name = '新此处' where name = '此处'"))
    after = tags(client, "places")
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)
    assert tags(client, "facilities") == facilities


def test_what_is_not_public_touches_nothing(client: TestClient, database: Database) -> None:
    before = tags(client, "facilities")
    with database.connect("owner") as connection:
        make.make_facility(connection, "内部", *HERE, published=False)
        connection.execute(text("update facility set beds = 3 where name = '内部'"))
        connection.execute(text("delete from facility where name = '内部'"))
        assert connection.execute(text("select count(*) from layer_touch where revision is null")).scalar_one() == 0
    assert tags(client, "facilities") == before


def test_many_at_once_count_as_the_box_around_them(client: TestClient, database: Database) -> None:
    before = tags(client, "roads")
    with database.connect("owner") as connection:
        for number in range(140):
            make.make_road(connection, f"new{number}", (113.19, 30.69), (113.2, 30.7 + number / 1e5))
        touched = text("select count(*) from layer_touch where layer = 'roads' and transaction = txid_current()")
        assert connection.execute(touched).scalar_one() == 140
    assert tags(client, "roads")[0] == before[0]
    with database.connect("owner") as connection:
        connection.execute(text("update road set oneway = oneway"))
        assert connection.execute(touched).scalar_one() == 1
    assert tags(client, "roads")[0] != before[0]


def test_old_changes_are_folded_into_one_everywhere(client: TestClient, database: Database) -> None:
    set_ = text("update facility set beds = :beds where name = '甲'")
    before = tags(client, "facilities")
    with database.connect("owner") as connection:
        connection.execute(text("update layer_revision set public_revision = 1500 where layer = 'facilities'"))
    for beds in range(501):
        with database.connect("owner") as connection:
            connection.execute(set_, {"beds": beds})
    with database.connect("owner") as connection:
        kept = connection.execute(
            text("select count(*), min(revision), max(revision) from layer_touch where layer = 'facilities'")
        ).one()
    assert tuple(kept) == (1 + 501, 1000, 2001)
    after = tags(client, "facilities")
    assert after[1] != before[1]


def test_a_kept_tile_is_not_made_again(client: TestClient, database: Database) -> None:
    wanted = path("facilities", tile_of(*HERE, 13))
    statements: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    first = client.get(wanted)
    with database.look(timeout_s=DatabaseSettings().statement_timeout_s) as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", remember)
    second = client.get(wanted)
    event.remove(engine, "before_cursor_execute", remember)
    assert second.content == first.content != b""
    assert any("layer_touch" in statement for statement in statements)
    assert not any("ST_AsMVT" in statement for statement in statements)


def test_a_low_zoom_says_what_it_leaves_out(client: TestClient) -> None:
    assert client.get(path("places", tile_of(*HERE, 10))).headers["x-thinned"] == "rank <= 4"
    assert "x-thinned" not in client.get(path("places", tile_of(*HERE, 14))).headers


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    cache = Memory(3 * (1000 + OVERHEAD))
    made: list[str] = []

    def ask(tag: str, size: int = 1000) -> bytes:
        return cache.answer(tag, "state", lambda: made.append(tag) or bytes(size))  # type: ignore[func-returns-value]

    for tag in ("a", "b", "c", "a", "d", "a", "b"):
        assert ask(tag) == bytes(1000)
    assert made == ["a", "b", "c", "d", "b"]
    ask("large", 10**6)
    ask("large", 10**6)
    assert made[-2:] == ["large", "large"]
    nothing = Memory(0)
    assert [nothing.answer("a", "state", lambda: b"x") for _ in range(2)] == [b"x", b"x"]


EDITS: tuple[str, ...] = (
    "update facility set geom = ST_Translate(geom, :dx, :dy) where id = :id",
    "update facility set published = not published, classification = 'public' where id = :id",
    "delete from facility where id = :id and id % 3 = 0",
    "update facility set geom = ST_Translate(geom, :dx, :dy) where id % 5 = :id % 5",
    "update place set geom = ST_Translate(geom, :dx, :dy) where id = :id",
    "update place_name set name = name || '村' where place_id = :id",
    "update unit_version set geom = ST_Translate(geom, :dx / 10, 0) where id = :id",
    "update road set geom = ST_Translate(geom, :dx, :dy) where id = :id",
)
LAYERS = ("facilities", "places", "units", "roads")


def test_no_edit_leaves_a_wrong_tile(client: TestClient, database: Database, catalog: Catalog) -> None:
    chance = random.Random(7)
    with database.connect("owner") as connection:
        for number in range(60):
            at = (113 + chance.random() * 0.3, 30.5 + chance.random() * 0.3)
            make.make_facility(connection, f"f{number}", *at)
            make.make_place(connection, f"p{number}", *at, rank=chance.randint(1, 6))
            make.make_road(connection, f"w{number}", at, (at[0] + 0.02, at[1] + 0.02))
    wanted = [(layer, tile_of(*at, z)) for layer in LAYERS for at in (HERE, THERE, (113.1, 30.6)) for z in (6, 11, 13)]
    kept = 0
    held: dict[str, str] = {}
    for _ in range(40):
        with database.connect("owner") as connection:
            _edit(connection, chance)
        with database.connect("application") as connection:
            for layer, each in wanted:
                answer = client.get(path(layer, each))
                assert answer.content == tile(connection, catalog.layers[layer], each, day=today()), (layer, each)
                kept += held.get(path(layer, each)) == answer.headers["etag"]
                held[path(layer, each)] = answer.headers["etag"]
    # Most edits leave most tiles as they are.
    assert kept > 0.5 * 40 * len(wanted)


def _edit(connection: Connection, chance: random.Random) -> None:
    statement = chance.choice(EDITS)
    top = connection.execute(
        text(f"select max(id) from {statement.split()[2 if 'delete' in statement else 1]}")
    ).scalar_one()
    values = {"id": chance.randint(1, top), "dx": chance.uniform(-0.1, 0.1), "dy": chance.uniform(-0.1, 0.1)}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    connection.execute(text(statement), used)
