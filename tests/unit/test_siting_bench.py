"""The benchmark of siting: rows say what was proven, and a subject that is wrong shows."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Problem
from geoservice.siting.stored import read_problem
from tests.benchmarks import siting
from tests.benchmarks.siting import Run, cover


def options(folder: Path) -> argparse.Namespace:
    return argparse.Namespace(time_limit=60.0, quick=True, json=folder / "rows.json", keep=folder / "kept")


def test_rows_and_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siting, "peer", lambda problem, _seconds: ("peer", "1", 0.5, [0], "optimal"))
    Run(options(tmp_path)).case("mclp", "60 x 20, p 3", cover(60, 20, 3, 200))
    ours, greedy, peer = (json.loads(line) for line in (tmp_path / "rows.json").read_text("utf-8").splitlines())
    assert (ours["status"], ours["gap"], ours["value"]) == ("optimal", 0.0, ours["bound"])
    assert greedy["value"] <= ours["value"]
    # The peer says that one site is optimal: recomputed, it is not.
    assert (peer["same_answer"], peer["value"] < ours["value"]) == (False, True)
    problem: Problem = read_problem(tmp_path / "kept" / "mclp-60-x-20-p-3")
    kept = json.loads((tmp_path / "kept" / "mclp-60-x-20-p-3" / "answer.json").read_text("utf-8"))
    assert evaluate(problem, kept["sites"]).value == ours["value"]


def test_quick_has_the_two_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[tuple[int, int, int | None]] = []
    monkeypatch.setattr(
        Run, "case", lambda _self, _w, _c, problem: met.append((problem.points, problem.sites, problem.p))
    )
    Run(options(tmp_path)).all()
    assert met == [(2000, 500, 10), (2000, 500, 20)]
