"""The what-if call: one facility added, moved or closed and all totals anew, beside a run from the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

import geoservice
from geoservice.catalog import Catalog
from geoservice.coverage.cases import Case as RunCase
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.figures import Coverage
from geoservice.coverage.inputs import Communities, Facilities, UnitRow
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.run import _compute
from geoservice.coverage.whatif import Site, Situation, situation
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Graph
from tests.benchmarks.bench import OURS, Budget, Case, Way
from tests.benchmarks.cities import walking

COMMUNITIES, UNITS = 1000, 25
FRESH = "fresh run"
# Enough calls for a 95th percentile.
BUDGET = Budget(3.0, least=3, most=200)
_TYPE = "nursing_home"
_ON = date(2025, 1, 1)


def whatif_cases(graph: Graph, catalog: Catalog, name: str, counts: tuple[int, ...]) -> Iterator[Case]:
    """Adding, moving and closing for each number of facilities."""
    for count in counts:
        inputs = city_inputs(graph, catalog, count)
        standard = walked(catalog)
        begin = situation(inputs, _TYPE, (standard.limits.urban, standard.limits.rural))
        spots = list(zip(*near_nodes(graph, 64, 3), strict=True))
        for kind in ("add", "move", "close"):
            yield _case(f"{name}, {COMMUNITIES} demand points, {count} facilities, {kind}", begin, kind, spots, catalog)


def walked(catalog: Catalog) -> Any:
    """The headline standard, on foot in town and country."""
    both = catalog.headline.limits
    limits = {"urban": (both.urban, 15), "rural": (both.rural, 30)}
    update = {kind: one.model_copy(update={"mode": "walk", "minutes": most}) for kind, (one, most) in limits.items()}
    return catalog.headline.model_copy(update={"limits": both.model_copy(update=update)})


def changed(begin: Situation, kind: str, turn: int, spots: list[tuple[float, float]]) -> Situation:
    """The change of a turn."""
    lon, lat = spots[turn % len(spots)]
    if kind == "add":
        return begin.add(Site(lon, lat, 1 + turn % UNITS))
    number = turn * 7 % len(begin.sites)
    return begin.close(number) if kind == "close" else begin.move(number, lon, lat)


def fresh(inputs: Prepared, sites: list[Site], catalog: Catalog) -> Coverage:
    """Totals of a run from the beginning: places joined, networks searched, people added up."""
    now = replace(inputs, facilities=_facilities(sites), joined={}, fields={}, answers={}, drawn={})
    return _compute(now, RunCase(walked(catalog), _TYPE), RunRequest(on=_ON)).coverage


def _case(title: str, begin: Situation, kind: str, spots: list[tuple[float, float]], catalog: Catalog) -> Case:
    inputs = begin._ground.inputs
    turns, again = cycle(range(len(spots))), cycle(range(len(spots)))

    def ours() -> Coverage:
        return changed(begin, kind, next(turns), spots).coverage

    def from_the_beginning() -> Coverage:
        sites = changed(begin, kind, next(again), spots).sites
        return fresh(inputs, [sites[number] for number in sorted(sites)], catalog)

    ways = [
        Way(OURS, geoservice.__version__, 1, ours, _answer),
        Way(FRESH, geoservice.__version__, 1, from_the_beginning, _answer),
    ]
    return Case("what-if", title, ways, oracle=FRESH, facts={"nodes": inputs.graphs["walk"].nodes})


def _answer(coverage: Coverage) -> tuple[NDArray[Any], ...]:
    rows = [coverage.total, *coverage.units.values(), *coverage.counties.values()]
    return (np.array([[-1 if v is None else v for v in asdict(row).values()] for row in rows], dtype=np.int64),)


def near_nodes(graph: Graph, count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seeded places within about 100 m of junctions."""
    rng = np.random.default_rng(seed)
    node = rng.integers(0, graph.nodes, count)
    return graph.lon[node] + rng.uniform(-1e-3, 1e-3, count), graph.lat[node] + rng.uniform(-7e-4, 7e-4, count)


def city_inputs(graph: Graph, catalog: Catalog, count: int) -> Prepared:
    """A city as a run reads it: seeded communities with people in 25 units, and facilities."""
    rng = np.random.default_rng(11)
    lon, lat = near_nodes(graph, COMMUNITIES, 1)
    number = np.arange(COMMUNITIES)
    people = rng.integers(0, 5000, COMMUNITIES)
    sites = [
        Site(float(x), float(y), int(unit))
        for x, y, unit in zip(*near_nodes(graph, count, 2), rng.integers(1, UNITS + 1, count), strict=True)
    ]
    return Prepared(
        communities=Communities(
            id=number,
            urban=number % 2 == 0,
            unclassified=number < 0,
            unit_id=rng.integers(1, UNITS + 1, COMMUNITIES),
            population=people,
            population_60=people // 4,
            population_80=people // 20,
            lon=lon,
            lat=lat,
            name=number.astype(object),
            households=people // 3,
        ),
        facilities=_facilities(sites),
        units={unit: UnitRow(str(unit), "township", None) for unit in range(1, UNITS + 1)},
        modes={"walk": walking(catalog).model_copy(update={"barriers": ()})},
        graphs={"walk": graph},
        barriers={(): Barriers.of([])},
        pairs_ds={"walk": 30 * 600},
    )


def _facilities(sites: list[Site]) -> Facilities:
    number = np.arange(len(sites), dtype=np.int64)
    unknown = np.full(number.size, -1)
    return Facilities(
        id=number,
        type=np.full(number.size, _TYPE, dtype=object),
        unit_id=np.array([site.unit for site in sites], dtype=np.int64),
        lon=np.array([site.lon for site in sites], dtype=np.float64),
        lat=np.array([site.lat for site in sites], dtype=np.float64),
        name=number.astype(object),
        beds=unknown,
        nursing_beds=unknown,
    )
