"""Evidence of the times of a street that can be reckoned by hand: parts, refusals, the service and the shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.evidence import Evidence, explain
from geoservice.coverage.run import run_coverage
from geoservice.coverage.telling import evidence_rows, print_evidence
from geoservice.database.engine import Database
from geoservice.errors import BadRequest, NotFound
from geoservice.settings import Settings
from tests.integration.test_coverage_run import DAY, LAT, compute, put, quiet, street

__all__ = ["street"]
TYPE = "community_service_centre"
CHOICE = {"service": "life_circle", "type": TYPE}


def evidence(database: Database, catalog: Catalog, settings: Settings, community: str) -> Evidence:
    with database.connect("reader") as connection:
        return explain(
            connection, catalog, settings, database.name, community, service="life_circle", type_=TYPE, on=DAY
        )


def total(told: dict[str, Any]) -> int:
    """The sum as anyone can add it up again."""
    return int(told["access"]["time_ds"] + sum(s["time_ds"] for s in told["steps"]) + told["egress"]["time_ds"])


def test_the_parts_of_a_time(street: Database, catalog: Catalog, settings: Settings) -> None:
    told = evidence(street, catalog, settings, "近").as_dict()
    assert told["facility"]["name"] == "服务中心"
    assert 4790 <= told["time_ds"] <= 4810
    assert told["time_ds"] == total(told)
    assert (told["limit_ds"], told["margin_ds"], told["covered"]) == (9000, 9000 - told["time_ds"], True)
    (step,) = told["steps"]
    assert (step["road_class"], step["from"], step["to"]) == ("residential", pytest.approx(0.1, abs=1e-6), 0.0)
    assert step["length_m"] == pytest.approx(479.8, abs=0.5)


def test_a_way_along_another_road_and_its_legs(street: Database, catalog: Catalog, settings: Settings) -> None:
    side = {"key": "s", "name": "北巷", "class": "service", "modes": ["walk"], "node_ids": [3, 90]}
    put(street, catalog, "roads", [side | {"geom": LineString([(113.03, LAT), (113.03, LAT + 0.05)])}])
    found = evidence(street, catalog, settings, "田中")
    told = found.as_dict()
    assert [step["road_name"] for step in told["steps"]] == ["北巷", None]
    assert told["time_ds"] == total(told)
    assert (told["covered"], told["margin_ds"] < 0) == (False, True)
    feature = found.as_feature()
    assert feature["geometry"]["coordinates"][0] == [113.03, LAT + 0.05]
    assert feature["geometry"]["coordinates"][-1] == [113.0, LAT]
    rows = evidence_rows(found, catalog)
    assert [row[0] for row in rows[1:-2]] == ["北巷", "无名道路"]
    assert sum(float(str(row[3])) for row in rows[:-1]) == pytest.approx(told["time_ds"] / 10)


def test_no_way_is_said_with_its_reason(
    street: Database, catalog: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, reason, words in (("田中", "off_network", "附近没有可用的道路"), ("无处", "no_place", "没有坐标")):
        found = evidence(street, catalog, settings, name)
        assert (found.reason, found.time_ds, found.as_feature()["geometry"]) == (reason, None, None)
        assert evidence_rows(found, catalog) == []
        print_evidence(found, catalog)
        assert words in capsys.readouterr().out


def test_a_community_is_found_by_id_code_or_name(street: Database, catalog: Catalog, settings: Settings) -> None:
    by_name = evidence(street, catalog, settings, "近")
    with street.connect("owner") as connection:
        connection.execute(text("update community_code set code = 'X-1' where code = '0'"))
        connection.execute(text("update community set name = '田中' where name = '远'"))
    assert evidence(street, catalog, settings, "X-1").community == by_name.community
    assert evidence(street, catalog, settings, str(by_name.community.id)).community == by_name.community
    with pytest.raises(BadRequest) as caught:
        evidence(street, catalog, settings, "田中")
    assert str(caught.value.values["choices"]).count("田中") == 2
    with pytest.raises(NotFound, match="无此村"):
        evidence(street, catalog, settings, "无此村")


def test_the_shell_tells_the_sum_and_the_verdict(
    street: Database, catalog: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evidence(street, catalog, settings, "近")
    print_evidence(found, catalog)
    out = capsys.readouterr().out
    assert "近 → 服务中心（步行）" in out
    assert "时限 900.0 秒" in out
    assert "已覆盖" in out


@pytest.fixture
def client(street: Database, catalog: Catalog, settings: Settings) -> Iterator[TestClient]:
    compute(street, catalog, settings, types=(TYPE,))
    with TestClient(create_app(settings, catalog=catalog, database=street)) as client:
        yield client


def ids(street: Database) -> dict[str, int]:
    with street.connect("reader") as connection:
        return {name: id_ for id_, name in connection.execute(text("select id, name from community"))}


def test_the_service_gives_each_stored_time_again(street: Database, client: TestClient) -> None:
    run = client.get("/api/runs").json()["items"][0]["id"]
    results = client.get(f"/api/runs/{run}/communities", params=CHOICE).json()["items"]
    assert len(results) == 4
    for stored in results:
        path = f"/api/runs/{run}/communities/{stored['community_id']}/evidence"
        response = client.get(path, params=CHOICE)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/geo+json"
        told = response.json()["properties"]
        assert told["reason"] == stored["reason"]
        assert (told["time_ds"] is None) == (stored["time_s"] is None)
        if told["time_ds"] is not None:
            assert total(told) == told["time_ds"] == round(stored["time_s"] * 10)
            assert told["facility"]["id"] == stored["facility_id"]
            assert response.json()["geometry"]["type"] == "LineString"
    held = client.get(path, params=CHOICE, headers={"If-None-Match": response.headers["etag"]})
    assert held.status_code == 304


def test_the_service_refuses_what_it_cannot_show(street: Database, client: TestClient) -> None:
    run, community = client.get("/api/runs").json()["items"][0]["id"], ids(street)["近"]
    path = f"/api/runs/{run}/communities/{community}/evidence"

    def refused(path: str, **parameters: str) -> tuple[int, str]:
        response = client.get(path, params=parameters)
        assert response.headers["content-type"] == "application/problem+json"
        return response.status_code, response.json()["code"]

    assert refused(f"/api/runs/999/communities/{community}/evidence", **CHOICE) == (404, "api.no-run")
    assert refused(f"/api/runs/{run}/communities/999/evidence", **CHOICE) == (404, "evidence.no-result")
    assert refused(path, service="none", type="none") == (404, "evidence.no-result")
    assert refused(path) == (400, "api.missing-parameter")
    assert refused(path, **CHOICE, more="1") == (400, "api.unknown-parameter")


def test_a_run_that_is_stale_or_internal_shows_nothing(
    street: Database, catalog: Catalog, settings: Settings, client: TestClient
) -> None:
    run, community = client.get("/api/runs").json()["items"][0]["id"], ids(street)["近"]
    path = f"/api/runs/{run}/communities/{community}/evidence"
    more = {"key": "d", "type": TYPE, "name": "二中心", "geom": Point(113.03, LAT)}
    put(street, catalog, "facilities", [more])
    response = client.get(path, params=CHOICE)
    assert (response.status_code, response.json()["code"]) == (409, "evidence.stale")
    assert response.json()["remedy"]
    with street.connect("owner") as connection:
        connection.execute(text("update coverage_run set published = false"))
    assert client.get(path, params=CHOICE).status_code == 404


def test_another_way_of_travel_makes_the_evidence_stale(street: Database, catalog: Catalog, settings: Settings) -> None:
    request = RunRequest(on=DAY, types=(TYPE,), mode="walk", minutes=3, circles=False)
    run = run_coverage(street, catalog, settings, request, quiet).run_id
    path = f"/api/runs/{run}/communities/{ids(street)['近']}/evidence"
    with TestClient(create_app(settings, catalog=catalog, database=street)) as client:
        told = client.get(path, params=CHOICE).json()["properties"]
        assert (told["limit_ds"], told["covered"]) == (1800, False)
        with street.connect("owner") as connection:
            connection.execute(
                text("update coverage_run set parameters = jsonb_set(parameters, '{modes,walk,speed_kmh}', '9.9')")
            )
        assert client.get(path, params=CHOICE).json()["code"] == "evidence.stale"
