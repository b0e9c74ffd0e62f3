"""The commands as a script sees them: one JSON document on standard output, all else on standard error, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk

COUNTS = ("read", "loaded", "changed", "unchanged", "refused")


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], Database], catalog: Catalog, settings: Settings) -> Desk:
    return Desk(new_database(), catalog, settings)


@pytest.fixture(scope="module")
def environment(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    address = desk.database.url("superuser").render_as_string(hide_password=False)
    return {"GEOSERVICE_DATABASE_URL": address, "GEOSERVICE_HOME": str(tmp_path_factory.mktemp("home"))}


@pytest.fixture
def command(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Runs a command with --json in this process; gives its exit code and what it said."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object) -> tuple[int, Any]:
        done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def andorra(shared_data: Path) -> Path:
    return shared_data / "osm" / "andorra_2018.osm.pbf"


@pytest.mark.slow
def test_from_the_extract_to_the_figures(command, desk, andorra):
    """One after the other: each command stands on what the one before has left."""
    code, checked = command("import", "osm", andorra, "--dry-run")
    assert (code, checked["state"]) == (0, "checked")
    assert checked["loaded"] > 4000
    assert desk.one("select count(*) from road") == 0
    assert desk.one("select count(*) from import_batch") == 0

    code, first = command("import", "osm", andorra)
    assert code == 0
    assert [first[name] for name in COUNTS] == [checked["read"], checked["loaded"], 0, 0, 0]
    for layer in first["layers"]:
        assert {*COUNTS, "layer", "source", "refusals", "notices"} <= layer.keys()
    assert sum(layer["loaded"] for layer in first["layers"]) == first["loaded"]
    before = desk.contents()
    code, second = command("import", "osm", andorra)
    assert [second[name] for name in COUNTS] == [first["read"], 0, 0, first["read"], 0]
    assert {name for name, rows in desk.contents().items() if rows != before[name]} == {
        "import_batch",
        "audit_entry",
        "audit_head",
    }

    code, network = command("network", "build", "--mode", "walk")
    assert code == 0
    assert {"nodes", "edges", "components", "revision"} <= network.keys()
    assert (network["nodes"], network["edges"], network["components"]) == (4993, 6148, 67)
    assert command("network", "build", "--mode", "walk")[1] == network

    code, run = command("coverage", "run", "--type", "cemetery", "--type", "hospital", "--mode", "walk", "--no-circles")
    assert code == 0
    assert {"covered_population_share", "communities", "facilities", "by_unit"} <= run.keys()
    assert (run["communities"], run["facilities"], len(run["by_unit"])) == (64, 7, 7)
    assert [case["type"] for case in run["cases"]] == ["cemetery", "hospital"]
    for name in ("communities", "communities_covered", "population", "population_covered", "facilities"):
        assert sum(unit[name] for unit in run["by_unit"]) == run["cases"][0][name]
    shorter = command("coverage", "run", "--type", "cemetery", "--mode", "walk", "--minutes", "5", "--no-circles")[1]
    assert shorter["cases"][0]["communities_covered"] <= run["cases"][0]["communities_covered"]

    code, hits = command("search", "ordino")
    assert code == 0
    assert hits["items"][0]["name"] == "Ordino"
    assert command("search", "不存在的地方")[0] == 1


def test_state_of_the_database(command, environment):
    code, status = command("db", "status")
    assert (code, status["state"]) == (0, "running")
    code, address = command("db", "url")
    assert code == 0
    assert "postgresql" in json.dumps(address)
    assert command("db", "upgrade")[0] == 0
    # A server that is not ours is not stopped.
    code, refused = command("db", "stop")
    assert code == 2
    assert refused["error"]["message"]


@pytest.mark.parametrize(
    "name", ["import file", "import undo", "sample", "search", "network build", "coverage run", "db status"]
)
def test_every_command_explains_itself(name):
    done = CliRunner().invoke(app, [*name.split(), "--help"])
    assert done.exit_code == 0
    assert "--json" in done.stdout


def test_streams_and_exit_codes_in_a_shell(environment, tmp_path):
    """True processes: nothing but the document on standard output, even with a bar on standard error."""
    path = tmp_path / "设施.csv"
    path.write_text("设施名称,设施类型,经度,纬度\n岳口镇福利院,养老机构,113.09,30.51\n", "utf-8")
    program = str(Path(sys.executable).with_name("geoservice"))
    for arguments, code in (
        (["import", "facilities", str(path)], 0),
        (["import", "facilities", str(path), "--crs", "BD-10"], 2),
        (["search", "没有这个地名"], 1),
    ):
        done = subprocess.run(
            [program, *arguments, "--json"],
            env={**os.environ, **environment, "LC_ALL": "C"},
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stderr.decode()
        json.loads(done.stdout.decode("utf-8"))
        assert b"Traceback" not in done.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["设施.csv"]
