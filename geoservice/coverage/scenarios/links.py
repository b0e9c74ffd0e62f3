"""Which single road link would buy most: people newly covered by each of a defined set of links.

A link is a straight road of one class between two junctions (or loose ends) of the network of the mode of rural
communities. The set: every pair at most `longest_m` apart whose way along the network takes more than `detour` times as
long as the link would, or that has none. Of each pair what it brings at least is worked out at once: communities that come
within their limit by a way along the whole link. The best of them are then tried as roads that are really built
(`State.after`), which also counts who lives or stands along the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geoservice.coverage.pairs import Targets
from geoservice.coverage.reach import field_of
from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.roads import bars
from geoservice.coverage.scenarios.state import State
from geoservice.crs import ELLIPSOID, metric_crs
from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.build import DS_KMH_PER_M, round_half_up
from geoservice.network.graph import Graph
from geoservice.network.search import Seeds, reached

MOST_LINKS = 20
MOST_PAIRS = 2_000_000
LEAST_M, MOST_M = 10.0, 5_000.0
# So many of the best are looked at more closely, so that what brings the same is listed once.
_CLOSER = 400
_BLOCK = 64
_NEVER = np.int64(2**31)


@dataclass(frozen=True)
class Wish:
    """What kind of links are looked for.

    Attributes
    ----------
    longest_m
        Straight.
    detour
        How many times as long as the link its ends are apart along the network, at least.
    most
        How many are listed.
    bridges
        Whether links across water, railways and the like are listed too.
    """

    road_class: str = "tertiary"
    longest_m: float = 1500.0
    detour: float = 3.0
    most: int = 10
    bridges: bool = True


@dataclass(frozen=True)
class Link:
    """One link.

    Attributes
    ----------
    path
        Its ends, degrees.
    time_s, network_s
        Along the link, and along the network as it is; None where there is no way, or nobody has asked.
    bridge
        Whether it crosses what bars the way.
    communities, population
        What it brings at least.
    gained
        What it brings exactly, once it was tried: as `telling.told` names it.
    """

    path: tuple[tuple[float, float], ...]
    length_m: float
    time_s: float | None
    network_s: float | None
    bridge: bool
    communities: int
    population: int
    gained: dict[str, Any] | None = field(default=None, repr=False)

    def change(self, wish: Wish) -> Change:
        """The change that builds it."""
        return Change("add_road", path=self.path, road_class=wish.road_class)

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        at_least = {"communities": self.communities, "population": self.population}
        told = {name: getattr(self, name) for name in ("length_m", "time_s", "network_s", "bridge", "gained")}
        return {"path": [list(at) for at in self.path], "at_least": at_least, **told}


@dataclass(frozen=True)
class Found:
    """The best links by what they bring at least.

    Attributes
    ----------
    pairs
        How many links there are in the set that could bring anything at all.
    """

    mode: str
    pairs: int
    links: tuple[Link, ...]


def links_of(state: State, wish: Wish) -> Found:
    """The links that bring most at least, the best first; of those that bring the same communities the shortest.

    Raises
    ------
    BadInput
        ``scenario.no-such-class``, ``scenario.too-many-links`` beyond two million pairs.
    """
    mode = state.ground.case.limits[1].mode
    speed = speed_of(state, wish.road_class)
    graph, people = state.situation.inputs.graphs[mode], _wanting(state, mode)
    if speed == 0 or not people.feet.size:
        return Found(mode, 0, ())
    ways = _ways(state, graph, mode, people)
    pairs = _pairs(graph, wish, speed, ways, people)
    gains = _gains(pairs, ways, people)
    order = np.lexsort((pairs.length_m, -gains))
    best = pairs.only(order[gains[order] > 0][:_CLOSER])
    return Found(mode, int((gains > 0).sum()), _listed(state, graph, wish, best, ways, people))


def tried(state: State, link: Link, wish: Wish) -> Link:
    """A link with what it brings exactly.

    Raises
    ------
    BadInput
        As `State.after`.
    """
    from geoservice.coverage.scenarios.telling import gained

    return replace(link, gained=gained(state, state.after(link.change(wish))))


def ranked(links: Sequence[Link]) -> list[Link]:
    """Links that were tried, the most people first, then the shortest."""
    return sorted(links, key=lambda one: (-(one.gained or {"population": one.population})["population"], one.length_m))


def given_link(state: State, path: Sequence[tuple[float, float]], wish: Wish) -> Link:
    """A link that somebody names; nothing is known yet of what it brings."""
    lon, lat = np.array(path, dtype=float).T
    metres = float(np.sum(ELLIPSOID.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]))
    speed = speed_of(state, wish.road_class)
    line = tuple((float(x), float(y)) for x, y in path)
    crosses = any(bars(one, line) for one in state.ground.inputs.barriers.values())
    time_s = None if speed == 0 else round(metres * DS_KMH_PER_M / speed) / 10
    return Link(line, round(metres, 1), time_s, None, crosses, 0, 0)


def speed_of(state: State, road_class: str) -> float:
    """Speed of the mode of rural communities on a road class in km/h, 0 where it may not use it.

    Raises
    ------
    BadInput
        ``scenario.no-such-class``
    """
    known = state.ground.modes_of_class
    if road_class not in known:
        raise BadInput("scenario.no-such-class", number=1, value=road_class, known=", ".join(known))
    mode = state.ground.inputs.modes[state.ground.case.limits[1].mode]
    return float(mode.speeds.get(road_class, mode.speed_kmh)) if mode.access in known[road_class] else 0.0


@dataclass(frozen=True)
class _People:
    """Communities that are judged by the mode, on its network, and not covered.

    Attributes
    ----------
    feet
        Their place among those that have a place.
    """

    feet: Int64s
    limit_ds: Int64s
    population: Int64s


@dataclass(frozen=True)
class _Ways:
    """Times in ds: of each wanting community to the junctions that it reaches, and of junctions to a facility.

    Attributes
    ----------
    times
        int64, shape (communities, junctions), `_NEVER` beyond the limit.
    onward
        int64 by junction, `_NEVER` where no facility is near enough.
    """

    times: Int64s
    onward: Int64s


@dataclass(frozen=True)
class _Pairs:
    """Links by their two junctions, with the time of the link and of the network in ds."""

    u: Int64s
    v: Int64s
    length_m: Floats
    time_ds: Int64s
    network_ds: Int64s

    def only(self, which: Any) -> _Pairs:
        return _Pairs(*(getattr(self, name)[which] for name in ("u", "v", "length_m", "time_ds", "network_ds")))


def _wanting(state: State, mode: str) -> _People:
    inputs, limits = state.situation.inputs, state.ground.case.limits
    here = np.flatnonzero(inputs.placed())
    urban = inputs.communities.urban[here]
    limit = np.where(urban, 600 * limits[0].minutes, 600 * limits[1].minutes).astype(np.int64)
    judged = np.where(urban, limits[0].mode == mode, limits[1].mode == mode)
    chosen = np.flatnonzero(judged & inputs.demand(mode).joined & (state.situation.within[here] == 0))
    people = np.maximum(inputs.communities.population[here[chosen]], 0)
    return _People(chosen, limit[chosen], people.astype(np.int64))


def _ways(state: State, graph: Graph, mode: str, people: _People) -> _Ways:
    inputs, most = state.situation.inputs, int(people.limit_ds.max())
    sites = list(state.situation.sites.values())
    at = (np.array([getattr(site, name) for site in sites], dtype=np.float64) for name in ("lon", "lat"))
    near = field_of(graph, inputs.join(mode, *at), most).nodes.time_ds.astype(np.int64)
    onward = np.where(near < 0, _NEVER, near)
    feet = inputs.demand(mode)
    offset, place, rest = Targets.of(graph, graph.reverse, graph.edge_forward, graph.edge_backward, feet).at_node
    node = np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(offset))
    number = np.full(len(feet), -1, dtype=np.int32)
    number[people.feet] = np.arange(people.feet.size, dtype=np.int32)
    mine = number[place] >= 0
    found = reached(graph.forward, Seeds(node[mine], rest[mine], number[place[mine]]), people.feet.size, most)
    times = np.full((people.feet.size, graph.nodes), _NEVER, dtype=np.int64)
    times[np.repeat(np.arange(people.feet.size), np.diff(found.offset)), found.node] = found.time_ds
    return _Ways(times, onward)


def _pairs(graph: Graph, wish: Wish, speed: float, ways: _Ways, people: _People) -> _Pairs:
    """The set, as far as its links can bring anybody within the longest limit."""
    least, most = ways.times.min(axis=0), int(people.limit_ds.max())
    useful = (least < _NEVER) | (ways.onward < _NEVER)
    if graph.state is not None:
        useful &= ~graph.state
    nodes = np.flatnonzero(useful)
    crs = metric_crs(float(graph.lon.mean()), float(graph.lat.mean()))
    tree = cKDTree(np.column_stack(crs.project(graph.lon[nodes], graph.lat[nodes])))
    # Projected lengths are a little off: measured again below.
    reach_m = 1.01 * wish.longest_m
    count = (tree.count_neighbors(tree, reach_m) - nodes.size) // 2
    if count > MOST_PAIRS:
        raise BadInput("scenario.too-many-links", count=int(count), most=MOST_PAIRS)
    near = tree.query_pairs(reach_m, output_type="ndarray")
    u, v = nodes[near[:, 0]].astype(np.int64), nodes[near[:, 1]].astype(np.int64)
    length = np.asarray(ELLIPSOID.inv(graph.lon[u], graph.lat[u], graph.lon[v], graph.lat[v])[2], dtype=np.float64)
    time = np.maximum(round_half_up(length * DS_KMH_PER_M / speed), 1).astype(np.int64)
    brings = np.minimum(least[u] + ways.onward[v], least[v] + ways.onward[u]) + time <= most
    fits = brings & (length <= wish.longest_m) & (length >= LEAST_M)
    held = _Pairs(u[fits], v[fits], length[fits], time[fits], np.full(int(fits.sum()), _NEVER, dtype=np.int64))
    return _around(graph, wish, held)


def _around(graph: Graph, wish: Wish, pairs: _Pairs) -> _Pairs:
    """Those that are far apart along the network, with how far."""
    network = pairs.network_ds.copy()
    order = np.argsort(pairs.u, kind="stable")
    starts = np.unique(pairs.u)
    for first in range(0, starts.size, _BLOCK):
        block = starts[first : first + _BLOCK].astype(np.int32)
        inside = order[np.searchsorted(pairs.u[order], block[0]) : np.searchsorted(pairs.u[order], block[-1], "right")]
        limit = int(np.ceil(wish.detour * pairs.time_ds[inside].max())) + 1
        source = np.arange(block.size, dtype=np.int32)
        for rows in (graph.forward, graph.reverse):
            found = reached(rows, Seeds(block, np.zeros(block.size, dtype=np.int32), source), block.size, limit)
            _shorter(network, inside, _lookup(found, graph.nodes, block, pairs, inside))
    apart = network > wish.detour * pairs.time_ds
    return replace(pairs, network_ds=network).only(apart)


def _shorter(network: Int64s, where: Int64s, time: Int64s) -> None:
    network[where] = np.minimum(network[where], time)


def _lookup(found: Any, nodes: int, block: Int32s, pairs: _Pairs, inside: Int64s) -> Int64s:
    """Time from the first to the second junction of some pairs, `_NEVER` where the search has not come there."""
    source = np.searchsorted(block, pairs.u[inside])
    row = np.repeat(np.arange(block.size, dtype=np.int64), np.diff(found.offset))
    keys = row * nodes + found.node
    order = np.argsort(keys)
    wanted = source * nodes + pairs.v[inside]
    at = np.minimum(np.searchsorted(keys[order], wanted), max(keys.size - 1, 0))
    hit = keys[order][at] == wanted
    return np.where(hit, found.time_ds[order][at].astype(np.int64), _NEVER)


def _gained(pairs: _Pairs, ways: _Ways, people: _People, row: int) -> Bools:
    """Which links bring one community within its limit."""
    time, onward = ways.times[row], ways.onward
    best = np.minimum(time[pairs.u] + onward[pairs.v], time[pairs.v] + onward[pairs.u]) + pairs.time_ds
    found: Bools = best <= people.limit_ds[row]
    return found


def _gains(pairs: _Pairs, ways: _Ways, people: _People) -> Int64s:
    """People that each link brings at least; one more a community, so that those without a count are seen too."""
    gains = np.zeros(pairs.u.size, dtype=np.int64)
    for row in range(people.feet.size):
        gains += _gained(pairs, ways, people, row) * (people.population[row] * 2**20 + 1)
    return gains


def _listed(state: State, graph: Graph, wish: Wish, held: _Pairs, ways: _Ways, people: _People) -> tuple[Link, ...]:
    """The first of some links that bring different communities, as many as are wished for."""
    bring = np.array([_gained(held, ways, people, row) for row in range(people.feet.size)], dtype=bool)
    barriers, seen, found = state.ground.inputs.barriers.values(), set[bytes](), list[Link]()
    for place in range(held.u.size):
        same = bring[:, place].tobytes()
        u, v = int(held.u[place]), int(held.v[place])
        path = tuple((float(graph.lon[node]), float(graph.lat[node])) for node in (u, v))
        crosses = same not in seen and any(bars(one, path) for one in barriers)
        if same in seen or (crosses and not wish.bridges):
            continue
        seen.add(same)
        network = int(held.network_ds[place])
        found.append(
            Link(
                path=path,
                length_m=round(float(held.length_m[place]), 1),
                time_s=int(held.time_ds[place]) / 10,
                network_s=None if network >= _NEVER else network / 10,
                bridge=crosses,
                communities=int(bring[:, place].sum()),
                population=int(people.population[bring[:, place]].sum()),
            )
        )
        if len(found) == wish.most:
            break
    return tuple(found)
