"""The commands of docs/siting.md, in their order, and what bad input is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.helpers import DOCS, commands_of, run_command
from tests.siting_files import write_planar, write_pmed

# The commands about files stand first; those about the county follow.
FILES = 7


@pytest.fixture(autouse=True)
def _instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_pmed(tmp_path / "network.txt", 100, 5, seed=100)
    write_planar(tmp_path / "points.txt", 120, seed=4)
    page = (DOCS / "siting.md").read_text("utf-8")
    (tmp_path / "plan.json").write_text(page.split("```json\n")[1].split("```")[0], encoding="utf-8")


def test_the_commands_of_the_page() -> None:
    commands = commands_of("siting.md")[:FILES]
    told = [run_command(line) for line in commands]
    assert [one.exit_code for one in told] == [0] * len(commands), [one.output for one in told]
    assert all("已证明最优" in told[number].output for number in (0, 2, 4))
    assert ["分期" in told[5].output, "再增一处" in told[6].output] == [True, True]
    assert "相符" in told[1].output
    found = json.loads(told[3].stdout)
    assert (found["status"], found["gap"], found["value"]) == ("optimal", 0.0, found["bound"])
    assert len(found["sites"]) == found["value"]


def test_an_answer_that_was_tampered_with_is_found() -> None:
    run_command("geoservice siting solve network.txt --format orlib-pmed --p 5 --output answer.json")
    kept = json.loads(Path("answer.json").read_text("utf-8"))
    assert run_command("geoservice siting check answer.json").exit_code == 0
    for change in ({"value": kept["answer"]["value"] - 1}, {"sites": list(range(1, 7))}):
        Path("other.json").write_text(json.dumps(kept | {"answer": kept["answer"] | change}), encoding="utf-8")
        done = run_command("geoservice siting check other.json --json")
        assert done.exit_code == 1
        assert json.loads(done.stdout)["agrees"] is False
    write_pmed(Path("network.txt"), 100, 5, seed=101)
    assert json.loads(run_command("geoservice siting check answer.json --json").stdout)["same_file"] is False


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("solve absent.txt --format orlib-pmed", "siting.cannot-read"),
        ("solve points.txt --format orlib-pmed", "siting.bad-line"),
        ("solve points.txt --format mclp --p 3", "siting.no-radius"),
        ("solve points.txt --format mclp --p 3 --radius x", "siting.bad-radius"),
        ("solve points.txt --format mclp --radius 3", "siting.needs"),
        ("solve points.txt --format other --radius 3", "siting.unknown-format"),
        ("solve network.txt --format orlib-pmed --model best", "siting.unknown-model"),
        ("solve network.txt --format orlib-pmed --time-limit 0", "siting.bad-time-limit"),
        ("solve network.txt --format orlib-pmed --seed -1", "siting.bad-seed"),
        ("solve network.txt --format orlib-pmed --fixed 101", "siting.no-site"),
        ("solve points.txt --p 3", "siting.no-format"),
        ("solve points.txt --format mclp --p 3 --radius 3 --group 60+", "siting.only-county"),
        ("solve --p 3 --radius 3", "siting.only-file"),
        ("solve --p 3 --fixed 3", "siting.only-file"),
        ("solve points.txt --format plan --p 3", "siting.bad-plan"),
        ("solve plan.json --format plan --phase 2 --phase 1", "siting.phases"),
        ("solve plan.json --format plan --phase 1 --order both", "siting.unknown-order"),
        ("solve plan.json --format plan --model pmedian --p 1 --ties", "siting.not-with"),
        ("explain points.txt", "siting.not-an-answer"),
        ("check network.txt", "siting.not-an-answer"),
        ("check absent.json", "siting.cannot-read"),
    ],
)
def test_bad_input_is_told(monkeypatch: pytest.MonkeyPatch, language: str, line: str, code: str) -> None:
    monkeypatch.setenv("GEOSERVICE_LANGUAGE", language)
    done = run_command(f"geoservice siting {line} --json")
    assert done.exit_code == 2, done.output
    error = json.loads(done.stdout)["error"]
    assert error["code"] == code
    assert error["message"] != f"error.{code}"
