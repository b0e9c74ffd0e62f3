"""The inputs of one moment, joined to the networks of some modes: what runs, evidence and losses start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.catalog import Catalog, Limit, Mode
from geoservice.coverage.answers import Answer, answer_of
from geoservice.coverage.circles import Circle
from geoservice.coverage.counties import NOWHERE, OUTSIDE, Counties
from geoservice.coverage.inputs import (
    NO_ESTIMATES,
    Communities,
    Estimated,
    Facilities,
    UnitRow,
    read_barriers,
    read_communities,
    read_estimated,
    read_facilities,
    read_units,
)
from geoservice.coverage.reach import Field, field_of
from geoservice.errors import BadInput
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Graph
from geoservice.network.join import Joins, join
from geoservice.network.networks import networks_for
from geoservice.settings import Settings

# Times are told up to here, or up to the limit where that is longer.
HORIZON_DS = 3 * 3600 * 10
# The reason of a community that stands nowhere.
NO_PLACE = "no_place"


@dataclass
class Prepared:
    """Everything read, and what is worked out from it once."""

    communities: Communities
    facilities: Facilities
    units: dict[int, UnitRow]
    modes: dict[str, Mode]
    graphs: dict[str, Graph]
    barriers: dict[tuple[str, ...], Barriers]
    horizon_ds: int = HORIZON_DS
    counties: Counties = NOWHERE
    estimated: Estimated = NO_ESTIMATES
    joined: dict[str, Joins] = field(default_factory=dict)
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)
    # By mode and type, pairs up to `pairs_ds`; and by mode, type and limit what was drawn in parts.
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    pairs_ds: dict[str, int] = field(default_factory=dict)
    drawn: dict[tuple[str, str, int], Circle] = field(default_factory=dict)

    def placed(self) -> NDArray[np.bool_]:
        """Which communities have a place."""
        found: NDArray[np.bool_] = np.isfinite(self.communities.lon)
        return found

    @cached_property
    def community_county(self) -> NDArray[np.int64]:
        """County of each community; see `Counties.of`."""
        return self.counties.of(self.communities.unit_id, self.communities.lon, self.communities.lat)

    @cached_property
    def facility_county(self) -> NDArray[np.int64]:
        """County of each facility."""
        return self.counties.of(self.facilities.unit_id, self.facilities.lon, self.facilities.lat)

    @cached_property
    def homes(self) -> NDArray[np.int64]:
        """Counties that hold communities."""
        held: NDArray[np.int64] = np.setdiff1d(self.community_county, [OUTSIDE])
        return held

    def on(self, graphs: Mapping[str, Graph]) -> Prepared:
        """The same on other networks; whatever was worked out on these is left behind."""
        fresh: dict[str, Any] = {"joined": {}, "fields": {}, "answers": {}, "drawn": {}}
        return replace(self, graphs=dict(graphs), **fresh)

    def join(self, mode: str, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Joins:
        declared = self.modes[mode]
        return join(self.graphs[mode], lon, lat, declared, self.barriers[declared.barriers])

    def demand(self, mode: str) -> Joins:
        """Feet of the communities that have a place."""
        if mode not in self.joined:
            here = self.placed()
            self.joined[mode] = self.join(mode, self.communities.lon[here], self.communities.lat[here])
        return self.joined[mode]

    def field(self, mode: str, type_: str) -> Field:
        """Times of the network from all facilities of a type."""
        if (mode, type_) not in self.fields:
            mine = self.facilities.type == type_
            feet = self.join(mode, self.facilities.lon[mine], self.facilities.lat[mine])
            self.fields[mode, type_] = field_of(self.graphs[mode], feet, self.horizon_ds)
        return self.fields[mode, type_]

    def answer(self, mode: str, type_: str) -> Answer:
        """What the network says of all communities that have a place and a type, worked out here or in parts."""
        if (mode, type_) not in self.answers:
            self.answers[mode, type_] = answer_of(
                self.field(mode, type_), self.graphs[mode].reverse, self.demand(mode), self.pairs_ds[mode]
            )
        return self.answers[mode, type_]


def prepared(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    limits: Sequence[Limit],
    on: date,
    database_name: str,
) -> Prepared:
    """Read what is in force on a day, with the networks of the modes of some limits.

    Raises
    ------
    BadInput
        ``coverage.no-communities`` if none has a place, ``network.no-roads`` if a mode can use no road.
    """
    modes = list(dict.fromkeys(limit.mode for limit in limits))
    communities = read_communities(connection, on)
    if not np.isfinite(communities.lon).any():
        raise BadInput("coverage.no-communities", count=len(communities))
    layers = {catalog.modes[mode].barriers for mode in modes}
    return Prepared(
        communities=communities,
        estimated=read_estimated(connection, on),
        facilities=read_facilities(connection, on),
        units=read_units(connection, on),
        modes={mode: catalog.modes[mode] for mode in modes},
        graphs=networks_for(connection, catalog, settings, modes, database_name),
        barriers={names: read_barriers(connection, names) for names in layers},
        horizon_ds=max([HORIZON_DS, *(limit.minutes * 600 for limit in limits)]),
        pairs_ds={mode: max(600 * limit.minutes for limit in limits if limit.mode == mode) for mode in modes},
    )
