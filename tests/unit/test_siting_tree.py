"""The tree over sites: its bounds against linear programs solved elsewhere, its proofs against the classical program."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from geoservice.siting.evaluate import evaluate
from geoservice.siting.exact import highs, tree
from geoservice.siting.exact.cover import cover_program
from geoservice.siting.exact.maximal import is_maximal, prove_maximal
from geoservice.siting.exact.program import Program
from geoservice.siting.exact.relaxed import Relaxed
from geoservice.siting.problem import Model, Problem, Times
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.solve import State


def matrix(program: Program) -> csr_array:
    shape = (program.row_lower.size, program.cost.size)
    return csr_array((program.value, program.column, program.start), shape=shape)


def classical(problem: Problem) -> int:
    """Greatest value, a column for each point and site and nothing left out (Church and ReVelle 1974; scipy's solver)."""
    times, n, m = problem.covering(), problem.points, problem.sites
    within = csr_array((np.ones(times.site.size), times.site, times.start), shape=(n, m)).toarray()
    once, twice = problem.levels if problem.model is Model.BACKUP else (1, 0)
    cost = -np.concatenate((np.zeros(m), once * problem.weight, twice * problem.weight)).astype(float)
    eye, none = np.eye(n), np.zeros((n, m))
    rows = [
        LinearConstraint(np.hstack((-within, eye, eye)), ub=0),
        LinearConstraint(np.hstack((none, -eye, eye)), ub=0),
        LinearConstraint(np.concatenate((np.ones(m), np.zeros(2 * n))), ub=problem.p),
    ]
    if problem.budget is not None:
        rows.append(LinearConstraint(np.concatenate((problem.cost, np.zeros(2 * n))), ub=problem.budget))
    for a, b in problem.conflicts.tolist():
        rows.append(LinearConstraint(np.isin(np.arange(m + 2 * n), (a, b)).astype(float), ub=1))
    found = milp(cost, constraints=rows, bounds=Bounds(0, 1), integrality=np.ones(m + 2 * n))
    assert found.success
    return round(-found.fun)


def asked(seed: int) -> Problem:
    """Problems that no relaxation solves at once, every second with conditions."""
    chance = np.random.default_rng(seed)
    point, site = np.nonzero(chance.random((100, 36)) < 0.1)
    point, site = point.astype(np.int32), site.astype(np.int32)
    problem = Problem(
        model=Model.MCLP,
        weight=chance.integers(1, 100, 100),
        times=Times.of(100, point, site, np.ones(point.size, dtype=np.int32)),
        sites=36,
        p=7,
        limit=np.ones(100, dtype=np.int32),
    )
    if seed % 3 == 0:
        problem = replace(problem, model=Model.BACKUP, levels=(2, 1))
    if seed % 2:
        near = np.triu(chance.random((36, 36)) < 0.05, 1)
        cost = chance.integers(1, 9, 36)
        problem = replace(problem, conflicts=np.argwhere(near).astype(np.int32), cost=cost, budget=25)
    return problem


def test_bounds_hold_wherever_a_run_is_stopped() -> None:
    for seed in range(12):
        written = cover_program(asked(seed))
        program, columns = written.program, written.column
        solved = linprog(
            -program.cost,
            A_ub=np.vstack((matrix(program).toarray()[np.isfinite(program.row_upper)],)),
            b_ub=program.row_upper[np.isfinite(program.row_upper)],
            bounds=np.column_stack((program.lower, program.upper)),
        )
        least = solved.fun - program.offset
        lower, upper = program.lower[columns], program.upper[columns]
        for steps in (0, 3, 20, 60, 100_000):
            found = Relaxed(program, columns.astype(np.int32)).run(lower, upper, None, steps, np.inf)
            assert found is not None
            assert found.low <= least + 1e-6 * abs(least), (seed, steps)
        assert found.low == pytest.approx(least, rel=1e-9), seed


@pytest.mark.parametrize("threads", [1, 2])
def test_proofs_are_those_of_the_classical_program(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[tree.Part] = []
    looked = tree.Tree._looked
    monkeypatch.setattr(
        tree.Tree, "_looked", lambda self, solver, part: parts.append(part) or looked(self, solver, part)
    )
    for seed in range(10):
        problem = asked(seed)
        written = cover_program(problem)
        assert is_maximal(written)
        state = State(problem)
        listener = Told(state)
        # The worst start there is: nothing but the sites that stay.
        word = prove_maximal(written, [], highs.Settings(1, threads, time.monotonic() + 60), listener)
        value = classical(problem)
        assert (word, state.value, state.bound) == ("optimal", value, value), seed
        # Wherever the search was, what it told held.
        assert min(listener.bounds) == value, seed
    assert max(part.depth for part in parts) > 1


def test_time_that_is_up_leaves_bounds_that_hold() -> None:
    problem = asked(2)
    state = State(problem)
    assert (
        prove_maximal(cover_program(problem), [], highs.Settings(1, 1, time.monotonic() - 1), Told(state)) == "stopped"
    )
    greedy = np.flatnonzero(CoverSearch(problem).greedy()).tolist()
    assert evaluate(problem, greedy).value <= classical(problem)


class Told:
    """Keeps what a proof tells."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.bounds: list[int] = []

    def sites(self, sites: list[int]) -> None:
        self._state.offer(sites)

    def bound(self, bound: int) -> None:
        self.bounds.append(bound)
        self._state.limit(bound)

    def time_bound(self, bound: int) -> None:
        raise AssertionError(bound)
