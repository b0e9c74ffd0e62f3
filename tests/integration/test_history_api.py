"""The history of a record over HTTP: for staff, of what they see, as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import EVERYWHERE, Actor
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in


@pytest.fixture
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(sample_database)
    yield made
    made.dispose()


def test_staff_see_what_became_of_a_record(county: Database, settings: Settings, catalog: Catalog) -> None:
    with county.connect("owner") as connection:
        number, unit = connection.execute(
            text("select id, unit_id from facility where unit_id is not null order by id limit 1")
        ).one()
        other = connection.execute(
            text("select unit_id from facility where unit_id <> :unit limit 1"), {"unit": unit}
        ).scalar_one()
        hidden = "update facility set published = false, classification = 'internal' where id = :id"
        connection.execute(text(hidden), {"id": number})
    clerk = Actor("王芳", reads=EVERYWHERE, edits=EVERYWHERE)
    with county.connect(actor=clerk) as connection:
        connection.execute(text("select set_config('geoservice.reason', '实地核实', true)"))
        connection.execute(text("update facility set address = '新址' where id = :id"), {"id": number})
    app = create_app(settings, catalog=catalog, database=county)

    def client() -> TestClient:
        return TestClient(app, base_url="http://127.0.0.1:8000")

    path = f"/api/history/facility/{number}"
    assert client().get(path).status_code == 401
    steps = signed_in(client(), county, "reviewer").get(path).json()["items"]
    assert steps[0]["action"] == "import"
    assert steps[0]["batch"]["layer"] == "facilities"
    assert (steps[-1]["actor"], steps[-1]["reason"]) == ("王芳", "实地核实")
    assert steps[-1]["fields"]["address"][1] == "新址"
    # In another township the record does not exist.
    elsewhere = signed_in(client(), county, "reviewer", name="zhao", units=[other])
    assert elsewhere.get(path).status_code == 404
    there = signed_in(client(), county, "reviewer", name="qian", units=[unit])
    assert there.get(path).status_code == 200
    for bad, status in (("facility/0", 400), ("pg_authid/1", 400), ("facility/999999", 404), ("Facility/1", 400)):
        assert there.get(f"/api/history/{bad}").status_code == status
