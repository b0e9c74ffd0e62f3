"""The registry as a file, and the file as a registry: nothing is lost on the way, and nothing leaves that may not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app as app_of_the_shell
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.ingest.importing import ImportOutcome, ImportRequest, import_file
from geoservice.names.exporting.files import write_places
from geoservice.names.exporting.records import OFFICE_ONLY, export_places
from geoservice.settings import Settings
from tests.builders import record_set, square
from tests.integration.test_census import row, sheet
from tests.integration.test_load import run

DAY = date(2026, 11, 1)
ENDINGS = (".csv", ".xlsx", ".geojson", ".gpkg")
_PLACES = """
    select to_jsonb(p) - '{id,unit_id,batch_id,version,geom,geom_3857,created_at,updated_at,same_as_id}'::text[] as said,
           st_asewkt(geom) as shape from place p order by key
"""
_NAMES = """
    select p.key, n.kind, n.name, n.reading, n.reading_source, n.romanisation, n.pinyin, n.alike_keys, n.valid_from,
           n.valid_to, n.classification, n.published
    from place_name n join place p on p.id = n.place_id order by 1, 2, 3, n.valid_from nulls first
"""


def bring(database: Database, catalog: Catalog, settings: Settings, path: Path, **more: Any) -> ImportOutcome:
    request = ImportRequest("places", path, "test", **more)
    return import_file(database, catalog, settings, request, lambda _step, _done, _total: None)


def content(database: Database) -> tuple[list[Any], list[Any]]:
    with database.connect("owner") as connection:
        return [tuple(one) for one in connection.execute(text(_PLACES))], [
            tuple(one) for one in connection.execute(text(_NAMES))
        ]


def export(database: Database, catalog: Catalog, path: Path, **more: Any) -> Any:
    with database.connect("reader") as connection:
        found = export_places(connection, catalog, day=DAY, **more)
    write_places(found, path)
    return found


def registry(database: Database, catalog: Catalog, settings: Settings, folder: Path, extra: Sequence[Any] = ()) -> None:
    """Two townships; a village with every field, a renamed road, a historic name, one for the office only."""
    towns = [
        {"code": "429006100", "name": "岳口镇", "level": "township", "geom": square(113.1, 30.6)},
        {"code": "429006101", "name": "干驿镇", "level": "township", "geom": square(113.4, 30.6)},
    ]
    run(database, catalog, record_set("units", towns))
    rows = [
        row(曾用名="李家铺（1950-01-01至1986-05-01）；李台（至1949-10-01）；李家村（标准名称1986-05-01至2001-05-01）"),
        row(地名代码="42900610122200000002", 标准名称="干驿老街", 类别="22200", 罗马字母拼写="Gānyì Lǎojiē", 备注="=1+1",
            东经="113.42", 北纬="30.61", 命名时间="", 曾用名="", 别名="-老街", 使用时间="历史地名", 废止年份="1986", **{"所在（跨）行政区": "干驿镇"}),
        row(地名代码="42900610121610000003", 标准名称="内部村", 罗马字母拼写="", 是否公开="否", 曾用名="", 别名="", 简称="", 图上名称=""),
        *extra,
    ]  # fmt: skip
    whole = [{"空间形态": "", **one} for one in rows]
    assert bring(database, catalog, settings, sheet(folder, whole, kind="utf-8")).state == "loaded"


LINE = row(
    地名代码="42900610023214000004", 标准名称="陆羽大道", 类别="23214", 罗马字母拼写="Lùyǔ Dàdào", 曾用名="", 简称="", 图上名称="",
    东经="113.123456789012", 北纬="30.61", 至东经="113.2", 至北纬="30.62", 空间形态="线",
)  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("shapes", ["points", "lines"])
def test_what_is_exported_is_what_is_imported(
    ending: str, shapes: str, new_database: Callable[[], Database], catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    first, second = new_database(), new_database()
    extra = [LINE] if shapes == "lines" else []
    registry(first, catalog, settings, tmp_path, extra)
    towns = [
        {"code": "429006100", "name": "岳口镇", "level": "township", "geom": square(113.1, 30.6)},
        {"code": "429006101", "name": "干驿镇", "level": "township", "geom": square(113.4, 30.6)},
    ]
    run(second, catalog, record_set("units", towns))
    path = tmp_path / f"out{ending}"
    found = export(first, catalog, path, internal=True)
    assert (len(found.rows), found.left_out, found.torn) == (3 + len(extra), 0, ())
    assert found.release.classification == "internal"
    outcome = bring(second, catalog, settings, path)
    assert outcome.state == "loaded", [one.message for one in outcome.reports[0].refusals]
    assert content(second) == content(first)
    # And nothing changes where it is there already.
    before = content(first)
    again = bring(first, catalog, settings, path).reports[0]
    assert (again.unchanged, again.loaded, again.changed, again.refused) == (len(found.rows), 0, 0, 0)
    assert content(first) == before
    for each in (first, second):
        each.dispose()


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_schematic_stays_so(
    ending: str, new_database: Callable[[], Database], catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    database = new_database()
    source, path = sheet(tmp_path, [{"空间形态": "", **row()}], kind="utf-8"), tmp_path / f"out{ending}"
    bring(database, catalog, settings, source, schematic=True)
    assert export(database, catalog, path).release.schematic
    before = content(database)
    assert bring(database, catalog, settings, path).reports[0].unchanged == 1
    assert content(database) == before
    # The same without the mark is another record.
    assert bring(database, catalog, settings, source).reports[0].changed == 1
    assert not export(database, catalog, path).release.schematic
    database.dispose()


def test_a_file_is_schematic_as_a_whole_or_not(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    rows = [
        row(示意数据="是"),
        row(地名代码="42900610121610000003", 标准名称="内部村", 罗马字母拼写="", 曾用名="", 示意数据="否"),
    ]
    with pytest.raises(BadInput) as refused:
        bring(database, catalog, settings, sheet(tmp_path, rows, kind="utf-8"))
    assert refused.value.code == "import.partly-schematic"
    assert refused.value.values["rows"] == "3"
    assert content(database) == ([], [])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_public_file_holds_nothing_of_the_office(
    ending: str, database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    registry(database, catalog, settings, tmp_path)
    path = tmp_path / f"out{ending}"
    found = export(database, catalog, path)
    assert [one["name"] for one in found.rows] == ["李家塆村", "干驿老街"]
    assert found.release.classification == "public"
    assert not OFFICE_ONLY & set(found.heads)
    for secret in ("内部村", "张三", "地名办", "登记人", "登记单位", "=1+1", "2015-03-02"):
        assert secret not in read(path), secret


def read(path: Path) -> str:
    """Everything that stands in a file."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return repr([[cell.value for cell in line] for sheet in book for line in sheet.iter_rows()])
    if path.suffix == ".gpkg":
        return str(gpd.read_file(path).to_json(ensure_ascii=False))
    return path.read_text("utf-8-sig")


def test_a_name_known_with_its_days_keeps_them(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    registry(database, catalog, settings, tmp_path)
    before = content(database)
    undated = [row(曾用名="李家铺；李台；李家村")]
    assert bring(database, catalog, settings, sheet(tmp_path, undated, kind="utf-8")).reports[0].unchanged == 1
    assert content(database) == before


def test_names_with_separators_are_told(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    registry(database, catalog, settings, tmp_path)
    with database.connect("owner") as connection:
        connection.execute(text("update place_name set name = '李塆/李湾' where name = '李塆' and kind = 'alias'"))
    assert export(database, catalog, tmp_path / "out.csv").torn == ("李塆/李湾",)


def test_unknown_endings_and_places_are_refused(database: Database, catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.gpkg"):
        export(database, catalog, tmp_path / "out.shp")
    with pytest.raises(BadInput) as refused:
        export(database, catalog, tmp_path / "none" / "out.csv")
    assert refused.value.code == "names.cannot-write"
    for ending in ENDINGS:
        assert export(database, catalog, tmp_path / f"empty{ending}").rows == []


def test_at_the_shell(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(database, catalog, settings, tmp_path)

    @contextmanager
    def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
        yield settings, catalog, database

    for command in ("registry_files", "importing"):
        monkeypatch.setattr(f"geoservice.cli.{command}.ready", ready)
    path = tmp_path / "out.csv"

    def said(*words: str) -> Any:
        result = CliRunner().invoke(app_of_the_shell, ["names", *words, "--json"])
        return result.exit_code, json.loads(result.stdout)

    code, told = said("export", str(path))
    assert (code, told["places"], told["classification"], told["crs"]) == (0, 2, "public", "EPSG:4490")
    code, told = said("export", str(path), "--internal", "--unit", "岳口镇")
    assert (code, told["places"], told["classification"]) == (0, 2, "internal")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert {one["标准名称"]: one["密级"] for one in csv.DictReader(file)} == {"李家塆村": "公开", "内部村": "内部"}
    code, told = said("import", str(path), "--dry-run")
    assert (code, told["unchanged"]) == (0, 2)
    code, told = said("export", str(tmp_path / "out.doc"))
    assert (code, told["error"]["code"]) == (2, "names.unknown-format")
    code, told = said("export", str(path), "--unit", "无此镇")
    assert code == 2
