"""Proven values against spopt with CBC on ten larger problems; skipped where script/bench --peers has not installed it."""

from __future__ import annotations

import numpy as np
import pytest

from geoservice.siting.answer import Status
from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Model, Problem, Times
from geoservice.siting.solve import Effort, solve
from tests.benchmarks.siting_peers import peer

MODELS = [Model.MCLP, Model.LSCP, Model.PMEDIAN, Model.PCENTRE]
CASES = [(MODELS[seed % 4], seed) for seed in range(12)]


def larger(model: Model, seed: int) -> Problem:
    """120 points and 40 candidates on a plane; every third has existing sites."""
    chance = np.random.default_rng(seed)
    homes, places = chance.integers(0, 1001, (120, 2)), chance.integers(0, 1001, (40, 2))
    away = np.rint(np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))).astype(np.int32)
    limit = 200 if model is Model.MCLP else 350
    point, site = np.nonzero(away <= limit if model.covers else away >= 0)
    fixed = np.zeros(40, dtype=np.bool_)
    fixed[:2] = seed % 3 == 0
    return Problem(
        model=model,
        weight=chance.integers(1, 100, 120).astype(np.int64),
        times=Times.of(120, point.astype(np.int32), site.astype(np.int32), away[point, site]),
        sites=40,
        p=None if model is Model.LSCP else 5,
        limit=np.full(120, limit, dtype=np.int32) if model.covers else None,
        fixed=fixed,
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "seed"), CASES)
def test_the_value_is_that_of_spopt(model: Model, seed: int) -> None:
    pytest.importorskip("spopt", reason="script/bench --peers installs it")
    problem = larger(model, seed)
    found = peer(problem, 120)
    assert found is not None
    _, _, _, sites, status = found
    assert status == "optimal"
    answer = solve(problem, Effort(120))
    assert answer.status is Status.OPTIMAL
    assert sites is not None
    assert evaluate(problem, sites).value == answer.value
