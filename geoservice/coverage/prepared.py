"""The inputs of one moment, joined to the networks of some modes: what runs, evidence and losses start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.catalog import Catalog, Mode
from geoservice.coverage.inputs import (
    Communities,
    Facilities,
    UnitRow,
    read_barriers,
    read_communities,
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

# Times are told up to here, beyond every standard.
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
    joined: dict[str, Joins] = field(default_factory=dict)
    fields: dict[tuple[str, str], Field] = field(default_factory=dict)

    def placed(self) -> NDArray[np.bool_]:
        """Which communities have a place."""
        found: NDArray[np.bool_] = np.isfinite(self.communities.lon)
        return found

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
            self.fields[mode, type_] = field_of(self.graphs[mode], feet, HORIZON_DS)
        return self.fields[mode, type_]


def prepared(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    modes: Sequence[str],
    on: date,
    database_name: str,
) -> Prepared:
    """Read what is in force on a day, with the networks of some modes.

    Raises
    ------
    BadInput
        ``coverage.no-communities`` if none has a place, ``network.no-roads`` if a mode can use no road.
    """
    communities = read_communities(connection, on)
    if not np.isfinite(communities.lon).any():
        raise BadInput("coverage.no-communities", count=len(communities))
    layers = {catalog.modes[mode].barriers for mode in modes}
    return Prepared(
        communities=communities,
        facilities=read_facilities(connection, on),
        units=read_units(connection, on),
        modes={mode: catalog.modes[mode] for mode in modes},
        graphs=networks_for(connection, catalog, settings, modes, database_name),
        barriers={names: read_barriers(connection, names) for names in layers},
    )
