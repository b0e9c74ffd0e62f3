"""Quantities counted in a situation, and the value of an indicator from them, exact up to the last division."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.indicators.declared import Indicator, Quantity, Target
from geoservice.coverage.indicators.situation import Situation

# Why there is no value.
Missing = Literal["no_communities", "no_townships", "no_facilities", "no_figures", "not_entered"]
_EXACT = 2.0**53
_NOTHING: dict[str, Missing] = {"communities": "no_communities", "townships": "no_townships"}


@dataclass(frozen=True)
class Counted:
    """A quantity: its amount, of how many records the figure is not known, how many facilities have no opening date."""

    amount: Fraction
    unknown: int = 0
    undated: int = 0


@dataclass(frozen=True)
class Value:
    """An indicator on a day.

    Attributes
    ----------
    value
        None where there is none, and then `missing` says why.
    numerator, denominator
        What was counted; None for figures that are entered by hand.
    met
        Whether the target is reached; None without target or value.
    short_of
        By how much the numerator falls short of the target, rounded up to whole ones; None where it does not.
    unknown
        Records whose figure is not known and counted as none.
    undated
        Facilities without an opening date, counted as open on every day.
    source
        Of a figure entered by hand.
    """

    on: date
    value: float | None
    missing: Missing | None = None
    numerator: float | None = None
    denominator: float | None = None
    met: bool | None = None
    short_of: int | None = None
    unknown: int = 0
    undated: int = 0
    source: str | None = None


def count(quantity: Quantity, situation: Situation) -> Counted:
    """How much there is of a quantity.

    Parameters
    ----------
    quantity
        As declared.
    situation
        What is in force and open on a day.
    """
    match quantity.count:
        case "facilities":
            mine = _of(quantity.types, situation)
            chosen = situation.beside(mine, _of(quantity.beside, situation), quantity.within_m or 0.0)
            return _facilities(chosen if quantity.beside else mine, situation)
        case "beds" | "nursing_beds" | "area_m2":
            mine = _of(quantity.types, situation)
            figures: NDArray[np.float64] = getattr(situation.sites, quantity.count)[mine]
            return Counted(_sum(figures), int(np.isnan(figures).sum()), int(situation.sites.undated[mine].sum()))
        case "communities":
            return _communities(quantity, situation)
        case "townships":
            here = np.isin(situation.sites.township, list(situation.townships)) & _of(quantity.having, situation)
            having = set(situation.sites.township[here].tolist())
            amount = len(having) if quantity.having else len(situation.townships)
            return Counted(Fraction(amount), undated=int(situation.sites.undated[here].sum()))
        case "county":
            found = _facilities(_of(quantity.having, situation), situation)
            return Counted(Fraction(min(1, int(found.amount))), undated=found.undated)
        case "population" | "population_60" | "population_80" | "households":
            figures = getattr(situation.residents, quantity.count)[_of_class(quantity, situation)]
            return Counted(_sum(figures), int(np.isnan(figures).sum()))


def value_of(indicator: Indicator, situation: Situation) -> Value:
    """An indicator computed from what is loaded.

    Parameters
    ----------
    indicator
        One with a numerator.
    situation
        What is in force and open on a day.
    """
    if indicator.numerator is None:
        return Value(situation.on, None, "not_entered")
    above = count(indicator.numerator, situation)
    below = Counted(Fraction(1)) if indicator.denominator is None else count(indicator.denominator, situation)
    told = Value(
        situation.on,
        None,
        _missing(indicator, situation, below),
        numerator=float(above.amount),
        denominator=float(below.amount),
        unknown=above.unknown + below.unknown,
        undated=above.undated,
    )
    if told.missing is not None:
        return told
    value = above.amount / below.amount * _exact(indicator.factor)
    met, short_of = _judged(indicator, above.amount, below.amount, value)
    return Value(**{**vars(told), "value": float(value), "met": met, "short_of": short_of})


def meets(target: Target, value: Fraction) -> bool:
    """Whether a value reaches a target.

    Examples
    --------
    >>> meets(Target(year=2025, value=30, more_than=True, place="-"), Fraction(30))
    False
    """
    return value > _exact(target.value) if target.more_than else value >= _exact(target.value)


def entered(indicator: Indicator, on: date, value: float, source: str) -> Value:
    """A figure that an officer has entered."""
    met = None if indicator.target is None else meets(indicator.target, _exact(value))
    return Value(on, value, met=met, source=source)


def _judged(indicator: Indicator, above: Fraction, below: Fraction, value: Fraction) -> tuple[bool | None, int | None]:
    target = indicator.target
    if target is None:
        return None, None
    if meets(target, value):
        return True, None
    wanted = _exact(target.value) * below / _exact(indicator.factor)
    short = wanted - above
    return False, math.floor(short) + 1 if target.more_than else math.ceil(short)


def _missing(indicator: Indicator, situation: Situation, below: Counted) -> Missing | None:
    """Why a value cannot be given: nothing to divide by, or nothing of that kind loaded at all."""
    if below.amount == 0:
        kind = "" if indicator.denominator is None else indicator.denominator.count
        return _NOTHING.get(kind, "no_facilities" if kind in ("facilities", "beds") else "no_figures")
    if not situation.sites.id.size:
        return "no_facilities"
    return None


def _communities(quantity: Quantity, situation: Situation) -> Counted:
    chosen = _of_class(quantity, situation)
    if not quantity.having:
        return Counted(Fraction(int(chosen.sum())))
    mine = _of(quantity.having, situation)
    owners = situation.community_of_site[mine]
    having = np.zeros(chosen.size, dtype=bool)
    having[owners[owners >= 0]] = True
    return Counted(
        Fraction(int((chosen & having).sum())),
        undated=int(situation.sites.undated[mine].sum()),
    )


def _facilities(chosen: NDArray[np.bool_], situation: Situation) -> Counted:
    return Counted(Fraction(int(chosen.sum())), undated=int(situation.sites.undated[chosen].sum()))


def _of(types: tuple[str, ...], situation: Situation) -> NDArray[np.bool_]:
    return situation.sites.of(types)


def _of_class(quantity: Quantity, situation: Situation) -> NDArray[np.bool_]:
    """Those of the class; a community that nobody has classified counts as rural, as in coverage."""
    urban: NDArray[np.bool_] = situation.residents.class_ == "urban"
    if quantity.class_ is None:
        return np.ones(urban.size, dtype=bool)
    return urban if quantity.class_ == "urban" else ~urban


def _sum(figures: NDArray[np.float64]) -> Fraction:
    known = figures[~np.isnan(figures)]
    # Whole numbers, as most are, add up exactly by themselves.
    if np.all(known == np.floor(known)) and np.abs(known).sum() < _EXACT:
        return Fraction(int(known.sum()))
    return sum((Fraction(repr(number)) for number in known.tolist()), start=Fraction(0))


def _exact(value: float) -> Fraction:
    """A declared number as it is written."""
    return Fraction(repr(value))
