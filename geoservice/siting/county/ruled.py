"""What the rules of exclusion did to a question about the county: who was refused by what, and what each rule costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geoservice.network.arrays import Bools
from geoservice.siting.answer import Answer
from geoservice.siting.county.asking import County, ask
from geoservice.siting.county.candidates import Candidates, Ruled
from geoservice.siting.exclusion.price import Price, prices
from geoservice.siting.exclusion.told import MOST_REJECTED, applied_told, breaches_of
from geoservice.siting.problem import Problem
from geoservice.siting.told import in_units

Solve = Callable[[Problem], Answer]


def ruled_told(county: County) -> dict[str, Any]:
    """Which texts were applied and which not, and each refused candidate with rule, article and metres.

    Returns
    -------
    ``exclusions``: as `applied_told`; ``rejected``: at most 2,000, ``rejected_count`` says of how many; ``hints``: of the
    candidates that stay, the soft rules that they break, by name.
    """
    ruled = county.candidates.ruled
    if ruled is None:
        return {"exclusions": None, "rejected": [], "rejected_count": 0}
    refused = np.flatnonzero(~ruled.exclusions.kept)
    return {
        "exclusions": applied_told(ruled.exclusions),
        "rejected": [_candidate(ruled, int(number)) for number in refused[:MOST_REJECTED]],
        "rejected_count": int(refused.size),
    }


def hints_of(county: County, site: int) -> list[dict[str, Any]]:
    """The soft rules that a new site breaks."""
    ruled = county.candidates.ruled
    if ruled is None:
        return []
    number = int(np.flatnonzero(ruled.exclusions.kept)[site - county.existing])
    return breaches_of(ruled.exclusions, number)


def area_of(county: County, site: int) -> float | None:
    """Square metres of the plot that a new site stands on."""
    return _area(county.candidates, site - county.existing)


def priced(county: County, answer: Answer, solve: Solve) -> list[dict[str, Any]]:
    """What each hard rule costs, in people or what the model counts.

    Parameters
    ----------
    answer
        With all rules.
    solve
        Called once for each rule that alone refuses some candidate.
    """
    ruled = county.candidates.ruled
    if ruled is None or answer.value is None:
        return []

    def solved(kept: Bools) -> Answer:
        return solve(ask(county.ground, county.question, ruled.allowed(kept)).problem)

    found = prices(ruled.exclusions, answer, solved, maximises=county.question.model.maximises)
    return [_price(county, one) for one in found]


def _price(county: County, price: Price) -> dict[str, Any]:
    return price.as_dict(lambda value: in_units(county.problem, value))


def _candidate(ruled: Ruled, number: int) -> dict[str, Any]:
    every = ruled.every
    return {
        "name": every.name[number],
        "lon": round(float(every.lon[number]), 7),
        "lat": round(float(every.lat[number]), 7),
        "area_m2": _area(every, number),
        "breaks": [one for one in breaches_of(ruled.exclusions, number) if one["force"] == "hard"],
    }


def _area(candidates: Candidates, number: int) -> float | None:
    if candidates.area_m2 is None or np.isnan(candidates.area_m2[number]):
        return None
    return round(float(candidates.area_m2[number]), 1)
