"""Plans in phases that close and move existing sites, against every choice of each year tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from geoservice.siting import phased
from geoservice.siting.answer import Answer, Ended, Status
from geoservice.siting.phased import Order, Phase, Years, solve_phased
from geoservice.siting.problem import Model, Problem, with_given_up
from geoservice.siting.solve import Effort, Watch
from tests.siting_problems import small, worth
from tests.siting_proofs import proven

PHASED = [one for one in Model if one is not Model.LSCP]


def here(problem: Problem, effort: Effort, *, watch: Watch, cancelled: Callable[[], bool]) -> Answer:
    """As `solve`, in this process."""
    assert watch is not None
    assert not cancelled()
    word, state = proven(problem, seed=effort.seed)
    status = Status.OPTIMAL if state.proven else Status.INFEASIBLE
    assert (word == "optimal") == state.proven
    return Answer(
        status,
        Ended.PROVEN,
        state.sites,
        state.value,
        state.bound,
        None,
        None,
        None,
        state.time_sum,
        None,
        0.0,
        1,
        "",
        (),
    )


def asked(seed: int, model: Model) -> tuple[Problem, Years]:
    """A random problem of which some sites exist, and years of which one may give them up."""
    chance = np.random.default_rng([seed, 3])
    problem = small(seed, model)
    old = ~problem.fixed & (chance.random(problem.sites) < 0.5)
    close = int(chance.integers(0, old.sum() + 1))
    move = int(chance.integers(0, old.sum() - close + 1))
    counts = tuple(np.cumsum(chance.integers(1, 3, int(chance.integers(1, 4)))).tolist())
    there = problem.fixed | old
    first, second = problem.conflicts.T
    p, keep = with_given_up(old, counts[-1], close, move)
    made = replace(
        problem,
        p=p,
        old=old,
        keep=keep,
        cost=None if problem.cost is None else np.where(old, 0, problem.cost),
        conflicts=problem.conflicts[~(there[first] & there[second])],
    )
    order = Order.LAST if seed % 3 == 0 else Order.FIRST
    return made, Years(counts, order, int(chance.integers(1, len(counts) + 1)))


def subsets(problem: Problem) -> Iterator[frozenset[int]]:
    for size in range(problem.sites + 1):
        yield from map(frozenset, combinations(range(problem.sites), size))


def best_of_year(problem: Problem, years: Years, number: int, told: list[Phase]) -> int | None:
    """The best value of a year after the years before it as they were told, written out as the page says it."""
    fixed = {j for j in range(problem.sites) if problem.fixed[j]}
    old = {j for j in range(problem.sites) if problem.old[j]}
    room = (problem.p or 0) - years.counts[-1] if old else 0
    answered = [(n, set(one.answer.sites)) for n, one in enumerate(told[:number]) if one.answer.value is not None]
    built = {j for _, sites in answered for j in sites} - fixed - old
    settled = next((sites & old for n, sites in answered if n + 1 >= years.change), None)
    last = set(told[-1].alone.sites) if years.order is Order.LAST and told[-1].alone.value is not None else None
    count, changing = years.counts[number], number + 1 >= years.change
    rules = replace(problem, group=None, floor=None) if number + 1 < len(years.counts) else problem
    found = []
    for chosen in subsets(problem):
        new, stay = chosen - fixed - old, chosen & old
        most = count + room if changing else count + len(old)
        if last is not None and changing and number + 1 < len(years.counts):
            most = max(most, len(last & old | built))
        if not fixed | built <= chosen or len(new | stay) > most:
            continue
        if not changing and stay != old:
            continue
        if changing and settled is not None and stay != settled:
            continue
        if changing and settled is None and len(stay) < problem.keep:
            continue
        if last is not None and (not new <= last or (changing and stay != last & old)):
            continue
        if (
            problem.cost is not None
            and problem.budget is not None
            and sum(map(int, problem.cost[list(new)])) > problem.budget
        ):
            continue
        if any({a, b} <= chosen for a, b in problem.conflicts.tolist()):
            continue
        found.append(worth(rules, tuple(sorted(chosen))))
    values = [one for one in found if one is not None]
    return (max if problem.model.maximises else min)(values, default=None)


@pytest.mark.parametrize("model", PHASED)
def test_every_year_is_the_best_that_trying_every_choice_finds(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phased, "solve", here)
    later, given_up, settled = 0, 0, 0
    for seed in range(3000, 3120):
        problem, years = asked(seed, model)
        told = solve_phased(problem, years, Effort(60))
        assert [one.p for one in told] == list(years.counts)
        for number, phase in enumerate(told):
            assert phase.answer.value == best_of_year(problem, years, number, told), (seed, number)
            if phase.answer.value is not None:
                assert phase.alone.value is not None
                sign = 1 if model.maximises else -1
                assert sign * phase.answer.value <= sign * phase.alone.value, (seed, number)
        closed = [number + 1 for number, phase in enumerate(told) if phase.closes]
        assert all(number >= years.change for number in closed), seed
        assert len(closed) < 2, seed
        given_up += bool(closed)
        later += bool(closed) and closed[0] > 1
        settled += bool(closed) and closed[0] < len(told)
    # Enough cases have something to say.
    assert (given_up > 30, later > 10, settled > 10) == (True, True, True)


@pytest.mark.parametrize("order", list(Order))
def test_what_opens_and_closes_adds_up_to_the_sites_of_the_last_year(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phased, "solve", here)
    for seed in range(3200, 3260):
        problem, years = asked(seed, Model.MCLP)
        told = solve_phased(problem, replace(years, order=order), Effort(60))
        if told[-1].answer.value is None:
            continue
        standing = set(np.flatnonzero(problem.fixed | problem.old).tolist())
        for phase in told:
            assert standing.isdisjoint(phase.opens)
            assert standing >= set(phase.closes)
            standing = (standing | set(phase.opens)) - set(phase.closes)
        assert tuple(sorted(standing)) == told[-1].answer.sites
        if order is Order.LAST:
            assert told[-1].answer == told[-1].alone
