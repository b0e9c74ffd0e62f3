"""What exclusion rules say of the facilities that a scenario adds or moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geoservice.coverage.scenarios import telling
from geoservice.coverage.scenarios.state import State
from geoservice.language import translate
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.declared import siting_rules
from geoservice.siting.exclusion.engine import exclude
from geoservice.siting.exclusion.told import applied_told, breaches_of
from geoservice.siting.exclusion.words import ruled_types, titled, type_title

_PLACED = ("added", "moved")


@dataclass(frozen=True)
class Lawful:
    """Rules held against new and moved facilities.

    Attributes
    ----------
    told
        As `applied_told`; None where there is nothing to hold them against.
    sites
        Name of each facility (None: the scenario gives none) with its number, and the rules that it breaks.
    levels
        Classifications of the objects that were looked at.
    schematic
        Whether any of them is of the schematic sample.
    """

    type: str
    told: Mapping[str, Any] | None
    sites: Sequence[tuple[str | None, int | None, Sequence[Mapping[str, Any]]]]
    levels: frozenset[str] = frozenset()
    schematic: bool = False

    def lines(self) -> list[str]:
        """A sentence for each facility, then the texts: applied, superseded, open. Where there are no rules, that."""
        if self.type not in siting_rules().ruled:
            return [translate("siting.lawful.unruled", type=type_title(self.type), types=ruled_types())]
        if self.told is None:
            return [translate("siting.lawful.nothing")]
        return [*(_site(*one) for one in self.sites), *_texts(self.told)]


def read_lawful(connection: Connection, state: State) -> Lawful:
    """Holds the rules of the day against what a state adds and moves."""
    case = state.ground.case
    rows = [one for one in telling.facilities_of(state) if one["status"] in _PLACED and one["lon"] is not None]
    if not rows or case.type not in siting_rules().ruled:
        return Lawful(case.type, None, ())
    lon, lat = (np.array([one[name] for one in rows], dtype=float) for name in ("lon", "lat"))
    found = exclude(connection, Asked.parse(case.type, case.on), lon, lat)
    sites = [(one["name"], one["site"], breaches_of(found, number)) for number, one in enumerate(rows)]
    sources = [source for one in found.findings for source in one.sources]
    levels = frozenset(one.classification for one in sources if one.classification is not None)
    return Lawful(case.type, applied_told(found), sites, levels, found.schematic)


def _site(name: str | None, number: int | None, breaks: Sequence[Mapping[str, Any]]) -> str:
    named = name or translate("scenario.site", None, number=number)
    if not breaks:
        return translate("siting.lawful.site", name=named, told=translate("siting.lawful.clear"))
    told = " ".join(translate(f"siting.lawful.told.{one['force']}", message=one["message"]) for one in breaks)
    return translate("siting.lawful.site", name=named, told=told)


def _texts(told: Mapping[str, Any]) -> list[str]:
    used = {one["text"] for one in told["rules"] if one["state"] in ("applied", "partly")}
    comma = translate("siting.and")
    applied = comma.join(titled(one["title"]) for one in told["texts"] if one["id"] in used)
    old = comma.join(titled(one["title"]) for one in told["texts"] if one["state"] == "superseded")
    lines = [translate("siting.lawful.applied", texts=applied or "—")]
    lines += [translate("siting.lawful.superseded", texts=old)] if old else []
    return lines + [one["message"] for one in told["not_applied"]]
