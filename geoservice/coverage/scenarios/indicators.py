"""The plan's indicators before and after: those of a fresh evaluation of the changed records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.indicators.counting import Value
from geoservice.coverage.indicators.declared import Indicators, load_indicators
from geoservice.coverage.indicators.entries import Entry, read_entries
from geoservice.coverage.indicators.report import figure_of
from geoservice.coverage.indicators.situation import Sites, Situation, read_situation

if TYPE_CHECKING:
    from geoservice.coverage.scenarios.state import State


@dataclass(frozen=True)
class Measured:
    """What indicators count on the day of a case, as it is.

    Attributes
    ----------
    entries
        Figures entered by hand.
    """

    declared: Indicators = field(repr=False)
    situation: Situation = field(repr=False)
    entries: Mapping[str, Sequence[Entry]] = field(repr=False)

    @cached_property
    def values(self) -> dict[str, Value]:
        """Each indicator as it is."""
        return {
            one.id: figure_of(one, self.situation, self.entries.get(one.id, ())) for one in self.declared.indicators
        }


def read_measured(connection: Connection, catalog: Catalog, on: date) -> Measured:
    """What there is on a day, as whoever acts sees it."""
    declared = load_indicators(catalog)
    situation = read_situation(connection, on, declared.belonging.within_m, public_only=False)
    return Measured(declared, situation, read_entries(connection, public_only=False))


def indicators_of(before: State, after: State) -> list[dict[str, Any]]:
    """Every indicator in two states of one ground; values are those of `Value`, `same` says that nothing changes."""
    measured, was, now = before.ground.measured, values_of(before), values_of(after)
    return [
        {
            "id": one.id,
            "title": one.title.model_dump(),
            "unit": one.unit.model_dump(),
            "target": None if one.target is None else one.target.model_dump(),
            "source": one.source,
            "same": was[one.id] == now[one.id],
            "before": _told(was[one.id]),
            "after": _told(now[one.id]),
        }
        for one in measured.declared.indicators
    ]


def values_of(state: State) -> dict[str, Value]:
    """Each indicator after the changes; those that have nothing to do with the type are as they were."""
    measured, type_ = state.ground.measured, state.ground.case.type
    if not state.altered:
        return measured.values
    situation = _after(state)
    return {
        one.id: figure_of(one, situation, ())
        if any(type_ in quantity.all_types for quantity in one.quantities)
        else measured.values[one.id]
        for one in measured.declared.indicators
    }


def _told(value: Value) -> dict[str, Any]:
    return {name: held for name, held in asdict(value).items() if name != "on"}


def _after(state: State) -> Situation:
    """The situation with the facilities of the type as the state has them."""
    held = state.ground.measured.situation
    known = {int(id_): row for row, id_ in enumerate(held.sites.id)}
    columns = {one.name: getattr(held.sites, one.name).copy() for one in fields(Sites)}
    keep, new = np.ones(held.sites.id.size, dtype=bool), []
    for number in sorted(state.altered):
        row = known.get(state.facility_of(number) or 0)
        if number not in state.situation.sites:
            if row is not None:
                keep[row] = False
        elif row is None:
            new.append(number)
        else:
            for name, value in _values(state, number).items():
                columns[name][row] = value
    lines = [_values(state, number) for number in new]
    grown = {
        name: np.concatenate([column[keep], np.array([line[name] for line in lines], dtype=column.dtype)])
        for name, column in columns.items()
    }
    return replace(held, sites=Sites(**grown))


def _values(state: State, number: int) -> dict[str, Any]:
    """A facility as a record would have it; what is not known is NaN."""
    site, ground = state.situation.sites[number], state.ground
    figures = {"beds": np.nan, "nursing_beds": np.nan, "area_m2": np.nan} | ground.figures_of(number)
    if ground.rule is not None and number in state.places:
        figures[ground.rule.field] = float(state.places[number])
    if number in state.nursing:
        figures["nursing_beds"] = float(state.nursing[number])
    return {
        "id": state.facility_of(number) or -1,
        "type": ground.case.type,
        "lon": site.lon,
        "lat": site.lat,
        **figures,
        "township": site.unit if site.unit >= 0 else ground.township_at(site.lon, site.lat),
        "undated": state.dates_of(number)[0] is None,
    }
