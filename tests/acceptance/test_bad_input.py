"""Bad input over the command: told with file, place, value and remedy in both languages, exit code 2, nothing changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, counts

HEADER = "设施名称,设施类型,经度,纬度\n"
GOOD = "岳口镇福利院,养老机构,113.09,30.51\n"


@dataclass(frozen=True)
class Case:
    """One bad file.

    Attributes
    ----------
    make
        Writes it into a folder and gives its path.
    told
        What the message has to name in either language, the file's name aside.
    """

    layer: str
    make: Callable[[Path], Path]
    told: tuple[str, ...] = ()
    options: tuple[str, ...] = field(default=())


def written(name: str, content: str | bytes, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


def features(*geometries: dict[str, Any] | str, name: str = "设施.geojson") -> Callable[[Path], Path]:
    shapes = [shape if isinstance(shape, str) else json.dumps(shape) for shape in geometries]
    listed = ",".join(
        f'{{"type":"Feature","properties":{{"name":"第{number}","type":"养老机构"}},"geometry":{shape}}}'
        for number, shape in enumerate(shapes, 1)
    )
    return written(name, f'{{"type":"FeatureCollection","features":[{listed}]}}')


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def workbook(folder: Path) -> Path:
    path = folder / "设施.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.strip().split(","))
    sheet.append(["岳口镇福利院", "养老机构", 113.09, 30.51])
    sheet.append(["张港镇福利院", "养老机构", "=C2+0.1", "=SUM(D2:D2)"])
    book.save(path)
    return path


def bomb(folder: Path) -> Path:
    path = folder / "炸弹.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("设施.csv", "w") as member:
        for _ in range(300):
            member.write(bytes(1 << 20))
    return path


def lying_bomb(folder: Path) -> Path:
    """The member says that it is small."""
    path = folder / "说谎.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("设施.csv", bytes(4 << 20))
    told = (4 << 20).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(told, (1000).to_bytes(4, "little")))
    return path


def leaving(folder: Path) -> Path:
    path = folder / "外逃.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../逃出.csv", HEADER + GOOD)
    return path


def huge(folder: Path) -> Path:
    path = folder / "巨大.gpkg"
    angle = np.linspace(0, 2 * np.pi, 2_000_000)
    ring = np.column_stack([113 + 0.2 * np.cos(angle), 30.6 + 0.2 * np.sin(angle)])
    frame = gpd.GeoDataFrame({"name": ["巨大的面"], "code": ["429006999"]}, geometry=[shapely.Polygon(ring)], crs=4490)
    frame.to_file(path, driver="GPKG")
    return path


def infinite(folder: Path) -> Path:
    path = folder / "无穷.gpkg"
    points = [shapely.Point(113.1, 30.6), shapely.Point(np.inf, 30.6), shapely.Point(113.1, np.nan)]
    frame = gpd.GeoDataFrame({"name": list("甲乙丙"), "type": ["养老机构"] * 3}, geometry=points, crs=4490)
    frame.to_file(path, driver="GPKG")
    return path


SQUARE = [[[113.0, 30.5], [113.1, 30.5], [113.1, 30.6], [113.0, 30.5]]]
CASES = {
    "empty table": Case("facilities", written("空.csv", b"")),
    "table of headers": Case("facilities", written("只有表头.csv", HEADER)),
    "empty GeoJSON": Case("facilities", written("空.geojson", b"")),
    "GeoJSON without features": Case("facilities", features()),
    "empty workbook": Case("facilities", written("空.xlsx", b"")),
    "workbook that is none": Case("facilities", written("坏.xlsx", b"PK\x03\x04 not a workbook")),
    "GeoPackage that is none": Case("facilities", written("坏.gpkg", b"SQLite format 3\x00" + bytes(100))),
    "broken GeoJSON": Case("facilities", written("断.geojson", '{"type":"FeatureCollection","features":[{"type":')),
    "empty PBF": Case("osm", written("空.osm.pbf", b"")),
    "PBF that is none": Case("osm", written("坏.osm.pbf", b"this is no map at all, but long enough to be one")),
    "broken XML": Case("osm", written("断.osm", "<osm version='0.6'><node id='1' lat='30' lon='113'>")),
    "unknown kind of file": Case("facilities", written("设施.docx", b"PK")),
    "no such file": Case("facilities", lambda folder: folder / "没有.csv"),
    "metres for degrees": Case("facilities", features(point(38_508_000, 3_379_000)), ("38508000",)),
    "reference system that is none": Case(
        "facilities", written("设施.csv", HEADER + GOOD), ("EPSG:99999",), ("--crs", "EPSG:99999")
    ),
    "another place's system": Case(
        "facilities",
        written("设施.csv", "设施名称,设施类型,东坐标,北坐标\n福利院,养老机构,531500,1500000\n"),
        ("2", "1500000, 531500", "EPSG:4547"),
        ("--crs", "EPSG:4547"),
    ),
    "latitude first in a table": Case("facilities", written("设施.csv", HEADER + "福利院,养老机构,30.51,113.09\n")),
    "latitude first in GeoJSON": Case("facilities", features(point(30.51, 113.09)), ("30.51, 113.09",)),
    "east first in survey coordinates": Case(
        "facilities",
        written("设施.csv", "设施名称,设施类型,X,Y\n福利院,养老机构,508600,3376800\n"),
        ("X", "Y"),
        ("--crs", "EPSG:4547"),
    ),
    "not a number": Case("facilities", written("设施.csv", HEADER + GOOD + "甲,养老机构,NaN,30.6\n"), ("3", "NaN")),
    "infinite": Case("facilities", written("设施.csv", HEADER + "甲,养老机构,113.1,inf\n" + GOOD), ("2", "inf")),
    "not a number in GeoJSON": Case(
        "facilities", features(point(113.1, 30.6), '{"type":"Point","coordinates":[NaN,30.6]}'), ("2",)
    ),
    "infinite in a GeoPackage": Case("facilities", infinite, ("2",)),
    "polygon for a point": Case(
        "facilities", features(point(113.1, 30.6), {"type": "Polygon", "coordinates": SQUARE}), ("2", "Polygon", "Point")
    ),
    "unknown facility type": Case(
        "facilities", written("设施.csv", HEADER + GOOD + "机关食堂,食堂,113.1,30.6\n"), ("3", "食堂", "设施类型")
    ),
    "duplicate code": Case(
        "units",
        written("单位.csv", "代码,名称,级别\n429006001,竟陵街道,乡级\n429006002,侯口街道,乡级\n429006001,竟陵,乡级\n"),
        ("4", "429006001", "2"),
    ),
    "two million vertices": Case("units", huge, ("1", "2000000", "1000000")),
    "GBK read as UTF-8": Case(
        "facilities", written("设施.csv", HEADER + GOOD, "gbk"), ("utf-8",), ("--encoding", "utf-8")
    ),
    "formulas": Case("facilities", workbook, ("3", "=SUM(D2:D2)")),
    "zip bomb": Case("facilities", bomb, ("300",)),
    "zip bomb that lies": Case("facilities", lying_bomb),
    "path that leaves": Case("facilities", leaving, ("../../逃出.csv",)),
    "NUL in a name": Case("facilities", written("设施.csv", HEADER + GOOD + "福\x00利院,养老机构,113.1,30.6\n"), ("3",)),
    "number out of range": Case(
        "facilities", written("设施.csv", "设施名称,设施类型,经度,纬度,床位数\n甲,养老机构,113.1,30.6,-5\n"), ("2", "-5")
    ),
    "date that is none": Case(
        "facilities", written("设施.csv", "设施名称,设施类型,经度,纬度,启用日期\n甲,养老机构,113.1,30.6,2023-02-30\n"), ("2", "2023-02-30")
    ),
    "name missing": Case("facilities", written("设施.csv", HEADER + ",养老机构,113.1,30.6\n"), ("2", "设施名称")),
    "column missing": Case("facilities", written("设施.csv", "甲列,乙列\n1,2\n"), ("甲列",)),
    "unknown word in roads": Case(
        "roads",
        written("道路.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"道路等级":"县道","单行":"也许"},'
                '"geometry":{"type":"LineString","coordinates":[[113.0,30.5],[113.1,30.5]]}}]}'),
        ("1", "也许"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], Database], catalog: Catalog, settings: Settings, shared_data: Path) -> Desk:
    """A database that holds something already."""
    made = Desk(new_database(), catalog, settings)
    mapping = {"code": "Code_County", "name": "Name_County"}
    made.load("units", shared_data / "boundaries" / "tianmen_xiantao_qianjiang_wgs84.geojson", mapping=mapping)
    made.load("communities", shared_data / "divisions" / "tianmen_villages_nbs2021.csv")
    return made


@pytest.fixture
def command(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Runs the command in this process on the module's database."""
    address = desk.database.url("superuser").render_as_string(hide_password=False)
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", address)
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "1000")

    def run(*arguments: object, language: str = "zh") -> tuple[int, str, str]:
        monkeypatch.setenv("GEOSERVICE_LANGUAGE", language)
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture
def unchanged(desk: Desk) -> Iterator[None]:
    """Every row of every table is the same afterwards."""
    before = desk.contents()
    yield
    assert desk.contents() == before


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("unchanged")
def test_bad_input(command, tmp_path, name):
    case = CASES[name]
    path = case.make(tmp_path)
    here = sorted(tmp_path.parent.rglob("*"))
    texts = {}
    for language in ("zh", "en"):
        code, out, err = command("import", case.layer, path, *case.options, "--json", language=language)
        assert code == 2, err
        message, remedy = said(json.loads(out))
        for part in case.told if name == "reference system that is none" else (path.name, *case.told):
            assert part in message, message
        assert remedy, message
        assert "{" not in message + remedy, message
        texts[language] = message
    assert texts["zh"] != texts["en"]
    assert any("\u4e00" <= character <= "\u9fff" for character in texts["zh"])
    assert sorted(tmp_path.parent.rglob("*")) == here or not any(
        "逃出" in one.name for one in tmp_path.parent.rglob("*")
    )


def said(answer: dict[str, Any]) -> tuple[str, str]:
    """Message and remedy of an error, or of the first refused row."""
    if "error" in answer:
        return str(answer["error"]["message"]), str(answer["error"]["remedy"] or "")
    assert answer["state"] == "refused"
    assert answer["refused"] > 0
    assert (answer["loaded"], answer["changed"]) == (0, 0)
    first = next(layer["refusals"][0] for layer in answer["layers"] if layer["refusals"])
    return str(first["message"]), str(first["remedy"] or "")


@pytest.mark.usefixtures("unchanged")
def test_a_truncated_pbf(command, tmp_path, shared_data):
    path = tmp_path / "截断.osm.pbf"
    path.write_bytes((shared_data / "osm" / "andorra_2018.osm.pbf").read_bytes()[:400_000])
    code, out, err = command("import", "osm", path, "--json")
    assert code == 2, err
    message, remedy = said(json.loads(out))
    assert "截断.osm.pbf" in message
    assert remedy


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "学校", "x.csv"),
        ("import", "facilities", "x.csv", "--map", "name"),
        ("network", "build", "--mode", "teleport"),
        ("network", "build"),
        ("coverage", "run", "--type", "食堂"),
        ("coverage", "run", "--minutes", "0"),
        ("coverage", "run", "--on", "2023-02-30"),
        ("coverage", "run"),
    ],
)
def test_bad_commands(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(HEADER + GOOD, "utf-8")
    for language in ("zh", "en"):
        code, out, err = command(*arguments, "--json", language=language)
        assert code == 2, err
        if out:
            assert json.loads(out)["error"]["message"]
        assert err


@pytest.mark.usefixtures("unchanged")
def test_people_read_the_same_as_machines(command, tmp_path):
    path = tmp_path / "设施.csv"
    path.write_text(HEADER + GOOD + "机关食堂,食堂,113.1,30.6\n福利院,养老机构,NaN,30.6\n", "utf-8")
    for language, words in (("zh", ("第 3 行", "数据库未作改动")), ("en", ("row 3", "the database is unchanged"))):
        code, _, err = command("import", "facilities", path, language=language)
        assert code == 2
        for part in ("设施.csv", "食堂", "NaN", *words):
            assert part in err


@pytest.mark.usefixtures("unchanged")
def test_the_command_itself(desk, tmp_path):
    """Not in this process: exit code and streams as a shell sees them."""
    path = tmp_path / "设施.csv"
    path.write_text(HEADER + "机关食堂,食堂,113.1,30.6\n", "utf-8")
    environment = {
        **os.environ,
        "GEOSERVICE_DATABASE_URL": desk.database.url("superuser").render_as_string(hide_password=False),
        "GEOSERVICE_HOME": str(tmp_path / "home"),
    }
    command = [str(Path(sys.executable).with_name("geoservice")), "import", "facilities", str(path), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    message, remedy = said(json.loads(done.stdout))
    for part in ("设施.csv", "2", "食堂"):
        assert part in message
    assert "养老机构" in remedy
    assert "Traceback" not in done.stderr


NAMES = (
    "'); drop table facility; --",
    "<script>alert('养老院')</script><b>院</b>",
    "{{ 7 * 7 }} ${7*7} %s {0}",
    "𬒈山镇𫚭鱼福利院",
    "[red]福利院[/red]",
    "=1+1",
    "福利院\u202e\u200b",
)


def test_harmless_names_are_kept_as_they_are(database, catalog, settings, tmp_path):
    desk = Desk(database, catalog, settings)
    path = tmp_path / "设施.geojson"
    told = [
        {
            "type": "Feature",
            "properties": {"name": name, "type": "养老机构"},
            "geometry": point(113 + number / 100, 30.6),
        }
        for number, name in enumerate(NAMES)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": told}), "utf-8")
    outcome = desk.load("facilities", path)
    assert counts(outcome)["loaded"] == len(NAMES), [one.message for one in outcome.reports[0].refusals]
    stored = [name for (name,) in desk.rows("select name from facility order by id")]
    assert stored[:-1] == list(NAMES[:-1])
    assert stored[-1].startswith("福利院")
    with desk.database.connect("reader") as connection:
        found = connection.execute(
            text("select name from facility where name = :name"), {"name": NAMES[0]}
        ).scalar_one()
    assert found == NAMES[0]
    assert counts(desk.load("facilities", path))["unchanged"] == len(NAMES)


def test_names_that_a_shell_prints_do_not_act(command, tmp_path):
    """Markup of the terminal and of HTML in a refused value is shown, not obeyed."""
    path = tmp_path / "设施.csv"
    path.write_text(HEADER + '"[red]甲[/red]",<b>食堂</b>,113.1,30.6\n', "utf-8")
    code, _, err = command("import", "facilities", path)
    assert code == 2
    assert "<b>食堂</b>" in err


def test_refused_rows_can_be_mended_and_read_again(database, catalog, settings, tmp_path):
    desk = Desk(database, catalog, settings)
    path = tmp_path / "设施.csv"
    path.write_text(HEADER + "=甲,养老机构,-8.61,41.15\n乙,食堂,-8.62,41.16\n", "utf-8")
    outcome = desk.load("facilities", path, skip_bad=True)
    assert (counts(outcome)["loaded"], counts(outcome)["refused"]) == (1, 1)
    assert outcome.refused_file == tmp_path / "设施.refused.csv"
    mended = outcome.refused_file.read_text("utf-8-sig").replace("食堂,", "养老机构,", 1)
    again = tmp_path / "改好.csv"
    again.write_text(mended, "utf-8")
    assert counts(desk.load("facilities", again))["loaded"] == 1
    assert desk.rows("select name, st_x(geom), st_y(geom) from facility order by name") == [
        ("=甲", pytest.approx(-8.61), pytest.approx(41.15)),
        ("乙", pytest.approx(-8.62), pytest.approx(41.16)),
    ]
