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
    assert [one["shown"][1] for one in steps[-1]["fields"] if one["name"] == "address"] == ["新址"]
    # In another township the record does not exist.
    elsewhere = signed_in(client(), county, "reviewer", name="zhao", units=[other])
    assert elsewhere.get(path).status_code == 404
    there = signed_in(client(), county, "reviewer", name="qian", units=[unit])
    assert there.get(path).status_code == 200
    for bad, status in (("facility/0", 400), ("pg_authid/1", 400), ("facility/999999", 404), ("Facility/1", 400)):
        assert there.get(f"/api/history/{bad}").status_code == status


def test_fields_are_told_as_people_read_them(county: Database, settings: Settings, catalog: Catalog) -> None:
    with county.connect("owner") as connection:
        number, old, new = connection.execute(
            text(
                "select f.id, v.name, w.name from facility f join unit_version v using (unit_id)"
                " join unit_version w on w.level = v.level and w.unit_id <> v.unit_id"
                " where f.type = 'nursing_home' order by f.id, w.id limit 1"
            )
        ).one()
    clerk = Actor("王芳", reads=EVERYWHERE, edits=EVERYWHERE)
    with county.connect(actor=clerk) as connection:
        connection.execute(
            text(
                "update facility set type = 'cemetery', beds = null, nursing_beds = null,"
                " geom = st_project(geom::geography, 100, 0)::geometry, unit_id = (select unit_id from unit_version"
                " where name = :new and level = 'township') where id = :id"
            ),
            {"id": number, "new": new},
        )
    web = TestClient(create_app(settings, catalog=catalog, database=county), base_url="http://127.0.0.1:8000")
    step = signed_in(web, county, "reviewer").get(f"/api/history/facility/{number}").json()["items"][-1]
    fields = {one["name"]: one for one in step["fields"]}
    assert step["table"] == "facility"
    assert fields["type"]["title"] == {"zh": "设施类型", "en": "Type"}
    assert fields["type"]["shown"] == ["养老机构", "公墓"]
    assert fields["unit_id"]["shown"] == [old, new]
    assert fields["geom"]["moved_m"] == pytest.approx(100, abs=0.02)
    assert fields["geom"]["after"]["type"] == "Point"
    assert fields["geom"]["shown"][1].endswith("E")
    assert fields["beds"]["shown"][1] is None


def test_a_place_is_told_with_its_names_and_a_unit_with_its_versions(
    county: Database, settings: Settings, catalog: Catalog
) -> None:
    with county.connect("owner") as connection:
        place, name = connection.execute(text("select place_id, id from place_name order by id limit 1")).one()
        unit = connection.execute(text("select unit_id from unit_version order by id limit 1")).scalar_one()
    clerk = Actor("王芳", reads=EVERYWHERE, edits=EVERYWHERE)
    with county.connect(actor=clerk) as connection:
        connection.execute(text("update place_name set reading = 'gān yì' where id = :id"), {"id": name})
    web = TestClient(create_app(settings, catalog=catalog, database=county), base_url="http://127.0.0.1:8000")
    signed_in(web, county, "reviewer")
    steps = web.get(f"/api/history/place/{place}").json()["items"]
    assert (steps[-1]["table"], steps[-1]["action"]) == ("place_name", "update")
    assert {one["table"] for one in steps} == {"place", "place_name"}
    assert [one["at"] for one in steps] == sorted(one["at"] for one in steps)
    assert "unit_version" in {one["table"] for one in web.get(f"/api/history/unit/{unit}").json()["items"]}
