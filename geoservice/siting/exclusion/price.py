"""What each rule costs: the value of a plan without it, minus the value with all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoservice.network.arrays import Bools
from geoservice.siting.answer import Answer
from geoservice.siting.exclusion.engine import Exclusions

Solved = Callable[[Bools], Answer]
"""The answer when only some of the candidates may be chosen."""


@dataclass(frozen=True)
class Price:
    """Of one rule, in the units of the problem.

    Attributes
    ----------
    more
        Candidates that only this rule refuses.
    value
        Without the rule; None where nothing was found in time.
    price
        How much better the value without it is.
    least, most
        What the price lies between as far as it is proven; both are `price` where both values are proven, None where
        nothing is known.
    """

    rule: str
    more: int
    value: int | None
    price: int | None
    least: int | None
    most: int | None

    @property
    def proven(self) -> bool:
        """Whether the price is exact."""
        return self.least is not None and self.least == self.most

    def as_dict(self, units: Callable[[int | None], float | None]) -> dict[str, Any]:
        """Plain values, in people or what the model counts."""
        return {
            "rule": self.rule,
            "candidates_more": self.more,
            "value_without": units(self.value),
            "price": units(self.price),
            "price_least": units(self.least),
            "price_most": units(self.most),
            "proven": self.proven,
        }


def prices(exclusions: Exclusions, answer: Answer, solved: Solved, *, maximises: bool) -> list[Price]:
    """The price of each hard rule that refuses some place.

    A rule that refuses nothing alone costs nothing: the candidates are the same without it.

    Parameters
    ----------
    answer
        With all rules.
    solved
        Called with the places that may be chosen, once for each rule that refuses some alone.
    """
    found = []
    for one in exclusions.hard:
        if not one.broken.any():
            continue
        kept = exclusions.without(one.rule.id)
        more = int(np.count_nonzero(kept & one.broken))
        if not more:
            found.append(Price(one.rule.id, 0, answer.value, 0, 0, 0))
            continue
        found.append(_price(one.rule.id, more, answer, solved(kept), maximises=maximises))
    return found


def _price(rule: str, more: int, with_it: Answer, without: Answer, *, maximises: bool) -> Price:
    sign = 1 if maximises else -1
    if with_it.value is None or without.value is None:
        return Price(rule, more, without.value, None, None, None)
    price = sign * (without.value - with_it.value)
    if with_it.bound is None or without.bound is None:
        return Price(rule, more, without.value, price, None, None)
    # More choice is never worse, whatever was found in time.
    least = max(0, sign * (without.value - with_it.bound))
    return Price(rule, more, without.value, price, least, sign * (without.bound - with_it.value))
