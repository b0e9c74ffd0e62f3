"""What only concerns the office, who registered a place and remarks, leaves by no way that is open to the public."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportRequest, import_file
from geoservice.settings import Settings
from tests.builders import record_set, square
from tests.integration.test_census import row, sheet
from tests.integration.test_load import run
from tests.people import signed_in

SECRETS = {"登记人": "甲某某登记", "登记单位": "某某地名办", "登记时间": "1987-06-05", "备注": "只供内部看的备注"}
WAYS = (
    "/api/place-names?q={name}",
    "/api/place-names",
    "/api/places/{id}",
    "/api/records/places",
    "/api/records/places/{id}",
    "/api/history/places/{id}",
    "/tiles/places/6/52/26.mvt",
    "/tiles/places/14/13341/6729.mvt",
    "/ogc/collections/places",
    "/ogc/collections/places/schema",
    "/ogc/collections/places/items?f=json",
    "/ogc/collections/places/items?f=html",
    "/ogc/collections/places/items/{id}?f=json",
    "/ogc/collections/places/items/{id}?f=html",
)


@pytest.fixture
def web(database: Database, catalog: Catalog, settings: Settings, tmp_path: Path) -> TestClient:
    run(database, catalog, record_set("units", [{"code": "429006100", "name": "岳口镇", "level": "township", "geom": square(113.1, 30.6)}]))  # fmt: skip
    path = sheet(tmp_path, [row(**SECRETS)], kind="utf-8")
    outcome = import_file(database, catalog, settings, ImportRequest("places", path, "test"), lambda *_: None)
    assert outcome.state == "loaded"
    return TestClient(create_app(settings, catalog=catalog, database=database), base_url="http://127.0.0.1:8000")


def test_nothing_of_the_office_leaves(web: TestClient, database: Database) -> None:
    (hit,) = web.get("/api/place-names", params={"q": "李家塆村"}).json()["items"]
    answered = 0
    for way in WAYS:
        answer = web.get(way.format(id=hit["place_id"], name=quote("李家塆村")))
        assert answer.status_code < 500, way
        answered += answer.status_code == 200
        for value in (*SECRETS.values(), "registered_by", "registered_office", "登记单位"):
            assert value.encode() not in answer.content, (way, value)
    assert answered >= 8
    # Whoever keeps the records finds it in its form: the values were there to leak.
    signed_in(web, database, "administrator")
    kept = web.get(f"/api/records/places/{hit['place_id']}").text
    assert all(value in kept for value in SECRETS.values())
