"""Rounds of joining until nothing changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geoservice.ingest.noding.drawing import (
    END,
    INSERTED,
    Drawing,
    Flags,
    Floats,
    Integers,
    Lines,
    Plane,
    kinds,
)
from geoservice.ingest.noding.meetings import SAME_M, Meetings, find_meetings, same_position

MAX_ROUNDS = 12


@dataclass(frozen=True)
class Noded:
    """Lines with their nodes.

    Attributes
    ----------
    lines
        The lines with what was inserted and moved.
    node
        Node of each vertex, numbered from 0 in the order of their first vertex.
    ends_moved
        Ends that were moved to what they meet.
    splits, crossings
        Vertices inserted where an end meets the middle of a line, and where lines cross or run over each other.
    """

    lines: Lines
    node: Integers
    ends_moved: int
    splits: int
    crossings: int


def node_lines(lines: Lines, tolerance_m: float) -> Noded:
    """Lines joined where they meet.

    Parameters
    ----------
    lines
        Each with at least two vertices.
    tolerance_m
        How far an end may be from what it meets, in metres; at least `SAME_M`.

    Examples
    --------
    >>> cross = Lines(
    ...     offset=np.array([0, 2, 4]), lon=np.array([0.0, 0.002, 0.001, 0.001]),
    ...     lat=np.array([0.0, 0.0, -0.001, 0.001]), level=np.array([0, 0]), structure=np.array([0, 0]),
    ...     crossable=np.array([True, True]))
    >>> noded = node_lines(cross, tolerance_m=1.0)
    >>> noded.crossings, noded.node.tolist()
    (2, [0, 1, 2, 3, 1, 4])
    """
    tolerance_m = max(tolerance_m, SAME_M)
    drawing = Drawing.of(lines, Plane.around(lines.lat))
    neighbours = _Neighbours(drawing, slack_m=2 * MAX_ROUNDS * tolerance_m)
    members: Integers = np.arange(len(lines.level))
    inner = np.ones(len(lines.level), dtype=bool)
    moved = splits = crossings = 0
    for _ in range(MAX_ROUNDS):
        part = drawing.part(members)
        step = _applied(part, find_meetings(part, tolerance_m, inner))
        moved, splits, crossings = moved + step.ends_moved, splits + step.splits, crossings + step.crossings
        drawing = drawing.with_part(members, step.drawing)
        near = neighbours.of(step.changed)
        if not len(near):
            break
        # Whether an end is loose tells only who stands beside it: their lines come along.
        members = np.union1d(near, neighbours.of(_end_boxes(drawing, near)))
        inner = np.isin(members, near)
    pairs = same_position(drawing)
    node = np.unique(components(len(drawing.x), pairs[0], pairs[1]), return_inverse=True)[1]
    return Noded(drawing.lines(), node.astype(np.int64), moved, splits, crossings)


def components(count: int, one: Integers, other: Integers) -> Integers:
    """The lowest member of the component of each of `count` things that pairs connect.

    Examples
    --------
    >>> components(5, np.array([3, 1]), np.array([1, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    label = np.arange(count)
    while True:
        first, second = label[one], label[other]
        differ = first != second
        if not differ.any():
            return label
        np.minimum.at(label, np.maximum(first, second)[differ], np.minimum(first, second)[differ])
        while not np.array_equal(shorter := label[label], label):
            label = shorter


@dataclass(frozen=True)
class _Step:
    """The drawing after a round.

    `changed` are the boxes (west, south, east, north in metres) of the pieces whose ends are new or moved.
    """

    drawing: Drawing
    changed: Floats
    ends_moved: int
    splits: int
    crossings: int


class _Neighbours:
    """Finds the lines that a change may concern; the boxes are those of the first round, with room for what moves."""

    def __init__(self, drawing: Drawing, slack_m: float) -> None:
        first = drawing.offset[:-1]
        self._slack_m = slack_m
        self._tree = shapely.STRtree(
            shapely.box(
                np.minimum.reduceat(drawing.x, first),
                np.minimum.reduceat(drawing.y, first),
                np.maximum.reduceat(drawing.x, first),
                np.maximum.reduceat(drawing.y, first),
            )
        )

    def of(self, boxes: Floats) -> Integers:
        """Lines near the boxes."""
        if not len(boxes):
            return np.zeros(0, dtype=np.int64)
        slack = self._slack_m
        west, south, east, north = boxes.T
        found = self._tree.query(shapely.box(west - slack, south - slack, east + slack, north + slack))
        lines: Integers = np.unique(found[1])
        return lines


def _applied(drawing: Drawing, meetings: Meetings) -> _Step:
    """A round: what meets is inserted and moved."""
    count, more = len(drawing.x), len(meetings.piece)
    x, y = np.concatenate([drawing.x, meetings.x]), np.concatenate([drawing.y, meetings.y])
    lon, lat = np.concatenate([drawing.lon, meetings.lon]), np.concatenate([drawing.lat, meetings.lat])
    kind = np.concatenate([drawing.kind, np.full(more, INSERTED)])
    chosen = _chosen(components(count + more, meetings.pairs[0], meetings.pairs[1]), kind, x, y)
    moved = (x != x[chosen]) | (y != y[chosen])
    base = np.concatenate([np.arange(count), meetings.piece])
    along = np.concatenate([np.zeros(count), meetings.along])
    order = np.lexsort((along, base))
    line = drawing.line[base[order]]
    order = order[_not_repeated(line, x[chosen[order]], y[chosen[order]])]
    line = drawing.line[base[order]]
    at = chosen[order]
    offset = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(drawing.level)))])
    after = Drawing(
        offset,
        x[at],
        y[at],
        lon[at],
        lat[at],
        kinds(offset, x[at], y[at]),
        drawing.level,
        drawing.structure,
        drawing.crossable,
        drawing.plane,
    )
    return _Step(
        after,
        _boxes(after, np.flatnonzero((moved | (kind == INSERTED))[order])),
        int(np.count_nonzero(moved[:count] & (drawing.kind == END))),
        int(np.count_nonzero(meetings.split)),
        int(np.count_nonzero(~meetings.split)),
    )


def _end_boxes(drawing: Drawing, lines: Integers) -> Floats:
    """The ends of lines as boxes without extent."""
    ends = np.concatenate([drawing.offset[lines], drawing.offset[lines + 1] - 1])
    x, y = drawing.x[ends], drawing.y[ends]
    return np.stack([x, y, x, y], axis=1)


def _boxes(drawing: Drawing, vertices: Integers) -> Floats:
    """The boxes of vertices with those beside them on their lines."""
    line = drawing.line[vertices]
    around = np.stack(
        [
            np.maximum(vertices - 1, drawing.offset[line]),
            vertices,
            np.minimum(vertices + 1, drawing.offset[line + 1] - 1),
        ]
    )
    x, y = drawing.x[around], drawing.y[around]
    return np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)], axis=1)


def _chosen(label: Integers, kind: Integers, x: Floats, y: Floats) -> Integers:
    """For each vertex the one of its group to whose position it moves."""
    order = np.lexsort((y, x, kind, label))
    first = np.ones(len(order), dtype=bool)
    first[1:] = label[order][1:] != label[order][:-1]
    of_label = np.zeros(len(label), dtype=np.int64)
    of_label[label[order][first]] = order[first]
    return of_label[label]


def _not_repeated(line: Integers, x: Floats, y: Floats) -> Flags:
    """Which vertices stay: one of each run at one position, the ends of the line before others."""
    same = np.zeros(len(line), dtype=bool)
    same[1:] = (line[1:] == line[:-1]) & (x[1:] == x[:-1]) & (y[1:] == y[:-1])
    first = np.ones(len(line), dtype=bool)
    first[1:] = line[1:] != line[:-1]
    last = np.roll(first, -1)
    run = np.cumsum(~same) - 1
    holds_last = np.zeros(len(line), dtype=bool)
    holds_last[run[last]] = True
    stays: Flags = last | (~same & (first | ~holds_last[run]))
    return stays
