"""Street grids of the city and the towns, in the plane (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shapely.geometry import Polygon

from geoservice.ingest.sample.inputs import Grid, Territory
from geoservice.ingest.sample.plane import Dice, Point, length, to_plane

CORE = "core"
STREET = "街道"


@dataclass(frozen=True)
class StreetGrid:
    """Nodes of a grid by (column, row); neighbours are joined by streets."""

    columns: int
    rows: int
    spacing: float
    nodes: dict[tuple[int, int], Point]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        xs = [x for x, _ in self.nodes.values()]
        ys = [y for _, y in self.nodes.values()]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def gates(self) -> list[Point]:
        """Nodes on the rim, where roads from outside begin."""
        return [at for (c, r), at in self.nodes.items() if c in (0, self.columns - 1) or r in (0, self.rows - 1)]

    def gate(self, towards: Point) -> Point:
        """The gate nearest to a point outside."""
        return min(self.gates, key=lambda at: length(at, towards))

    def blocks(self) -> Iterator[Point]:
        """Middles of the blocks."""
        for c in range(self.columns - 1):
            for r in range(self.rows - 1):
                corners = [self.nodes[c + i, r + j] for i in (0, 1) for j in (0, 1)]
                yield round(sum(x for x, _ in corners) / 4, 2), round(sum(y for _, y in corners) / 4, 2)

    def outline(self, margin: float) -> Polygon:
        """The built-up land around the grid: its rectangle grown by `margin`, corners cut."""
        west, south, east, north = self.bounds
        m, cut = margin, 1.5 * margin
        w, s, e, n = west - m, south - m, east + m, north + m
        return Polygon(
            [
                (w + cut, s),
                (e - cut, s),
                (e, s + cut),
                (e, n - cut),
                (e - cut, n),
                (w + cut, n),
                (w, n - cut),
                (w, s + cut),
            ]
        )


@dataclass(frozen=True)
class Grids:
    """The city's grid and one for each town, by the town's name."""

    core: StreetGrid
    towns: dict[str, StreetGrid]

    @property
    def all(self) -> list[StreetGrid]:
        """The city first."""
        return [self.core, *self.towns.values()]

    def of(self, name: str) -> StreetGrid:
        """The grid of a unit or of "core"."""
        return self.core if name == CORE or name.endswith(STREET) else self.towns[name]


def draw_grids(territory: Territory, dice: Dice) -> Grids:
    """The city around its stated centre, a grid around the seat of every town."""
    core = territory.core_grid
    towns = {
        township.name: _grid(territory.town_grid, to_plane(*township.seat), dice)
        for township in territory.townships
        if township.kind != STREET
    }
    return Grids(_grid(core, to_plane(*(core.centre or territory.townships[0].seat)), dice), towns)


def _grid(grid: Grid, centre: Point, dice: Dice) -> StreetGrid:
    step = grid.spacing_m
    west = centre[0] - step * (grid.columns - 1) / 2
    south = centre[1] - step * (grid.rows - 1) / 2
    slip = 0.08 * step
    nodes = {
        (c, r): (
            round(west + c * step + dice.between(-slip, slip), 2),
            round(south + r * step + dice.between(-slip, slip), 2),
        )
        for c in range(grid.columns)
        for r in range(grid.rows)
    }
    return StreetGrid(grid.columns, grid.rows, step, nodes)
