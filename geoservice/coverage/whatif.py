"""What if a facility were added, moved or closed: all totals anew, exactly those of a fresh run.

A community's covering and backup follow from the facilities within its own limit. They are kept as one sorted array of
numbers (community, time, facility), so that a facility that comes and goes leaves the very same array. A facility that
comes costs a search as far as its limit; one that goes costs none. The totals are those of `figures.count`.

Nothing here asks a database, and a situation is never changed: several can be tried side by side and from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from geoservice.catalog import Limit
from geoservice.coverage.counties import by_neighbour
from geoservice.coverage.figures import Coverage, Demand, count
from geoservice.coverage.pairs import Pairs, Targets
from geoservice.coverage.prepared import Prepared
from geoservice.errors import BadInput, BadRequest
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.join import Joins

# A key holds community, time and facility: 20, 20 and 23 bits, so that keys sort by them in this order.
_TIME_AT, _PLACE_AT = 23, 43
_MOST_FACILITIES, _MOST_COMMUNITIES = 1 << 23, 1 << 20
_TIME_MASK, _NUMBER_MASK = (1 << 20) - 1, _MOST_FACILITIES - 1


@dataclass(frozen=True)
class Site:
    """A facility as it stands or might stand.

    Attributes
    ----------
    lon, lat
        Degrees, EPSG:4490.
    unit
        Id of its unit, -1 where nobody has said; a unit decides the county, see `Counties.of`.
    county
        Worked out when the site is taken in.
    reasons
        Why it is not on the network, by mode (``off_network``, ``blocked``); empty where it is on all.
    """

    lon: float
    lat: float
    unit: int = -1
    county: int = -1
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Way:
    """The communities that are judged by one mode.

    Attributes
    ----------
    targets
        All communities that have a place.
    community
        int64 index of each of those.
    limit_ds
        int32 limit of each of those, -1 where it is judged by another mode.
    joined
        Which communities are judged by this mode and on its network, shape of all communities.
    members
        Which communities are judged by this mode, and have a place.
    """

    mode: str
    targets: Targets
    community: Int64s
    limit_ds: Int32s
    joined: Bools
    members: Bools

    def keys(self, feet: Joins, number: Int64s) -> Int64s:
        """Keys of the communities that facilities of these numbers serve, in any order."""
        if not self.members.any():
            return np.empty(0, dtype=np.int64)
        found = self.targets.pairs(feet, int(self.limit_ds.max()))
        mine = found.time_ds <= self.limit_ds[found.place]
        place, time = self.community[found.place[mine]], found.time_ds[mine].astype(np.int64)
        keys: Int64s = place << _PLACE_AT | time << _TIME_AT | number[found.facility[mine]]
        return keys


@dataclass(frozen=True)
class _Ground:
    """What does not change: communities, networks, limits."""

    inputs: Prepared
    limits: tuple[Limit, Limit]
    ways: tuple[_Way, ...]
    demand: Demand
    townships: tuple[int, ...]

    def join(self, lon: Floats, lat: Floats) -> dict[str, Joins]:
        return {way.mode: self.inputs.join(way.mode, lon, lat) for way in self.ways}

    def keys(self, feet: Mapping[str, Joins], number: Int64s) -> Int64s:
        return np.sort(np.concatenate([way.keys(feet[way.mode], number) for way in self.ways]))


@dataclass(frozen=True)
class Situation:
    """Some facilities of one type, and whom they serve.

    Attributes
    ----------
    sites
        By number: those that are there at the beginning have their number within the type, by id.
    """

    sites: Mapping[int, Site]
    _ground: _Ground = field(repr=False)
    _keys: Int64s = field(repr=False)

    def add(self, site: Site, number: int | None = None) -> Situation:
        """With one more facility.

        Parameters
        ----------
        number
            By default the next one, which is the number that a fresh run gives to a record added last. Of equal times
            the smaller number is the nearer.

        Raises
        ------
        BadInput
            ``network.bad-point`` for a coordinate that is not finite or out of range.
        BadRequest
            ``whatif.taken`` if the number is another facility's, or no number of a facility.
        """
        if number is None:
            number = max(self.sites, default=-1) + 1
        if number in self.sites or not 0 <= number < _MOST_FACILITIES:
            raise BadRequest("whatif.taken", value=number)
        lon, lat = np.array([site.lon]), np.array([site.lat])
        feet = self._ground.join(lon, lat)
        reasons = _reasons(feet, 0)
        county = int(self._ground.inputs.counties.of(np.array([site.unit]), lon, lat)[0])
        new = self._ground.keys(feet, np.array([number], dtype=np.int64))
        sites = {**self.sites, number: replace(site, county=county, reasons=reasons)}
        return Situation(sites, self._ground, np.insert(self._keys, np.searchsorted(self._keys, new), new))

    def close(self, number: int) -> Situation:
        """Without a facility.

        Raises
        ------
        BadRequest
            ``whatif.no-such-facility``.
        """
        self._known(number)
        sites = {one: site for one, site in self.sites.items() if one != number}
        return Situation(sites, self._ground, self._keys[self._keys & _NUMBER_MASK != number])

    def move(self, number: int, lon: float, lat: float, unit: int | None = None) -> Situation:
        """With a facility at another place, under its number, and in its unit unless another is given.

        Raises
        ------
        BadInput
            ``network.bad-point``.
        BadRequest
            ``whatif.no-such-facility``.
        """
        self._known(number)
        stays = self.sites[number].unit if unit is None else unit
        return self.close(number).add(Site(lon, lat, stays), number)

    @property
    def inputs(self) -> Prepared:
        """What it is worked out on."""
        return self._ground.inputs

    def on(self, inputs: Prepared) -> Situation:
        """The same facilities on other networks; communities and limits stay."""
        ground, numbers = _ground(inputs, self._ground.limits), np.array(sorted(self.sites), dtype=np.int64)
        sites = [self.sites[number] for number in numbers.tolist()]
        lon, lat = (np.array([getattr(site, name) for site in sites], dtype=np.float64) for name in ("lon", "lat"))
        feet = ground.join(lon, lat)
        there = {
            number: replace(site, reasons=_reasons(feet, row))
            for row, (number, site) in enumerate(zip(numbers.tolist(), sites, strict=True))
        }
        return Situation(there, ground, ground.keys(feet, numbers))

    @property
    def nbytes(self) -> int:
        """Bytes that it takes beyond what all situations of the same ground share, about."""
        return int(self._keys.nbytes) + 400 * len(self.sites)

    def _known(self, number: int) -> None:
        if number not in self.sites:
            raise BadRequest("whatif.no-such-facility", value=number)

    @property
    def pairs(self) -> Pairs:
        """Communities with every facility within their own limit."""
        return _pairs(self._keys)

    @cached_property
    def within(self) -> Int64s:
        """Number of facilities within the limit of each community."""
        return np.bincount(self._keys >> _PLACE_AT, minlength=len(self._ground.demand)).astype(np.int64)

    def nearest(self, rank: int = 0) -> tuple[Int32s, Int32s]:
        """Time in ds and number of the nearest facility of each community, -1 where none is within its limit.

        Parameters
        ----------
        rank
            0 for the nearest, 1 for the second, and so on.
        """
        has = self.within > rank
        key = self._keys[np.cumsum(self.within)[has] - self.within[has] + rank]
        time, number = (np.full(has.size, -1, dtype=np.int32) for _ in range(2))
        time[has], number[has] = key >> _TIME_AT & _TIME_MASK, key & _NUMBER_MASK
        return time, number

    @cached_property
    def coverage(self) -> Coverage:
        """All totals: of the whole, by unit and by county."""
        ground, inputs = self._ground, self._ground.inputs
        sites = list(self.sites.values())
        county = np.array([site.county for site in sites], dtype=np.int64)
        neighbours, outside = None, None
        if inputs.counties.known:
            of_number = np.full(max(self.sites, default=-1) + 1, -1, dtype=np.int64)
            of_number[list(self.sites)] = county
            neighbours = by_neighbour(self.pairs, inputs.community_county, of_number, self.within > 0)
            outside = ~np.isin(county, inputs.homes)
        return count(
            replace(
                ground.demand,
                joined=self._joined(),
                covered=self.within >= 1,
                backed_up=self.within >= 2,
                by_neighbour=neighbours,
            ),
            np.array([site.unit for site in sites], dtype=np.int64),
            ground.townships,
            outside=outside,
            county=inputs.community_county,
            facility_county=county,
        )

    def _joined(self) -> Bools:
        joined = np.zeros(len(self._ground.demand), dtype=bool)
        for way in self._ground.ways:
            joined |= way.joined
        return joined


def situation(inputs: Prepared, type_: str, limits: tuple[Limit, Limit]) -> Situation:
    """The facilities of a type as they are.

    Parameters
    ----------
    inputs
        With the networks of the limits' modes, and with counties where figures by county are wanted.
    type_
        The facility type.
    limits
        For urban and for rural communities.

    Raises
    ------
    BadInput
        ``whatif.too-many`` beyond about a million communities or eight million facilities.
    """
    mine = np.flatnonzero(inputs.facilities.type == type_)
    _check_sizes(mine.size, len(inputs.communities))
    ground = _ground(inputs, limits)
    unit, county = inputs.facilities.unit_id[mine], inputs.facility_county[mine]
    lon, lat = inputs.facilities.lon[mine], inputs.facilities.lat[mine]
    feet = ground.join(lon, lat)
    sites = {
        number: Site(
            lon=float(lon[number]),
            lat=float(lat[number]),
            unit=int(unit[number]),
            county=int(county[number]),
            reasons=_reasons(feet, number),
        )
        for number in range(mine.size)
    }
    return Situation(sites, ground, ground.keys(feet, np.arange(mine.size, dtype=np.int64)))


def reached(inputs: Prepared, limits: tuple[Limit, Limit], lon: Floats, lat: Floats) -> Pairs:
    """Communities with every one of some places that lies within their own limit, as a situation counts them.

    Parameters
    ----------
    inputs
        With the networks of the limits' modes.
    limits
        For urban and for rural communities.
    lon, lat
        Degrees, EPSG:4490, shape (n,).

    Raises
    ------
    BadInput
        ``network.bad-point``, ``whatif.too-many``.
    """
    _check_sizes(lon.size, len(inputs.communities))
    ground = _ground(inputs, limits)
    return _pairs(ground.keys(ground.join(lon, lat), np.arange(lon.size, dtype=np.int64)))


def _reasons(feet: Mapping[str, Joins], row: int) -> dict[str, str]:
    """Why a place is not on the networks, by mode."""
    return {mode: why for mode, joins in feet.items() if (why := joins.reason(row)) is not None}


def _check_sizes(facilities: int, communities: int) -> None:
    for held, most in ((facilities, _MOST_FACILITIES), (communities, _MOST_COMMUNITIES)):
        if held > most:
            raise BadInput("whatif.too-many", count=held, most=most)


def _pairs(keys: Int64s) -> Pairs:
    columns = keys >> _PLACE_AT, keys & _NUMBER_MASK, keys >> _TIME_AT & _TIME_MASK
    return Pairs(*(column.astype(np.int32) for column in columns))


def _ground(inputs: Prepared, limits: tuple[Limit, Limit]) -> _Ground:
    communities, here = inputs.communities, np.flatnonzero(inputs.placed())
    nobody = np.zeros(len(communities), dtype=bool)
    modes = dict.fromkeys(limit.mode for limit in limits)
    return _Ground(
        inputs=inputs,
        limits=limits,
        ways=tuple(_way(inputs, mode, limits, here) for mode in modes),
        demand=Demand(
            unit=communities.unit_id,
            joined=nobody,
            covered=nobody,
            backed_up=nobody,
            by_neighbour=None,
            population=communities.population,
            population_60=communities.population_60,
            population_80=communities.population_80,
            households=communities.households,
        ),
        townships=tuple(unit for unit, row in inputs.units.items() if row.level == "township"),
    )


def _way(inputs: Prepared, mode: str, limits: tuple[Limit, Limit], here: Int64s) -> _Way:
    graph, feet = inputs.graphs[mode], inputs.demand(mode)
    urban = inputs.communities.urban[here]
    limit_ds = np.full(here.size, -1, dtype=np.int32)
    for limit, members in zip(limits, (urban, ~urban), strict=True):
        if limit.mode == mode:
            limit_ds[members] = limit.minutes * 600
    joined, placed = (np.zeros(len(inputs.communities), dtype=bool) for _ in range(2))
    joined[here], placed[here] = (limit_ds >= 0) & feet.joined, limit_ds >= 0
    targets = Targets.of(graph, graph.reverse, graph.edge_forward, graph.edge_backward, feet)
    return _Way(mode, targets, here, limit_ds, joined, placed)
