"""The fields of the national census of place names and of the national base, by their own headers."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.ingest.importing import ImportOutcome, ImportRequest, import_file
from geoservice.settings import Settings
from tests.builders import record_set, square
from tests.integration.test_load import run
from tests.unit.ingest_builders import workbook

# Header of the census to a value, and where it is then: a column of the place, or None where it is told as not kept.
CENSUS: dict[str, tuple[str, tuple[str, Any] | str | None]] = {
    "地名代码": ("42900610021610000001", ("code", "42900610021610000001")),
    "标准名称": ("李家塆村", "standard"),
    "别名": ("李塆、老李家", "alias"),
    "简称": ("李塆", "abbreviation"),
    "曾用名": ("李家台，李家铺；李台", "former"),
    "图上名称": ("李家湾", "map"),
    "图号（年版）": ("H-49-12（1978年版）", ("map_sheet", "H-49-12（1978年版）")),
    "比例尺": ("1:50000", ("map_scale", "1:50000")),
    "罗马字母拼写": ("Lǐjiāwān Cūn", "standard"),
    "通名罗马字母拼写": ("Cūn", ("generic_romanisation", "Cūn")),
    "原读音": ("a.mp3", None),
    "普通话读音": ("", "standard"),
    "民族文字": ("无", ("ethnic_writing", "无")),
    "语种": ("汉语", ("language", "汉语")),
    "类别": ("行政村", ("class_code", "21610")),
    "使用时间": ("现今地名", ("usage", "current")),
    "普查状态": ("已普查", None),
    "命名时间": ("2001年5月1日", "standard"),
    "密级": ("无", ("classification", "public")),
    "是否公开": ("是", ("published", True)),
    "设立年份": ("明洪武年间", ("established", "明洪武年间")),
    "废止年份": ("", ("abolished", None)),
    "标牌个数": ("1", ("sign_count", 1)),
    "高程": ("28.5", ("elevation_m", 28.5)),
    "东经": ("113°09′36.50″", "geom"),
    "至东经": ("", "geom"),
    "北纬": ("30°39′36.00″", "geom"),
    "至北纬": ("", "geom"),
    "坐标系": ("2000国家大地坐标系", "geom"),
    "测量方法": ("图解", ("survey_method", "图解")),
    "来历": ("李姓聚居而得名", ("origin", "李姓聚居而得名")),
    "含义": ("李姓人家居住的湾子", ("meaning", "李姓人家居住的湾子")),
    "历史沿革": ("明代建村", ("history", "明代建村")),
    "典故": ("一说", ("allusion", "一说")),
    "地理实体概况": ("在镇东", ("overview", "在镇东")),
    "多媒体": ("a.jpg", None),
    "资料来源": ("天门县地名志", ("documents", "天门县地名志")),
    "备注": ("无误", ("remark", "无误")),
    "登记时间": ("2015-03-02", ("registered_on", date(2015, 3, 2))),
    "登记人": ("张三", ("registered_by", "张三")),
    "登记单位": ("地名办", ("registered_office", "地名办")),
    "所在（跨）行政区": ("湖北省天门市岳口镇", ("units_stated", "湖北省天门市岳口镇")),
}


def row(**changed: str) -> dict[str, str]:
    return {header: value for header, (value, _) in CENSUS.items()} | changed


def sheet(folder: Path, rows: Sequence[Mapping[str, str]], *, kind: str = "gbk") -> Path:
    headers = list(rows[0])
    if kind == "xlsx":
        return workbook(folder, [headers, *([one[header] for header in headers] for one in rows)])
    path = folder / "census.csv"
    with path.open("w", encoding=kind, newline="") as file:
        writer = csv.DictWriter(file, headers)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def bring(database: Database, catalog: Catalog, settings: Settings) -> Any:
    def bring(path: Path, **more: Any) -> ImportOutcome:
        request = ImportRequest("places", path, "test", **more)
        return import_file(database, catalog, settings, request, lambda _step, _done, _total: None)

    return bring


def places(database: Database) -> list[Any]:
    with database.connect("owner") as connection:
        return list(connection.execute(text("select *, st_astext(geom) as wkt from place order by id")).mappings())


def names(database: Database, kind: str) -> list[Any]:
    asked = "select * from place_name where kind = :kind order by id"
    with database.connect("owner") as connection:
        return list(connection.execute(text(asked), {"kind": kind}).mappings())


@pytest.mark.parametrize("kind", ["gbk", "xlsx"])
def test_each_field_of_the_census_is_kept_or_told(
    kind: str, bring: Any, database: Database, tmp_path: Path, catalog: Catalog
) -> None:
    towns = [{"code": "429006100", "name": "岳口镇", "level": "township", "geom": square(113.1, 30.6)}]
    run(database, catalog, record_set("units", towns))
    outcome = bring(sheet(tmp_path, [row()], kind=kind))
    assert outcome.state == "loaded", [one.message for one in outcome.reports[0].refusals]
    (place,) = places(database)
    for header, (_, kept) in CENSUS.items():
        if isinstance(kept, tuple):
            assert place[kept[0]] == kept[1], header
    told = "".join(one.message for one in outcome.reports[0].notices if one.code == "import.columns-not-kept")
    lost = [header for header, (_, kept) in CENSUS.items() if kept is None]
    assert all(header in told for header in lost)
    assert not [one for one in outcome.reports[0].notices if one.code == "import.columns-unused"]
    assert shapely.from_wkt(place["wkt"]).equals_exact(shapely.Point(113 + 9 / 60 + 36.5 / 3600, 30.66), 1e-9)
    with database.connect("owner") as connection:
        asked = text("select v.name from place p join unit_version v using (unit_id)")
        assert connection.execute(asked).scalar_one() == "岳口镇"
    (standard,) = names(database, "standard")
    assert (standard["name"], standard["reading"], standard["reading_source"], standard["valid_from"]) == (
        "李家塆村", "lǐ jiā wān cūn", "national_base", date(2001, 5, 1)
    )  # fmt: skip
    assert [one["name"] for one in names(database, "alias")] == ["李塆", "老李家"]
    assert [one["name"] for one in names(database, "former")] == ["李家台", "李家铺", "李台"]
    assert [one["name"] for one in names(database, "map")] == ["李家湾"]
    assert bring(sheet(tmp_path, [row()], kind=kind)).reports[0].unchanged == 1


def test_a_list_that_does_not_tell_a_field_leaves_it(bring: Any, database: Database, tmp_path: Path) -> None:
    bring(sheet(tmp_path, [row()]))
    bare = {name: row()[name] for name in ("地名代码", "标准名称", "类别", "东经", "北纬")}
    assert bring(sheet(tmp_path, [bare | {"标准名称": "李家塆村"}])).state == "loaded"
    assert [one["meaning"] for one in places(database)] == ["李姓人家居住的湾子"]


def test_fields_of_the_national_base(bring: Any, database: Database, tmp_path: Path) -> None:
    given = {
        "standard_name": "干驿镇", "roman_alphabet_spelling": "Gānyì Zhèn", "place_type": "乡级行政区",
        "place_type_code": "21610", "place_code": "42900610221610000001", "place_origin": "由驿站得名",
        "place_meaning": "干滩上的驿站", "government_history": "1951年设区", "old_name": "乾滩驿、晴川",
        "ethnic_minorities_writing": "", "gdm": '{"type":"MultiPoint","coordinates":[["113.40","30.50"]]}',
        "province_name": "湖北省", "city_name": "", "area_name": "天门市",
    }  # fmt: skip
    outcome = bring(sheet(tmp_path, [given], kind="utf-8"))
    assert outcome.state == "loaded", [one.message for one in outcome.reports[0].refusals]
    (place,) = places(database)
    assert (place["origin"], place["meaning"], place["history"]) == ("由驿站得名", "干滩上的驿站", "1951年设区")
    assert shapely.from_wkt(place["wkt"]).equals(shapely.MultiPoint([(113.4, 30.5)]))
    (standard,) = names(database, "standard")
    assert (standard["reading"], standard["reading_source"]) == ("gān yì zhèn", "national_base")
    assert [one["name"] for one in names(database, "former")] == ["乾滩驿", "晴川"]
    told = "".join(one.message for one in outcome.reports[0].notices)
    assert all(name in told for name in ("place_type", "province_name", "city_name", "area_name"))


def test_a_spelling_without_a_place_name_code_is_not_of_the_national_base(
    bring: Any, database: Database, tmp_path: Path
) -> None:
    bring(sheet(tmp_path, [row(地名代码=""), row(地名代码="", 标准名称="陈家台村", 罗马字母拼写="")]))
    assert [one["reading_source"] for one in names(database, "standard")] == ["stated", "dictionary"]


@pytest.mark.parametrize(
    ("extent", "kind"), [("", "MULTIPOINT"), ("线", "LINESTRING"), ("矩形范围", "POLYGON"), ("点", "POINT")]
)
def test_two_positions_are_a_line_or_a_box_where_that_is_stated(
    extent: str, kind: str, bring: Any, database: Database, tmp_path: Path
) -> None:
    far = {"至东经": "113°12′00.00″", "至北纬": "30°40′30.00″", "空间形态": extent}
    outcome = bring(sheet(tmp_path, [row(**far), row(标准名称="乙村", 地名代码="", 空间形态="")]))
    assert outcome.state == "loaded", [one.message for one in outcome.reports[0].refusals]
    first, second = places(database)
    assert first["wkt"].startswith((f"{kind}(", f"MULTI{kind}("))
    assert second["wkt"].startswith("POINT")
    told = [one for one in outcome.reports[0].notices if one.code == "import.extent-unstated"]
    assert bool(told) == (extent == "")
    assert first["extent"] == {"": "unstated", "线": "line", "矩形范围": "box", "点": "point"}[extent]
    if kind == "LINESTRING":
        line = shapely.from_wkt(first["wkt"])
        assert line.coords[0] == pytest.approx((113.16013888, 30.66), abs=1e-7)
        assert line.coords[1] == pytest.approx((113.2, 30.675), abs=1e-7)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"至东经": "113°12′00″"}, "import.coordinate-missing"),
        ({"至东经": "113°72′00″", "至北纬": "30°40′00″"}, "import.not-an-angle"),
        ({"至东经": "113°12′00″", "至北纬": "30°39′36.00″", "空间形态": "矩形范围"}, "import.box-flat"),
        ({"坐标系": "1980西安坐标系"}, "import.row-crs"),
        ({"地名代码": "4290061002161000001"}, "import.place-code-length"),
        ({"地名代码": "42900610099999000001"}, "import.place-code-class"),
        ({"地名代码": "42900610021610000000"}, "import.place-code-serial"),
        ({"地名代码": "4290061002161000000A"}, "import.place-code-digits"),
    ],
)
def test_what_is_wrong_is_refused_by_its_row(
    changed: dict[str, str], code: str, bring: Any, database: Database, tmp_path: Path
) -> None:
    given = {"空间形态": ""} | changed
    outcome = bring(sheet(tmp_path, [row(空间形态="", 标准名称="乙村"), row(**given)]))
    assert outcome.state == "refused"
    (refusal,) = outcome.reports[0].refusals
    assert (refusal.row, refusal.reason_code) == (3, code)
    assert refusal.reason_code not in refusal.message
    assert not places(database)


def test_historic_names_are_not_in_force(bring: Any, database: Database, tmp_path: Path) -> None:
    historic = {"使用时间": "历史地名", "命名时间": "", "地名代码": ""}
    given = [
        row(**historic, 标准名称="甲村", 废止年份="1984年"),
        row(**historic, 标准名称="乙村", 废止年份="清末"),
        row(**historic, 标准名称="丙村", 登记时间=""),
        row(标准名称="丁村", 地名代码="", 废止年份="1999"),
    ]
    outcome = bring(sheet(tmp_path, given))
    ends = {one["name"]: one["valid_to"] for one in names(database, "standard")}
    assert (ends["甲村"], ends["乙村"], ends["丁村"]) == (date(1984, 1, 1), date(2015, 3, 2), None)
    assert ends["丙村"] is not None
    codes = {one.code for one in outcome.reports[0].notices}
    assert {"import.ended-by-year", "import.ended-unknown", "import.current-abolished"} <= codes
    assert bring(sheet(tmp_path, given)).reports[0].unchanged == 4


def test_a_secret_row_refuses_the_file_and_an_internal_one_stays_inside(
    bring: Any, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as refused:
        bring(sheet(tmp_path, [row(), row(密级="秘密")]))
    assert refused.value.code == "import.secret"
    assert not places(database)
    bring(sheet(tmp_path, [row(是否公开="否")]))
    assert [(one["classification"], one["published"]) for one in places(database)] == [("internal", False)]


def test_a_code_of_another_class_is_told(bring: Any, tmp_path: Path) -> None:
    outcome = bring(sheet(tmp_path, [row(类别="社区")]))
    assert "import.place-code-other" in {one.code for one in outcome.reports[0].notices}
