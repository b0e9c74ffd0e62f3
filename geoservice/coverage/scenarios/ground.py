"""What a scenario starts from: the facilities of a type on a day, and whom they serve by a standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.counties import Counties, read_counties, read_townships
from geoservice.coverage.figures.declared import Capacity, capacities
from geoservice.coverage.inputs import INPUT_LAYERS, Publication, read_publication
from geoservice.coverage.prepared import Prepared, prepared
from geoservice.coverage.scenarios.changes import ROAD_KINDS, Change
from geoservice.coverage.scenarios.indicators import Measured, read_measured
from geoservice.coverage.scenarios.register import Record, read_register
from geoservice.coverage.uncertainty.query import Case
from geoservice.coverage.whatif import Situation, situation
from geoservice.database.prepare import revisions
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.lines import LineBook
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
    register
        Every facility of the type by its number: those open on the day first, by id, then those that are not.
    townships
        Outlines, for what lies in which.
    rule
        Whose places count, None where the type has no rule of places.
    measured
        What the plan's indicators count.
    modes_of_class
        Road class to the modes that may use a road of it.
    book
        The roads themselves, to be read before the first change of roads.
    revisions
        Of the layers that the figures come from.
    """

    case: Case
    inputs: Prepared = field(repr=False)
    begin: Situation = field(repr=False)
    row: Int64s = field(repr=False)
    register: tuple[Record, ...] = field(repr=False)
    townships: Counties = field(repr=False)
    rule: Capacity | None
    measured: Measured = field(repr=False)
    revisions: Mapping[str, int]
    publication: Publication
    modes_of_class: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    book: LineBook = field(default_factory=LineBook, repr=False, compare=False)

    @cached_property
    def number_of(self) -> Mapping[int, int]:
        """Numbers of the facilities of the type by their id."""
        return {record.id: number for number, record in enumerate(self.register)}

    @cached_property
    def places(self) -> Mapping[int, int]:
        """Places by number of the facility, of those that tell them."""
        if self.rule is None:
            return {}
        held = {number: getattr(record, self.rule.field) for number, record in enumerate(self.register)}
        return {number: places for number, places in held.items() if places is not None}

    def names(self) -> list[str]:
        """By number, of those that are open."""
        return [str(name) for name in self.inputs.facilities.name[self.row]]

    def figures_of(self, number: int) -> dict[str, float]:
        """What the record of a facility tells of beds and area; nothing for one that is added."""
        return self.register[number].figures if number < len(self.register) else {}

    def inside(self, lon: Floats, lat: Floats) -> Bools:
        """Whether places, in degrees, lie in a county that the data are of; everywhere where no outline is known."""
        counties = self.inputs.counties
        if not counties.known:
            return np.ones(lon.size, dtype=np.bool_)
        nobody = np.full(lon.size, -1, dtype=np.int64)
        found: Bools = np.isin(counties.of(nobody, lon, lat), self.inputs.homes)
        return found

    def township_at(self, lon: float, lat: float) -> int:
        """Id of the township whose outline holds a place in degrees, -1 where none does."""
        return int(self.townships.of(np.array([-1]), np.array([lon]), np.array([lat]))[0])


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
        register=read_register(connection, case.type, case.on),
        townships=read_townships(connection, case.on),
        rule=capacities().get(case.type),
        measured=read_measured(connection, catalog, case.on),
        revisions=now,
        publication=read_publication(connection),
        modes_of_class=_modes_of_class(catalog),
    )


def _modes_of_class(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    held = {entry.code: entry.attributes.get("modes") for entry in catalog.codes["road_classes"].entries}
    return {code: tuple(modes) for code, modes in held.items() if isinstance(modes, list) and modes}


def read_roads(connection: Connection, ground: Ground, changes: Iterable[Change]) -> None:
    """Reads the roads where some change is about them."""
    if any(change.kind in ROAD_KINDS for change in changes):
        ground.book.read(connection)
