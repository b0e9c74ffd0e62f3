"""What a scenario starts from: the facilities of a type on a day, and whom they serve by a standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.counties import Counties, read_counties, read_townships
from geoservice.coverage.figures.declared import Capacity, capacities
from geoservice.coverage.inputs import INPUT_LAYERS, Publication, read_publication
from geoservice.coverage.prepared import Prepared, prepared
from geoservice.coverage.uncertainty.query import Case
from geoservice.coverage.whatif import Situation, situation
from geoservice.database.prepare import revisions
from geoservice.network.arrays import Int64s
from geoservice.settings import Settings


@dataclass(frozen=True)
class Ground:
    """The real data of one moment; shared by all scenarios of the case, and never changed.

    Attributes
    ----------
    inputs
        Communities, networks, units.
    begin
        The facilities as they are, by their number within the type.
    row
        int64 place of each of them in ``inputs.facilities``.
    townships
        Outlines, for what lies in which.
    rule
        Whose places count, None where the type has no rule of places.
    revisions
        Of the layers that the figures come from.
    """

    case: Case
    inputs: Prepared = field(repr=False)
    begin: Situation = field(repr=False)
    row: Int64s = field(repr=False)
    townships: Counties = field(repr=False)
    rule: Capacity | None
    revisions: Mapping[str, int]
    publication: Publication

    @property
    def places(self) -> dict[int, int]:
        """Places by number of the facility, of those that tell them."""
        if self.rule is None:
            return {}
        held = getattr(self.inputs.facilities, self.rule.field)[self.row].tolist()
        return {number: places for number, places in enumerate(held) if places >= 0}

    def names(self) -> list[str]:
        """By number."""
        return [str(name) for name in self.inputs.facilities.name[self.row]]


def read_revisions(connection: Connection) -> dict[str, int]:
    """State of the layers that figures come from."""
    return {layer: number for layer, number in sorted(revisions(connection).items()) if layer in INPUT_LAYERS}


def read_ground(connection: Connection, catalog: Catalog, settings: Settings, database_name: str, case: Case) -> Ground:
    """Read what a case starts from, as whoever acts sees it.

    Raises
    ------
    BadInput
        If there are no roads or no communities with a place. A type without facilities is no error: the first may be
        added.
    """
    now = read_revisions(connection)
    inputs = prepared(connection, catalog, settings, case.limits, case.on, database_name)
    inputs.counties = read_counties(connection, inputs.units, case.on)
    return Ground(
        case=case,
        inputs=inputs,
        begin=situation(inputs, case.type, case.limits),
        row=np.flatnonzero(inputs.facilities.type == case.type),
        townships=read_townships(connection, case.on),
        rule=capacities().get(case.type),
        revisions=now,
        publication=read_publication(connection),
    )
