"""Rows of a program that hold for every model: number of sites, existing ones that stay, budget, spacing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geoservice.network.arrays import Bools, Int64s
from geoservice.siting.exact.program import Builder
from geoservice.siting.problem import Problem


def add_sites(
    builder: Builder, problem: Problem, kept: Int64s, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0
) -> Int64s:
    """Adds a column of 0 or 1 for each candidate kept, and the rows on sites.

    Parameters
    ----------
    kept
        Candidates that may be chosen beside the fixed ones, which have no column.

    Returns
    -------
    int64, shape (sites,)
        The column of each candidate, -1 where it has none.
    """
    blocked = blocked_sites(problem)
    first = builder.columns(kept.size, cost=cost, lower=lower, upper=np.where(blocked[kept], 0.0, 1.0), whole=True)
    column = np.full(problem.sites, -1, dtype=np.int64)
    column[kept] = first + np.arange(kept.size)
    if problem.p is not None:
        builder.row(column[kept], 1.0, upper=problem.p)
    if problem.keep:
        builder.row(column[kept[problem.old[kept]]], 1.0, lower=problem.keep)
    if problem.budget is not None:
        assert problem.cost is not None
        dear = kept[problem.cost[kept] > 0]
        builder.row(column[dear], problem.cost[dear], upper=problem.budget)
    for clique in _cliques(problem, column >= 0):
        builder.row(column[clique], 1.0, upper=1.0)
    return column


def blocked_sites(problem: Problem) -> Bools:
    """Candidates that are shut or too near to a site that stays."""
    blocked = problem.shut.copy()
    first, second = problem.conflicting().T
    blocked[second[problem.fixed[first]]] = True
    blocked[first[problem.fixed[second]]] = True
    return blocked & ~problem.fixed


def _cliques(problem: Problem, kept: Bools) -> list[list[int]]:
    """Sets of candidates of which any two conflict, so that every conflict is in one: fewer and tighter rows."""
    near: dict[int, set[int]] = {}
    for a, b in problem.conflicting().tolist():
        if a != b and kept[a] and kept[b]:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
    left = {(a, b) for a, others in near.items() for b in others if a < b}
    found = []
    for a, b in sorted(left):
        if (a, b) not in left:
            continue
        clique = [a, b]
        common = near[a] & near[b]
        while common:
            best = max(sorted(common), key=lambda one: len(near[one] & common))
            clique.append(best)
            common &= near[best]
        found.append(sorted(clique))
        left -= {(x, y) for x in clique for y in clique}
    return found
