"""The commands of docs/exports.md, in their order, and what bad input is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pyogrio
import pytest

from geoservice.cli import exporting
from geoservice.database.engine import Database
from tests.acceptance.helpers import commands_of, run_command

COMMANDS = [command for command in commands_of("exports.md") if command.startswith("geoservice export")]
Run = Callable[[str], click.testing.Result]


@pytest.fixture
def run(sample_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the sample county, in a folder of its own."""
    address = sample_database.url("superuser").render_as_string(hide_password=False)
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", address)
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    return run_command


def test_the_commands_of_the_page_work_in_their_order(run: Run) -> None:
    assert len(COMMANDS) >= 7
    for command in COMMANDS:
        done = run(command)
        assert done.exit_code == 0, (command, done.output)
        assert "示意数据" in done.output or "--json" in command
        assert Path(command.split()[3]).stat().st_size > 1000
    told = json.loads(run("export places 地名.geojsons --force --json").stdout)
    assert told["metadata"] == "地名.geojsons-metadata.json"
    assert json.loads(Path(told["metadata"]).read_text("utf-8"))["notice"] == "示意数据，非测绘成果"
    assert (told["classification"], told["schematic"], told["crs"]) == ("public", True, "OGC:CRS84")
    assert told["records"] == Path("地名.geojsons").read_text("utf-8").count("\x1e")
    assert pyogrio.read_info("道路.gpkg")["crs"] == "EPSG:4547"


def test_what_is_there_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.csv").write_text("mine", encoding="utf-8")
    done = run("export units a.csv")
    assert (done.exit_code, Path("a.csv").read_text("utf-8")) == (1, "mine")
    assert "--force" in done.output
    # Nothing half done: what breaks off leaves what was there.
    monkeypatch.setattr(exporting.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    done = run("export units a.csv --force")
    assert (done.exit_code, Path("a.csv").read_text("utf-8")) == (2, "mine")
    assert [one.name for one in Path.cwd().iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("export units a.doc", "a.doc"),
        ("export nothing a.csv", "nothing"),
        ("export units a.geojson --crs 4547", "OGC:CRS84"),
        ("export units a.csv --crs Mars", "Mars"),
        ("export units a.csv --bbox 1,2", "1,2"),
        ("export units a.csv --on yesterday", "yesterday"),
        ("export units a.csv --level secret", "secret"),
        ("export units a.csv --names fr", "fr"),
        ("export units nowhere/a.csv", "nowhere/a.csv"),
    ],
)
def test_bad_input(run: Run, line: str, told: str) -> None:
    done = run(line)
    assert done.exit_code == 2, done.output
    assert told in done.output.replace("\n", "")
    assert list(Path.cwd().iterdir()) == []
