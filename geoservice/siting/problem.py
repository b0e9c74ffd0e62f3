"""A siting problem as immutable arrays: demand points, candidate sites, times between them, and what a plan must keep."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Int32s, Int64s, frozen

# Sums of weight times time stay exact in int64 and, where they become costs of a program, in float64.
MOST = 2**53


class Model(StrEnum):
    """What is asked.

    ``mclp``: most people within their limit of a site (Church and ReVelle 1974). ``lscp``: fewest new sites, or the
    cheapest, that cover every point which any candidate covers (Toregas et al. 1971). ``pmedian``: least sum of weight
    times time to the nearest site (Hakimi 1964). ``pcentre``: least time of the worst-off point. ``backup``: people
    within the limit of one site and of two (Hogan and ReVelle 1986). ``capacity``: most people within their limit of a
    site that has a place for them.
    """

    MCLP = "mclp"
    LSCP = "lscp"
    PMEDIAN = "pmedian"
    PCENTRE = "pcentre"
    BACKUP = "backup"
    CAPACITY = "capacity"

    @property
    def maximises(self) -> bool:
        return self in (Model.MCLP, Model.BACKUP, Model.CAPACITY)

    @property
    def covers(self) -> bool:
        """Whether a point counts by its limit."""
        return self not in (Model.PMEDIAN, Model.PCENTRE)


@dataclass(frozen=True)
class Times:
    """Times of demand points to the candidates that they reach, by point, then time, then candidate.

    Attributes
    ----------
    start
        int64, shape (points + 1,): the pairs of point i stand from start[i] to start[i + 1].
    site, time
        int32, shape (pairs,); the time in deciseconds, or in the unit of an instance. A pair that is missing cannot be
        travelled, or is beyond every limit.
    """

    start: Int64s
    site: Int32s
    time: Int32s

    @classmethod
    def of(cls, points: int, point: Int32s, site: Int32s, time: Int32s) -> Times:
        """Pairs in any order, each at most once."""
        order = np.lexsort((site, time, point))
        start = np.zeros(points + 1, dtype=np.int64)
        np.cumsum(np.bincount(point, minlength=points), out=start[1:])
        return cls(start, site[order].astype(np.int32), time[order].astype(np.int32))

    @property
    def points(self) -> int:
        return int(self.start.size - 1)

    def point(self) -> Int32s:
        """The point of each pair."""
        return np.repeat(np.arange(self.points, dtype=np.int32), np.diff(self.start))

    def only(self, kept: Bools) -> Times:
        """Some of the pairs, with all points."""
        start = np.zeros_like(self.start)
        np.cumsum(np.bincount(self.point()[kept], minlength=self.points), out=start[1:])
        return Times(start, self.site[kept], self.time[kept])


def _no_pairs() -> Int32s:
    return np.empty((0, 2), dtype=np.int32)


@dataclass(frozen=True)
class Problem:
    """What is asked, about what, and under which conditions. Arrays become read-only.

    Attributes
    ----------
    weight
        int64, shape (points,): people of each point in units of 1/scale.
    sites
        Number of candidates.
    p
        At most so many sites beside the fixed ones; None: as many as it takes.
    limit
        int32, shape (points,): a point is covered if time <= limit. Needed by the models that cover.
    fixed
        bool, shape (sites,): sites that exist and stay. They count neither towards p nor as a cost.
    old, keep
        bool, shape (sites,): sites that exist but may be given up; they count towards p. At least so many of them stay.
    shut
        bool, shape (sites,): candidates that may not be chosen, though what they could reach is still asked for.
    cost, budget
        int64, shape (sites,), and the most that new sites may cost together; 0 for what exists.
    capacity
        int64, shape (sites,): places in the unit of weight; needed by ``capacity``.
    conflicts
        int32, shape (k, 2): candidates of which at most one may be chosen; two fixed ones stay all the same.
    group, floor
        int32, shape (points,), number of the township or -1, and int64, shape (groups,): thousandths of a township's
        people who must be covered. What no candidate can reach is not asked for.
    levels
        For ``backup``: what a person counts who is covered, and what more who is covered twice.
    ties
        Whether choices of the same value are told apart by the sum of weight times time of those served; for ``mclp``,
        ``lscp`` and ``pcentre``.
    point_names, site_names
        What they are called; empty where they have numbers only.
    scale, per_unit
        Units of weight in one person, 1 or 1,000; units of time in a second, 10, or in the unit of an instance.
    """

    model: Model
    weight: Int64s
    times: Times
    sites: int
    p: int | None = None
    limit: Int32s | None = None
    fixed: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    old: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    keep: int = 0
    shut: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    cost: Int64s | None = None
    budget: int | None = None
    capacity: Int64s | None = None
    conflicts: Int32s = field(default_factory=_no_pairs)
    group: Int32s | None = None
    floor: Int64s | None = None
    levels: tuple[int, int] = (1, 1)
    ties: bool = False
    point_names: tuple[str, ...] = ()
    site_names: tuple[str, ...] = ()
    scale: int = 1
    per_unit: int = 1

    def __post_init__(self) -> None:
        for name in ("fixed", "old", "shut"):
            if not getattr(self, name).size:
                object.__setattr__(self, name, np.zeros(self.sites, dtype=np.bool_))
        _check(self)
        for array in [getattr(self, one.name) for one in fields(self)] + [
            self.times.start,
            self.times.site,
            self.times.time,
        ]:
            if isinstance(array, np.ndarray):
                frozen(array)

    @property
    def points(self) -> int:
        return int(self.weight.size)

    def covering(self) -> Times:
        """The pairs within the limit of their point; all where there are no limits."""
        if self.limit is None:
            return self.times
        return self.times.only(self.times.time <= self.limit[self.times.point()])

    def unreachable(self) -> Int64s:
        """Points with people whom no candidate and no existing site can serve."""
        return np.flatnonzero((np.diff(self.covering().start) == 0) & (self.weight > 0))

    def needs(self) -> Int64s:
        """People of each group who must be covered, in units of weight, at most those who can be."""
        if self.group is None or self.floor is None:
            return np.empty(0, dtype=np.int64)
        inside = self.group >= 0
        reachable = np.diff(self.covering().start) > 0
        number = self.floor.size
        all_of = _sums(self.group[inside], self.weight[inside], number)
        can = _sums(self.group[inside & reachable], self.weight[inside & reachable], number)
        needs: Int64s = np.minimum(-(-all_of * self.floor // 1000), can)
        return needs

    def conflicting(self) -> Int32s:
        """Conflicts that bind: not between two sites that stay."""
        first, second = self.conflicts.T
        binding: Int32s = self.conflicts[~(self.fixed[first] & self.fixed[second])]
        return binding


def refuse_given_up(model: Model, p: int | None, close: int, move: int) -> None:
    """Lets through what may be asked of existing sites: `close` are given up for nothing, at most `move` more for a new one.

    Raises
    ------
    BadInput
        ``siting.not-with`` for closing with ``lscp``, ``siting.needs`` for other models without p.
    """
    if model is Model.LSCP and close:
        raise BadInput("siting.not-with", model=model.value, name="close")
    if close + move and model is not Model.LSCP and p is None:
        raise BadInput("siting.needs", model=model.value, name="p")


def with_given_up(old: Bools, p: int | None, close: int, move: int) -> tuple[int | None, int]:
    """`Problem.p` and `Problem.keep` where p counts new sites and the old ones may be given up."""
    standing = int(old.sum())
    return None if p is None else p + standing - close, max(0, standing - close - move)


def _sums(group: Int32s, weight: Int64s, number: int) -> Int64s:
    found = np.zeros(number, dtype=np.int64)
    np.add.at(found, group, weight)
    return found


def _check(problem: Problem) -> None:
    n, m, times = problem.points, problem.sites, problem.times
    if n == 0 or m == 0:
        raise BadInput("siting.empty")
    shapes = {
        "weight": (problem.weight, n),
        "limit": (problem.limit, n),
        "group": (problem.group, n),
        "fixed": (problem.fixed, m),
        "old": (problem.old, m),
        "shut": (problem.shut, m),
        "cost": (problem.cost, m),
        "capacity": (problem.capacity, m),
        "times": (times.start, n + 1),
    }
    for name, (array, size) in shapes.items():
        if array is not None and array.shape != (size,):
            raise BadInput("siting.shape", name=name, found=array.size, expected=size)
    signed: dict[str, Int64s | Int32s | None] = {
        "weight": problem.weight,
        "time": times.time,
        "cost": problem.cost,
        "capacity": problem.capacity,
    }
    for name, values in signed.items():
        if values is not None and values.size and values.min() < 0:
            raise BadInput("siting.negative", name=name)
    for name, number in {"p": problem.p, "budget": problem.budget, "keep": problem.keep}.items():
        if number is not None and number < 0:
            raise BadInput("siting.negative", name=name)
    longest = int(times.time.max(initial=1))
    if int(problem.weight.sum(dtype=object)) * longest >= MOST:
        raise BadInput("siting.too-large")
    _check_needed(problem)


def _check_needed(problem: Problem) -> None:
    if problem.model.covers and problem.limit is None:
        raise BadInput("siting.needs", model=problem.model.value, name="limit")
    if problem.model is Model.CAPACITY and problem.capacity is None:
        raise BadInput("siting.needs", model=problem.model.value, name="capacity")
    if problem.model is not Model.LSCP and problem.p is None and problem.budget is None:
        raise BadInput("siting.needs", model=problem.model.value, name="p")
    if problem.budget is not None and problem.cost is None:
        raise BadInput("siting.needs", model=problem.model.value, name="cost")
    if (problem.group is None) != (problem.floor is None):
        raise BadInput("siting.needs", model=problem.model.value, name="group, floor")
    if problem.floor is not None and not problem.model.covers:
        raise BadInput("siting.not-with", model=problem.model.value, name="floor")
    if problem.ties and problem.model not in (Model.MCLP, Model.LSCP, Model.PCENTRE):
        raise BadInput("siting.not-with", model=problem.model.value, name="ties")
