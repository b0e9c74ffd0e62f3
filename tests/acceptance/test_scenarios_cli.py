"""The commands of docs/scenarios.md, in their order, and what bad input is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geoservice.database.engine import Database
from tests.acceptance.helpers import DOCS, commands_of, run_command


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def at_the_desk(county: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", county.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_the_commands_of_the_page_work_in_their_order() -> None:
    shown = re.search(r"```json\n(.*?)```", (DOCS / "scenarios.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    Path("changes.json").write_text(shown[1], "utf-8")
    Path("none.json").write_text("[]", "utf-8")
    told = []
    for command in commands_of("scenarios.md"):
        done = run_command(command)
        assert done.exit_code == 0, (command, done.output)
        told.append(done.stdout)
    assert len(told) == 9
    assert Path("城西新院.xlsx").read_bytes()[:2] == b"PK"
    assert "对照" in Path("比较.html").read_text("utf-8")
    assert "城西新院" in told[2]
    assert "对照" in told[2]
    assert told[3] == told[0]
    compared = json.loads(told[4])
    kept = json.loads(run_command("scenario show 1 --json").stdout)
    assert compared["difference"]["total"] == kept["total"]
    assert kept["total"]["after"]["facilities"] == kept["total"]["before"]["facilities"]
    assert "对照" not in run_command("scenario list").stdout


@pytest.mark.parametrize(
    ("content", "command", "words"),
    [
        ("{}", "scenario make x changes.json", "JSON"),
        ('[{"kind": "close"}]', "scenario make x changes.json", "第 1 项"),
        ('[{"kind": "add", "lon": NaN, "lat": 30.6}]', "scenario make x changes.json", "第 1 项"),
        ("[]", "scenario make x changes.json --type nonsense", "nonsense"),
        ("[]", "scenario show 99", "99"),
        ("[]", "scenario discard 99", "99"),
    ],
)
def test_bad_input_is_told(content: str, command: str, words: str) -> None:
    Path("changes.json").write_text(content, "utf-8")
    done = run_command(command)
    assert done.exit_code == 2
    assert words in done.stderr
