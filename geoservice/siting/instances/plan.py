"""A planner's own problem as one JSON file, with every option.

Times are seconds, weights people; numbers are kept as deciseconds and thousandths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geoservice.errors import BadInput
from geoservice.network.arrays import Int32s, Int64s
from geoservice.siting.instances.lines import MOST_BYTES
from geoservice.siting.problem import Model, Problem, Times, refuse_given_up, with_given_up

_SCALE, _PER_S = 1000, 10
Seconds = Annotated[float, Field(ge=0, le=10**7, allow_inf_nan=False)]
People = Annotated[float, Field(ge=0, le=10**9, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Key = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Demand(_Strict):
    """A demand point: people by group, and its limit or its class."""

    id: Key
    people: Annotated[dict[Key, People], Field(min_length=1)]
    limit_s: Seconds | None = None
    class_: Annotated[Key | None, Field(alias="class")] = None
    township: Key | None = None


class Candidate(_Strict):
    """A place where a site may be, or is: `fixed` where it stays, `existing` where it may be given up."""

    id: Key
    fixed: bool = False
    existing: bool = False
    cost: Whole | None = None
    places: People | None = None
    x_m: Annotated[float | None, Field(allow_inf_nan=False, ge=-1e8, le=1e8)] = None
    y_m: Annotated[float | None, Field(allow_inf_nan=False, ge=-1e8, le=1e8)] = None


class Plan(_Strict):
    """What the file holds.

    Attributes
    ----------
    times
        Demand point, candidate, seconds; a pair that is missing cannot be travelled.
    limits_s
        Seconds by class, for demand points that name a class and no limit.
    weights
        What a person of each group counts; groups that are not named count nothing. Without it everybody counts one.
    floors
        Least share of a township's people who must be covered.
    spacing_m
        Two sites are at least so far apart in the plane of x_m and y_m; two that exist may stay all the same.
    close, move
        So many of the existing sites are given up for nothing, and at most so many more for a new site each.
    """

    demand: Annotated[tuple[Demand, ...], Field(min_length=1, max_length=100_000)]
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1, max_length=20_000)]
    times: Annotated[tuple[tuple[Key, Key, Seconds], ...], Field(max_length=20_000_000)]
    limits_s: dict[Key, Seconds] = Field(default_factory=dict)
    weights: dict[Key, People] | None = None
    floors: dict[Key, Share] = Field(default_factory=dict)
    budget: Whole | None = None
    spacing_m: Annotated[float | None, Field(gt=0, le=1e8, allow_inf_nan=False)] = None
    conflicts: tuple[tuple[Key, Key], ...] = ()
    close: Whole = 0
    move: Whole = 0

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        points, sites = [one.id for one in self.demand], [one.id for one in self.candidates]
        _once("demand", points)
        _once("candidates", sites)
        _known("times", (pair[0] for pair in self.times), set(points))
        _known("times", (pair[1] for pair in self.times), set(sites))
        _once("times", [f"{point} → {site}" for point, site, _ in self.times])
        _known("conflicts", (one for pair in self.conflicts for one in pair), set(sites))
        _known("floors", self.floors, {one.township for one in self.demand if one.township})
        _known("class", (one.class_ for one in self.demand if one.class_ and one.limit_s is None), set(self.limits_s))
        _known("weights", self.weights or (), {name for one in self.demand for name in one.people})
        if self.close + self.move > sum(self._old()):
            raise ValueError("close, move > existing")
        if self.spacing_m is not None and any(one.x_m is None or one.y_m is None for one in self.candidates):
            raise ValueError("spacing_m: x_m, y_m")
        return self

    def problem(self, model: Model, p: int | None) -> Problem:
        """The problem; demand points and candidates in the order of the file."""
        point_of = {one.id: number for number, one in enumerate(self.demand)}
        site_of = {one.id: number for number, one in enumerate(self.candidates)}
        costs = [one.cost for one in self.candidates]
        if self.budget is not None and None in costs:
            raise BadInput("siting.needs", model=model.value, name="candidates.cost")
        if model is Model.CAPACITY and any(one.places is None for one in self.candidates):
            raise BadInput("siting.needs", model=model.value, name="candidates.places")
        refuse_given_up(model, p, self.close, self.move)
        old = np.array(self._old(), dtype=np.bool_) & bool(self.close + self.move)
        p, keep = with_given_up(old, p, self.close, self.move)
        floors = bool(self.floors) and model.covers
        names = sorted(self.floors)
        return Problem(
            model=model,
            weight=self._weight(),
            times=Times.of(
                len(self.demand),
                np.array([point_of[one[0]] for one in self.times], dtype=np.int32),
                np.array([site_of[one[1]] for one in self.times], dtype=np.int32),
                np.array([round(one[2] * _PER_S) for one in self.times], dtype=np.int32),
            ),
            sites=len(self.candidates),
            p=p,
            limit=self._limit(model) if model.covers else None,
            fixed=np.array([one.fixed or one.existing for one in self.candidates], dtype=np.bool_) & ~old,
            old=old,
            keep=keep,
            cost=None if None in costs else np.where(old, 0, np.array(costs, dtype=np.int64)),
            budget=self.budget,
            capacity=self._places() if model is Model.CAPACITY else None,
            conflicts=self._conflicts(site_of),
            group=np.array([_place(names, one.township) for one in self.demand], dtype=np.int32) if floors else None,
            floor=np.array([round(self.floors[name] * 1000) for name in names], dtype=np.int64) if floors else None,
            point_names=tuple(one.id for one in self.demand),
            site_names=tuple(one.id for one in self.candidates),
            scale=_SCALE,
            per_unit=_PER_S,
        )

    def _old(self) -> list[bool]:
        """Which sites exist and may be given up."""
        return [one.existing and not one.fixed for one in self.candidates]

    def _weight(self) -> Int64s:
        def counted(one: Demand) -> float:
            factors = self.weights
            return sum(n * (1.0 if factors is None else factors.get(name, 0.0)) for name, n in one.people.items())

        return np.array([round(counted(one) * _SCALE) for one in self.demand], dtype=np.int64)

    def _limit(self, model: Model) -> Int32s:
        limits = [
            one.limit_s if one.limit_s is not None else self.limits_s.get(one.class_ or "") for one in self.demand
        ]
        if None in limits:
            raise BadInput("siting.needs", model=model.value, name=f"demand[{limits.index(None)}].limit_s")
        return np.array([int((one or 0.0) * _PER_S + 1e-9) for one in limits], dtype=np.int32)

    def _places(self) -> Int64s:
        return np.array([round((one.places or 0) * _SCALE) for one in self.candidates], dtype=np.int64)

    def _conflicts(self, site_of: dict[str, int]) -> Int32s:
        found = {(site_of[a], site_of[b]) for a, b in self.conflicts if a != b}
        there = [one.fixed or one.existing for one in self.candidates]
        if self.spacing_m is not None:
            xy = np.array([[one.x_m or 0.0, one.y_m or 0.0] for one in self.candidates])
            found |= {(a, b) for a, b in combinations(range(len(xy)), 2) if np.hypot(*(xy[a] - xy[b])) < self.spacing_m}
        found = {(a, b) for a, b in found if not (there[a] and there[b])}
        return np.array(sorted(found), dtype=np.int32).reshape(-1, 2)


def read_plan(path: Path) -> Plan:
    """Reads a planner's problem.

    Raises
    ------
    BadInput
        ``siting.bad-plan`` with the place in the file and what is wrong; ``siting.cannot-read``, ``siting.file-too-large``.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput("siting.file-too-large", file=path.name, most=MOST_BYTES // 2**20)
        return Plan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput("siting.cannot-read", file=path, reason=error.strerror) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "—"
        raise BadInput("siting.bad-plan", file=path.name, where=where, what=first["msg"]) from None


def _once(where: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{where}: {twice[0]} ×{Counter(names)[twice[0]]}")


def _known(where: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: {name} ?")


def _place(names: list[str], township: str | None) -> int:
    return names.index(township) if township in names else -1
