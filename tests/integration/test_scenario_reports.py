"""Files of scenarios: each opened in its own client, nothing from outside, figures as told."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.integration.test_reports import addresses
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
CASE = {"service": "elder_circle", "type": "nursing_home", "on": "2026-01-01"}
HOSTILE = "</script><img src=x onerror=alert(1)>`${alert(2)}`"


@pytest.fixture(scope="module")
def web(county: Database, settings: Settings, catalog: Catalog) -> TestClient:
    app = create_app(settings, catalog=catalog, database=county)
    return signed_in(TestClient(app, base_url=BASE), county, "planner", name="li")


@pytest.fixture(scope="module")
def kept(web: TestClient) -> dict[str, Any]:
    """A scenario that gains and loses."""
    homes = web.post("/api/scenarios/standing", json=CASE).json()["facilities"]
    dearest = max(homes, key=lambda one: one["lost_population"])
    told = web.post("/api/scenarios/standing", json=CASE).json()["communities"]
    far = next(one for one in told if not one["within"])
    changes = [
        {"kind": "add", "lon": far["lon"], "lat": far["lat"], "name": HOSTILE, "places": 80, "nursing_places": 60},
        {"kind": "close", "facility": dearest["facility"]},
    ]
    answer = web.post("/api/scenarios", json={**CASE, "name": "=1+1 城西", "changes": changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def other(web: TestClient) -> dict[str, Any]:
    answer = web.post("/api/scenarios", json={**CASE, "name": "现状对照", "changes": []})
    return dict(answer.json())


def file(web: TestClient, path: str, **query: Any) -> bytes:
    answer = web.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    return answer.content


def report(web: TestClient, kept: dict[str, Any], form: str) -> bytes:
    return file(web, f"/api/scenarios/{kept['id']}/report", form=form)


def test_the_page(web: TestClient, kept: dict[str, Any], artefacts: Path) -> None:
    page = report(web, kept, "page").decode()
    (artefacts / "scenario.html").write_text(page, "utf-8")
    assert (addresses(page).found, addresses(page).scripts) == ([], 0)
    assert "<img src=x" not in page
    total = kept["trial"]["total"]
    for told in (
        "示意数据，非测绘成果",
        "密级：公开",
        "CGCS2000",
        f"{total['after']['population_covered']:,}",
        f"{total['before']['population_covered']:,}",
        "护理型床位占比",
        "十四五",
        "适用的文件",
        "=1+1 城西",
        "公里/小时",
    ):
        assert told in page, told
    assert len(re.findall(r"<svg", page)) == 2
    for item in kept["trial"]["lost"]["items"] + kept["trial"]["gained"]["items"]:
        assert item["name"] in page
    assert not re.search(
        r"(scenario|report|indicators)\.[a-z]+[.-][a-z]", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    )


def test_the_map_in_one_file(web: TestClient, kept: dict[str, Any], artefacts: Path) -> None:
    page = report(web, kept, "map").decode()
    (artefacts / "scenario.map.html").write_text(page, "utf-8")
    assert addresses(page).found
    assert all(address.startswith("data:") for address in addresses(page).found)
    assert "<img src=x" not in page
    assert not any("${alert" in script for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL))
    assert "示意数据，非测绘成果" in page


def test_the_workbook(web: TestClient, kept: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(report(web, kept, "xlsx")))
    assert book.sheetnames == ["说明", "改动", "合计", "规划指标", "各乡镇", "各村（社区）", "设施"]
    assert "示意数据，非测绘成果" in [row[0].value for row in book["说明"].iter_rows()]
    cell = book["改动"].cell(2, 1)
    assert (cell.value, cell.data_type) == ("=1+1 城西", "s")
    total, trial = {row[0]: row[1:] for row in book["合计"].values}, kept["trial"]["total"]
    assert total["覆盖人口"][:2] == (trial["before"]["population_covered"], trial["after"]["population_covered"])
    fates = [row[2] for row in list(book["各村（社区）"].values)[1:]]
    assert fates.count("新覆盖") == kept["trial"]["gained"]["count"] > 0
    assert fates.count("失去覆盖") == kept["trial"]["lost"]["count"] > 0
    told = {one["title"]["zh"]: one for one in kept["trial"]["indicators"]}
    rows = {row[0].partition("（张")[0]: row for row in list(book["规划指标"].values)[1:]}
    row = rows["每千名老年人拥有养老床位"]
    given = [told["每千名老年人拥有养老床位"][side]["value"] for side in ("before", "after")]
    assert row[1:3] == pytest.approx(given, rel=1e-12)


def test_the_geopackage(web: TestClient, kept: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "scenario.gpkg"
    path.write_bytes(report(web, kept, "gpkg"))
    layers = dict(pyogrio.list_layers(path))
    assert layers == {
        "communities": "Point",
        "facilities": "Point",
        "townships": "MultiPolygon",
        "circles": "MultiPolygon",
        "changes": None,
        "about": None,
    }
    meta, _, shapes, columns = pyogrio.raw.read(path, layer="communities")
    assert meta["crs"] == "EPSG:4490"
    held = dict(zip(meta["fields"], columns, strict=True))
    assert (held["fate"] == "gained").sum() == kept["trial"]["gained"]["count"]
    assert sum(held["population"][held["within"] > 0]) == kept["trial"]["total"]["after"]["population_covered"]
    assert len(shapes) == len(held["name"])
    meta, _, _, columns = pyogrio.raw.read(path, layer="facilities")
    status = list(dict(zip(meta["fields"], columns, strict=True))["status"])
    assert (status.count("added"), status.count("closed")) == (1, 1)
    meta, _, _, columns = pyogrio.raw.read(path, layer="townships")
    units = dict(zip(meta["fields"], columns, strict=True))
    told = {one["unit_id"]: one for one in kept["trial"]["units"]}
    assert all(
        told[unit]["after"]["population_covered"] == people
        for unit, people in zip(units["unit_id"], units["population_covered_after"], strict=True)
    )
    _, _, _, (lines,) = pyogrio.raw.read(path, layer="about")
    assert "示意数据，非测绘成果" in list(lines)


@pytest.mark.parametrize("form", ["page", "map", "xlsx", "gpkg"])
def test_what_rules_say_stands_in_every_file(web: TestClient, kept: dict[str, Any], form: str, tmp_path: Path) -> None:
    """For a type with rules the texts and each new place, for one without that there are none."""
    far = kept["changes"][0]
    point = {"lon": far["lon"], "lat": far["lat"]}
    (place,) = web.post("/api/siting/exclusions", json={"type": "nursing_home", "on": CASE["on"], "points": [point]}).json()[
        "points"
    ]  # fmt: skip
    told = plain(report(web, kept, form), form, tmp_path)
    assert "已应用" in told
    messages = [rule["message"] for rule in place["rules"] if rule["broken"]]
    for words in messages or ["没有违反已应用的规则"]:
        assert words in told, words
    unruled = {**CASE, "type": "day_care_centre"}
    change = {"kind": "add", **point, "name": "新中心"}
    other = web.post("/api/scenarios", json={**unruled, "name": f"无规则 {form}", "changes": [change]}).json()
    told = plain(report(web, other, form), form, tmp_path)
    assert "没有为“日间照料中心”编入选址规则" in told
    assert "公墓、加油加气站、养老机构" in told
    assert "没有违反" not in told


def plain(content: bytes, form: str, folder: Path) -> str:
    """What a file says, in one text."""
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        return "\n".join(str(row[0].value) for row in book["说明"].iter_rows())
    if form == "gpkg":
        path = folder / "scenario.gpkg"
        path.write_bytes(content)
        return "\n".join(pyogrio.raw.read(path, layer="about")[3][0])
    return html.unescape(content.decode())


def test_two_side_by_side(web: TestClient, kept: dict[str, Any], other: dict[str, Any]) -> None:
    pair = {"one": kept["id"], "other": other["id"]}
    page = file(web, "/api/scenarios/compare/report", **pair, form="page").decode()
    assert "=1+1 城西" in page
    assert "现状对照" in page
    book = openpyxl.load_workbook(io.BytesIO(file(web, "/api/scenarios/compare/report", **pair, form="xlsx")))
    total, trial = {row[0]: row[1:] for row in book["合计"].values}, kept["trial"]["total"]
    assert total["覆盖人口"][:2] == (trial["after"]["population_covered"], trial["before"]["population_covered"])


def test_what_is_refused(web: TestClient, county: Database, kept: dict[str, Any]) -> None:
    path = f"/api/scenarios/{kept['id']}/report"
    assert web.get(path, params={"form": "pdf"}).status_code in (400, 422)
    assert web.get("/api/scenarios/987654/report").status_code == 404
    wang = signed_in(TestClient(web.app, base_url=BASE), county, "planner", name="wang")
    assert wang.get(path).status_code == 404
    assert TestClient(web.app, base_url=BASE).get(path).status_code == 401
