"""Years of a kept answer about the county, found again by name and place, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoservice.siting.county.asking import County
from geoservice.siting.phased import Order, Years
from geoservice.siting.yearly import YearChecked, YearTold, check_years, number_or_none

Spot = tuple[str, float, float]


@dataclass(frozen=True)
class YearWanted:
    """What a year does: sites by name, longitude and latitude in degrees, ids of what it gives up, and what it tells.

    Attributes
    ----------
    names
        New sites up to its end.
    """

    opens: tuple[Spot, ...]
    closes: tuple[int, ...]
    names: tuple[str, ...]
    value: float | None
    status: str


@dataclass(frozen=True)
class YearsWanted:
    """All years of an answer."""

    years: Years
    each: tuple[YearWanted, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> YearsWanted:
        """Of an answer as `county_told` tells it.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where it is not told so.
        BadInput
            As `Years`.
        """
        counts = tuple(int(one["p"]) for one in told["phases"])
        if counts[-1] != told["p"]:
            raise ValueError(told["p"])
        years = Years(counts, Order.parse(str(told.get("order") or "first")), int(told.get("existing_year", 1)))
        each, known = [], set[str]()
        for one in told["phases"]:
            names = tuple(str(name) for name in one["sites"])
            # Before years told what they open, they had the names alone.
            opens = one["opens"] if "opens" in one else _named(told, set(names) - known)
            closes = tuple(int(gone["id"]) for gone in one.get("closes", ()))
            each.append(
                YearWanted(tuple(map(_spot, opens)), closes, names, number_or_none(one["value"]), str(one["status"]))
            )
            known |= set(names)
        return cls(years, tuple(each))


def check_years_of(
    county: County, wanted: YearsWanted, sites: tuple[int, ...], value: float | None
) -> tuple[YearChecked, ...]:
    """Every year recomputed from its sites alone; `sites` and `value` are those of the answer as a whole."""
    return check_years(county.problem, wanted.years, _told(county, wanted), (sites, value))


def _told(county: County, wanted: YearsWanted) -> list[YearTold]:
    """What stands at the end of each year, by numbers in the problem."""
    candidates = county.candidates
    at = zip(candidates.name, candidates.lon.tolist(), candidates.lat.tolist(), strict=True)
    number = {place: county.existing + one for one, place in enumerate(at)}
    there = {record.id: one for one, record in enumerate(county.ground.register[: county.existing])}
    standing, found = set(range(county.existing)), []
    for year in wanted.each:
        opens = [number.get(place) for place in year.opens]
        closes = [there.get(one) for one in year.closes]
        listed = None not in opens and None not in closes and standing.isdisjoint(opens) and standing >= set(closes)
        standing = (standing - set(closes)) | {one for one in opens if one is not None}
        names = sorted(candidates.name[one - county.existing] for one in standing if one >= county.existing)
        if year.value is None:
            found.append(YearTold((), None, year.status, fault=not listed or bool(opens or closes or year.names)))
            continue
        listed = listed and names == sorted(year.names)
        found.append(YearTold(tuple(sorted(standing)), year.value, year.status, fault=not listed))
    return found


def _named(told: Mapping[str, Any], names: set[str]) -> list[Any]:
    return [one for one in told["sites"] if one["name"] in names]


def _spot(one: Mapping[str, Any]) -> Spot:
    return str(one["name"]), float(one["lon"]), float(one["lat"])
