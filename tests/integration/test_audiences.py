"""The same resources for the public, for staff and for staff of one township: each sees what it may, none another's copy."""

from __future__ import annotations

import mapbox_vector_tile
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

HIDE = text("update facility set published = false, classification = 'internal' where id = :id")


@pytest.fixture(scope="module")
def hidden(county: Database) -> list[tuple[int, int, str]]:
    """Id, township and name of two facilities that are not published, in two townships."""
    with county.connect("owner") as connection:
        rows = connection.execute(
            text(
                "select distinct on (unit_id) id, unit_id, name from facility"
                " where unit_id is not null and type = 'nursing_home' order by unit_id, id limit 2"
            )
        ).all()
        for number, _, _ in rows:
            connection.execute(HIDE, {"id": number})
    return [tuple(row) for row in rows]


@pytest.fixture(scope="module")
def clients(
    county: Database, hidden: list[tuple[int, int, str]], settings: Settings, catalog: Catalog
) -> dict[str, TestClient]:
    app = create_app(settings, catalog=catalog, database=county)

    def made() -> TestClient:
        return TestClient(app, base_url="http://127.0.0.1:8000")

    one = hidden[0][1]
    return {
        "public": made(),
        "no role": signed_in(made(), county, name="nobody"),
        "viewer": signed_in(made(), county, "viewer", name="viewer"),
        "of one": signed_in(made(), county, "clerk", name="clerk", units=[one]),
    }


SEEN = {"public": [False, False], "no role": [False, False], "viewer": [True, True], "of one": [True, False]}


@pytest.mark.parametrize("who", SEEN)
def test_lists_records_and_counts(clients: dict[str, TestClient], hidden: list[tuple[int, int, str]], who: str) -> None:
    web = clients[who]
    items = web.get("/api/facilities", params={"type": "nursing_home", "limit": 10000}).json()["items"]
    listed = {item["id"] for item in items}
    assert [number in listed for number, _, _ in hidden] == SEEN[who]
    for (number, _, _), seen in zip(hidden, SEEN[who], strict=True):
        assert web.get(f"/api/facilities/{number}").status_code == (200 if seen else 404)
    counted = web.get("/readyz").json()["layers"]["facilities"]["count"]
    every = clients["viewer"].get("/readyz").json()["layers"]["facilities"]["count"]
    assert every - counted == SEEN[who].count(False)


@pytest.mark.parametrize("who", SEEN)
def test_tiles(clients: dict[str, TestClient], hidden: list[tuple[int, int, str]], who: str) -> None:
    tile = clients[who].get("/tiles/facilities/8/208/105.mvt")
    found: set[int] = set()
    for x in (207, 208, 209):
        for y in (104, 105, 106):
            answer = clients[who].get(f"/tiles/facilities/8/{x}/{y}.mvt")
            for layer in mapbox_vector_tile.decode(answer.content).values() if answer.content else ():
                found |= {feature["id"] for feature in layer["features"]}
    assert found
    assert [number in found for number, _, _ in hidden] == SEEN[who]
    private = who != "public"
    assert tile.headers["cache-control"].startswith("private") == private
    assert ("Cookie" in tile.headers.get("vary", "")) == private


def test_nobody_is_told_that_anothers_copy_is_still_good(clients: dict[str, TestClient]) -> None:
    for path in ("/tiles/facilities/8/208/105.mvt", "/api/map"):
        tags = {who: web.get(path).headers["etag"] for who, web in clients.items()}
        assert tags["public"] == tags["no role"]
        assert len(set(tags.values())) == 3, path
        for web in clients.values():
            statuses = [web.get(path, headers={"If-None-Match": tag}).status_code for tag in tags.values()]
            assert statuses.count(304) in (1, 2)
        assert clients["public"].get(path, headers={"If-None-Match": tags["viewer"]}).status_code == 200


def test_a_run_that_is_not_published(county: Database, clients: dict[str, TestClient]) -> None:
    with county.connect("owner") as connection:
        number = connection.execute(text("select max(id) from coverage_run")).scalar_one()
        connection.execute(text("update coverage_run set published = false, classification = 'internal'"))
        connection.execute(text("update coverage_circle set published = false, classification = 'internal'"))
    asked = {"service": "elder_circle", "type": "nursing_home"}
    for who, web in clients.items():
        runs = [run["id"] for run in web.get("/api/runs").json()["items"]]
        assert (number in runs) == (who == "viewer")
        for path in ("units", "communities", "circles", "losses", "capacity"):
            status = web.get(f"/api/runs/{number}/{path}", params=asked).status_code
            assert status == (200 if who == "viewer" else 404), (who, path)
    report = clients["viewer"].get(f"/api/runs/{number}/report")
    assert report.status_code == 200, report.text[:300]
    assert "内部" in report.text
