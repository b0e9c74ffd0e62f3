"""One part of a run: all that it needs, and the pure function that answers it, in this process or in any other."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.coverage.answers import Answer, answer_of
from geoservice.coverage.circles.drawn import LEVEL_M, border_of, ground_of
from geoservice.coverage.circles.frame import Frame
from geoservice.coverage.circles.painting import BLOCK_M, Painted
from geoservice.coverage.reach import field_of
from geoservice.coverage.scale.cut import Cell, Cutter
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Csr, Graph, Mode
from geoservice.network.join import join

# Of what parts and answers hold; both ends must agree.
FORMAT = 2
# The border in a cell is found from what lies this far beyond the limit.
_BEYOND_DS = 600


@dataclass(frozen=True)
class Question:
    """One facility type by one way.

    Attributes
    ----------
    most_ds
        Largest limit of pairs.
    circles_ds
        Limits whose circles are drawn.
    """

    mode: str
    type: str
    most_ds: int
    circles_ds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Supply:
    """Facilities of a type near a cell: their numbers within the type in rising order, and which the cell owns.

    Attributes
    ----------
    frame
        That of the circles of all facilities of the type; None where there are none.
    """

    number: Int64s
    lon: Floats
    lat: Floats
    own: Bools
    frame: Frame | None


@dataclass(frozen=True)
class Part:
    """A cell with its network, communities and facilities.

    Attributes
    ----------
    homes
        int64 numbers of the cell's communities among those that have a place.
    """

    cell: Cell
    graph: Graph
    mode: Mode
    barriers: Barriers
    horizon_ds: int
    homes: Int64s
    lon: Floats
    lat: Floats
    supplies: Mapping[str, Supply]
    questions: Sequence[Question]

    def packed(self) -> bytes:
        """As bytes."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["graph"] = {name: _plain(value) for name, value in _fields(self.graph)}
        values["barriers"] = tuple(shapely.to_wkb(one) for one in (self.barriers.areas, self.barriers.lines))
        return pickle.dumps(values, protocol=5)

    @classmethod
    def unpacked(cls, packed: bytes) -> Part:
        """The part of some bytes from `packed`, and from nowhere else."""
        values: dict[str, Any] = pickle.loads(packed)  # nosec B301 # noqa: S301 - packed by the run itself, sent by its own scheduler
        rows: dict[str, Any] = {
            name: Csr(*value) if isinstance(value, tuple) else value for name, value in values["graph"].items()
        }
        areas, lines = (np.asarray(shapely.from_wkb(one), dtype=object) for one in values["barriers"])
        return cls(**{**values, "graph": Graph(**rows), "barriers": Barriers(areas, lines)})


@dataclass(frozen=True)
class PartAnswer:
    """Answers by question, facilities by their number within the type; `supply` of an answer is that of the own ones.

    Attributes
    ----------
    borders
        By type and limit: the blocks of the frame's grid, whose middle lies in the cell, that the border runs through.
    """

    mode: str
    homes: Int64s
    own: Mapping[str, Int64s]
    answers: Sequence[tuple[Question, Answer]]
    borders: Mapping[tuple[str, int], Painted]


def solve(part: Part) -> PartAnswer:
    """Answer a part."""
    homes = join(part.graph, part.lon, part.lat, part.mode, part.barriers)
    answers = []
    borders: dict[tuple[str, int], Painted] = {}
    for question in part.questions:
        supply = part.supplies[question.type]
        feet = join(part.graph, supply.lon, supply.lat, part.mode, part.barriers)
        field = field_of(part.graph, feet, part.horizon_ds)
        answers.append((question, answer_of(field, part.graph.reverse, homes, question.most_ds)))
        borders |= dict(_borders(part, question))
    own = {name: supply.number[supply.own] for name, supply in part.supplies.items()}
    return PartAnswer(
        part.mode.id, part.homes, own, [(q, _numbered(a, part.supplies[q.type])) for q, a in answers], borders
    )


def solve_packed(packed: bytes) -> bytes:
    """Answer a packed part."""
    return pickle.dumps(solve(Part.unpacked(packed)), protocol=5)


def _numbered(answer: Answer, supply: Supply) -> Answer:
    """An answer with the numbers of facilities within the type, and the standing of the own facilities only."""
    number = np.append(supply.number, -1).astype(np.int32)
    pairs, stands = answer.pairs, answer.supply
    return Answer(
        time_ds=answer.time_ds,
        facility=number[answer.facility],
        second_ds=answer.second_ds,
        second=number[answer.second],
        pairs=type(pairs)(pairs.place, number[pairs.facility], pairs.time_ds),
        homes=answer.homes,
        supply=type(stands)(stands.status[supply.own], stands.island[supply.own]),
    )


def _borders(part: Part, question: Question) -> Iterator[tuple[tuple[str, int], Painted]]:
    """The borders of a type's circles within the cell, from a narrower cut: a picture needs no more than its limit."""
    frame = part.supplies[question.type].frame
    if not question.circles_ds or frame is None:
        return
    most = max(question.circles_ds) + _BEYOND_DS
    cutter, supply = Cutter(part.graph), part.supplies[question.type]
    box = part.cell.grown(cutter.halo_m(part.mode, most))
    near = box.holds(supply.lon, supply.lat)
    graph = cutter.cut(box)
    feet = join(graph, supply.lon[near], supply.lat[near], part.mode, part.barriers)
    if not len(feet.edge):
        return
    field = field_of(graph, feet, most)
    for limit in question.circles_ds:
        ground = ground_of(field, part.mode, limit, part.barriers, frame)
        found = _within(part.cell, frame, border_of(field, ground, part.mode, limit))
        if found.row.size:
            yield (question.type, limit), found


def _within(cell: Cell, frame: Frame, border: Painted) -> Painted:
    """Of the blocks that a border runs through those that the cell owns: their middle lies in it."""
    border = border.chosen(border.mixed(LEVEL_M))
    x, y = ((place.astype(np.float64) + 0.5) * BLOCK_M for place in (border.column, border.row))
    lon, lat = frame.to_lonlat(x, y).T
    return border.chosen(cell.holds(lon, lat))


def _fields(graph: Graph) -> list[tuple[str, Any]]:
    return [(one.name, getattr(graph, one.name)) for one in fields(graph)]


def _plain(value: Csr | NDArray[Any] | float | str) -> Any:
    return (value.indptr, value.arcs) if isinstance(value, Csr) else value
