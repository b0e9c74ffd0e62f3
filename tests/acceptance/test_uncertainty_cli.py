"""The three commands on the sample county: one JSON document, exit codes, the same figures from one to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from geoservice.cli import app
from geoservice.database.engine import Database

Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def command(
    sample_database: Database, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command with --json in this process; gives its exit code and what it said."""
    address = sample_database.url("superuser").render_as_string(hide_password=False)
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", address)
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path_factory.mktemp("home")))

    def run(*arguments: object) -> tuple[int, Any]:
        done = CliRunner().invoke(app, ["coverage", *map(str, arguments), "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, json.loads(done.stdout)

    return run


ON = ("--on", "2026-01-01")


def test_the_three_answers_agree_on_the_sample_county(command: Command) -> None:
    code, drawn = command("uncertainty", *ON, "--draws", 100, "--seed", 7)
    assert code == 0
    assert drawn["schematic"] is True
    total = drawn["total"]
    assert total["population"] == 1_158_640
    assert sum(one["population"] for one in drawn["by_certainty"]) == total["population"]
    low, middle, high = total["population_covered_quantiles"].values()
    assert total["population_certain"] <= low <= middle <= high <= total["population_possible"]
    assert total["population_certain"] < total["population_possible"]
    for unit in drawn["by_unit"]:
        assert unit["population_certain"] <= unit["population_likely"] <= unit["population_possible"]
    again = command("uncertainty", *ON, "--draws", 100, "--seed", 7)[1]
    assert again == drawn

    code, methods = command("methods", *ON)
    assert code == 0
    assert methods["total"]["population_network"] == total["population_covered"]
    assert {one["community_id"]: one["time_s"] for one in methods["communities"]} == {
        one["community_id"]: one["time_s"] for one in drawn["communities"]
    }
    figures = [name for name in methods["total"] if name.startswith(("population", "communities"))]
    for figure in figures:
        assert sum(unit[figure] for unit in methods["by_unit"]) == methods["total"][figure]

    code, walkers = command("speeds", *ON)
    assert code == 0
    fast, middle, slow = (walkers["total"][f"population_{name}"] for name in ("walk_120", "walk_90", "walk_60"))
    assert fast > middle > slow > 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("uncertainty", "--draws", 0), "uncertainty.bad-draws"),
        (("uncertainty", "--draws", -3), "uncertainty.bad-draws"),
        (("uncertainty", "--draws", 10**12), "uncertainty.bad-draws"),
        (("uncertainty", "--seed", -1), "uncertainty.bad-seed"),
        (("uncertainty", "--service", "x"), "coverage.unknown-service"),
        (("methods", "--type", "x"), "coverage.unknown-type"),
        (("speeds", "--on", "1900-01-01"), "coverage.no-facilities"),
    ],
    ids=str,
)
def test_wrong_input_ends_with_2_and_says_why(command: Command, arguments: tuple[object, ...], code: str) -> None:
    exit_code, told = command(*arguments)
    assert exit_code == 2
    assert told["error"]["code"] == code
    assert "{" not in told["error"]["message"]
