"""Answers kept in a file, and checked again from their sites alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoservice.errors import BadInput
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.instances.asked import Asked
from geoservice.siting.phased import Order, Years
from geoservice.siting.problem import Problem
from geoservice.siting.told import in_units
from geoservice.siting.yearly import YearChecked, YearTold, check_years, number_or_none

KIND, EDITION = "geoservice siting answer", 1


def answer_text(asked: Asked, told: dict[str, Any]) -> str:
    """The file of an answer, as JSON."""
    kept = {"kind": KIND, "edition": EDITION, "asked": asked.as_dict() | {"sha256": asked.digest()}, "answer": told}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True)
class Checked:
    """A kept answer beside what its sites are worth.

    Attributes
    ----------
    told, found
        The value in the file and the value recomputed, in the unit of the instance.
    same_file
        Whether the instance is the one that was answered.
    years
        Each year of a plan in phases.
    """

    asked: Asked
    problem: Problem
    sites: tuple[int, ...]
    worth: Worth
    told: float | None
    found: float | None
    same_file: bool
    years: tuple[YearChecked, ...] = ()

    @property
    def agrees(self) -> bool:
        whole = self.told == self.found and self.worth.allowed and self.same_file
        return whole and all(one.agrees for one in self.years)

    def as_dict(self) -> dict[str, Any]:
        """The check as plain values."""
        return {
            "agrees": self.agrees,
            "value": self.found,
            "value_in_file": self.told,
            "sites": [site + 1 for site in self.sites],
            "new": self.worth.new,
            "broken": list(self.worth.broken),
            "same_file": self.same_file,
            "years": [one.as_dict() for one in self.years],
            **self.asked.as_dict(),
        }


def check_answer(path: Path, instance: Path | None = None) -> Checked:
    """Reads an answer, reads its instance again, and recomputes the value.

    Parameters
    ----------
    instance
        In place of the file that the answer names; without it that path, and then one of the same name beside the
        answer, is read.

    Raises
    ------
    BadInput
        ``siting.not-an-answer``, or what is wrong with the instance.
    """
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["kind"] != KIND or kept["edition"] != EDITION:
            raise BadInput("siting.not-an-answer", file=path.name)
        question, answer = kept["asked"], kept["answer"]
        sites, told = [int(number) for number in answer["sites"]], answer["value"]
        phases, years = _years(answer, question["p"])
        asked = Asked.parse(
            str(question["format"]),
            Path(question["file"]),
            model=question["model"],
            p=question["p"],
            radius=question["radius"],
            fixed=tuple(question["fixed"]),
            ties=bool(question["ties"]),
        )
    except OSError as error:
        raise BadInput("siting.cannot-read", file=path, reason=error.strerror) from None
    except (ValueError, KeyError, TypeError, OverflowError):
        raise BadInput("siting.not-an-answer", file=path.name) from None
    beside = path.parent / asked.file.name
    asked = replace(asked, file=instance or (asked.file if asked.file.exists() or not beside.exists() else beside))
    problem = asked.problem()
    for number in sites:
        if not 1 <= number <= problem.sites:
            raise BadInput("siting.no-site", number=number, sites=problem.sites)
    chosen = tuple(number - 1 for number in sites)
    worth = evaluate(problem, chosen)
    by_year = () if years is None else check_years(problem, years, _years_told(problem, phases), (chosen, told))
    same = question["sha256"] == asked.digest()
    return Checked(asked, problem, chosen, worth, told, in_units(problem, worth.value), same, by_year)


@dataclass(frozen=True)
class _Phase:
    """A year as the file has it; numbers from 1. Older files do not tell what it opens and closes."""

    sites: set[int]
    opens: set[int] | None
    closes: set[int] | None
    value: float | None
    status: str


def _years(answer: Mapping[str, Any], p: int | None) -> tuple[list[_Phase], Years | None]:
    """What the file says of years, and what was asked of them; None where the plan has none.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where that is not told.
    BadInput
        As `Years`.
    """
    told = answer.get("phases") or []
    if not told:
        return [], None
    counts = tuple(int(one["p"]) for one in told)
    if counts[-1] != p:
        raise ValueError(p)
    phases = [
        _Phase(
            {int(number) for number in one["sites"]},
            _numbers(one.get("opens")),
            _numbers(one.get("closes")),
            number_or_none(one["value"]),
            str(one["status"]),
        )
        for one in told
    ]
    return phases, Years(
        counts, Order.parse(str(answer.get("order") or "first")), int(answer.get("existing_year") or 1)
    )


def _numbers(told: list[Any] | None) -> set[int] | None:
    return None if told is None else {int(number) for number in told}


def _years_told(problem: Problem, phases: list[_Phase]) -> list[YearTold]:
    """Years by their numbers in the problem."""
    every = set(range(1, problem.sites + 1))
    fixed, old = ({int(site) + 1 for site in np.flatnonzero(one)} for one in (problem.fixed, problem.old))
    found, before = [], fixed | old
    for one in phases:
        planned = one.value is not None
        # Existing ones belong to a plan whether named or not.
        now = (fixed | one.sites) if planned else before
        listed = one.sites <= every and one.opens in (None, now - before) and one.closes in (None, before - now)
        sites = tuple(site - 1 for site in sorted(one.sites & every))
        found.append(YearTold(sites, one.value, one.status, fault=not listed))
        before = now
    return found
