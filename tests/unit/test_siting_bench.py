"""The benchmark of siting: rows say what was proven, and a subject that is wrong shows."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoservice.siting.evaluate import evaluate
from geoservice.siting.exclusion.declared import Kind, siting_rules
from geoservice.siting.exclusion.engine import judge
from geoservice.siting.problem import Problem
from geoservice.siting.stored import read_problem
from tests.benchmarks import siting
from tests.benchmarks.siting import Run, cover
from tests.benchmarks.siting_exclusion import agrees, drawn, exclusions, sources


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


def test_rules_agree_with_plain_shapely_and_a_wrong_distance_shows() -> None:
    assert exclusions(100, sample=4)[-1]
    shapes = drawn(np.random.default_rng(2))
    lon, lat = np.array([113.16]), np.array([30.66])
    rule = next(one for one in siting_rules().rules if one.kind is Kind.WITHIN)
    found = judge(rule, sources(rule, shapes), lon, lat, np.array([np.nan]))
    assert agrees(found, shapes, lon, lat, 0)
    assert not agrees(replace(found, metres=found.metres + 1), shapes, lon, lat, 0)
    assert not agrees(replace(found, breach=np.where(found.broken, np.nan, 1.0)), shapes, lon, lat, 0)
