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
from geoservice.coverage.circles.exact import circles
from geoservice.coverage.reach import field_of
from geoservice.coverage.scale.cut import Cell, Cutter
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Csr, Graph, Mode
from geoservice.network.join import join

# Of what parts and answers hold; both ends must agree.
FORMAT = 1
# The picture of a cell is drawn from what lies this far beyond the limit, so that its rim is that of the whole.
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
    """Facilities of a type near a cell: their numbers within the type in rising order, and which the cell owns."""

    number: Int64s
    lon: Floats
    lat: Floats
    own: Bools


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
    drawn
        By type and limit: the circle within the cell as WKB, longitude, latitude.
    """

    mode: str
    homes: Int64s
    own: Mapping[str, Int64s]
    answers: Sequence[tuple[Question, Answer]]
    drawn: Mapping[tuple[str, int], bytes]


def solve(part: Part) -> PartAnswer:
    """Answer a part."""
    homes = join(part.graph, part.lon, part.lat, part.mode, part.barriers)
    answers = []
    drawn: dict[tuple[str, int], bytes] = {}
    for question in part.questions:
        supply = part.supplies[question.type]
        feet = join(part.graph, supply.lon, supply.lat, part.mode, part.barriers)
        field = field_of(part.graph, feet, part.horizon_ds)
        answers.append((question, answer_of(field, part.graph.reverse, homes, question.most_ds)))
        drawn |= dict(_drawn(part, question))
    own = {name: supply.number[supply.own] for name, supply in part.supplies.items()}
    return PartAnswer(
        part.mode.id, part.homes, own, [(q, _numbered(a, part.supplies[q.type])) for q, a in answers], drawn
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


def _drawn(part: Part, question: Question) -> Iterator[tuple[tuple[str, int], bytes]]:
    """The circles of a type within the cell, from a narrower cut: a picture needs no more than its limit."""
    if not question.circles_ds:
        return
    most = max(question.circles_ds) + _BEYOND_DS
    cutter, supply = Cutter(part.graph), part.supplies[question.type]
    box = part.cell.grown(cutter.halo_m(part.mode, most))
    near = box.holds(supply.lon, supply.lat)
    graph = cutter.cut(box)
    feet = join(graph, supply.lon[near], supply.lat[near], part.mode, part.barriers)
    field = field_of(graph, feet, most)
    frame = shapely.box(part.cell.west, part.cell.south, part.cell.east, part.cell.north)
    for limit in question.circles_ds:
        (circle,) = circles(field, part.mode, [limit], part.barriers, min_hole_m2=0.0)
        inside = shapely.intersection(circle.geometry, frame)
        if not inside.is_empty:
            yield (question.type, limit), shapely.to_wkb(inside)


def _fields(graph: Graph) -> list[tuple[str, Any]]:
    return [(one.name, getattr(graph, one.name)) for one in fields(graph)]


def _plain(value: Csr | NDArray[Any] | float | str) -> Any:
    return (value.indptr, value.arcs) if isinstance(value, Csr) else value
