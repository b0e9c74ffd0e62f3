"""Reports of a run of the sample county: figures as stored, nothing from outside, nothing that is not public."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import run_coverage
from geoservice.database.engine import Database
from geoservice.errors import BadRequest, NotFound
from geoservice.language import current_language
from geoservice.publish.reports import make, read_content
from geoservice.settings import Settings
from tests.conftest import _silent

HOSTILE = "</script><img src=x onerror=alert(1)>`${alert(2)}`\\{{7*7}}"


class Addresses(HTMLParser):
    """Everything that a page would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.scripts += tag == "script"
        name = "href" if tag == "link" else "src"
        if tag != "a" and given.get(name):
            self.found.append(str(given[name]))


def addresses(page: str) -> Addresses:
    parser = Addresses()
    parser.feed(page)
    return parser


@pytest.fixture
def client(sample_database: Database, catalog: Catalog, settings: Settings) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=sample_database))


def test_the_printed_page(sample_database: Database, catalog: Catalog, artefacts: Path) -> None:
    with sample_database.connect("reader") as connection:
        made = make(connection, catalog, "page", run_id=None, service=None, type_=None, public_only=True)
        content = read_content(connection, catalog, None, public_only=True)
    page = made.content.decode()
    (artefacts / "report.html").write_text(page, "utf-8")
    assert addresses(page).found == []
    assert addresses(page).scripts == 0
    assert "url(" not in re.sub(r"url\(#", "", page)
    total = content.chosen.total
    for told in (
        f"{total['population_covered']:,} / {total['population']:,}",
        "示意数据，非测绘成果",
        "天门市社区综合服务设施服务圈覆盖报告",
        "密级：公开",
        "CGCS2000",
        "审图号",
        content.revision,
        "规划自相矛盾",
        "3.6 公里/小时",
    ):
        assert told in page, told
    assert len(re.findall(r"<svg", page)) == 2
    assert sum(unit["population"] for unit in content.chosen.units) == total["population"]
    assert "report." not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).replace(made.name, "")


def test_the_map_in_one_file(sample_database: Database, catalog: Catalog, artefacts: Path) -> None:
    with sample_database.connect("reader") as connection:
        made = make(connection, catalog, "map", run_id=None, service="funeral", type_="cemetery", public_only=True)
    page = made.content.decode()
    (artefacts / "report.map.html").write_text(page, "utf-8")
    assert addresses(page).found
    assert all(address.startswith("data:") for address in addresses(page).found)
    assert "示意数据，非测绘成果" in page
    assert '<html lang="zh-CN">' in page


def test_the_workbook(sample_database: Database, catalog: Catalog) -> None:
    with sample_database.connect("reader") as connection:
        made = make(connection, catalog, "xlsx", run_id=None, service=None, type_=None, public_only=True)
        content = read_content(connection, catalog, None, public_only=True)
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    assert book.sheetnames == ["说明", "汇总", "各乡镇", "各村（社区）", "规划指标"]
    assert "示意数据，非测绘成果" in [row[0].value for row in book["说明"].iter_rows()]
    summary = list(book["汇总"].values)
    assert len(summary) == 1 + len(content.cases)
    column = summary[0].index("人口覆盖率")
    assert isinstance(summary[1][column], float)
    assert book["汇总"].cell(2, column + 1).number_format == "0.0%"
    assert book["各村（社区）"].max_row == 1 + sum(len(case.communities) for case in content.cases)
    assert book["各村（社区）"].freeze_panes == "A2"


def test_text_from_data_stays_text(
    new_database, sample_database: Database, catalog: Catalog, settings: Settings
) -> None:
    database: Database = new_database(sample_database)
    with database.connect("owner") as connection:
        for table in ("community", "facility"):
            connection.execute(text(f"update {table} set name = :name"), {"name": HOSTILE})
        connection.execute(text("update unit_version set name = :name || unit_id"), {"name": HOSTILE})
        connection.execute(text("update community set name = '=1+1' where id = (select min(id) from community)"))
    with database.connect("reader") as connection:
        made = {
            form: make(connection, catalog, form, run_id=None, service=None, type_=None, public_only=True)
            for form in ("page", "map", "xlsx")
        }
    for form in ("page", "map"):
        page = made[form].content.decode()
        assert "<img src=x" not in page
        assert "{{7*7}}" in html.unescape(page)
    scripts = re.findall(r"<script>(.*?)</script>", made["map"].content.decode(), flags=re.DOTALL)
    assert scripts
    assert not any("${alert" in script for script in scripts)
    sheet = openpyxl.load_workbook(io.BytesIO(made["xlsx"].content))["各村（社区）"]
    cell = next(cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value == "=1+1")
    assert cell.data_type == "s"


def test_what_is_internal_stays_inside(new_database, sample_database, catalog: Catalog, settings: Settings) -> None:
    database: Database = new_database(sample_database)
    with database.connect("owner") as connection:
        connection.execute(
            text("update facility set published = false, classification = 'internal', name = '内部设施'")
        )
    run_coverage(
        database, catalog, settings, RunRequest(on=date(2026, 1, 1), services=("funeral",), circles=False), _silent
    )
    with database.connect("reader") as connection:
        inside = read_content(connection, catalog, None, public_only=False)
        outside = read_content(connection, catalog, None, public_only=True)
        page = make(connection, catalog, "page", run_id=None, service=None, type_=None, public_only=True)
        own = make(
            connection,
            catalog,
            "map",
            run_id=None,
            service=None,
            type_=None,
            public_only=False,
            approval="鄂S(2026)7号",
        )
    assert "密级：公开" in page.content.decode()
    assert "送审" in page.content.decode()
    assert "密级：内部" in own.content.decode()
    assert "审图号：鄂S(2026)7号" in own.content.decode()
    assert (inside.release.classification, inside.chosen.service.id) == ("internal", "funeral")
    assert outside.run_id < inside.run_id
    assert outside.facilities == []
    assert "内部设施" not in page.content.decode()
    with database.connect("reader") as connection, pytest.raises(NotFound):
        read_content(connection, catalog, inside.run_id, public_only=True)


def test_what_is_not_there_is_told(database: Database, sample_database: Database, catalog: Catalog) -> None:
    with database.connect("reader") as connection, pytest.raises(NotFound) as caught:
        read_content(connection, catalog, None, public_only=True)
    assert "coverage run" in str(caught.value)
    with sample_database.connect("reader") as connection, pytest.raises(BadRequest) as refused:
        read_content(connection, catalog, None, service="funeral", type_="hospital", public_only=True)
    assert "cemetery" in str(refused.value)


def test_the_service_gives_files(client: TestClient) -> None:
    run = client.get("/api/map").json()["latest_run"]
    answer = client.get(f"/api/runs/{run}/report", params={"form": "xlsx", "service": "funeral", "type": "cemetery"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="coverage-{run}-funeral-cemetery.xlsx"'
    again = client.get(
        f"/api/runs/{run}/report",
        params={"form": "xlsx", "service": "funeral", "type": "cemetery"},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304
    assert client.get(f"/api/runs/{run}/report", params={"form": "pdf"}).status_code in (400, 422)
    assert client.get("/api/runs/999999/report").status_code == 404
    assert client.get(f"/api/runs/{run}/report", params={"service": "none"}).status_code == 400


def test_english(sample_database: Database, catalog: Catalog) -> None:
    token = current_language.set("en")
    try:
        with sample_database.connect("reader") as connection:
            made = make(connection, catalog, "page", run_id=None, service=None, type_=None, public_only=True)
    finally:
        current_language.reset(token)
    assert "Schematic data, not a survey" in made.content.decode()
