"""A plan of proposed names: a sheet in, the same sheet marked out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.database.engine import Database
from geoservice.names.keeping import rekey
from geoservice.settings import Settings
from tests.builders_api import make_place, make_unit, square

HEADS = ["序号", "路名", "经度", "纬度", "宽度"]
ROWS = [
    ["r1", "陆羽大道", 113.5, 30.0, 40],
    ["r2", "洪山路", 113.5, 30.0, 12],
    ["r3", "东湖路", 113.5, 30.0, 12],
    ["r4", "冬湖路", 113.5, 30.0, 12],
    ["r5", "东湖路", 113.5, 30.0, 12],
    ["r6", "", 113.5, 30.0, 12],
    ["r7", "CBD路", 113.5, 30.0, 12],
    ["r8", "文学泉路", 113.5, 30.0, 12],
    ["r9", "=1+1", 113.5, 30.0, 12],
]


@pytest.fixture(scope="module")
def registry(new_database: Callable[..., Database]) -> Iterator[Database]:
    database = new_database()
    with database.connect("owner") as connection:
        county = make_unit(connection, "东县", square(113.5, 30, 0.5), level="county")
        make_place(connection, "陆羽大道", 113.5, 30.0, class_code="23", unit_id=county)
        make_place(connection, "红山路", 113.5, 30.0, class_code="23", unit_id=county)
        rekey(connection, lambda _: None)
    yield database
    database.dispose()


@pytest.fixture
def run(
    registry: Database, settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, dict[str, Any]]]:
    @contextmanager
    def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
        yield settings, catalog, registry

    monkeypatch.setattr("geoservice.cli.names.ready", ready)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        result = CliRunner().invoke(app, ["names", "plan", *words, "--class", "street", "--json"])
        return result.exit_code, json.loads(result.stdout)

    return run


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(HEADS)
    for row in ROWS:
        page.append(row)
    path = tmp_path / "plan.xlsx"
    book.save(path)
    return path


def test_a_sheet_comes_back_marked_row_by_row(
    run: Callable[..., tuple[int, dict[str, Any]]], sheet: Path, tmp_path: Path
) -> None:
    output = tmp_path / "marked.xlsx"
    code, told = run(str(sheet), "--map", "name=路名", "--output", str(output))
    assert code == 1
    assert told["rows"] == len(ROWS)
    verdicts = {item["row"]: item["verdict"] for item in told["items"]}
    assert [verdicts[row] for row in range(2, 11)] == [
        "violates",  # 陆羽大道 is there
        "argue",  # sounds like 红山路
        "violates",  # stands twice in the plan
        "argue",  # sounds like 东湖路 of the plan
        "violates",
        "violates",  # no name
        "violates",  # letters
        "passes",
        "violates",
    ]
    assert sum(told["counts"].values()) == len(ROWS)
    inside = {item["row"]: {one["row"] for one in item["inside"]} for item in told["items"]}
    assert inside[4] == {5, 6}
    marked = load_workbook(output).active
    assert marked is not None
    rows = list(marked.iter_rows(values_only=True))
    assert rows[0] == (*HEADS, "结论", "理由和依据", "与已有地名", "与本批其他名称")
    assert [row[1] for row in rows[1:6]] == [row[1] for row in ROWS[:5]]
    assert rows[1][5] == "违反"
    assert "第九条" in str(rows[1][6])
    assert "陆羽大道" in str(rows[1][7])
    assert "第 5 行" in str(rows[3][8])
    assert rows[9][1] == "'=1+1"
    assert len(rows) == len(ROWS) + 1


def test_too_many_names_are_refused(run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("名称\n" + "\n".join(f"路{number}路" for number in range(5001)), encoding="utf-8")
    code, told = run(str(path))
    assert code == 2
    assert "5000" in told["error"]["message"]


def test_lines_of_a_map_are_read_too(run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[113.49, 30.0], [113.51, 30.0]]}
    features = [{"type": "Feature", "properties": {"名称": "红山路"}, "geometry": line}]
    path = tmp_path / "plan.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    code, told = run(str(path))
    assert code == 1
    assert told["items"][0]["check"]["scope"]["names"] == ["东县"]
