"""A scenario as it stands after some changes; a state is never changed, so any number may stand side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from geoservice.coverage.scenarios.changes import ROAD_KINDS, Change
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.scenarios.roads import RoadTold, altered
from geoservice.coverage.whatif import Site, Situation
from geoservice.errors import BadInput, GeoserviceError
from geoservice.network.lines import Lines

Days = tuple[date | None, date | None]


@dataclass(frozen=True)
class State:
    """Facilities and whom they serve.

    Attributes
    ----------
    situation
        By number: those of the real data first, open on the day or not, then what is added, in the order of adding.
    added
        Names of what the scenario adds, closed ones included; site 1 has the first.
    parked
        By number, those that are not open: where they stand.
    places, nursing
        By number, of those that tell them, open or not; nursing places only where a change has set them.
    dates
        By number, days of opening and closing that a change has set.
    altered
        Numbers of all that some change was about.
    touched
        Number of the facility that the latest change was about, None before any and after a change of roads.
    passed
        Changes so far, those that were left out included: errors name the number of theirs.
    lines
        The roads as changes have left them; None where none has touched them.
    roads
        What the changes of roads have done.
    own_bytes
        What its networks take, where the latest change has made them.
    unbuilt
        Whether the networks of the situation are not yet those of the roads.
    """

    ground: Ground = field(repr=False)
    situation: Situation = field(repr=False)
    added: tuple[str | None, ...] = ()
    parked: Mapping[int, Site] = field(default_factory=dict, repr=False)
    places: Mapping[int, int] = field(default_factory=dict, repr=False)
    nursing: Mapping[int, int] = field(default_factory=dict, repr=False)
    dates: Mapping[int, Days] = field(default_factory=dict, repr=False)
    moved: frozenset[int] = frozenset()
    resized: frozenset[int] = frozenset()
    altered: frozenset[int] = frozenset()
    touched: int | None = None
    passed: int = 0
    lines: Lines | None = field(default=None, repr=False)
    roads: tuple[RoadTold, ...] = ()
    own_bytes: int = 0
    unbuilt: bool = False

    @classmethod
    def begin(cls, ground: Ground) -> State:
        """Without changes."""
        idle = {number: ground.register[number].site for number in range(ground.row.size, len(ground.register))}
        return cls(ground, ground.begin, parked=idle, places=ground.places)

    @property
    def nbytes(self) -> int:
        """What it takes beyond its ground, about."""
        return self.situation.nbytes + 100 * len(self.places) + self.own_bytes

    def after(self, change: Change) -> State:
        """With one more change.

        Raises
        ------
        BadInput
            ``scenario.outside`` for a place in no county that the data are of, ``scenario.unknown-facility``,
            ``scenario.unknown-site``, ``scenario.closed-already``, ``scenario.no-places`` where the type has no rule of
            places, ``network.bad-point``; ``scenario.no-such-road``, ``scenario.no-road-here``,
            ``scenario.no-such-class``, ``scenario.unjoined-road``, ``scenario.long-road``, ``network.no-roads``.
        """
        return self.changed(change).built()

    def changed(self, change: Change) -> State:
        """The same, but after a change of roads the networks are still to be built: several cost one building."""
        found = self._on_roads(change) if change.kind in ROAD_KINDS else self.built().on_facilities(change)
        return replace(found, passed=self.passed + 1, own_bytes=0)

    def without(self) -> State:
        """With one more change left out."""
        return replace(self, passed=self.passed + 1)

    def number_of_site(self, site: int) -> int:
        """Number of an added facility."""
        return len(self.ground.register) + site - 1

    def site_of(self, number: int) -> int | None:
        """Which of the added ones a number is, from 1; None for those of the real data."""
        known = len(self.ground.register)
        return number - known + 1 if number >= known else None

    def name_of(self, number: int) -> str | None:
        """Name of a facility; None where what was added was given none."""
        site = self.site_of(number)
        return self.ground.register[number].name if site is None else self.added[site - 1]

    def facility_of(self, number: int) -> int | None:
        """Id of a facility of the real data."""
        return self.ground.register[number].id if self.site_of(number) is None else None

    def dates_of(self, number: int) -> Days:
        """Days of opening and closing of a facility."""
        if number in self.dates or self.site_of(number) is not None:
            return self.dates.get(number, (None, None))
        record = self.ground.register[number]
        return record.opened_on, record.closed_on

    def built(self) -> State:
        """With the networks that belong to its roads: those that would be built from the changed records.

        Raises
        ------
        BadInput
            ``network.no-roads``
        """
        if not self.unbuilt:
            return self
        assert self.lines is not None
        graphs = self.lines.networks(self.ground.inputs.modes)
        own = sum(graph.nbytes for graph in graphs.values()) + self.lines.nbytes
        there = self.situation.on(self.ground.inputs.on(graphs))
        return replace(self, situation=there, unbuilt=False, own_bytes=own)

    def _on_roads(self, change: Change) -> State:
        held = self.lines or self.ground.book.lines
        lines, told = altered(held, change, self.ground.modes_of_class, self.ground.inputs, self._refused)
        return replace(self, lines=lines, roads=(*self.roads, told), touched=None, unbuilt=True)

    def on_facilities(self, change: Change) -> State:
        """With one more change of facilities; the networks have to be built."""
        if change.kind == "add":
            return self._add(change)
        number = self._meant(change)
        return replace(self._change(change, number), touched=number, altered=self.altered | {number})

    def _add(self, change: Change) -> State:
        lon, lat, unit = self._place(change)
        number = self.number_of_site(len(self.added) + 1)
        found = replace(
            self,
            situation=self.situation.add(Site(lon, lat, unit), number),
            added=(*self.added, change.name),
            touched=number,
            altered=self.altered | {number},
        )
        return found if change.places is None and change.nursing_places is None else found.sized(number, change)

    def sized(self, number: int, change: Change) -> State:
        """With the places that a change gives to a facility."""
        if self.ground.rule is None:
            raise self._refused("scenario.no-places", type=self.ground.case.type)
        places = {} if change.places is None else {number: change.places}
        nursing = {} if change.nursing_places is None else {number: change.nursing_places}
        return replace(self, places={**self.places, **places}, nursing={**self.nursing, **nursing})

    def _change(self, change: Change, number: int) -> State:
        if change.kind == "close":
            return self.shut(number)
        if change.kind == "opening":
            return self._dated(change, number)
        if change.kind == "move":
            lon, lat, unit = self._place(change)
            stays = self.situation.sites[number].unit if unit < 0 else unit
            there = self.situation.move(number, lon, lat, stays)
            return replace(self, situation=there, moved=self.moved | {number})
        return replace(self.sized(number, change), resized=self.resized | {number})

    def shut(self, number: int) -> State:
        """Without a facility, which is kept where it stands."""
        parked = {**self.parked, number: self.situation.sites[number]}
        return replace(self, situation=self.situation.close(number), parked=parked)

    def _dated(self, change: Change, number: int) -> State:
        """With other days of opening and closing; whether it is open follows from the day of the case."""
        opened, closed = change.dates
        on = self.ground.case.on
        dated = replace(self, dates={**self.dates, number: (opened, closed)})
        is_open = (opened is None or opened <= on) and (closed is None or closed > on)
        if is_open == (number in self.situation.sites):
            return dated
        if not is_open:
            return dated.shut(number)
        parked = {one: site for one, site in self.parked.items() if one != number}
        return replace(dated, situation=self.situation.add(self.parked[number], number), parked=parked)

    def _refused(self, code: str, **values: object) -> BadInput:
        return BadInput(code, number=self.passed + 1, **values)

    def _meant(self, change: Change) -> int:
        if change.site is not None:
            if change.site > len(self.added):
                raise self._refused("scenario.unknown-site", site=change.site)
            number = self.number_of_site(change.site)
        else:
            assert change.facility is not None
            found = self.ground.number_of.get(change.facility)
            # Whatever never was open in the scenario can only be opened.
            if found is None or (found in self.parked and found not in self.altered and change.kind != "opening"):
                raise self._refused("scenario.unknown-facility", id=change.facility)
            number = found
        if number not in self.situation.sites and change.kind != "opening":
            raise self._refused("scenario.closed-already", name=self.name_of(number) or f"+{change.site}")
        return number

    def _place(self, change: Change) -> tuple[float, float, int]:
        """Where, and in which township, -1 where no outline tells."""
        assert change.lon is not None
        assert change.lat is not None
        if not self.ground.inside(np.array([change.lon]), np.array([change.lat]))[0]:
            raise self._refused("scenario.outside", lon=f"{change.lon:.6f}", lat=f"{change.lat:.6f}")
        return change.lon, change.lat, self.ground.township_at(change.lon, change.lat)


@dataclass(frozen=True)
class Fault:
    """A change that can no longer be made, since the data have changed; it is left out."""

    number: int
    error: GeoserviceError

    def as_dict(self) -> dict[str, object]:
        """Fit for JSON."""
        return {"number": self.number, "code": self.error.code, "detail": str(self.error)}


def what_stands(begin: State, changes: Iterable[Change]) -> tuple[State, list[Fault]]:
    """After those of some changes that can be made, and the others."""
    state, faults = begin, []
    for number, change in enumerate(changes, start=1):
        try:
            state = state.after(change)
        except BadInput as error:
            faults.append(Fault(number, error))
            state = state.without()
    return state, faults
