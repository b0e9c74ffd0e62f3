"""The checker of plans in phases: it lets every true plan through and finds what is wrong with which year."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoservice.siting import phased
from geoservice.siting.evaluate import evaluate
from geoservice.siting.instances.asked import Asked
from geoservice.siting.kept import answer_text, check_answer
from geoservice.siting.phased import Order, Phase, Years, solve_phased
from geoservice.siting.problem import Model, Problem, Times
from geoservice.siting.solve import Effort
from geoservice.siting.told import as_told, final_answer, in_units, phases_told
from geoservice.siting.yearly import YearChecked, YearTold, check_years
from tests.unit.test_siting_phased import PHASED, asked, here


def as_years(problem: Problem, phases: list[Phase]) -> list[YearTold]:
    return [YearTold(one.answer.sites, in_units(problem, one.answer.value), one.answer.status.value) for one in phases]


def checked(problem: Problem, years: Years, told: list[YearTold]) -> tuple[YearChecked, ...]:
    return check_years(problem, years, told, (told[-1].sites, told[-1].value))


@pytest.mark.parametrize("model", PHASED)
def test_true_plans_hold_and_a_wrong_value_of_any_year_is_found(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phased, "solve", here)
    for seed in range(4000, 4040):
        problem, years = asked(seed, model)
        told = as_years(problem, solve_phased(problem, years, Effort(60)))
        assert [one.broken for one in checked(problem, years, told)] == [()] * len(told), seed
        assert all(one.agrees for one in checked(problem, years, told)), seed
        for number, year in enumerate(told):
            if year.value is not None:
                other = [*told[:number], replace(year, value=year.value + 1), *told[number + 1 :]]
                assert [one.number for one in checked(problem, years, other) if not one.agrees] == [number + 1], seed


def plan(**more: Any) -> Problem:
    """Six sites of which 0 stays, 1 and 2 exist and may be given up; site j alone reaches point j."""
    everyone = np.arange(6, dtype=np.int32)
    given: dict[str, Any] = {
        "model": Model.MCLP,
        "weight": np.array([1, 2, 4, 8, 16, 32]),
        "times": Times.of(6, everyone, everyone, np.ones(6, dtype=np.int32)),
        "sites": 6,
        "p": 3,
        "limit": np.ones(6, dtype=np.int32),
        "fixed": everyone == 0,
        "old": np.isin(everyone, (1, 2)),
        "keep": 0,
    }
    return Problem(**given | more)


# Two new sites in all, one of the existing ones closed for nothing and one moved at most: three beside the one that stays.
YEARS = Years((1, 2, 3), change=2)
TRUE = ((0, 1, 2, 5), (0, 2, 4, 5), (0, 2, 3, 4, 5))


def told_of(problem: Problem, sites: tuple[tuple[int, ...], ...]) -> list[YearTold]:
    free = replace(problem, p=problem.sites)
    return [YearTold(one, evaluate(free, one).value, "optimal") for one in sites]


@pytest.mark.parametrize(
    ("sites", "year", "broken"),
    [
        (TRUE, 0, ()),
        (((0, 1, 2, 3, 5), TRUE[1], TRUE[2]), 1, ("p",)),
        (((0, 2, 5), TRUE[1], TRUE[2]), 1, ("early",)),
        ((TRUE[0], (0, 1, 2, 4, 5), TRUE[2]), 2, ("p",)),
        ((TRUE[0], (0, 2, 4), TRUE[2]), 2, ("left",)),
        ((TRUE[0], TRUE[1], (0, 3, 4, 5)), 3, ("late",)),
        ((TRUE[0], TRUE[1], (0, 1, 2, 4, 5)), 3, ("reopened",)),
        ((TRUE[0], TRUE[1], (0, 2, 3, 4)), 3, ("left",)),
    ],
)
def test_what_does_not_stay_is_told_with_its_year(
    sites: tuple[tuple[int, ...], ...], year: int, broken: tuple[str, ...]
) -> None:
    problem = plan(p=4)
    found = {one.number: one.broken for one in checked(problem, YEARS, told_of(problem, sites)) if not one.agrees}
    assert found.get(year, ()) == broken
    # A later year may differ as a consequence; none before it does.
    assert min(found, default=0) == year


@pytest.mark.parametrize(
    ("more", "year", "broken"),
    [
        ({"cost": np.array([0, 0, 0, 3, 2, 2]), "budget": 6}, 3, "budget"),
        ({"cost": np.array([0, 0, 0, 3, 2, 2]), "budget": 3}, 2, "budget"),
        ({"conflicts": np.array([[1, 5]], dtype=np.int32)}, 1, "conflict"),
        ({"conflicts": np.array([[4, 5]], dtype=np.int32)}, 2, "conflict"),
        ({"keep": 2}, 2, "keep"),
        ({"group": np.zeros(6, dtype=np.int32), "floor": np.array([990])}, 3, "floor"),
    ],
)
def test_conditions_are_held_against_every_year(more: dict[str, Any], year: int, broken: str) -> None:
    problem = plan(p=4, **more)
    found = {one.number: one.broken for one in checked(problem, YEARS, told_of(problem, TRUE))}
    assert min(number for number, one in found.items() if one) == year
    assert found[year] == (broken,)


def test_a_plan_from_the_end_may_keep_more_than_its_years_have_room_for() -> None:
    problem, years = plan(p=3), Years((1, 3), Order.LAST, 1)
    sites = ((0, 1, 2), (0, 1, 2, 5))
    assert all(one.agrees for one in checked(problem, years, told_of(problem, sites)))
    first = checked(problem, replace(years, order=Order.FIRST), told_of(problem, sites))[0]
    assert (first.agrees, first.broken) == (False, ("p",))


@pytest.mark.parametrize(
    ("year", "broken"),
    [
        (YearTold((), None, "infeasible"), ()),
        (YearTold((), None, "optimal"), ("no-plan",)),
        (YearTold((0, 5), None, "infeasible"), ("no-plan",)),
        (YearTold(TRUE[0], 39, "optimal", fault=True), ("listed",)),
    ],
)
def test_a_year_without_a_plan(year: YearTold, broken: tuple[str, ...]) -> None:
    problem = plan(p=4)
    assert checked(problem, YEARS, [year, *told_of(problem, TRUE)[1:]])[0].broken == broken


def test_the_last_year_is_the_answer_as_a_whole() -> None:
    problem = plan(p=4)
    told = told_of(problem, TRUE)
    for whole in ((TRUE[2], 0), (TRUE[1], told[-1].value)):
        assert check_years(problem, YEARS, told, whole)[-1].broken == ("last",)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """The file of an answer in three years, with something changed."""
    monkeypatch.setattr(phased, "solve", here)
    monkeypatch.chdir(tmp_path)
    there = [{"id": f"s{j}", "existing": j in (1, 2), "fixed": j == 0} for j in range(8)]
    demand = [{"id": f"d{j}", "people": {"all": 2**j}, "limit_s": 60} for j in range(8)]
    times = [[f"d{j}", f"s{j}", 30] for j in range(8)]
    told = {"demand": demand, "candidates": there, "times": times, "close": 1, "move": 1}
    Path("plan.json").write_text(json.dumps(told), "utf-8")
    asked_of = Asked.parse("plan", Path("plan.json"), p=3)
    problem = asked_of.problem()
    phases = solve_phased(problem, YEARS, Effort(60))
    whole = as_told(problem, final_answer(phases)) | {
        "order": "first", "existing_year": 2, "phases": phases_told(problem, phases)
    }  # fmt: skip
    text = answer_text(asked_of, whole)

    def made(year: int = 0, **change: Any) -> Path:
        answer = json.loads(text)
        answer["answer"]["phases"][year].update(change)
        Path("answer.json").write_text(json.dumps(answer), "utf-8")
        return Path("answer.json")

    return made


@pytest.mark.parametrize(
    ("year", "change"),
    [
        (year, change)
        for year in range(3)
        for change in (
            {"value": 1},
            {"sites": [1]},
            {"sites": [1, 99]},
            {"opens": []},
            {"closes": [1]},
            {"value": None},
        )
    ],
)
def test_a_file_that_was_tampered_with_is_told_by_its_year(
    kept: Callable[..., Path], year: int, change: dict[str, Any]
) -> None:
    assert check_answer(kept()).agrees
    found = check_answer(kept(year, **change))
    assert not found.agrees
    assert next(one.number for one in found.years if not one.agrees) == year + 1
    assert found.as_dict()["years"][year]["agrees"] is False
