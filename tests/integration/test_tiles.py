"""Vector tiles: what they hold, when they are sent, by which index they are made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import mapbox_vector_tile  # type: ignore[import-untyped]
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.publish.tiles import Tile, tile_statement
from geoservice.settings import DatabaseSettings, Settings
from tests import builders_api as make


def tile_of(lon: float, lat: float, z: int) -> Tile:
    """The tile that a point lies in."""
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return Tile(z, x, y)


def address(layer: str, z: int, lon: float = 113.0001, lat: float = 30.6001) -> str:
    tile = tile_of(lon, lat, z)
    return f"/tiles/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt"


@pytest.fixture(scope="module")
def database(new_database: Callable[[], Database]) -> Iterator[Database]:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make.a_county(connection)
        tomorrow = today() + timedelta(days=1)
        make.make_facility(connection, "明日开", 113.0, 30.6, opened_on=tomorrow)
        make.make_name(connection, ids["place"], "旧名", kind="former")
        make.make_place(connection, "小地方", 113.0, 30.6, rank=9)
        make.make_road(connection, "r3", (113.0, 30.6), (113.01, 30.61), class_="tertiary")
        make.make_road(connection, "secret", (113.0, 30.6), (113.01, 30.6), published=False)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def client(database: Database, settings: Settings, catalog: Catalog) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=database))


def features(client: TestClient, layer: str, z: int, **at: float) -> list[dict[str, Any]]:
    response = client.get(address(layer, z, **at))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    if not response.content:
        return []
    decoded = mapbox_vector_tile.decode(response.content)
    assert list(decoded) == [layer]
    found: list[dict[str, Any]] = decoded[layer]["features"]
    return found


def test_only_what_is_open_and_published(client: TestClient) -> None:
    found = features(client, "facilities", 14)
    assert [item["properties"]["name"] for item in found] == ["竟陵福利院"]
    assert found[0]["id"] == found[0]["properties"]["id"]
    assert found[0]["properties"]["type"] == "nursing_home"


def test_units_of_today(client: TestClient) -> None:
    found = features(client, "units", 10)
    assert sorted(item["properties"]["name"] for item in found) == sorted(["天门市", "竟陵街道", "干驿镇"])
    assert all(item["properties"]["id"] == item["id"] for item in found)


@pytest.mark.parametrize(
    ("z", "classes"),
    [(8, ["primary"]), (11, ["primary", "tertiary"]), (14, ["primary", "residential", "tertiary"])],
)
def test_roads_by_class(client: TestClient, z: int, classes: list[str]) -> None:
    assert sorted(item["properties"]["class"] for item in features(client, "roads", z)) == classes


def test_places_by_rank_under_their_standard_name(client: TestClient) -> None:
    assert [item["properties"]["name"] for item in features(client, "places", 6)] == ["天门市"]
    assert [item["properties"]["name"] for item in features(client, "places", 14)] == ["天门市", "小地方"]


def test_every_layer_has_tiles(client: TestClient, catalog: Catalog) -> None:
    for layer in catalog.layers:
        for z in (0, 8, 14, 22):
            assert client.get(address(layer, z)).status_code == 200


def test_the_same_bytes_each_time(client: TestClient) -> None:
    assert client.get(address("units", 9)).content == client.get(address("units", 9)).content


def test_nothing_to_show_is_an_empty_body(client: TestClient) -> None:
    answer = client.get("/tiles/facilities/14/0/0.mvt")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/nothing/1/0/0.mvt", 404),
        ("/tiles/roads;drop/1/0/0.mvt", 404),
        ("/tiles/道路/1/0/0.mvt", 404),
        ("/tiles/roads/1/2/0.mvt", 400),
        ("/tiles/roads/1/0/-1.mvt", 400),
        ("/tiles/roads/23/0/0.mvt", 400),
        ("/tiles/roads/-1/0/0.mvt", 400),
        ("/tiles/roads/99999999999999999999/0/0.mvt", 400),
        ("/tiles/roads/1/0/9223372036854775808.mvt", 400),
        ("/tiles/roads/a/0/0.mvt", 400),
        ("/tiles/roads/1/0/0.5.mvt", 400),
        ("/tiles/roads/1/NaN/0.mvt", 400),
        ("/tiles/roads/1/0/0.png", 404),
        ("/tiles/roads/1/0/0.mvt?z=1", 400),
    ],
)
def test_what_is_no_tile_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_tile_that_the_client_holds_is_not_made(client: TestClient, database: Database) -> None:
    first = client.get(address("roads", 14))
    assert first.headers["cache-control"] == "no-cache"
    statements: list[str] = []
    with database.look(timeout_s=DatabaseSettings().statement_timeout_s) as connection:
        engine = connection.engine

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        held = client.get(address("roads", 14), headers={"If-None-Match": first.headers["etag"]})
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    assert (held.status_code, held.content) == (304, b"")
    assert not any("ST_AsMVT" in statement for statement in statements)
    assert any("layer_touch" in statement for statement in statements)


def test_a_change_of_the_layer_changes_the_tag(client: TestClient, database: Database) -> None:
    path = address("roads", 13)
    before = client.get(path)
    with database.connect("owner") as connection:
        make.make_road(connection, "new", (113.0, 30.6), (113.005, 30.605))
        make.change_layer(connection, "roads")
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert client.get(address("facilities", 13)).headers["etag"] != after.headers["etag"]


def test_a_layer_of_dates_changes_with_the_day(catalog: Catalog) -> None:
    from geoservice.publish.tiles import tile_etag

    layer, tile = catalog.layers["facilities"], Tile(1, 0, 0)
    tags = {tile_etag(layer, None, tile, date(2026, 1, day)) for day in (1, 2)}
    assert len(tags) == 2


def test_a_second_database_gives_another_tag(
    client: TestClient, new_database: Callable[[], Database], settings: Settings, catalog: Catalog
) -> None:
    other = new_database()
    with other.connect("owner") as connection:
        make.change_layer(connection, "facilities")
    second = TestClient(create_app(settings, catalog=catalog, database=other))
    first_tag = client.get(address("facilities", 5)).headers["etag"]
    assert second.get(address("facilities", 5)).headers["etag"] != first_tag
    other.dispose()


def test_the_statement_uses_the_index(database: Database, catalog: Catalog) -> None:
    with database.connect("owner") as connection:
        connection.execute(
            text(
                "insert into geoservice.facility (key, name, type, geom, classification, published)"
                " select 'k' || n, 'f' || n, 'cemetery',"
                " ST_SetSRID(ST_MakePoint(100 + (n % 200) * 0.1, 20 + n / 200 * 0.1), 4490), 'public', true"
                " from generate_series(1, 20000) n"
            )
        )
        connection.execute(text("analyze geoservice.facility"))
    statement = tile_statement(catalog.layers["facilities"], 12, day=today())
    with database.look(timeout_s=10) as connection:
        engine = connection.engine
        shown: list[Any] = []

        def explain(
            _connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool
        ) -> tuple[str, Any]:
            return f"explain {sql}", parameters

        event.listen(engine, "before_cursor_execute", explain, retval=True)
        try:
            shown = [row[0] for row in connection.execute(statement, asdict(tile_of(113.0, 30.6, 12)))]
        finally:
            event.remove(engine, "before_cursor_execute", explain)
    plan = "\n".join(shown)
    assert "ix_facility_geom_3857" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_large_tiles_are_compressed(client: TestClient) -> None:
    answer = client.get(address("facilities", 6))
    assert len(answer.content) > 10_000
    assert answer.headers["content-encoding"] in ("br", "gzip", "zstd")
