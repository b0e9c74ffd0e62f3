"""What the service works out when it starts: keys of units, so that the first check of a name does not wait."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.names.clashes import elsewhere
from geoservice.settings import DatabaseSettings, Settings
from tests import builders_api as make

UNITS = {"township": "乌有镇", "county": "乌有县"}


@pytest.fixture
def units(new_database: Callable[[], Database]) -> Database:
    database = new_database()
    with database.connect("owner") as connection:
        for level, name in UNITS.items():
            make.make_unit(connection, name, make.square(113.0, 30.6, 0.1), level=level)
    elsewhere._keys.cache_clear()
    return database


def kept() -> int:
    return elsewhere._keys.cache_info().currsize


def test_keys_of_units_are_there_before_anybody_asks(units: Database, settings: Settings, catalog: Catalog) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=units, ahead=True)):
        deadline = time.monotonic() + 60
        while kept() < len(UNITS) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert kept() == len(UNITS)


def test_an_app_by_itself_works_nothing_out(units: Database, settings: Settings, catalog: Catalog) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=units)) as web:
        assert web.get("/healthz").status_code == 200
        assert kept() == 0


def test_without_a_database_the_service_starts_all_the_same(catalog: Catalog) -> None:
    away = Settings(database=DatabaseSettings(database_url="postgresql://nobody:secret@127.0.0.1:1/nothing"))
    with TestClient(create_app(away, catalog=catalog, ahead=True)) as web:
        assert web.get("/healthz").status_code == 200


def test_no_more_is_worked_out_once_the_service_ends() -> None:
    elsewhere._keys.cache_clear()
    elsewhere.prepare_keys([("乌有镇", "21")], ended=lambda: True)
    assert kept() == 0
    elsewhere.prepare_keys([("乌有镇", "21")])
    assert kept() == 1
