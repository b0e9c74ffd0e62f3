"""A run's questions spread over parts and answered by whatever maps a function over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import shapely

from geoservice.coverage.circles.drawn import Circle, circle_within, site_of
from geoservice.coverage.circles.frame import Frame
from geoservice.coverage.circles.painting import Painted, together
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.scale.cut import Cell, Cutter, cells_of
from geoservice.coverage.scale.gather import gather
from geoservice.coverage.scale.part import Part, PartAnswer, Question, Supply
from geoservice.network.join import join

Progress = Callable[[str, int, int], None]
# Maps `solve` over parts, in any order; the second argument is how many there are.
Workers = Callable[[Iterator[Part], int, Progress], Iterator[PartAnswer]]


def spread(inputs: Prepared, questions: Sequence[Question], parts: int, workers: Workers, progress: Progress) -> None:
    """Answer questions in parts and put the answers into the inputs, where a run finds them.

    Parameters
    ----------
    parts
        Cells of the area; the parts of each mode are as many.
    workers
        What answers them.

    Raises
    ------
    Conflict
        ``scale.incomplete`` if something did not come back exactly once.
    """
    here = inputs.placed()
    facilities = inputs.facilities
    modes = list(dict.fromkeys(question.mode for question in questions))
    lon = np.concatenate([inputs.communities.lon[here], facilities.lon])
    lat = np.concatenate([inputs.communities.lat[here], facilities.lat])
    # A circle reaches beyond its outermost facility by its limit, and a little more.
    margins = [
        Cutter(inputs.graphs[one.mode]).halo_m(inputs.modes[one.mode], limit) + 100.0
        for one in questions
        for limit in one.circles_ds
    ]
    cells = cells_of(lon, lat, parts, max(margins, default=0.0))
    pieces = (part for mode in modes for part in _parts(inputs, questions, mode, cells))
    found = gather(
        workers(pieces, len(modes) * len(cells), progress),
        questions,
        int(here.sum()),
        {one.type: int((facilities.type == one.type).sum()) for one in questions},
    )
    inputs.answers |= {(mode, type_): answer for (mode, type_), answer in found.answers.items()}
    for question in questions:
        if question.circles_ds:
            inputs.drawn |= _circles(inputs, question, found.borders)


def _circles(
    inputs: Prepared, question: Question, borders: Mapping[tuple[str, str, int], Sequence[Painted]]
) -> Iterator[tuple[tuple[str, str, int], Circle]]:
    """The circles of a question from the borders that the parts found, finished as those of a run in one piece."""
    mine, frame = inputs.facilities.type == question.type, _frame(inputs, question.type)
    if frame is None:
        return
    mode, barriers = inputs.modes[question.mode], inputs.barriers[inputs.modes[question.mode].barriers]
    lon, lat = inputs.facilities.lon[mine], inputs.facilities.lat[mine]
    feet = join(inputs.graphs[question.mode], lon, lat, mode, barriers)
    for limit in question.circles_ds:
        key = (question.mode, question.type, limit)
        parts = borders.get(key, ())
        if not parts:
            yield key, Circle(limit, shapely.MultiPolygon(), 0.0)
            continue
        border = together(parts)
        yield key, circle_within(border, site_of(feet, border, frame, barriers), limit)


def _frame(inputs: Prepared, type_: str) -> Frame | None:
    """The frame of the circles of all facilities of a type; None where there are none."""
    mine = inputs.facilities.type == type_
    if not mine.any():
        return None
    return Frame(float(inputs.facilities.lon[mine].mean()), float(inputs.facilities.lat[mine].mean()))


def _parts(inputs: Prepared, questions: Sequence[Question], mode: str, cells: Sequence[Cell]) -> Iterator[Part]:
    declared, cutter = inputs.modes[mode], Cutter(inputs.graphs[mode])
    placed = np.flatnonzero(inputs.placed())
    lon, lat = inputs.communities.lon[placed], inputs.communities.lat[placed]
    mine = [question for question in questions if question.mode == mode]
    halo_m = cutter.halo_m(declared, inputs.horizon_ds)
    for cell in cells:
        box = cell.grown(halo_m)
        homes = np.flatnonzero(cell.holds(lon, lat))
        yield Part(
            cell=cell,
            graph=cutter.cut(box),
            mode=declared,
            barriers=inputs.barriers[declared.barriers].within(box.west, box.south, box.east, box.north),
            horizon_ds=inputs.horizon_ds,
            homes=homes,
            lon=lon[homes],
            lat=lat[homes],
            supplies={one.type: _supply(inputs, one.type, cell, box) for one in mine},
            questions=mine,
        )


def _supply(inputs: Prepared, type_: str, cell: Cell, box: Cell) -> Supply:
    mine = inputs.facilities.type == type_
    lon, lat = inputs.facilities.lon[mine], inputs.facilities.lat[mine]
    near = np.flatnonzero(box.holds(lon, lat))
    return Supply(near, lon[near], lat[near], cell.holds(lon[near], lat[near]), _frame(inputs, type_))
