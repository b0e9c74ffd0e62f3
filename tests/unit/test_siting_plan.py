"""A planner's own file, plans in phases, and reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoservice.errors import BadInput
from geoservice.siting.answer import Status
from geoservice.siting.evaluate import evaluate
from geoservice.siting.explain import explain
from geoservice.siting.instances.plan import read_plan
from geoservice.siting.phased import Order, Years, solve_phased
from geoservice.siting.problem import Model, Problem
from geoservice.siting.solve import Effort, solve
from tests.siting_problems import best_value, choices, dense, small, worth

PLAN: dict[str, Any] = {
    "demand": [
        {"id": "侯口村", "people": {"60+": 120.5, "80+": 10}, "class": "rural", "township": "干驿镇"},
        {"id": "b", "people": {"60+": 80}, "limit_s": 900.05, "township": "干驿镇"},
        {"id": "c", "people": {"60+": 40}, "class": "urban"},
    ],
    "candidates": [
        {"id": "s1", "cost": 5, "places": 30, "x_m": 0, "y_m": 0},
        {"id": "s2", "cost": 3, "places": 20.5, "x_m": 300, "y_m": 400, "fixed": True},
        {"id": "s3", "cost": 4, "places": 10, "x_m": 300, "y_m": 399.9},
    ],
    "times": [["侯口村", "s1", 1800], ["侯口村", "s2", 1800.1], ["b", "s2", 900], ["b", "s3", 900.1], ["c", "s1", 901]],
    "limits_s": {"urban": 900, "rural": 1800},
    "weights": {"60+": 1, "80+": 2},
    "floors": {"干驿镇": 0.5},
    "spacing_m": 500,
    "budget": 6,
}


def written(folder: Path, plan: dict[str, Any]) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    return path


def test_every_option_of_a_plan(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, PLAN))
    problem = plan.problem(Model.MCLP, 2)
    assert problem.weight.tolist() == [140500, 80000, 40000]
    assert problem.limit is not None
    assert problem.limit.tolist() == [18000, 9000, 9000]
    assert [problem.covering().site[problem.covering().start[i] :][:1].tolist() for i in (0, 1)] == [[0], [1]]
    assert problem.fixed.tolist() == [False, True, False]
    # Exactly so far apart is far enough; a hair nearer is not.
    assert problem.conflicts.tolist() == [[0, 2], [1, 2]]
    assert (problem.budget, problem.needs().tolist()) == (6, [110250])
    assert problem.unreachable().tolist() == [2]
    assert plan.problem(Model.CAPACITY, 2).capacity.tolist() == [30000, 20500, 10000]  # type: ignore[union-attr]
    assert problem.site_names == ("s1", "s2", "s3")


def test_existing_sites_of_a_plan_may_be_given_up(tmp_path: Path) -> None:
    sites = [
        {"id": "s1", "cost": 5, "x_m": 0, "y_m": 0, "existing": True},
        {"id": "s2", "cost": 3, "x_m": 0, "y_m": 1, "existing": True},
        {"id": "s3", "cost": 4, "x_m": 900, "y_m": 0},
    ]
    told = {name: value for name, value in PLAN.items() if name != "floors"} | {"candidates": sites}
    stays = read_plan(written(tmp_path, told)).problem(Model.MCLP, 1)
    assert (stays.fixed.tolist(), stays.old.any(), stays.conflicts.size) == ([True, True, False], False, 0)
    moved = read_plan(written(tmp_path, told | {"move": 1})).problem(Model.MCLP, 0)
    assert (moved.old.tolist(), moved.keep, moved.p) == ([True, True, False], 1, 2)
    closed = read_plan(written(tmp_path, told | {"close": 1})).problem(Model.MCLP, 0)
    assert (closed.keep, closed.p, solve(closed, Effort(60)).sites) == (1, 1, (0,))
    with pytest.raises(BadInput):
        read_plan(written(tmp_path, told | {"close": 1})).problem(Model.LSCP, None)
    with pytest.raises(BadInput):
        read_plan(written(tmp_path, told | {"move": 1})).problem(Model.PMEDIAN, None)


def test_a_plan_is_solved(tmp_path: Path) -> None:
    problem = read_plan(written(tmp_path, PLAN)).problem(Model.MCLP, 1)
    answer = solve(problem, Effort(60))
    assert (answer.status, answer.sites, answer.value, answer.unreachable) == (Status.OPTIMAL, (0, 1), 220500, (2,))
    poor = replace(problem, budget=4)
    answer = solve(poor, Effort(60))
    assert (answer.status, answer.value, answer.reasons) == (Status.INFEASIBLE, None, ("budget", "floor"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"demand": []}, "demand"),
        ({"demand": [{"id": "a", "people": {"x": -1}, "limit_s": 5}]}, "demand.0.people.x"),
        ({"demand": [{"id": "a", "people": {"x": float("nan")}, "limit_s": 5}]}, "demand.0.people.x"),
        ({"times": [["侯口村", "s9", 5]]}, "s9"),
        ({"times": [["d", "s1", 5]]}, "d"),
        ({"times": [["b", "s1", 5], ["b", "s1", 6]]}, "b → s1"),
        ({"times": [["b", "s1", -5]]}, "times.0"),
        ({"floors": {"岳口镇": 0.5}}, "岳口镇"),
        ({"floors": {"干驿镇": 1.5}}, "floors"),
        ({"limits_s": {}}, "class"),
        ({"weights": {"other": 1}}, "other"),
        ({"candidates": [{"id": "s1"}, {"id": "s1"}]}, "s1"),
        ({"budgte": 5}, "budgte"),
        ({"close": 1}, "close, move"),
    ],
)
def test_a_bad_plan_is_told_with_its_place(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan(written(tmp_path, PLAN | change))
    assert caught.value.code == "siting.bad-plan"
    assert told in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "null"])
def test_what_is_no_plan(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_plan(tmp_path / "plan.json")
    assert caught.value.code == "siting.bad-plan"


def free(seed: int, model: Model) -> Problem:
    """A small problem with nothing but a number of sites."""
    none = np.empty((0, 2), dtype=np.int32)
    return replace(small(seed, model), p=3, cost=None, budget=None, conflicts=none, group=None, floor=None)


@pytest.mark.parametrize("model", [Model.MCLP, Model.PMEDIAN, Model.BACKUP])
def test_sites_of_a_year_stay_and_the_price_is_told(model: Model) -> None:
    for seed in (1,):
        problem = free(seed, model)
        sign = 1 if model.maximises else -1
        for order in Order:
            phases = solve_phased(problem, Years((1, 2, 3), order), Effort(120))
            kept: set[int] = set()
            for phase in phases:
                assert kept <= set(phase.answer.sites)
                assert phase.alone.value == best_value(replace(problem, p=phase.p))
                if phase.answer.value is not None:
                    kept = set(phase.answer.sites)
                    assert phase.answer.value == evaluate(problem, phase.answer.sites).value
                    assert phase.alone.value is not None
                    assert sign * phase.answer.value <= sign * phase.alone.value
            best = phases[-1] if order is Order.LAST else phases[0]
            assert best.answer.value == best.alone.value


def test_the_second_year_is_the_best_that_keeps_the_first() -> None:
    for seed in (2, 3):
        problem = free(seed, Model.MCLP)
        first, second = solve_phased(problem, Years((1, 2)), Effort(60))
        tried = [
            worth(problem, chosen) or 0
            for chosen in choices(replace(problem, p=2))
            if set(first.answer.sites) <= set(chosen)
        ]
        assert second.answer.value == max(tried)


@pytest.mark.parametrize("counts", [[], [0, 1], [2, 2], [3, 1]])
def test_phases_have_to_rise(counts: list[int]) -> None:
    with pytest.raises(BadInput):
        Years(tuple(counts))


@pytest.mark.parametrize("year", [0, 3])
def test_the_year_of_closing_is_one_of_the_years(year: int) -> None:
    with pytest.raises(BadInput):
        Years((1, 2), change=year)


def served_alone(problem: Problem, chosen: tuple[int, ...], site: int) -> int:
    """Weight of the points that no other site serves within their limit or the longest time, or that it is nearest to."""
    times = dense(problem)
    total = 0
    for point, weight in enumerate(problem.weight.tolist()):
        mine = {j: times[point, j] for j in chosen if (point, j) in times}
        if problem.limit is not None:
            mine = {j: t for j, t in mine.items() if t <= problem.limit[point]}
        if problem.model is Model.PCENTRE:
            mine = {j: t for j, t in mine.items() if t <= (worth(problem, chosen) or 0)}
        if problem.model is Model.PMEDIAN:
            total += weight * (min(mine, key=lambda j: (mine[j], j), default=-1) == site)
        else:
            total += weight * (list(mine) == [site])
    return total


@pytest.mark.parametrize("model", list(Model))
def test_reasons_are_what_trying_says(model: Model) -> None:
    for seed in range(30):
        problem = small(seed, model)
        allowed = {chosen: value for chosen in choices(problem) if (value := worth(problem, chosen)) is not None}
        if not allowed:
            continue
        best = (max if model.maximises else min)(allowed, key=lambda chosen: (allowed[chosen], chosen))
        sign = 1 if model.maximises else -1
        found = explain(problem, best)
        assert found.value == allowed[best]
        for why in found.sites:
            rest = tuple(site for site in best if site != why.site)
            assert why.without == allowed.get(rest)
            others = {
                site: allowed[chosen]
                for site in set(range(problem.sites)) - set(best)
                if (chosen := tuple(sorted([*rest, site]))) in allowed
            }
            assert all(others[one.site] == one.value == found.value + one.change for one in why.runners_up)
            if others:
                assert why.runners_up[0].value == sign * max(sign * value for value in others.values()), seed
            assert why.tied == sum(value == found.value for value in others.values())
            assert why.alone == served_alone(problem, best, why.site)
        for one in found.next:
            assert evaluate(problem, [*best, one.site]).value == one.value
        assert model is not Model.LSCP or not found.next
        for left in found.left:
            assert all(evaluate(problem, [*best, one.site]).value == one.value for one in left.by)


def test_reasons_of_a_choice_that_is_none() -> None:
    problem = replace(free(1, Model.MCLP), p=1)
    with pytest.raises(BadInput) as caught:
        explain(problem, next(iter(combinations(range(problem.sites), problem.sites))))
    assert caught.value.code == "siting.not-allowed"
