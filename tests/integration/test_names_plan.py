"""A plan of proposed names: a sheet in, the same sheet marked out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import event, select
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.crs import metric_crs
from geoservice.database.engine import Database
from geoservice.database.models import UnitVersion
from geoservice.names.clashes import candidates
from geoservice.names.keeping import rekey
from geoservice.names.plans.checking import check_plan
from geoservice.names.plans.reading import read_plan
from geoservice.names.rules.checking import check_name
from geoservice.names.rules.declared import TermSize, naming_rules
from geoservice.settings import ImportSettings, Settings
from tests.builders_api import make_community, make_place, make_unit, square
from tests.dxf_builders import Drawn

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
        "missing",  # no name
        "violates",  # letters
        "passes",
        "unread",  # a formula, and no result of it in the file
    ]
    assert sum(told["counts"].values()) == len(ROWS)
    inside = {item["row"]: {one["row"] for one in item["inside"]} for item in told["items"]}
    assert inside[4] == {5, 6}
    book = load_workbook(output)
    summary = {row[0]: row[1] for row in book["汇总"].iter_rows(values_only=True)}
    assert (summary["文件"], summary["行数"], summary["违反"]) == ("plan.xlsx", len(ROWS), 4)
    assert any("第九条" in str(title) for title in summary)
    marked = book.active
    assert marked is not None
    rows = list(marked.iter_rows(values_only=True))
    assert rows[0] == (*HEADS, "结论", "理由和依据", "与已有地名", "与本批其他名称", "罗马字母拼写")
    assert [row[1] for row in rows[1:6]] == [row[1] for row in ROWS[:5]]
    assert rows[1][5] == "违反"
    assert "第九条" in str(rows[1][6])
    assert "陆羽大道" in str(rows[1][7])
    assert "第 5 行" in str(rows[3][8])
    assert rows[9][1] == "'=1+1"
    assert rows[1][9] == "Lùyǔ Dàdào"
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


def test_text_and_map_files_are_written_where_the_name_says_so(
    run: Callable[..., tuple[int, dict[str, Any]]], sheet: Path, tmp_path: Path
) -> None:
    table, mapped = tmp_path / "marked.csv", tmp_path / "marked.geojson"
    for output in (table, mapped):
        run(str(sheet), "--output", str(output))
    rows = list(csv.reader(table.read_text("utf-8-sig").splitlines()))
    assert (rows[1][1], rows[1][5], len(rows)) == ("陆羽大道", "违反", len(ROWS) + 1)
    told = json.loads(mapped.read_text("utf-8"))
    assert told["features"][0]["geometry"]["coordinates"] == [113.5, 30.0]
    assert told["features"][0]["properties"]["结论"] == "违反"
    assert {"title": "行数", "value": len(ROWS)} in told["summary"]


def test_a_sheet_without_a_column_of_names_is_refused(
    run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("编号,拟名\n1,东湖路\n", encoding="utf-8")
    code, told = run(str(path))
    assert code == 2
    assert "编号、拟名" in told["error"]["message"]
    assert run(str(path), "--map", "name=拟名")[0] == 0


def test_a_drawing_is_checked_with_its_lines_and_what_is_unclear_is_listed(
    run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    east, north = metric_crs(113.5, 30.0).project(113.5, 30.0)
    drawn = Drawn(origin=(float(east), float(north))).road("陆羽大道", 0).road("东湖路", 300).text("孤路", (0, 900))
    drawn.line((0, 600), (200, 601), (400, 600))
    path = drawn.save(tmp_path / "plan.dxf")
    code, told = run(str(path))
    assert code == 2
    assert "EPSG:4547" in told["error"]["remedy"]
    code, told = run(str(path), "--crs", "EPSG:4547", "--output", str(tmp_path / "marked.xlsx"))
    assert code == 1
    found = {item["name"]: item for item in told["items"]}
    assert {name: item["verdict"] for name, item in found.items()} == {
        "陆羽大道": "violates",
        "东湖路": "passes",
        "孤路": "hint",
        "": "missing",
    }
    assert found["东湖路"]["length_m"] == pytest.approx(400, abs=1)
    assert "30 米以内" in found["孤路"]["notes"][0]
    assert told["counts"]["missing"] == 1
    assert any("道路（文字 3，线 3）" in one for one in told["notices"])
    marked = load_workbook(tmp_path / "marked.xlsx").active
    assert marked is not None
    assert [row[4] for row in marked.iter_rows(min_row=2, values_only=True)].count("没有名称") == 1
    assert run(str(path), "--crs", "EPSG:4547", "--within", "0")[0] == 2
    assert run(str(path), "--crs", "EPSG:4547", "--layer", "没有")[0] == 2


def test_widths_are_held_against_what_is_set_for_the_generic_term_and_only_then(
    run: Callable[..., tuple[int, dict[str, Any]]], sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = naming_rules()
    rules = {"term_width", "term_length"}

    def asked(told: dict[str, Any]) -> dict[int, list[tuple[str, str]]]:
        return {
            item["row"]: [(one["verdict"], one["reason"]) for one in item["check"]["verdicts"] if one["rule"] in rules]
            for item in told["items"]
            if item["check"]
        }

    assert not any(asked(run(str(sheet))[1]).values())
    sizes = (TermSize(term="大道", min_width_m=50), TermSize(term="路", max_width_m=12))
    monkeypatch.setattr(
        "geoservice.names.rules.looking.naming_rules", lambda: declared.model_copy(update={"term_sizes": sizes})
    )
    found = asked(run(str(sheet))[1])
    assert found[2] == [("hint", "“大道”宽 40 米，本地设定为 ≥ 50 米")]
    assert found[3] == [("passes", None)]


def test_thousands_of_one_name_are_told_in_bounds(
    run: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    path = tmp_path / "same.csv"
    path.write_text("路名\n" + "东湖路\n" * 300, encoding="utf-8")
    _, told = run(str(path))
    assert told["counts"]["violates"] == 300
    assert {len(item["inside"]) for item in told["items"]} == {20}
    assert all(item["inside_cut"] for item in told["items"])


@pytest.mark.parametrize("kind", ["street", "village"])
def test_a_plan_asks_for_a_scope_once_and_finds_what_each_name_alone_does(
    registry: Database, catalog: Catalog, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "many.csv"
    names = ("陆羽大道", "洪山路", "东湖路", "西口村", "夕口村")
    rows = [f"{name},{113.4 + at / 100},30.0" for at, name in enumerate(names)]
    path.write_text("\n".join(["名称,经度,纬度", *rows]) + "\n", encoding="utf-8")
    plan = read_plan(path, catalog, kind, limits=ImportSettings())
    statements: list[str] = []
    with registry.connect("owner") as connection:
        county = connection.execute(select(UnitVersion.unit_id)).scalar_one()
        make_community(connection, "溪口村", 113.5, 30.0, unit_id=county)
        event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        check_plan(connection, catalog, plan, day=date(2026, 1, 1))
        asked = [one for one in statements if "recursive" in one]
        alone = [check_name(connection, catalog, plan.proposed[line.row], day=date(2026, 1, 1)) for line in plan.lines]
        connection.rollback()
    assert [line.outcome for line in plan.lines] == alone
    assert any(one.found is not None and one.found.clashes for one in alone)
    # The county above the unit, and what lies below it.
    assert len(asked) == 2


def test_frequent_names_of_a_plan_hide_nothing_of_the_others(
    registry: Database, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few rows are read together; and where more share a key with a name than are looked at, that is told."""
    monkeypatch.setattr(candidates, "MOST_TOGETHER", 3)
    monkeypatch.setattr(candidates, "MOST_FOUND", 4)
    path = tmp_path / "frequent.csv"
    path.write_text(
        "名称,经度,纬度\n" + "".join(f"{name},113.5,30.0\n" for name in ("人民路", "洪山路", "文昌路", "文昌路")),
        encoding="utf-8",
    )
    plan = read_plan(path, catalog, "street", limits=ImportSettings())
    with registry.connect("owner") as connection:
        county = connection.execute(select(UnitVersion.unit_id)).scalar_one()
        for at in range(6):
            make_place(connection, "人民路", 113.4 + at / 100, 30.0, class_code="23", unit_id=county)
        make_place(connection, "文昌路", 113.5, 30.0, class_code="23", unit_id=county)
        rekey(connection, lambda _: None)
        check_plan(connection, catalog, plan, day=date(2026, 1, 1))
        alone = [check_name(connection, catalog, plan.proposed[line.row], day=date(2026, 1, 1)) for line in plan.lines]
        connection.rollback()
    found = [line.outcome.found for line in plan.lines if line.outcome is not None and line.outcome.found is not None]
    assert [line.outcome for line in plan.lines] == alone
    assert [({clash.name for clash in one.clashes}, one.cut) for one in found] == [
        ({"人民路"}, True),
        ({"红山路"}, False),
        ({"文昌路"}, False),
        ({"文昌路"}, False),
    ]
