"""Evidence of all communities as files: over HTTP and in the shell, and anyone can add it up again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.integration.test_coverage_areas import Shell, shell
from tests.integration.test_coverage_figures import CASE, TYPE, edge
from tests.integration.test_coverage_run import LAT, compute, put

__all__ = ["edge", "shell"]


@pytest.fixture
def run(edge: Database, catalog: Catalog, settings: Settings) -> int:
    """With a village off the roads whose name a sheet would take for a formula."""
    away = {"code": "9", "name": "=1+1村", "class": "rural", "geom": Point(113.02, LAT + 0.1)}
    put(edge, catalog, "communities", [away])
    return compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id


def again(properties: dict[str, Any]) -> int:
    parts = [properties["access"], *properties["steps"], properties["egress"]]
    return sum(part["time_ds"] for part in parts)


def stored(database: Database, run: int) -> dict[int, int | None]:
    with database.connect("reader") as connection:
        statement = text("select community_id, time_ds from coverage_reach where run_id = :run")
        return {row[0]: row[1] for row in connection.execute(statement, {"run": run})}


def test_all_ways_add_up_to_the_stored_times(edge: Database, catalog: Catalog, settings: Settings, run: int) -> None:
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    told = client.get(f"/api/runs/{run}/evidence", params=CASE)
    assert told.headers["content-type"] == "application/geo+json"
    features = told.json()["features"]
    times = stored(edge, run)
    assert {one["id"]: one["properties"]["time_ds"] for one in features} == times
    for one in features:
        if one["properties"]["time_ds"] is None:
            assert (one["geometry"], one["properties"]["reason"]) == (None, "off_network")
        else:
            assert again(one["properties"]) == one["properties"]["time_ds"]
            alone = client.get(f"/api/runs/{run}/communities/{one['id']}/evidence", params=CASE).json()
            assert alone.pop("release") == told.json()["release"]
            assert alone == one
    release = told.json()["release"]
    assert (release["crs"], release["classification"], release["map_approval_required"]) == (
        "EPSG:4490",
        "public",
        True,
    )
    kept = client.get(f"/api/runs/{run}/evidence", params=CASE, headers={"If-None-Match": told.headers["etag"]})
    assert kept.status_code == 304


def test_a_sheet_of_all_ways(edge: Database, catalog: Catalog, settings: Settings, run: int) -> None:
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    answer = client.get(f"/api/runs/{run}/evidence", params=CASE | {"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {int(row["community_id"]) for row in rows} == set(stored(edge, run))
    assert {(row["crs"], row["classification"], row["map_approval_required"]) for row in rows} == {
        ("EPSG:4490", "public", "False")
    }
    for row in rows:
        if row["time_ds"]:
            assert sum(int(row[f"{part}_ds"]) for part in ("access", "network", "egress")) == int(row["time_ds"])
            assert int(row["limit_ds"]) - int(row["time_ds"]) == int(row["margin_ds"])
    assert [row["community"] for row in rows if not row["time_ds"]] == ["'=1+1村"]


def test_what_is_not_known_or_stale_is_refused(edge: Database, catalog: Catalog, settings: Settings, run: int) -> None:
    client = TestClient(create_app(settings, catalog=catalog, database=edge))
    address = f"/api/runs/{run}/evidence"
    assert client.get(address, params=CASE | {"format": "pdf"}).status_code == 400
    assert client.get(address, params=CASE | {"type": "cemetery"}).status_code == 404
    assert client.get("/api/runs/999/evidence", params=CASE).status_code == 404
    put(edge, catalog, "facilities", [{"key": "n", "type": TYPE, "name": "新", "geom": Point(113.03, LAT)}])
    answer = client.get(address, params=CASE)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence.stale")


def test_the_shell_writes_files(edge: Database, run: int, shell: Shell, tmp_path: Path) -> None:
    geojson, sheet, alone = tmp_path / "全部.geojson", tmp_path / "全部.csv", tmp_path / "甲.geojson"
    code, out, _ = shell("explain", "--all", "--output", geojson, "--json")
    assert code == 0
    assert json.loads(geojson.read_text("utf-8")) == json.loads(out)
    assert len(json.loads(out)["features"]) == 4
    assert shell("explain", "--all", "--output", sheet)[0] == 0
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbfcommunity_id,")
    assert shell("explain", "甲", "--output", alone)[0] == 0
    feature = json.loads(alone.read_text("utf-8"))
    assert again(feature["properties"]) == feature["properties"]["time_ds"]
    assert shell("explain", "=1+1村", "--output", alone)[0] == 1
    assert json.loads(alone.read_text("utf-8"))["geometry"] is None


def test_bad_commands(run: int, shell: Shell) -> None:
    for arguments in (
        ("explain",),
        ("explain", "甲", "--all"),
        ("explain", "--all", "--output", "x.pdf"),
        ("explain", "--all", "--output", "/no/such/folder/x.csv"),
        ("explain", "--all", "--type", "食堂"),
        ("explain", "--all", "--service", "x"),
        ("explain", "没有"),
    ):
        messages = set()
        for language in ("zh", "en"):
            code, out, _ = shell(*arguments, "--json", language=language)
            assert code == 2, arguments
            messages.add(json.loads(out)["error"]["message"])
        assert len(messages) == 2
