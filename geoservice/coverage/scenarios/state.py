"""A scenario as it stands after some changes; a state is never changed, so any number may stand side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.whatif import Site, Situation
from geoservice.errors import BadInput, GeoserviceError


@dataclass(frozen=True)
class State:
    """Facilities and whom they serve.

    Attributes
    ----------
    situation
        By number: those of the real data first, then what is added, in the order of adding.
    added
        Names of what the scenario adds, closed ones included; site 1 has the first.
    places
        By number, of those that tell them.
    touched
        Number of the facility that the latest change was about, None before any.
    passed
        Changes so far, those that were left out included: errors name the number of theirs.
    """

    ground: Ground = field(repr=False)
    situation: Situation = field(repr=False)
    added: tuple[str | None, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict, repr=False)
    moved: frozenset[int] = frozenset()
    resized: frozenset[int] = frozenset()
    touched: int | None = None
    passed: int = 0

    @classmethod
    def begin(cls, ground: Ground) -> State:
        """Without changes."""
        return cls(ground, ground.begin, places=ground.places)

    @property
    def nbytes(self) -> int:
        """What it takes beyond its ground, about."""
        return self.situation.nbytes + 100 * len(self.places)

    def after(self, change: Change) -> State:
        """With one more change.

        Raises
        ------
        BadInput
            ``scenario.outside`` for a place in no county that the data are of, ``scenario.unknown-facility``,
            ``scenario.unknown-site``, ``scenario.closed-already``, ``scenario.no-places`` where the type has no rule of
            places, ``network.bad-point``.
        """
        found = self._add(change) if change.kind == "add" else self._change(change, self._meant(change))
        return replace(found, passed=self.passed + 1)

    def without(self) -> State:
        """With one more change left out."""
        return replace(self, passed=self.passed + 1)

    def number_of_site(self, site: int) -> int:
        """Number of an added facility."""
        return self.ground.row.size + site - 1

    def site_of(self, number: int) -> int | None:
        """Which of the added ones a number is, from 1; None for those of the real data."""
        return number - self.ground.row.size + 1 if number >= self.ground.row.size else None

    def name_of(self, number: int) -> str | None:
        """Name of a facility; None where what was added was given none."""
        site = self.site_of(number)
        return (
            str(self.ground.inputs.facilities.name[self.ground.row[number]]) if site is None else self.added[site - 1]
        )

    def facility_of(self, number: int) -> int | None:
        """Id of a facility of the real data."""
        known = number < self.ground.row.size
        return int(self.ground.inputs.facilities.id[self.ground.row[number]]) if known else None

    @property
    def closed(self) -> list[int]:
        """Numbers of what was there, or was added, and is closed."""
        return [one for one in range(self.ground.row.size + len(self.added)) if one not in self.situation.sites]

    def _add(self, change: Change) -> State:
        lon, lat, unit = self._place(change)
        number = self.number_of_site(len(self.added) + 1)
        return replace(
            self,
            situation=self.situation.add(Site(lon, lat, unit), number),
            added=(*self.added, change.name),
            places=self.places if change.places is None else self._with_places(number, change),
            touched=number,
        )

    def _change(self, change: Change, number: int) -> State:
        if change.kind == "close":
            left = {one: held for one, held in self.places.items() if one != number}
            return replace(self, situation=self.situation.close(number), places=left, touched=number)
        if change.kind == "move":
            lon, lat, unit = self._place(change)
            stays = self.situation.sites[number].unit if unit < 0 else unit
            there = self.situation.move(number, lon, lat, stays)
            return replace(self, situation=there, moved=self.moved | {number}, touched=number)
        return replace(self, places=self._with_places(number, change), resized=self.resized | {number}, touched=number)

    def _refused(self, code: str, **values: object) -> BadInput:
        return BadInput(code, number=self.passed + 1, **values)

    def _meant(self, change: Change) -> int:
        if change.site is not None:
            if change.site > len(self.added):
                raise self._refused("scenario.unknown-site", site=change.site)
            number = self.number_of_site(change.site)
        else:
            ids = self.ground.inputs.facilities.id[self.ground.row]
            found = np.flatnonzero(ids == change.facility)
            if not found.size:
                raise self._refused("scenario.unknown-facility", id=change.facility)
            number = int(found[0])
        if number not in self.situation.sites:
            raise self._refused("scenario.closed-already", name=self.name_of(number) or f"+{change.site}")
        return number

    def _place(self, change: Change) -> tuple[float, float, int]:
        """Where, and in which township, -1 where no outline tells."""
        assert change.lon is not None
        assert change.lat is not None
        nobody, lon, lat = np.array([-1]), np.array([change.lon]), np.array([change.lat])
        counties = self.ground.inputs.counties
        if counties.known and int(counties.of(nobody, lon, lat)[0]) not in self.ground.inputs.homes:
            raise self._refused("scenario.outside", lon=f"{change.lon:.6f}", lat=f"{change.lat:.6f}")
        return change.lon, change.lat, int(self.ground.townships.of(nobody, lon, lat)[0])

    def _with_places(self, number: int, change: Change) -> dict[int, int]:
        if self.ground.rule is None:
            raise self._refused("scenario.no-places", type=self.ground.case.type)
        assert change.places is not None
        return {**self.places, number: change.places}


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
