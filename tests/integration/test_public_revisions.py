"""What the public cannot see shows in nothing that it is told: no ETag, no staleness, no number."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.models import Base
from geoservice.database.prepare import bump_revision, revisions
from geoservice.ingest.load import LoadOptions, load
from geoservice.settings import Settings
from tests.builders import OPTIONS, record_set, square
from tests.people import signed_in

TOLD = (
    "/api/map",
    "/tiles/facilities/8/208/105.mvt",
    "/api/runs/1",
    "/api/runs/1/units?service=life_circle&type=community_service_centre",
    "/api/indicators",
)


def client(county: Database, settings: Settings, catalog: Catalog) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=county), base_url="http://127.0.0.1:8000")


def told(web: TestClient) -> dict[str, Any]:
    answers = {path: web.get(path) for path in TOLD}
    ready = web.get("/readyz").json()["layers"]
    return {path: (one.headers["etag"], one.content) for path, one in answers.items()} | {"ready": ready}


def hide_one(county: Database) -> int:
    with county.connect("owner") as connection:
        number: int = connection.execute(text("select max(id) from facility where published")).scalar_one()
        connection.execute(
            text("update facility set published = false, classification = 'internal' where id = :id"), {"id": number}
        )
        bump_revision(connection, "facilities")
    return number


def change(county: Database, number: int) -> None:
    with county.connect("owner") as connection:
        connection.execute(text("update facility set beds = coalesce(beds, 0) + 1 where id = :id"), {"id": number})
        bump_revision(connection, "facilities")


def test_a_change_of_what_is_hidden_is_no_change(county: Database, settings: Settings, catalog: Catalog) -> None:
    public, staff = client(county, settings, catalog), client(county, settings, catalog)
    signed_in(staff, county, "viewer")
    number = hide_one(county)
    before, inside = told(public), told(staff)
    change(county, number)
    assert told(public) == before
    changed = told(staff)
    assert changed["/api/map"][0] != inside["/api/map"][0]
    assert staff.get("/api/runs/1").json()["stale"]
    with county.connect("owner") as connection:
        connection.execute(
            text("update facility set published = true, classification = 'public' where id = :id"), {"id": number}
        )
        bump_revision(connection, "facilities")
    assert told(public)["/api/map"][0] != before["/api/map"][0]
    assert public.get("/api/runs/1").json()["stale"]


def test_hiding_is_a_change_to_the_public(county: Database, settings: Settings, catalog: Catalog) -> None:
    web = client(county, settings, catalog)
    before = told(web)
    hide_one(county)
    assert told(web)["/tiles/facilities/8/208/105.mvt"][0] != before["/tiles/facilities/8/208/105.mvt"][0]


@pytest.mark.parametrize("publish", [True, False])
def test_imports_count_for_those_who_see_them(database: Database, catalog: Catalog, *, publish: bool) -> None:
    options = LoadOptions(OPTIONS.actor, OPTIONS.sha256, publish=publish)
    shape = square(113.0, 30.5)
    sets = [
        record_set("units", [{"code": "429006", "name": "天门市", "level": "county", "geom": shape}]),
        record_set("communities", [{"code": "1", "name": "甲村", "geom": shape.centroid}]),
        record_set("facilities", [{"key": "a", "name": "甲院", "type": "nursing_home", "geom": shape.centroid}]),
        record_set(
            "places",
            [
                {
                    "key": "p",
                    "name": "甲",
                    "class_code": catalog.codes["place_classes"].entries[0].code,
                    "geom": shape.centroid,
                }
            ],
        ),
        record_set("water", [{"key": "w", "geom": shape}]),
    ]
    with database.connect("owner") as connection:
        before = revisions(connection, public=True)
        for one in sets:
            assert load(connection, catalog, one, options).refused == 0
    with database.connect("owner") as connection:
        after = revisions(connection, public=True)
        left = connection.execute(text("select count(*) from layer_change")).scalar_one()
        whole = revisions(connection)
    assert left == 0
    for one in sets:
        assert whole[one.layer] == 1
        assert (after[one.layer] > before[one.layer]) is publish, one.layer
        # However many statements it takes.
        assert after[one.layer] - before[one.layer] <= 1


def test_nobody_waits_for_a_long_import(county: Database) -> None:
    change_one = text("update facility set address = 'x' where id = (select min(id) from facility)")
    other = text("update facility set address = 'y' where id = (select max(id) from facility where published)")
    with county.connect("owner") as slow:
        slow.execute(change_one)
        with county.connect("owner", timeout_s=5) as quick:
            quick.execute(other)


def test_every_table_that_is_published_is_counted(database: Database) -> None:
    with database.connect("owner") as connection:
        counted = set(
            connection.execute(
                text("select tgrelid::regclass::text from pg_trigger where tgname = 'public_update'")
            ).scalars()
        )
    published = {table.name for table in Base.metadata.tables.values() if "published" in table.columns}
    # Runs, circles, batches and entered figures have ETags of their own.
    own = {"coverage_run", "coverage_circle", "import_batch", "indicator_entry"}
    assert published - own <= counted
