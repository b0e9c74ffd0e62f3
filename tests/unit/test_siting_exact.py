"""Proofs of all models against every choice tried, and the checker against the models written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Model
from tests.siting_problems import best_value, choices, small, time_sum, with_old, with_shut, worth
from tests.siting_proofs import proven


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("block", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in (1, 2, 3))])
def test_the_proof_finds_what_trying_every_choice_finds(model: Model, block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        problem = small(seed, model)
        best = best_value(problem)
        word, state = proven(problem, start=seed % 3 > 0)
        if best is None:
            assert (word, state.value) == ("infeasible", None), seed
        else:
            assert (word, state.value, state.bound) == ("optimal", best, best), seed


@pytest.mark.parametrize("model", list(Model))
def test_existing_sites_are_given_up_as_trying_every_choice_gives_them_up(model: Model) -> None:
    bound = 0
    for seed in range(1000, 1100):
        problem = with_old(small(seed, model), seed)
        best = best_value(problem)
        bound += best != best_value(replace(problem, keep=0))
        word, state = proven(problem, start=seed % 3 > 0)
        if best is None:
            assert (word, state.value) == ("infeasible", None), seed
        else:
            assert (word, state.value, state.bound) == ("optimal", best, best), seed
    assert bound > 5


@pytest.mark.parametrize("model", list(Model))
def test_sites_that_are_shut_are_left_out_as_trying_every_choice_leaves_them_out(model: Model) -> None:
    bound = 0
    for seed in range(2000, 2120):
        problem = small(seed, model)
        problem = with_shut(with_old(problem, seed) if seed % 2 else problem, seed)
        problem = replace(problem, ties=seed % 5 == 0 and model in (Model.MCLP, Model.LSCP, Model.PCENTRE))
        best = best_value(problem)
        bound += best != best_value(replace(problem, shut=np.zeros_like(problem.shut)))
        word, state = proven(problem, start=seed % 3 > 0)
        if best is None:
            assert (word, state.value) == ("infeasible", None), seed
        else:
            assert (word, state.value, state.bound) == ("optimal", best, best), seed
    assert bound > 20


@pytest.mark.parametrize("model", [Model.MCLP, Model.LSCP, Model.PCENTRE])
@pytest.mark.parametrize("block", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_ties_are_told_apart_by_the_least_time_in_all(model: Model, block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        problem = replace(small(seed, model), ties=True)
        problem = with_old(problem, seed) if seed % 4 == 0 else problem
        best = best_value(problem)
        if best is None:
            continue
        tied = [chosen for chosen in choices(problem) if worth(problem, chosen) == best]
        least = min(time_sum(problem, chosen) for chosen in tied)
        word, state = proven(problem, start=seed % 3 > 0)
        assert (word, state.value, state.bound) == ("optimal", best, best), seed
        assert (state.time_sum, state.time_bound) == (least, least), seed


@pytest.mark.parametrize("model", list(Model))
def test_the_checker_says_what_the_model_says(model: Model) -> None:
    chance = np.random.default_rng(4)
    for seed in range(60):
        problem = small(seed, model)
        problem = with_old(problem, seed) if seed % 2 else problem
        problem = with_shut(problem, seed) if seed % 3 == 0 else problem
        allowed = set(choices(problem))
        for _ in range(10):
            chosen = tuple(np.flatnonzero(problem.fixed | (chance.random(problem.sites) < 0.4)).tolist())
            found, told = evaluate(problem, chosen), worth(problem, chosen)
            assert found.allowed == (told is not None and chosen in allowed), seed
            if told is not None:
                assert found.value == told, seed
