"""Small siting problems, and their best value by trying every choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

import numpy as np

from geoservice.siting.problem import Model, Problem, Times


def small(seed: int, model: Model) -> Problem:
    """A random problem of at most 9 candidates, with options."""
    chance = np.random.default_rng(seed)
    n, m = int(chance.integers(2, 13)), int(chance.integers(2, 10))
    there = chance.random((n, m)) < (0.9 if not model.covers else 0.6)
    if chance.random() < 0.2:
        there[chance.integers(n)] = False
    point, site = np.nonzero(there)
    time = chance.integers(0, 12, point.size)
    fixed = chance.random(m) < (0.2 if chance.random() < 0.5 else 0.0)
    cost = chance.integers(1, 6, m) if chance.random() < 0.4 else None
    budget = int(chance.integers(1, 12)) if cost is not None and chance.random() < 0.7 else None
    p = int(chance.integers(1, 5)) if budget is None or chance.random() < 0.5 else None
    conflicts = np.array([pair for pair in combinations(range(m), 2) if chance.random() < 0.12], dtype=np.int32)
    spaced = chance.random() < 0.3
    floors = model.covers and chance.random() < 0.3
    return Problem(
        model=model,
        weight=chance.integers(0, 9, n).astype(np.int64),
        times=Times.of(n, point.astype(np.int32), site.astype(np.int32), time.astype(np.int32)),
        sites=m,
        p=None if model is Model.LSCP and chance.random() < 0.7 else p,
        limit=chance.integers(2, 10, n).astype(np.int32) if model.covers else None,
        fixed=fixed,
        cost=None if cost is None else cost.astype(np.int64),
        budget=None if model is Model.LSCP else budget,
        capacity=chance.integers(0, 15, m).astype(np.int64) if model is Model.CAPACITY else None,
        conflicts=conflicts.reshape(-1, 2) if spaced else np.empty((0, 2), dtype=np.int32),
        group=chance.integers(-1, 3, n).astype(np.int32) if floors else None,
        floor=chance.integers(0, 800, 3).astype(np.int64) if floors else None,
        levels=[(1, 1), (2, 1), (0, 1), (1, 2)][int(chance.integers(4))] if model is Model.BACKUP else (1, 1),
    )


def with_old(problem: Problem, seed: int) -> Problem:
    """The same where some of the sites exist already and may be given up, but not all of them."""
    chance = np.random.default_rng([seed, 1])
    old = ~problem.fixed & (chance.random(problem.sites) < 0.5)
    keep = int(chance.integers(0, old.sum() + 1))
    cost = None if problem.cost is None else np.where(old, 0, problem.cost)
    return replace(problem, old=old, keep=keep, cost=cost)


def with_shut(problem: Problem, seed: int) -> Problem:
    """The same where some of the sites that do not stay may not be chosen."""
    chance = np.random.default_rng([seed, 2])
    return replace(problem, shut=~problem.fixed & (chance.random(problem.sites) < 0.35))


def choices(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Every choice that keeps p, budget, spacing and what has to stay, fixed sites among them."""
    stay = [j for j in range(problem.sites) if problem.fixed[j]]
    free = [j for j in range(problem.sites) if not problem.fixed[j] and not problem.shut[j]]
    banned = {frozenset(pair) for pair in problem.conflicts.tolist()}
    for size in range(len(free) + 1):
        if problem.p is not None and size > problem.p:
            return
        for new in combinations(free, size):
            if sum(bool(problem.old[j]) for j in new) < problem.keep:
                continue
            if problem.budget is not None and sum(int(problem.cost[j]) for j in new) > problem.budget:
                continue
            together = {frozenset(pair) for pair in combinations(sorted([*stay, *new]), 2)}
            if any(not (problem.fixed[a] and problem.fixed[b]) for a, b in map(tuple, banned & together)):
                continue
            yield tuple(sorted([*stay, *new]))


def dense(problem: Problem) -> dict[tuple[int, int], int]:
    """Time of each point and candidate."""
    times = problem.times
    return {
        (i, int(times.site[k])): int(times.time[k])
        for i in range(problem.points)
        for k in range(times.start[i], times.start[i + 1])
    }


def worth(problem: Problem, chosen: tuple[int, ...]) -> int | None:
    """Value of a choice, written out as the models say; None where it is not allowed."""
    time = dense(problem)
    within = {(i, j): t for (i, j), t in time.items() if problem.limit is None or t <= problem.limit[i]}
    weight = problem.weight.tolist()
    hit = [sorted(within[i, j] for j in chosen if (i, j) in within) for i in range(problem.points)]
    if problem.floor is not None:
        for group, share in enumerate(problem.floor.tolist()):
            mine = [i for i in range(problem.points) if problem.group[i] == group]
            can = sum(weight[i] for i in mine if any((i, j) in within for j in range(problem.sites)))
            need = min(can, -(-share * sum(weight[i] for i in mine) // 1000))
            if sum(weight[i] for i in mine if hit[i]) < need:
                return None
    asked = [i for i in range(problem.points) if weight[i] and any((i, j) in within for j in range(problem.sites))]
    if problem.model in (Model.LSCP, Model.PMEDIAN, Model.PCENTRE) and not all(hit[i] for i in asked):
        return None
    new = [j for j in chosen if not problem.fixed[j]]
    match problem.model:
        case Model.MCLP:
            return sum(w for w, times in zip(weight, hit, strict=True) if times)
        case Model.LSCP:
            return len(new) if problem.cost is None else sum(int(problem.cost[j]) for j in new)
        case Model.PMEDIAN:
            return sum(weight[i] * hit[i][0] for i in asked)
        case Model.PCENTRE:
            return max((hit[i][0] for i in asked), default=0)
        case Model.BACKUP:
            once, twice = problem.levels
            return sum(w * (once * (len(t) > 0) + twice * (len(t) > 1)) for w, t in zip(weight, hit, strict=True))
        case Model.CAPACITY:
            return placed(problem, chosen, within)


def time_sum(problem: Problem, chosen: tuple[int, ...]) -> int:
    """Weight times time to the nearest chosen site, over the points within their limit of one."""
    total = 0
    for i, weight in enumerate(problem.weight.tolist()):
        mine = [t for (a, j), t in dense(problem).items() if a == i and j in chosen]
        if problem.limit is not None:
            mine = [t for t in mine if t <= problem.limit[i]]
        total += weight * min(mine, default=0)
    return total


def placed(problem: Problem, chosen: tuple[int, ...], within: dict[tuple[int, int], int]) -> int:
    """By the theorem of Hall and Ford-Fulkerson: the least of all cuts."""
    best = None
    for kept in product((False, True), repeat=len(chosen)):
        cut = sum(int(problem.capacity[j]) for j, one in zip(chosen, kept, strict=True) if one)
        rest = [j for j, one in zip(chosen, kept, strict=True) if not one]
        cut += sum(int(problem.weight[i]) for i in range(problem.points) if any((i, j) in within for j in rest))
        best = cut if best is None else min(best, cut)
    return best or 0


def best_value(problem: Problem) -> int | None:
    """The best value of all choices; None where none is allowed."""
    found = [value for chosen in choices(problem) if (value := worth(problem, chosen)) is not None]
    if not found:
        return None
    return max(found) if problem.model.maximises else min(found)
