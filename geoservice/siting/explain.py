"""Why these sites: what each alone serves, who comes next in its place, what the next site would bring, who is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.problem import Model, Problem
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.median import Costs, MedianSearch

_MOST = 3
_MOST_POINTS = 20
# Promises of cover alone, held against the value by the checker, for models that count otherwise.
_TRIED = 12


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
    alone
        Weight that no other chosen site serves: within the limit, or for ``pcentre`` within the longest time; for
        ``pmedian`` the weight that it is the nearest to.
    runners_up
        Sites in its place, best first, each recomputed by the checker.
    tied
        How many of the candidates give the same value in its place; for ``capacity`` of those that were tried.
    """

    site: int
    without: int | None
    alone: int
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
        ``siting.not-allowed`` where it does not.
    """
    worth = evaluate(problem, sites)
    if not worth.allowed or worth.value is None:
        raise BadInput("siting.not-allowed", broken=", ".join(worth.broken))
    search, adding = _searches(problem, worth.value)
    chosen = problem.fixed.copy()
    chosen[list(sites)] = True
    new = np.flatnonzero(chosen & ~problem.fixed & ~problem.old)
    change = search.changes(chosen, new) if new.size else np.empty((0, problem.sites))
    change[:, chosen] = -np.inf
    gains = adding.gains_of(chosen)
    gains[chosen] = -np.inf
    alone = _alone(problem, chosen, worth)
    return Explained(
        value=worth.value,
        sites=tuple(
            _why(problem, chosen, int(site), change[row], worth.value, search.least, int(alone[site]))
            for row, site in enumerate(new)
        ),
        # Where everybody is covered, one more brings nothing.
        next=() if problem.model is Model.LSCP else _best(problem, chosen, gains, worth.value),
        left=_left(problem, chosen, gains, worth),
    )


def _searches(problem: Problem, value: int) -> tuple[CoverSearch | MedianSearch, CoverSearch | MedianSearch]:
    """What swaps promise, and what additions do."""
    if problem.model is Model.PMEDIAN:
        search = MedianSearch(problem, Costs(problem))
        return search, search
    if problem.model is Model.PCENTRE:
        # Who comes in a site's place has to serve all in the same time; who comes beside it, those who are late by a hair.
        return CoverSearch(_cover(problem, value)), CoverSearch(_cover(problem, value - 1))
    if problem.model in (Model.LSCP, Model.CAPACITY):
        cover = CoverSearch(_cover(problem))
        return cover, cover
    cover = CoverSearch(problem)
    return cover, cover


def _cover(problem: Problem, limit: int | None = None) -> Problem:
    """The same asked as maximal cover, within a limit of all or that of each point."""
    limits = problem.limit if limit is None else np.full(problem.points, limit, dtype=np.int32)
    most = problem.sites if problem.p is None else problem.p
    return replace(problem, model=Model.MCLP, p=most, limit=limits, ties=False)


def _alone(problem: Problem, chosen: Bools, worth: Worth) -> Int64s:
    """Weight that only each site serves, shape (sites,)."""
    if problem.model is Model.PMEDIAN:
        times = problem.times.only(chosen[problem.times.site])
        served = np.flatnonzero(np.diff(times.start) > 0)
        # Pairs of a point stand by time.
        first = times.site[times.start[served]]
    else:
        bounded = problem if problem.limit is not None else _cover(problem, worth.worst)
        times = bounded.covering().only(chosen[bounded.covering().site])
        served = np.flatnonzero(np.diff(times.start) == 1)
        first = times.site[times.start[served]]
    alone = np.zeros(problem.sites, dtype=np.int64)
    np.add.at(alone, first, problem.weight[served])
    return alone


def _why(  # noqa: PLR0917 - facts of one site
    problem: Problem, chosen: Bools, site: int, change: Floats, value: int, least: float, alone: int
) -> Why:
    rest = chosen.copy()
    rest[site] = False
    without = evaluate(problem, np.flatnonzero(rest).tolist())
    runners_up = _best(problem, rest, change, value)
    if problem.model is Model.CAPACITY:
        same = _recomputed(problem, rest, change, value, _TRIED)
    else:
        promised = np.where(np.abs(change) < least, 0.0, -np.inf)
        same = _recomputed(problem, rest, promised, value, problem.sites)
    tied = sum(not one.change for one in same)
    return Why(site, without.value if without.allowed else None, alone, runners_up, tied)


def _best(problem: Problem, chosen: Bools, gains: Floats, value: int) -> tuple[Swap, ...]:
    """The additions that are worth most of those that promise most."""
    promises_value = problem.model in (Model.MCLP, Model.BACKUP, Model.PMEDIAN)
    return _recomputed(problem, chosen, gains, value, _MOST if promises_value else _TRIED)[:_MOST]


def _recomputed(problem: Problem, chosen: Bools, gains: Floats, value: int, most: int) -> tuple[Swap, ...]:
    """So many of the additions that promise most, by their value."""
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
        found.append(Left(int(point), int(problem.weight[point]), _best(problem, chosen, by, worth.value)))
    return tuple(found)
