"""Why these sites: what each alone serves, who comes next in its place, what the next site would bring, who is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.median import Costs, MedianSearch

_MOST = 3
_MOST_POINTS = 20


@dataclass(frozen=True)
class Swap:
    """Another site, and the value with it; `change` counts against the present value."""

    site: int
    value: int
    change: int


@dataclass(frozen=True)
class Why:
    """One new site.

    Attributes
    ----------
    without
        The value with it left out; None where the conditions or some point need it.
    runners_up
        Sites in its place, best first, each recomputed by the checker.
    tied
        How many of the candidates give the same value in its place.
    """

    site: int
    without: int | None
    runners_up: tuple[Swap, ...]
    tied: int


@dataclass(frozen=True)
class Left:
    """A point that is not covered, and the candidates that would cover it, the best addition first."""

    point: int
    weight: int
    by: tuple[Swap, ...]


@dataclass(frozen=True)
class Explained:
    """Reasons for a choice; see `Why`, `Swap` and `Left`."""

    value: int
    sites: tuple[Why, ...]
    next: tuple[Swap, ...]
    left: tuple[Left, ...]


def explain(problem: Problem, sites: Sequence[int]) -> Explained:
    """Reasons for a choice that keeps all conditions.

    Raises
    ------
    BadInput
        ``siting.not-allowed`` where it does not; ``siting.not-with`` for models that have no reasons by swaps.
    """
    worth = evaluate(problem, sites)
    if not worth.allowed or worth.value is None:
        raise BadInput("siting.not-allowed", broken=", ".join(worth.broken))
    if problem.model in (Model.LSCP, Model.PCENTRE, Model.CAPACITY):
        raise BadInput("siting.not-with", model=problem.model.value, name="explain")
    search: CoverSearch | MedianSearch
    search = MedianSearch(problem, Costs(problem)) if problem.model is Model.PMEDIAN else CoverSearch(problem)
    chosen = problem.fixed.copy()
    chosen[list(sites)] = True
    new = np.flatnonzero(chosen & ~problem.fixed & ~problem.old)
    change = search.changes(chosen, new) if new.size else np.empty((0, problem.sites))
    change[:, chosen] = -np.inf
    gains = search.gains_of(chosen)
    gains[chosen] = -np.inf
    return Explained(
        value=worth.value,
        sites=tuple(
            _why(problem, chosen, int(site), change[row], worth.value, search.least) for row, site in enumerate(new)
        ),
        next=_best(problem, chosen, gains, worth.value, _MOST),
        left=_left(problem, chosen, gains, worth),
    )


def _why(problem: Problem, chosen: Bools, site: int, change: Floats, value: int, least: float) -> Why:
    rest = chosen.copy()
    rest[site] = False
    without = evaluate(problem, np.flatnonzero(rest).tolist())
    runners_up = _best(problem, rest, change, value, _MOST)
    same = np.where(np.abs(change) < least, 0.0, -np.inf)
    tied = sum(not one.change for one in _best(problem, rest, same, value, problem.sites))
    return Why(site, without.value if without.allowed else None, runners_up, tied)


def _best(problem: Problem, chosen: Bools, gains: Floats, value: int, most: int) -> tuple[Swap, ...]:
    """The additions that promise most, recomputed."""
    found = []
    for site in np.argsort(-gains, kind="stable")[:most]:
        if not np.isfinite(gains[site]):
            break
        tried = chosen.copy()
        tried[site] = True
        worth = evaluate(problem, np.flatnonzero(tried).tolist())
        if worth.value is not None and set(worth.broken) <= {"p"}:
            found.append(Swap(int(site), worth.value, worth.value - value))
    sign = -1 if problem.model.maximises else 1
    return tuple(sorted(found, key=lambda one: (sign * one.value, one.site)))


def _left(problem: Problem, chosen: Bools, gains: Floats, worth: Worth) -> tuple[Left, ...]:
    """Points that are not covered, most people first."""
    assert worth.value is not None
    if problem.limit is None:
        return ()
    times = problem.covering()
    covered = np.zeros(problem.points, dtype=np.bool_)
    covered[times.point()[chosen[times.site]]] = True
    outside = np.flatnonzero(~covered & (problem.weight > 0))
    found = []
    for point in outside[np.argsort(-problem.weight[outside], kind="stable")][:_MOST_POINTS]:
        by = np.full(problem.sites, -np.inf)
        mine = times.site[times.start[point] : times.start[point + 1]]
        by[mine] = gains[mine]
        found.append(Left(int(point), int(problem.weight[point]), _best(problem, chosen, by, worth.value, _MOST)))
    return tuple(found)
