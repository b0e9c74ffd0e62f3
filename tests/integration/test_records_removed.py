"""Records that were taken out: listed for whom they concern, and brought back as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

Json = dict[str, Any]
LAYERS = ["water", "built_up", "roads", "communities", "facilities", "places"]


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(sample_database)
    with made.connect("owner") as connection:
        # What a run counted cannot be taken out.
        connection.execute(text("delete from coverage_run"))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def app(county: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def person(app: FastAPI, county: Database) -> Callable[..., TestClient]:
    def make(*roles: str, **given: Any) -> TestClient:
        made = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=True)
        return signed_in(made, county, *roles, **given)

    return make


@pytest.fixture(scope="module")
def clerk(person: Callable[..., TestClient]) -> TestClient:
    return person("clerk", "approver", name="clerk")


def units(county: Database) -> list[int]:
    statement = (
        "select unit_id from facility where unit_id is not null group by 1 having count(*) > 4 order by 1 limit 2"
    )
    with county.connect("owner") as connection:
        return list(connection.execute(text(statement)).scalars())


def some(client: TestClient, layer: str, **wanted: Any) -> Json:
    (line,) = client.get(f"/api/records/{layer}", params={"limit": 1, **wanted}).json()["items"]
    return dict(client.get(f"/api/records/{layer}/{line['id']}").json())


def take_out(client: TestClient, layer: str, *records: Json, reason: str = "重复") -> None:
    body = {"records": [{"id": one["id"], "version": one["version"]} for one in records], "reason": reason}
    answer = client.post(f"/api/records/{layer}/removal", json=body)
    assert answer.status_code == 200, answer.text


def gone(client: TestClient, layer: str, **wanted: Any) -> list[Json]:
    answer = client.get(f"/api/records/{layer}/removed", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def back(client: TestClient, layer: str, *ids: int) -> Any:
    return client.post(f"/api/records/{layer}/return", json={"ids": list(ids), "reason": "删错了"})


@pytest.mark.parametrize("layer", LAYERS)
def test_a_record_comes_back_as_it_was(clerk: TestClient, county: Database, layer: str) -> None:
    record = some(clerk, layer)
    take_out(clerk, layer, record)
    assert clerk.get(f"/api/records/{layer}/{record['id']}").status_code == 404
    first = gone(clerk, layer)[0]
    assert (first["id"], first["actor"], first["reason"]) == (record["id"], "clerk", "重复")
    for name in ("values", "unit_id", "marks"):
        assert first[name] == record[name], name
    assert first["geometry"]["coordinates"] == record["geometry"]["coordinates"]
    answer = back(clerk, layer, record["id"])
    assert answer.status_code == 200, answer.text
    (again,) = answer.json()["items"]
    assert again["version"] != record["version"]
    assert {**again, "version": 0} == {**record, "version": 0}
    assert record["id"] not in {one["id"] for one in gone(clerk, layer)}
    versions = clerk.get(f"/api/records/{layer}/{record['id']}/versions").json()["items"]
    assert [one["action"] for one in versions][-2:] == ["delete", "insert"]
    assert versions[-1]["reason"] == "删错了"
    assert versions[-1]["values"] == record["values"]


def test_all_names_of_a_place_come_back_and_none_that_was_taken_away_before(
    clerk: TestClient, county: Database
) -> None:
    place = some(clerk, "places")
    path = f"/api/records/places/{place['id']}"
    for alias in ("老街；旧集", "老街"):
        place = clerk.get(path).json()
        headers = {"If-Match": f'"v{place["version"]}"'}
        changed = {"values": {"alias": alias, "former_name": "从前的名字"}}
        assert clerk.patch(path, json=changed, headers=headers).status_code == 200
    query = text("select to_jsonb(n) - 'version' from place_name n where place_id = :id order by id")
    with county.connect("owner") as connection:
        before = connection.execute(query, {"id": place["id"]}).scalars().all()
    take_out(clerk, "places", clerk.get(path).json())
    assert back(clerk, "places", place["id"]).status_code == 200
    with county.connect("owner") as connection:
        assert connection.execute(query, {"id": place["id"]}).scalars().all() == before


def test_a_township_comes_back_with_its_code_and_its_number(clerk: TestClient, county: Database) -> None:
    shape = {"type": "MultiPolygon", "coordinates": [[[[112, 29], [112.1, 29], [112.1, 29.1], [112, 29]]]]}
    values = {"code": "429006999", "name": "新设镇", "level": "township", "kind": "镇"}
    made = clerk.post("/api/records/units", json={"values": values, "geometry": shape}).json()
    unit = text("select unit_id from unit_version where id = :id")
    with county.connect("owner") as connection:
        number = connection.execute(unit, made).scalar_one()
    take_out(clerk, "units", made)
    assert gone(clerk, "units")[0]["values"] == made["values"]
    (again,) = back(clerk, "units", made["id"]).json()["items"]
    assert again["values"] == made["values"]
    with county.connect("owner") as connection:
        assert connection.execute(unit, made).scalar_one() == number


def test_who_may_not_publish_brings_back_internal_records(person: Callable[..., TestClient], county: Database) -> None:
    own, foreign = units(county)
    local = person("clerk", name="local", units=[own])
    other = person("clerk", name="other", units=[foreign])
    record = some(local, "facilities", unit=own)
    assert record["marks"]["published"]
    take_out(local, "facilities", record)
    assert gone(other, "facilities") == []
    assert back(other, "facilities", record["id"]).status_code == 404
    assert gone(local, "facilities")[0]["id"] == record["id"]
    (again,) = back(local, "facilities", record["id"]).json()["items"]
    assert (again["marks"]["published"], again["marks"]["classification"]) == (False, "internal")
    assert again["values"] == record["values"]


def test_what_is_secret_is_not_told(clerk: TestClient, county: Database) -> None:
    record = some(clerk, "facilities")
    with county.connect("owner") as connection:
        secret = "update facility set classification = 'confidential', published = false where id = :id"
        connection.execute(text(secret), record)
        connection.execute(text("delete from facility where id = :id"), record)
    assert record["id"] not in {one["id"] for one in gone(clerk, "facilities")}
    assert back(clerk, "facilities", record["id"]).status_code == 404


def test_a_viewer_is_refused(person: Callable[..., TestClient]) -> None:
    viewer = person("viewer", name="viewer")
    assert viewer.get("/api/records/facilities/removed").status_code == 403
    assert back(viewer, "facilities", 1).status_code == 403


def test_nothing_comes_back_twice_or_in_the_place_of_another(clerk: TestClient) -> None:
    record = some(clerk, "facilities")
    assert back(clerk, "facilities", record["id"]).status_code == 404
    take_out(clerk, "facilities", record)
    twin = {"values": {name: value for name, value in record["values"].items() if value is not None}}
    made = clerk.post("/api/records/facilities", json={**twin, "geometry": record["geometry"]}).json()
    refused = back(clerk, "facilities", record["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "records.taken")
    take_out(clerk, "facilities", made)
    # All or none.
    assert back(clerk, "facilities", record["id"], 999_999_999).status_code == 404
    assert clerk.get(f"/api/records/facilities/{record['id']}").status_code == 404
    assert back(clerk, "facilities", record["id"], record["id"]).status_code == 200


def test_the_list_is_read_page_by_page(clerk: TestClient) -> None:
    lines = clerk.get("/api/records/water", params={"limit": 5}).json()["items"]
    take_out(clerk, "water", *lines)
    seen, after = [], {}
    while True:
        page = clerk.get("/api/records/water/removed", params={"limit": 2, **after}).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == sorted(line["id"] for line in lines)
    assert back(clerk, "water", *seen).status_code == 200


@pytest.mark.parametrize(
    ("params", "status"), [({"limit": 0}, 400), ({"limit": 101}, 400), ({"after": "x"}, 400), ({"q": "x"}, 400)]
)
def test_bad_questions_are_refused(clerk: TestClient, params: Json, status: int) -> None:
    assert clerk.get("/api/records/facilities/removed", params=params).status_code == status


@pytest.mark.parametrize("ids", [[], [0], ["x"], [1] * 5001])
def test_bad_wishes_are_refused(clerk: TestClient, ids: list[Any]) -> None:
    answer = clerk.post("/api/records/facilities/return", json={"ids": ids})
    assert answer.status_code in (400, 422)
