"""Streets of the city and of the towns, in the plane (metres)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from geoservice.ingest.sample.grids import CORE, Grids, StreetGrid
from geoservice.ingest.sample.inputs import Territory, Words
from geoservice.ingest.sample.lines import RoadLine
from geoservice.ingest.sample.plane import Dice, Point

ARTERIAL = 4
# Rows and columns of the city with one direction of travel.
ONEWAY_ROWS = {3: "forward", 7: "backward"}
ONEWAY_COLUMNS = {6: "forward", 10: "backward"}
LANE_SHARE = 0.7


def draw_streets(territory: Territory, grids: Grids, words: Words, dice: Dice) -> list[RoadLine]:
    """All streets, one line a block side."""
    streets = list(_city(grids.core, words, dice))
    for township in territory.townships:
        if township.name in grids.towns:
            streets += _town(grids.towns[township.name], township.short, words)
    return streets


def street_name(words: Words, *, row: int | None = None, column: int | None = None) -> tuple[str, str]:
    """Name and reading of a street of the city: rows run east-west, columns north-south."""
    if row is not None:
        han, reading = words.streets_east[row % len(words.streets_east)]
        return (f"{han}大道", f"{reading} dà dào") if row % ARTERIAL == 0 else (f"{han}街", f"{reading} jiē")
    han, reading = words.streets_north[(column or 0) % len(words.streets_north)]
    return f"{han}路", f"{reading} lù"


def row_points(grid: StreetGrid, row: int) -> list[Point]:
    """The nodes of a street that runs east-west."""
    return [grid.nodes[c, row] for c in range(grid.columns)]


def column_points(grid: StreetGrid, column: int) -> list[Point]:
    """The nodes of a street that runs north-south."""
    return [grid.nodes[column, r] for r in range(grid.rows)]


def _city(grid: StreetGrid, words: Words, dice: Dice) -> Iterator[RoadLine]:
    for row in range(grid.rows):
        name, _ = street_name(words, row=row)
        points = row_points(grid, row)
        for a, b in pairwise(points):
            yield RoadLine((a, _half(a, b), b), _class(row), name, ONEWAY_ROWS.get(row, "no"))
    for column in range(grid.columns):
        name, _ = street_name(words, column=column)
        points = column_points(grid, column)
        for a, b in pairwise(points):
            yield RoadLine((a, b), _class(column), name, ONEWAY_COLUMNS.get(column, "no"))
    yield from _lanes(grid, dice)


def _lanes(grid: StreetGrid, dice: Dice) -> Iterator[RoadLine]:
    """Lanes through blocks, from the middle of the south side to the middle of the north side."""
    for column in range(grid.columns - 1):
        for row in range(grid.rows - 1):
            if dice.unit() < LANE_SHARE:
                south = _half(grid.nodes[column, row], grid.nodes[column + 1, row])
                north = _half(grid.nodes[column, row + 1], grid.nodes[column + 1, row + 1])
                yield RoadLine((south, north), dice.choice(("living_street", "footway")))


def _town(grid: StreetGrid, short: str, words: Words) -> Iterator[RoadLine]:
    names = [f"{short}{han}" for han, _ in words.town_words]
    for row in range(grid.rows):
        points = row_points(grid, row)
        class_ = "tertiary" if row == grid.rows // 2 else "residential"
        for a, b in pairwise(points):
            yield RoadLine((a, b), class_, names[row % len(names)])
    for column in range(grid.columns):
        points = column_points(grid, column)
        class_ = "tertiary" if column == grid.columns // 2 else "residential"
        for a, b in pairwise(points):
            yield RoadLine((a, b), class_, names[(grid.rows + column) % len(names)])


def _class(index: int) -> str:
    if index % ARTERIAL == 0:
        return "secondary"
    return "tertiary" if index % 2 == 0 else "residential"


def _half(a: Point, b: Point) -> Point:
    return round((a[0] + b[0]) / 2, 2), round((a[1] + b[1]) / 2, 2)


__all__ = ["CORE", "column_points", "draw_streets", "row_points", "street_name"]
