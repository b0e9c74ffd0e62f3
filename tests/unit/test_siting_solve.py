"""The whole way: a first choice, the proof in its process, and what becomes of it when that ends early."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from geoservice.siting.answer import Answer, Ended, Status
from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Model, Problem, Times
from geoservice.siting.proof import Proof
from geoservice.siting.solve import Effort, State, solve
from geoservice.siting.stored import read_problem, write_problem
from tests.siting_problems import best_value, small


def hard(points: int = 2000, sites: int = 500, p: int = 30) -> Problem:
    """Maximal cover whose proof takes long."""
    chance = np.random.default_rng(2)
    away = np.hypot(*(chance.random((points, 1, 2)) - chance.random((1, sites, 2))).transpose(2, 0, 1))
    point, site = np.nonzero(away < 0.125)
    time = (away[point, site] * 1000).astype(np.int32)
    return Problem(
        model=Model.MCLP,
        weight=chance.integers(1, 1000, points).astype(np.int64),
        times=Times.of(points, point.astype(np.int32), site.astype(np.int32), time),
        sites=sites,
        p=p,
        limit=np.full(points, 125, dtype=np.int32),
    )


def kept(problem: Problem, answer: Answer) -> None:
    """The answer holds by itself."""
    assert answer.status is Status.FEASIBLE
    worth = evaluate(problem, answer.sites)
    assert worth.allowed
    assert worth.value == answer.value
    assert answer.bound is None or answer.bound > answer.value


@pytest.mark.parametrize("model", list(Model))
def test_solved_and_proven(model: Model) -> None:
    problem = small(3, model)
    answer = solve(problem, Effort(60))
    best = best_value(problem)
    assert answer.ended is Ended.PROVEN
    assert (answer.value, answer.status) == ((best, Status.OPTIMAL) if best is not None else (None, Status.INFEASIBLE))
    if best is not None:
        assert (answer.bound, answer.gap) == (best, 0.0)
        assert evaluate(problem, answer.sites).value == best
    assert answer.solver
    assert answer.seconds > 0


def test_a_time_limit_keeps_the_best() -> None:
    answer = solve(hard(), Effort(3))
    kept(hard(), answer)
    assert answer.ended is Ended.TIME
    assert 2.5 < answer.seconds < 30


def test_cancelled_by_the_caller() -> None:
    seen: list[int | None] = []
    answer = solve(hard(), Effort(300), watch=lambda state: seen.append(state.value), cancelled=lambda: len(seen) > 3)
    kept(hard(), answer)
    assert answer.ended is Ended.CANCELLED
    assert seen


def test_cancelled_at_the_keyboard() -> None:
    def interrupt(state: State) -> None:
        if state.seconds > 2:
            raise KeyboardInterrupt

    answer = solve(hard(), Effort(300), watch=interrupt)
    kept(hard(), answer)
    assert answer.ended is Ended.CANCELLED


def test_a_killed_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs: list[Proof] = []
    enter = Proof.__enter__
    monkeypatch.setattr(Proof, "__enter__", lambda self: proofs.append(self) or enter(self))

    def kill(state: State) -> None:
        if proofs and state.seconds > 2:
            os.kill(proofs[0].pid, signal.SIGKILL)

    answer = solve(hard(), Effort(300), watch=kill)
    kept(hard(), answer)
    assert (answer.ended, answer.detail) == (Ended.CRASHED, "SIGKILL")


def test_a_process_that_cannot_begin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoservice.siting.proof.write_problem", lambda _problem, _folder: None)
    answer = solve(hard(), Effort(60))
    kept(hard(), answer)
    assert answer.ended is Ended.CRASHED
    assert answer.detail is not None
    assert "FileNotFoundError" in answer.detail


def test_nothing_is_left_of_the_process() -> None:
    with Proof(hard(), None, 1, 1, 60) as proof:
        pid = proof.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_equal_seeds_give_equal_sites() -> None:
    problem = hard(300, 150, 12)
    first, second = (solve(problem, Effort(60, seed=7)) for _ in range(2))
    assert first.status is Status.OPTIMAL
    assert first.sites == second.sites


def test_points_that_nobody_reaches_are_listed_and_harm_nothing() -> None:
    times = Times.of(3, *(np.array(part, dtype=np.int32) for part in ([0, 2], [0, 1], [5, 5])))
    for model in Model:
        problem = Problem(
            model=model,
            weight=np.array([4, 3, 2], dtype=np.int64),
            times=times,
            sites=2,
            p=2,
            limit=np.full(3, 5, dtype=np.int32) if model.covers else None,
            capacity=np.full(2, 9, dtype=np.int64),
        )
        answer = solve(problem, Effort(60))
        assert (answer.status, answer.unreachable, answer.sites) == (Status.OPTIMAL, (1,), (0, 1)), model


@pytest.mark.parametrize("model", list(Model))
def test_a_problem_is_stored_as_it_is(tmp_path: Path, model: Model) -> None:
    problem = small(11, model)
    write_problem(problem, tmp_path)
    again = read_problem(tmp_path)
    assert repr(again) == repr(problem)
    assert not again.weight.flags.writeable
