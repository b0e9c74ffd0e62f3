"""Kept answers about the county, checked again from their sites alone, on the data of now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.scenarios.state import State
from geoservice.coverage.uncertainty.query import case_of
from geoservice.errors import BadInput
from geoservice.settings import Settings
from geoservice.siting.county.asking import County
from geoservice.siting.county.question import Existing, Group, Question
from geoservice.siting.county.reading import read_county
from geoservice.siting.county.told import EDITION, KIND, changes_for, new_of, value_of
from geoservice.siting.county.years import YearsWanted, check_years_of
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.problem import Model
from geoservice.siting.told import in_units
from geoservice.siting.yearly import YearChecked


@dataclass(frozen=True)
class CheckedCounty:
    """A kept answer beside what its sites are worth now.

    Attributes
    ----------
    sites
        Numbers in the problem, from 0, of the new ones and of those that stay though they might be given up.
    told, found, what_if
        The value in the file, recomputed from the sites, and by the what-if, None where that has no such figure.
    changed
        Layers that have changed since.
    years
        Each year of a plan in phases.
    """

    county: County
    sites: tuple[int, ...]
    worth: Worth
    told: float | None
    found: float | None
    what_if: float | None
    changed: tuple[str, ...]
    years: tuple[YearChecked, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the value holds and all conditions are kept."""
        whole = self.told == self.found and self.worth.allowed and self.what_if in (None, self.found)
        return whole and all(one.agrees for one in self.years)

    def as_dict(self) -> dict[str, Any]:
        """The check as plain values."""
        names, new = self.county.problem.site_names, new_of(self.county, self.sites)
        return {
            "agrees": self.agrees,
            "value": self.found,
            "value_in_file": self.told,
            "value_by_what_if": self.what_if,
            "sites": [names[site] for site in new],
            "new": self.worth.new,
            "broken": list(self.worth.broken),
            "changed_layers": list(self.changed),
            "years": [one.as_dict() for one in self.years],
            **self.county.question.as_dict(),
        }


@dataclass(frozen=True)
class Wanted:
    """What an answer does: new sites by name, longitude and latitude in degrees, ids of what it gives up, and its years."""

    sites: list[tuple[str, float, float]]
    closed: tuple[int, ...]
    years: YearsWanted | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Wanted:
        """Of an answer as `county_told` tells it."""
        sites = [(str(one["name"]), float(one["lon"]), float(one["lat"])) for one in told["sites"]]
        closed = tuple(int(one["id"]) for one in told.get("closed", ()))
        return cls(sites, closed, YearsWanted.of(told) if told.get("phases") else None)


def is_of_county(path: Path) -> bool:
    """Whether a file says that it is an answer about the county."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(kept, dict) and kept.get("kind") == KIND


def check_county(
    connection: Connection, catalog: Catalog, settings: Settings, database_name: str, path: Path
) -> CheckedCounty:
    """Reads an answer for which `is_of_county` holds, asks the county again, and recomputes the value.

    Raises
    ------
    BadInput
        ``siting.not-an-answer``, ``siting.site-gone`` where a site is no candidate any more, or as `read_county`.
    """
    kept = json.loads(path.read_text("utf-8"))
    try:
        if kept["edition"] != EDITION:
            raise BadInput("siting.not-an-answer", file=path.name)
        question, told = _question(catalog, kept), kept["value"]
        wanted = Wanted.of(kept)
        revisions = dict(kept["input_revisions"])
    except (ValueError, KeyError, TypeError, OverflowError):
        raise BadInput("siting.not-an-answer", file=path.name) from None
    county = read_county(connection, catalog, settings, database_name, question)
    return check_sites(county, wanted, told, revisions)


def check_sites(county: County, wanted: Wanted, told: float | None, revisions: Mapping[str, int]) -> CheckedCounty:
    """What an answer builds and gives up against the value that was told of it, on the data of a county of now.

    Raises
    ------
    BadInput
        ``siting.site-gone`` where a site is no candidate any more, ``siting.no-facility`` where what it gives up is no
        facility that may be given up.
    """
    sites = tuple(_staying(county, wanted.closed) + sites_named(county, wanted.sites))
    worth = evaluate(county.problem, sites)
    state = State.begin(county.ground)
    for change in changes_for(county, sites):
        state = state.after(change)
    now, figures = county.revisions, county.ground.revisions
    # What was told before layers of rules were kept with it says nothing of them.
    changed = tuple(one for one in now if (one in revisions or one in figures) and revisions.get(one) != now[one])
    years = () if wanted.years is None else check_years_of(county, wanted.years, sites, told)
    return CheckedCounty(
        county, sites, worth, told, in_units(county.problem, worth.value), value_of(county, state), changed, years
    )


def _question(catalog: Catalog, kept: Mapping[str, Any]) -> Question:
    case = case_of(catalog, str(kept["service"]), str(kept["type"]), date.fromisoformat(kept["on"]))
    groups = {one.column: one.value for one in Group}
    return Question.parse(
        case,
        model=str(kept["model"]),
        rules=str(kept.get("rules_wanted", "on")),
        p=None if kept["p"] is None else int(kept["p"]),
        group=None if kept["model"] == Model.CAPACITY else groups[kept["group"]],
        candidates=str(kept["candidates_from"]),
        places=None if kept["places"] is None else int(kept["places"]),
        ties=bool(kept["ties"]),
        existing=Existing(
            int(kept.get("close", 0)),
            int(kept.get("move", 0)),
            tuple(kept.get("closable") or ()),
            int(kept.get("existing_year", 1)),
        ),
    )


def _staying(county: County, closed: tuple[int, ...]) -> list[int]:
    """Numbers of the existing facilities that stay though they might be given up."""
    number = {record.id: one for one, record in enumerate(county.ground.register[: county.existing])}
    stays = county.problem.old.copy()
    for facility in closed:
        if facility not in number or not stays[number[facility]]:
            raise BadInput("siting.no-facility", id=facility)
        stays[number[facility]] = False
    found: list[int] = np.flatnonzero(stays).tolist()
    return found


def sites_named(county: County, wanted: list[tuple[str, float, float]]) -> list[int]:
    """Numbers in the problem of new sites, by name and place.

    Raises
    ------
    BadInput
        ``siting.site-gone``
    """
    candidates = county.candidates
    at = zip(candidates.name, candidates.lon.tolist(), candidates.lat.tolist(), strict=True)
    number = {place: county.existing + one for one, place in enumerate(at)}
    for place in wanted:
        if place not in number:
            raise BadInput("siting.site-gone", name=place[0], lon=f"{place[1]:.6f}", lat=f"{place[2]:.6f}")
    return [number[place] for place in wanted]
