"""What could not be joined to a network, and what is joined to a fragment of it only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoservice.coverage.answers import Standing
from geoservice.coverage.inputs import Communities, Facilities
from geoservice.coverage.prepared import NO_PLACE, Prepared
from geoservice.network.arrays import Bools

ISLAND = "island"


@dataclass(frozen=True)
class Unjoined:
    """A community or facility that a way of travel could not join to the network, and why."""

    kind: str
    id: int
    name: str
    mode: str
    reason: str


def unjoined(inputs: Prepared) -> list[Unjoined]:
    """Everything that was tried and not joined, communities first."""
    communities, facilities = inputs.communities, inputs.facilities
    here = np.flatnonzero(inputs.placed())
    found = [_told("community", communities, row, "-", NO_PLACE) for row in _rows(~inputs.placed())]
    for mode, joins in _homes(inputs).items():
        found += [
            _told("community", communities, int(here[row]), mode, joins.reason(row) or "-")
            for row in _rows(~joins.joined)
        ]
    for (mode, type_), answer in inputs.answers.items():
        mine = np.flatnonzero(facilities.type == type_)
        found += [
            _told("facility", facilities, int(mine[row]), mode, answer.supply.reason(row) or "-")
            for row in _rows(~answer.supply.joined)
        ]
    return found


def islands(inputs: Prepared) -> list[Unjoined]:
    """Everything that is joined, but to no part of the main network, communities first."""
    communities, facilities = inputs.communities, inputs.facilities
    here = np.flatnonzero(inputs.placed())
    found = [
        _told("community", communities, int(here[row]), mode, ISLAND)
        for mode, joins in _homes(inputs).items()
        for row in _rows(joins.island)
    ]
    for (mode, type_), answer in inputs.answers.items():
        mine = np.flatnonzero(facilities.type == type_)
        found += [_told("facility", facilities, int(mine[row]), mode, ISLAND) for row in _rows(answer.supply.island)]
    return found


def facility_reasons(inputs: Prepared, type_: str, modes: tuple[str, ...]) -> dict[int, dict[str, str]]:
    """By id of a facility and by mode, why it is not on the main network; facilities that are on it are left out."""
    mine = inputs.facilities.id[inputs.facilities.type == type_].tolist()
    found: dict[int, dict[str, str]] = {}
    for mode in dict.fromkeys(modes):
        joins = inputs.answer(mode, type_).supply
        for row in _rows(~joins.joined | joins.island):
            found.setdefault(mine[row], {})[mode] = joins.reason(row) or ISLAND
    return found


def _homes(inputs: Prepared) -> dict[str, Standing]:
    """Communities that have a place, on the network of each mode."""
    return {mode: answer.homes for (mode, _), answer in inputs.answers.items()}


def _rows(chosen: Bools) -> Iterator[int]:
    return iter(np.flatnonzero(chosen).tolist())


def _told(kind: str, of: Communities | Facilities, row: int, mode: str, reason: str) -> Unjoined:
    return Unjoined(kind, int(of.id[row]), str(of.name[row]), mode, reason)
