"""Rows and files that are marked with a classification level (密级)."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoservice.errors import BadInput
from geoservice.ingest.marks import refuse_marked_file
from tests.unit.ingest_builders import CATALOG, csv_file, frame, notices, read, refusals, workbook

HEAD = "设施名称,设施类型,经度,纬度"


def marked(folder: Path, *marks: str, header: str = "密级") -> Path:
    rows = [f"敬老院{number},养老机构,113.1{number},30.66,{mark}" for number, mark in enumerate(marks)]
    return csv_file(folder, "\n".join([f"{HEAD},{header}", *rows]) + "\n")


@pytest.mark.parametrize("header", ["密级", "密 级", "保密等级", "秘密等级", "security_classification"])
def test_rows_marked_internal_are_told(tmp_path: Path, header: str) -> None:
    records = read(marked(tmp_path, "公开", "内部", "", "不公开", header=header))
    assert records.records["classification"].tolist() == [None, "internal", None, "internal"]
    assert "import.columns-unused" not in notices(records)
    assert records.report["columns"]["secrecy"] == header


def test_what_is_not_open_is_internal(tmp_path: Path) -> None:
    records = read(marked(tmp_path, "是", "否", "", header="是否公开"))
    assert records.records["classification"].tolist() == [None, "internal", None]


def test_a_file_without_marks_has_none(tmp_path: Path) -> None:
    assert "classification" not in read(csv_file(tmp_path, f"{HEAD}\n敬老院,养老机构,113.1,30.66\n")).records


@pytest.mark.parametrize("mark", ["秘密", "机密", "绝密", "秘密★5年", "★机密", " 绝密 ★ 长期", "机密级", "TOP SECRET"])
def test_a_file_with_a_secret_row_is_refused_and_not_repeated(tmp_path: Path, mark: str) -> None:
    path = marked(tmp_path, "公开", mark, "公开", mark)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert caught.value.code == "import.secret"
    assert caught.value.values["count"] == 2
    said = f"{caught.value} {caught.value.remedy}"
    assert "第 3、5 行" in said
    assert "涉密信息系统" in said
    assert "敬老院" not in said


def test_the_same_in_a_geodatabase_and_a_workbook(tmp_path: Path) -> None:
    frame(密级=["公开", "秘密"]).to_file(tmp_path / "a.gpkg")
    book = workbook(
        tmp_path, [["设施名称", "设施类型", "经度", "纬度", "密级"], ["甲", "养老机构", 113.1, 30.6, "机密"]]
    )
    for path in (tmp_path / "a.gpkg", book):
        with pytest.raises(BadInput) as caught:
            read(path)
        assert caught.value.code == "import.secret"


def test_an_unknown_mark_is_no_public_mark(tmp_path: Path) -> None:
    assert refusals(read(marked(tmp_path, "公开", "三级"))) == [(3, "import.unknown-code")]
    assert refusals(read(marked(tmp_path, "是", "也许", header="是否公开"))) == [(3, "import.not-a-boolean")]


@pytest.mark.parametrize("name", ["名录（机密）.xlsx", "名录 秘密★5年.csv", "【绝密】线.geojson", "[top secret].csv"])
def test_a_file_whose_name_is_marked_is_refused(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        refuse_marked_file(Path(name), CATALOG)
    assert caught.value.code == "import.secret-file"


@pytest.mark.parametrize("name", ["秘密花园敬老院.csv", "名录（公开）.xlsx", "机密机.geojson", "名录（内部）.csv"])
def test_a_word_in_a_name_is_no_mark(name: str) -> None:
    refuse_marked_file(Path(name), CATALOG)
