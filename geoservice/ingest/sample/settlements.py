"""Where people live: sites of villages and urban communities, in the plane (metres)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point as PointShape
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.prepared import prep

from geoservice.ingest.sample.grids import Grids
from geoservice.ingest.sample.inputs import Territory
from geoservice.ingest.sample.plane import Dice, Point, cannot_draw
from geoservice.ingest.sample.territory import Land
from geoservice.ingest.sample.waters import Waters

FROM_LIMIT_M = 350.0
FROM_WATER_M = 260.0
FROM_RAILWAY_M = 300.0
FROM_TOWN_M = 450.0
ROUNDS = 8


@dataclass(frozen=True)
class Site:
    """A community's place: `township` is a position in the list; `on_network` says whether roads lead to it."""

    township: int
    at: Point
    urban: bool = False
    on_network: bool = True


def village_sites(territory: Territory, land: Land, waters: Waters, grids: Grids, dice: Dice) -> list[Site]:
    """Villages that roads shall reach, spread evenly over the free land of each township."""
    busy = shapely.union_all(
        [
            shapely.buffer(waters.areas, FROM_WATER_M, quad_segs=2),
            *(shapely.buffer(line, FROM_RAILWAY_M, quad_segs=2) for line in waters.railways.values()),
            *(_grown(grid.bounds, FROM_TOWN_M) for grid in grids.all),
        ]
    )
    sites: list[Site] = []
    for index, township in enumerate(territory.townships):
        named = (*territory.apart.off_road, *territory.apart.across_river)
        apart = named.count(township.name) + _islands_in(land, waters, index)
        cells = land.cells[land.unit_of_cell == index]
        free = _free(cells, land.units[index], busy)
        sites += [Site(index, at) for at in _spread(free, township.villages - apart, dice)]
    return sites


def urban_sites(territory: Territory, land: Land, grids: Grids, dice: Dice) -> list[Site]:
    """Urban communities at the heart of street blocks: of the city in the street units, else of the town."""
    sites: list[Site] = []
    for index, township in enumerate(territory.townships):
        grid = grids.of(township.name)
        unit = prep(land.units[index])
        blocks = [at for at in grid.blocks() if unit.contains(PointShape(at))]
        if len(blocks) < township.urban:
            raise cannot_draw(township.name, f"{len(blocks)} blocks for {township.urban} communities")
        spread = _spread(np.array(blocks, dtype=np.float64), township.urban, dice)
        for at in spread:
            moved = dice.around(at, 5, 0.15 * grid.spacing)
            sites.append(Site(index, moved if unit.contains(PointShape(moved)) else at, urban=True))
    return sites


def island_sites(land: Land, waters: Waters) -> list[Site]:
    """A village on each island of a lake."""
    sites: list[Site] = []
    for at in waters.islands.values():
        index = next(k for k, unit in enumerate(land.units) if unit.contains(PointShape(at)))
        sites.append(Site(index, at, on_network=False))
    return sites


def _islands_in(land: Land, waters: Waters, index: int) -> int:
    return sum(site.township == index for site in island_sites(land, waters))


def _grown(bounds: tuple[float, float, float, float], by: float) -> Polygon:
    west, south, east, north = bounds
    return box(west - by, south - by, east + by, north + by)


def _free(cells: NDArray[np.float64], unit: Polygon, busy: BaseGeometry) -> NDArray[np.float64]:
    """The cell centres well inside the unit and away from water, railways and towns."""
    points = shapely.points(cells)
    inner = shapely.buffer(unit, -FROM_LIMIT_M, quad_segs=2)
    shapely.prepare(inner)
    shapely.prepare(busy)
    return np.asarray(cells[shapely.contains(inner, points) & ~shapely.intersects(busy, points)], dtype=np.float64)


def _spread(candidates: NDArray[np.float64], count: int, dice: Dice) -> list[Point]:
    """`count` of the candidates, spread by Lloyd's rounds from a random start."""
    if count == 0:
        return []
    if count > len(candidates):
        raise cannot_draw("-", f"{len(candidates)} free places for {count} settlements")
    chosen = candidates[dice.shuffled(range(len(candidates)))[:count]]
    for _ in range(ROUNDS):
        nearest = _gaps(candidates, chosen).argmin(axis=1)
        middles = [candidates[nearest == k].mean(axis=0) for k in range(count)]
        taken: set[int] = set()
        for middle in middles:
            order = ((candidates - middle) ** 2).sum(axis=1).argsort(kind="stable")
            taken.add(next(int(k) for k in order if int(k) not in taken))
        chosen = candidates[sorted(taken)]
    return [(float(x), float(y)) for x, y in chosen]


def _gaps(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2), dtype=np.float64)
